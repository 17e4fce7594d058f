"""A bar with the time left."""

import os
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm.auto import tqdm

Item = TypeVar("Item")
PATIENCE = 3.0  # seconds


def progress(iterable: Iterable[Item], total: int, label: str) -> Iterator[Item]:
    """The same items, with a bar that tells how many of ``total`` have come and how long the rest will take.

    The bar appears after three seconds and goes when the items are over or the loop is broken off: short loops show
    nothing, and long ones leave nothing. It is shown in notebooks and on terminals, not in files to which the output
    goes, and nowhere when the environment variable ``TQDM_DISABLE`` is 1: what a notebook has shown it stores, so
    whoever executes notebooks to keep them sets it.
    """
    in_notebook = any(base.__module__ == "tqdm.notebook" for base in tqdm.__mro__)
    nowhere = os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    disable = nowhere or (False if in_notebook else None)  # None: where the output is no terminal
    with tqdm(iterable, desc=label, total=total, leave=False, delay=PATIENCE, disable=disable) as bar:
        yield from bar
