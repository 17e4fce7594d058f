"""What a stored notebook must look like. Each check takes a notebook and returns what is wrong, a line for each fault."""

import ast
import copy
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

from nbformat import NotebookNode

from tools.normalise import normalise
from tools.notebooks import PARAMETERS, claim_numbers, code_cells, is_claim, markdown, notebook_hash, stored_claims, tagged, tags

LONGEST = 40  # lines of a cell
LARGEST = 2_000_000  # bytes of a notebook; faces in many colours need more than drawings
ROOTS = "home|root|tmp|work|usr|var|opt|mnt|content|Users|private"
# not `for layer in G:` and a new line, as JSON writes it
PATH = re.compile(rf"(?<![\w:/.~-])/(?:{ROOTS})/\w|\b[A-Z]:\\\\?(?!n\")\w|site-packages|ipykernel_\d")
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
MYST = re.compile(r"```\{|^\s*:::|\{[\w:.-]+\}`[\w<./-]|^\([\w:.-]+\)=\s*$|\$\$\s*\([\w:-]+\)\s*$", re.MULTILINE)

Notebook = NotebookNode


def executed_in_order(notebook: Notebook) -> list[str]:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"wanted execution counts 1 to {len(counts)}, got {counts}"]


def no_empty_cells(notebook: Notebook) -> list[str]:
    return [f"cell {number} is empty" for number, cell in enumerate(notebook.cells, start=1) if not cell.source.strip()]


def no_errors(notebook: Notebook) -> list[str]:
    return [f"cell {number} stores an error: {output.ename}" for number, output in _outputs(notebook) if output.output_type == "error"]


def no_stderr(notebook: Notebook) -> list[str]:
    return [f"cell {number} stores what went to stderr" for number, output in _outputs(notebook) if output.get("name") == "stderr"]


def no_machine(notebook: Notebook) -> list[str]:
    """No absolute path and no memory address, in text or in outputs."""
    faults = []
    texts = [(number, cell.source) for number, cell in enumerate(notebook.cells, start=1)]
    texts += [(number, text) for number, output in _outputs(notebook) for text in _texts(output)]
    for number, text in texts:
        for pattern, what in ((PATH, "an absolute path"), (ADDRESS, "a memory address")):
            if match := pattern.search(text):
                faults.append(f"cell {number} shows {what}: {text[match.start() : match.start() + 40]!r}")
    return faults


def parameters_exact(notebook: Notebook) -> list[str]:
    sources = [cell.source for cell in tagged(notebook, "parameters")]
    return [] if sources == [PARAMETERS] else [f"wanted one cell tagged parameters holding {PARAMETERS!r}, got {sources}"]


def checked_cells_have_outputs(notebook: Notebook) -> list[str]:
    """Without a stored output nbval would compare nothing and pass."""
    return [
        f"cell {number} asks for its output to be checked and stores none"
        for number, cell in _code(notebook)
        if "nbval-check-output" in cell.metadata.get("tags", []) and not cell.outputs
    ]


def claims_stored(notebook: Notebook) -> list[str]:
    """Every claim in the code has its record in the outputs, and holds."""
    faults = []
    for number, cell in _code(notebook):
        made, stored = claim_numbers(cell), stored_claims(cell)
        if made != [record["id"] for record in stored]:
            faults.append(f"cell {number} makes claims {made} and stores {[record['id'] for record in stored]}")
        faults += [f"claim {record['id']} does not hold" for record in stored if not record["holds"]]
    return faults


def claims_last(notebook: Notebook) -> list[str]:
    """Claims end their cell, so that a reader finds computation first and verdict last."""
    faults = []
    for number, cell in _code(notebook):
        try:
            body = ast.parse(cell.source).body
        except SyntaxError:
            continue
        verdicts = [isinstance(statement, ast.Expr) and is_claim(statement.value) for statement in body]
        calls = sum(is_claim(node) for statement in body for node in ast.walk(statement))
        if calls and not (all(verdicts[len(verdicts) - calls :]) and sum(verdicts) == calls):
            faults.append(f"cell {number}: claims must be its last statements, not inside loops or conditions")
    return faults


def pictures_have_alt(notebook: Notebook) -> list[str]:
    """Alt text in the cell's mystnb.image metadata, or on the HTML image, stating the finding: four words at least."""
    faults = []
    for number, cell in _code(notebook):
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        for output in cell.outputs:
            data = output.get("data", {})
            if any(kind.startswith("image/") for kind in data) and len(alt.split()) < 4:
                faults.append(f"cell {number} has a picture without alt text that says what it shows")
            faults += [f"cell {number} has an HTML picture without alt text" for alts in _images(_join(data.get("text/html", ""))) if not alts]
    return faults


def cells_short(notebook: Notebook) -> list[str]:
    lengths = [(number, len(cell.source.splitlines())) for number, cell in _code(notebook)]
    return [f"cell {number} has {length} lines; {LONGEST} are the limit" for number, length in lengths if length > LONGEST]


def portable_text(notebook: Notebook) -> list[str]:
    """No MyST directive, role or target: Colab and GitHub show them raw."""
    return [f"{match[0].strip()!r} is MyST, which Colab shows raw" for text in markdown(notebook) for match in MYST.finditer(text)]


def small(notebook: Notebook) -> list[str]:
    size = len(json.dumps(notebook))
    return [] if size < LARGEST else [f"wanted less than {LARGEST / 1e6:.0f} MB, got {size / 1e6:.2f} MB"]


def solutions_folded(notebook: Notebook) -> list[str]:
    """A solution in code is folded (tag hide-cell), and it was executed."""
    faults = []
    for cell in tagged(notebook, "solution"):
        if cell.cell_type != "code" or "hide-cell" not in tags(cell):
            faults.append(f"a solution is not a code cell tagged hide-cell: {cell.source[:40]!r}")
        elif not cell.execution_count:
            faults.append(f"a solution was not executed: {cell.source[:40]!r}")
    return faults


def normal_form(notebook: Notebook) -> list[str]:
    """What `make notebooks` would store is what is stored, and it was made from this code."""
    code = notebook.metadata.get("gan_edu", {}).get("code")
    if code != notebook_hash(notebook):
        return ["the stored outputs are older than the code; run `make notebooks`"]
    again = copy.deepcopy(notebook)
    normalise(again, code)
    return [] if again == notebook else ["not in the form that `make notebooks` stores"]


CHECKS: tuple[Callable[[Notebook], list[str]], ...] = (
    executed_in_order,
    no_empty_cells,
    no_errors,
    no_stderr,
    no_machine,
    parameters_exact,
    checked_cells_have_outputs,
    claims_stored,
    claims_last,
    pictures_have_alt,
    cells_short,
    portable_text,
    small,
    solutions_folded,
    normal_form,
)


class _ImageAlts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.alts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.alts.append(dict(attrs).get("alt") or "")


def _images(html: str) -> list[str]:
    parser = _ImageAlts()
    parser.feed(html)
    return parser.alts


def _code(notebook: Notebook) -> list[tuple[int, NotebookNode]]:
    return [(number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "code"]


def _outputs(notebook: Notebook) -> list[tuple[int, NotebookNode]]:
    return [(number, output) for number, cell in _code(notebook) for output in cell.outputs]


def _texts(output: NotebookNode) -> list[str]:
    data = {kind: _join(value) for kind, value in output.get("data", {}).items() if kind.startswith("text/")}
    pictures_gone = [re.sub(r"data:image/[^\"')]+", "", text) for text in data.values()]
    return [_join(output.get("text", "")), *pictures_gone]


def _join(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)

