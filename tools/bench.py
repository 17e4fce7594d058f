"""Measure what the book costs: ``python -m tools.bench`` prints the time of each notebook and build, and the size of each page."""

import copy
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools.book import HTML, build
from tools.execute import FAILURES, run
from tools.notebooks import all_notebooks, read


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def notebook_seconds(path: Path) -> float:
    """Executing a copy, with starting and stopping its kernel."""
    notebook = copy.deepcopy(read(path))
    return seconds(lambda: run(notebook, path.parent))


def page_bytes(page: Path) -> int:
    """The page with the pictures it alone shows; scripts and styles that all pages share are left out."""
    html = page.read_text(encoding="utf8")
    pictures = {(page.parent / name).resolve() for name in re.findall(r"""<img[^>]*\bsrc=["'](?!data:|https?:)([^"'?#]+)""", html)}
    return page.stat().st_size + sum(picture.stat().st_size for picture in pictures if picture.is_file())


def main() -> int:
    try:
        building = seconds(build)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"| what | measured |\n|---|---|\n| build of the pages | {building:.1f} s |", flush=True)
    for page in sorted([*HTML.glob("book/*.html"), *HTML.glob("notebooks/*.html")]):
        print(f"| {page.relative_to(HTML)} with its pictures | {page_bytes(page) / 1e3:.0f} kB |")
    for path in all_notebooks():
        try:
            print(f"| {path.name} executed | {notebook_seconds(path):.1f} s |", flush=True)
        except FAILURES as error:
            print(f"{path.name} failed\n{error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
