"""Bringing several things up to date in turn: one that fails is told and left as it was, and the others go on."""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path


def parsed(description: str, things: str) -> argparse.Namespace:
    """The command line: `paths`, empty where none is named, and whether to `force` those that did not change."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("paths", metavar=things, nargs="*", type=Path, help="default: all")
    parser.add_argument("--force", action="store_true", help="also those that did not change")
    return parser.parse_args()


def each(paths: Iterable[Path], update: Callable[[Path], str], failures: tuple[type[Exception], ...]) -> int:
    """Update every path, print what `update` says was done, and tell its failures on stderr. Returns 1 if one failed, else 0."""
    failed = False
    for path in paths:
        try:
            print(f"{path.name}: {update(path)}", flush=True)
        except failures as error:
            failed = True
            print(f"{path.name} was left as it was. {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    return int(failed)
