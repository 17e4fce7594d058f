"""Where the assignments lie, and the questions of each.

For an assignment ``01_the_game``: ``assignments/source/01_the_game/01_the_game.ipynb`` is the model with its tests,
``assignments/release/...`` what students get, ``assignments/keys/the_game.py`` its questions with random inputs, and
``assignments/probes/the_game.py`` what runs beside the student's code. Keys are never shown to a sandbox.
"""

import hashlib
import importlib.util
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from nbformat import NotebookNode

from classroom import notebooks

FOLDER = Path(__file__).resolve().parents[1] / "assignments"

Cases = Callable[[np.random.Generator], list[dict]]
Verdict = Callable[[dict, Any], str | None]


class Part(NamedTuple):
    """One thing that a question asks for.

    `cases` draws inputs that JSON can hold; `probe` names the function in the probes that puts them to the student's code.
    Right is what the model solution answers, within `tolerance`; where an answer is free, `verdict` looks at (case, answer)
    and says what is wrong, or nothing. `advice` tells a student what to look at, and no numbers.
    """

    name: str
    points: float
    cases: Cases
    probe: str
    advice: str
    tolerance: float = 1e-4
    verdict: Verdict | None = None


class Question(NamedTuple):
    """A graded question: its check cell's name, the names that the student's code must define, and its parts."""

    name: str
    needs: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def points(self) -> float:
        return sum(part.points for part in self.parts)


class Personal(NamedTuple):
    """A question about numbers that belong to one student: `expected(student)` gives them by name; `expected` is ours alone."""

    name: str
    points: dict[str, float]  # by number
    expected: Callable[[str], Mapping[str, float]]
    tolerance: float = 2e-3  # relative
    advice: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(self.points)


class Assignment(NamedTuple):
    """All that a grader knows of an assignment."""

    name: str
    source: NotebookNode
    release: NotebookNode
    questions: tuple[Question, ...]
    personal: tuple[Personal, ...]
    probes: str
    withheld: tuple[str, ...]

    @property
    def points(self) -> dict[str, float]:
        """Points by question, those marked by machine."""
        return {question.name: question.points for question in self.questions} | {one.name: sum(one.points.values()) for one in self.personal}

    @property
    def open(self) -> dict[str, float]:
        """Points by question, those marked by a teacher."""
        return {notebooks.identity(cell): float(cell.metadata["nbgrader"]["points"]) for cell in self.source.cells if notebooks.is_open(cell)}

    @property
    def digest(self) -> str:
        """Changes when the assignment does: marks made before are then made again."""
        key = _file("keys", self.name[3:]).read_text(encoding="utf8")
        cells = [cell.source for cell in (*self.source.cells, *self.release.cells)]
        return hashlib.sha256("\x00".join([key, self.probes, *cells]).encode()).hexdigest()[:16]


def names() -> list[str]:
    """All assignments, in order."""
    return sorted(folder.name for folder in (FOLDER / "source").iterdir() if re.fullmatch(r"\d\d_\w+", folder.name))


def path(kind: str, name: str) -> Path:
    """Of the notebook in ``source`` or ``release``."""
    return FOLDER / kind / name / f"{name}.ipynb"


def assignment(name: str) -> Assignment:
    """Raises ValueError, naming those there are, for another name."""
    if name not in names():
        raise ValueError(f"wanted one of {', '.join(names())}, got {name!r}")
    key = _module("keys", name)
    source = notebooks.load(path("source", name))
    return Assignment(
        name=name,
        source=source,
        release=notebooks.student_version(source, name),
        questions=tuple(key.QUESTIONS),
        personal=tuple(key.PERSONAL),
        probes="\n".join(_file("probes", kind).read_text(encoding="utf8") for kind in ("common", name[3:])),
        withheld=tuple(key.WITHHELD),
    )


def share(student: str, name: str) -> float:
    """A number in [0, 1) that belongs to a student and a name; the notebooks' setup has the same function."""
    return int.from_bytes(hashlib.sha256(f"{student}/{name}".encode()).digest()[:6], "big") / 2**48


def _file(kind: str, topic: str) -> Path:
    place = FOLDER / kind / f"{topic}.py"
    if not place.is_file():
        raise ValueError(f"wanted {place.relative_to(FOLDER.parent)}, which is not there")
    return place


def _module(kind: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"assignments_{kind}_{name[3:]}", _file(kind, name[3:]))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
