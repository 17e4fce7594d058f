"""Build the pages from the stored outputs: ``python -m tools.book``."""

import shutil
import subprocess
import sys
from pathlib import Path

from tools.records import ROOT

HTML = ROOT / "_build" / "html"


def build(root: Path = ROOT) -> Path:
    """Build into _build/html and return its index page. Raises RuntimeError when a warning or an error came up."""
    shutil.rmtree(root / "_build" / "html", ignore_errors=True)  # a page that is no longer in the book must not stay
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    done = subprocess.run([jupyter_book, "build", ".", "--all", "-W", "--keep-going", "-q"], cwd=root)
    index = root / "_build" / "html" / "index.html"
    if done.returncode or not index.is_file():
        raise RuntimeError("the book was not built; its warnings count as errors and stand above")
    for source_map in index.parent.rglob("*.map"):  # half of the pages' weight, and no reader's concern
        source_map.unlink()
    return index


def main() -> int:
    try:
        index = build()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The book is built. Open {index.relative_to(ROOT)} in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
