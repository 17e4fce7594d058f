"""Fill badge and bootstrap cell of every notebook from the one setting in ``pyproject.toml``.

``python -m tools.settings --check`` lists what differs, ``--write`` mends it.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.notebooks import all_notebooks, read, tagged
from tools.records import ROOT, write_atomically

PICTURE = "https://colab.research.google.com/assets/colab-badge.svg"
BADGE = re.compile(r"\[(!\[[^]\n]*\]\([^)\s]*\)|[^][\n]*)\]\(https://colab\.research\.google\.com/github/[^)\s]*\)")
BOOTSTRAP = '''\
# Colab has no gan_edu yet: install it from the book's release. Everything else is there already.
import importlib.util, os, subprocess, sys
if importlib.util.find_spec("gan_edu") is None:
    source = os.environ.get("GAN_EDU_SOURCE", "git+https://github.com/{repository}@{release}")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-color", "--no-deps", source]
    installed = subprocess.run(pip, capture_output=True, text=True)
    importlib.invalidate_caches()
    if installed.returncode or importlib.util.find_spec("gan_edu") is None:
        raise ModuleNotFoundError(
            f"This notebook needs the package gan_edu, and installing it from {{source}} failed. "
            "Run `pip install -e .` in a copy of the book, or set GAN_EDU_SOURCE to one.\\n" + installed.stderr[-500:]
        )'''


def setting(root: Path = ROOT) -> tuple[str, str]:
    """(repository, release), such as ("owner/name", "v1.0.0")."""
    table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf8"))["tool"]["gan-edu"]
    return table["repository"], table["release"]


def badge(name: str, repository: str, release: str) -> str:
    """For readers of the bare notebook; the rendered book drops the picture, which would be a request to another host."""
    return f"[![Open in Colab]({PICTURE})](https://colab.research.google.com/github/{repository}/blob/{release}/notebooks/{name})"


def fill(notebook: NotebookNode, name: str, repository: str, release: str) -> None:
    """Put the right badge into the first cell and the right code into the cell tagged remove-cell, adding what is missing."""
    first = notebook.cells[0]
    link = badge(name, repository, release)
    first.source = BADGE.sub(lambda _: link, first.source, count=1) if BADGE.search(first.source) else f"{first.source.rstrip()}\n\n{link}"
    code = BOOTSTRAP.format(repository=repository, release=release)
    cells = tagged(notebook, "remove-cell")
    if not cells:
        cells = [nbformat.v4.new_code_cell(metadata={"tags": ["remove-cell"]})]
        notebook.cells.insert(1, cells[0])
    cells[0].source = code


def differences(notebook: NotebookNode, name: str, repository: str, release: str) -> list[str]:
    """What `fill` would change."""
    found = []
    links = [match[0] for cell in notebook.cells if cell.cell_type == "markdown" for match in BADGE.finditer(cell.source)]
    if links != [badge(name, repository, release)]:
        found.append(f"wanted one link to Colab, for {repository} at {release}, in the first cell; got {links}")
    if [cell.source for cell in tagged(notebook, "remove-cell")] != [BOOTSTRAP.format(repository=repository, release=release)]:
        found.append(f"the cell tagged remove-cell is not the bootstrap for {repository} at {release}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--check", action="store_true")
    action.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    wrong = 0
    for path in all_notebooks():
        notebook = read(path)
        found = differences(notebook, path.name, *setting())
        if found and arguments.write:
            fill(notebook, path.name, *setting())
            write_atomically(path, nbformat.writes(notebook, indent=1) + "\n")
            print(f"{path.name}: filled; `make notebooks` executes it again")
        elif found:
            wrong += 1
            print("\n".join(f"{path.name}: {line}" for line in found))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
