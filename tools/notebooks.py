"""Reading the book's notebooks: their cells, their code, their claims."""

import ast
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.records import ROOT, code_hash

FOLDER = ROOT / "notebooks"
PARAMETERS = 'SEED = 0\nSCALE = "quick"'
CLAIM_MIME = "application/vnd.gan-edu.claim+json"


def all_notebooks() -> list[Path]:
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> NotebookNode:
    """The notebook in format 4. Raises FileNotFoundError or ValueError naming the file."""
    if not path.is_file():
        raise FileNotFoundError(f"wanted a notebook, but there is no file {path}")
    try:
        return nbformat.reads(path.read_text(encoding="utf8"), 4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise ValueError(f"{path}: wanted a Jupyter notebook, got {str(error)[:100]}") from None


def chapter(path: Path) -> int:
    """4 for 04_the_game.ipynb. Raises ValueError for another form of name."""
    match = re.match(r"(\d\d)_\w+\.ipynb$", path.name)
    if not match:
        raise ValueError(f"wanted a notebook named like 04_the_game.ipynb, got {path.name}")
    return int(match[1])


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Code cells that say something; an empty one is never executed."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def markdown(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if tag in tags(cell)]


def notebook_hash(notebook: NotebookNode) -> str:
    """Changes when the notebook's code, or the part of the package that it uses, does."""
    return code_hash("\n\n".join(cell.source for cell in code_cells(notebook)))


def claim_numbers(cell: NotebookNode) -> list[str]:
    """Numbers of the claims that the cell's code makes, as written."""
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:
        return re.findall(r"""\bclaim\(\s*["'](\d+\.\d+)["']""", cell.source)
    calls = [node for node in ast.walk(tree) if is_claim(node)]
    return [str(getattr(call.args[0], "value", "?")) for call in sorted(calls, key=lambda call: call.lineno) if call.args]


def is_claim(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "claim"


def stored_claims(cell: NotebookNode) -> list[dict]:
    """Records of the claims among the cell's outputs."""
    return [output.data[CLAIM_MIME] for output in cell.get("outputs", []) if CLAIM_MIME in output.get("data", {})]
