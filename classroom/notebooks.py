"""Cells of an assignment and what each is for, in nbgrader's metadata; the student's version of them.

Kinds of cells in an assignment's source:

- *setup*: tagged ``setup``, locked; imports and data, executed by the grader from our copy;
- *answer*: nbgrader's "autograded answer", with the model's lines between BEGIN and END SOLUTION;
- *check*: nbgrader's "autograder tests": the visible self-check, then hidden tests between BEGIN and END HIDDEN TESTS;
- *open*: nbgrader's "manually graded answer", the model's words between the same solution marks;
- everything else: text, demonstrations (locked), and the cell in which students write their id.
"""

import copy
import hashlib
import json
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
WORDS = "YOUR ANSWER HERE"
NAME = "gan_edu_assignment"  # key of the assignment's name in a student version's metadata
SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")


class NotANotebook(ValueError):
    """A file that cannot be read as a notebook; the message says why, for the report."""


def parse(text: str) -> NotebookNode:
    """A notebook of format 4 with cells. Raises NotANotebook in words that a student understands."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:  # a number of a million digits is a plain ValueError
        raise NotANotebook(f"the file is not a whole notebook: its JSON breaks off or is damaged ({str(error)[:80]})") from None
    if not isinstance(data, dict) or not isinstance(data.get("cells", data.get("worksheets")), list):
        raise NotANotebook("the file is JSON, but not a Jupyter notebook: it has no list of cells")
    try:
        notebook = nbformat.reads(text, 4)
        for cell in notebook.cells:  # what is used below, in the form in which it is used
            cell.source, cell.cell_type, cell.metadata = writable(str(cell.source)), str(cell.cell_type), NotebookNode(cell.get("metadata", {}))
    except Exception as error:  # nbformat lets through whatever its converters raise
        raise NotANotebook(f"the file is not a Jupyter notebook that can be read ({type(error).__name__}: {str(error)[:80]})") from None
    return notebook


def writable(text: str) -> str:
    """`text` without halves of characters (lone surrogates), which JSON may hold and no file can."""
    return text.encode("utf8", "replace").decode("utf8")


def load(path: Path) -> NotebookNode:
    """Raises FileNotFoundError or NotANotebook."""
    if not path.is_file():
        raise FileNotFoundError(f"wanted a notebook at {path}, but there is no such file")
    try:
        return parse(path.read_text(encoding="utf8"))
    except UnicodeDecodeError:
        raise NotANotebook("the file is not text, so it is not a notebook") from None


def identity(cell: NotebookNode) -> str:
    """The cell's name in nbgrader's metadata, or ""."""
    found = cell.metadata.get("nbgrader", {})
    return str(found.get("grade_id", "")) if isinstance(found, dict) else ""


def role(cell: NotebookNode, key: str) -> bool:
    """Whether nbgrader's metadata of the cell say yes to `key`."""
    found = cell.metadata.get("nbgrader", {})
    return bool(isinstance(found, dict) and found.get(key))


def is_setup(cell: NotebookNode) -> bool:
    """Ours, and executed by the grader."""
    return cell.cell_type == "code" and "setup" in cell.metadata.get("tags", [])


def is_answer(cell: NotebookNode) -> bool:
    """Code that the student writes."""
    return cell.cell_type == "code" and role(cell, "solution")


def is_check(cell: NotebookNode) -> bool:
    """Ours, and worth points."""
    return cell.cell_type == "code" and role(cell, "grade") and not role(cell, "solution")


def is_open(cell: NotebookNode) -> bool:
    """Words that a teacher marks."""
    return cell.cell_type == "markdown" and role(cell, "solution")


def student_version(source: NotebookNode, name: str) -> NotebookNode:
    """What students get: no solution, no hidden test, no output. Raises ValueError for marks without a partner.

    Agrees with ``nbgrader generate_assignment``, checksums included, but for the assignment's name in the metadata.
    """
    notebook = copy.deepcopy(source)
    for cell in notebook.cells:
        if is_answer(cell) or is_open(cell):
            cell.source = _replaced(cell.source, SOLUTION, STUB if cell.cell_type == "code" else WORDS)
        elif role(cell, "grade"):
            cell.source = _replaced(cell.source, HIDDEN, None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if any(mark in cell.source for mark in (*SOLUTION, *HIDDEN)):
            raise ValueError(f"cell {identity(cell) or cell.source[:40]!r} keeps a mark of a solution or of hidden tests: it is of the wrong kind for it")
        if any(role(cell, key) for key in ("grade", "solution", "locked")):
            cell.metadata["nbgrader"] |= {"checksum": checksum(cell), "cell_type": cell.cell_type}
    notebook.metadata.pop("gan_edu", None)
    notebook.metadata[NAME] = name
    return notebook


def checksum(cell: NotebookNode) -> str:
    """nbgrader's checksum of a cell: by it nbgrader sees that a locked cell was changed.

    Source: nbgrader 0.9.6, utils.compute_checksum (BSD licence), restated.
    """
    facts = cell.metadata["nbgrader"]
    parts = [cell.source, cell.cell_type, *(str(role(cell, key)) for key in ("grade", "solution", "locked")), identity(cell)]
    if role(cell, "grade"):
        parts.append(str(float(facts["points"])))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _replaced(source: str, marks: tuple[str, str], instead: str | None) -> str:
    """`source` with every marked region replaced by `instead` at its indentation, or cut out."""
    begin, end = marks
    lines: list[str] = []
    inside = False
    for line in source.split("\n"):
        if line.strip() == begin:
            if inside:
                raise ValueError(f"{begin!r} twice without {end!r} in {source[:40]!r}")
            inside = True
            indent = re.match(r"\s*", line)[0]
            lines += [indent + text for text in instead.split("\n")] if instead else []
        elif line.strip() == end:
            if not inside:
                raise ValueError(f"{end!r} without {begin!r} in {source[:40]!r}")
            inside = False
        elif not inside:
            lines.append(line)
    if inside:
        raise ValueError(f"{begin!r} without {end!r} in {source[:40]!r}")
    return "\n".join(lines).rstrip() if instead is None else "\n".join(lines)
