"""What the book's long studies found, beforehand: numbers that a page shows beside its own and does not pretend to have made."""

import json
from importlib.resources import files


def recorded(study: str) -> dict:
    """The results of a study, such as "02_capacity": what its ``main()`` returned when ``make studies`` ran it.

    The record carries a hash of the code that made it, and a test fails when it is older than that code.
    Raises FileNotFoundError, naming the studies there are, for one that is not among them.
    """
    folder = files("gan_edu").joinpath("results")
    known = sorted(file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json")) if folder.is_dir() else []
    if study not in known:
        raise FileNotFoundError(f"wanted the results of one of the studies {known}, got {study!r}; `make studies` runs what is missing")
    return json.loads(folder.joinpath(f"{study}.json").read_text(encoding="utf8"))["results"]
