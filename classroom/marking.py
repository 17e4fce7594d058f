"""From a notebook's cells to points: the job for the sandbox, and what its answers are worth.

Expected answers are what the model solution gives to the same random inputs; they stay in this process.
"""

import ast
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from nbformat import NotebookNode

from classroom import notebooks
from classroom.course import Assignment, Part, Personal, Question
from classroom.sandbox import Outcome

PLACEHOLDER = "s0000000"  # the id in a student version, to be replaced
Run = Callable[[dict], Outcome]


class Mark(NamedTuple):
    """What one question earned: points of most, and a line for each part that says why."""

    question: str
    points: float
    most: float
    lines: list[str]


class Cells(NamedTuple):
    """A student's notebook as the grader sees it."""

    student: str | None  # the id that it states
    code: list[tuple[str, str]]  # (label, source) of every cell that is not ours
    answers: list[str]  # labels of the answer cells among them
    open: dict[str, str]  # words by question
    notes: list[str]


def read_cells(notebook: NotebookNode, release: NotebookNode) -> Cells:
    """Sort a student's cells. Ours (locked: setup, checks, demonstrations) are known by name or by text and not executed."""
    ours = {_bare(cell.source) for cell in release.cells if cell.cell_type == "code" and not notebooks.is_answer(cell)}
    known = {notebooks.identity(cell): cell for cell in release.cells if notebooks.identity(cell)}
    seen: dict[str, int] = {}
    cells = Cells(stated(notebook), [], [], {}, [])
    for number, cell in enumerate(notebook.cells, start=1):
        name = notebooks.identity(cell)
        seen[name] = seen.get(name, 0) + 1
        like = known.get(name)
        if cell.cell_type == "markdown" and like is not None and notebooks.is_open(like):
            cells.open[name] = cell.source
        if cell.cell_type != "code" or _bare(cell.source) in ours or (like is not None and not notebooks.is_answer(like)):
            continue
        if _bare(cell.source) in ("", _bare(notebooks.STUB)):
            continue
        label = f"cell {number}"
        cells.code.append((label, cell.source))
        if like is not None:
            cells.answers.append(label)
    for name, like in known.items():
        if seen.get(name, 0) == 0 and (notebooks.is_answer(like) or notebooks.is_open(like)):
            cells.notes.append(f"the cell {name} is missing; what it asks for was looked for in the other cells")
        elif seen.get(name, 0) > 1 and notebooks.is_answer(like):
            cells.notes.append(f"the cell {name} is there {seen[name]} times; all were executed, and the last definition counts")
    return cells


def _bare(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def stated(notebook: NotebookNode) -> str | None:
    """The text last assigned to STUDENT, read and not executed; None where there is none or it is still the placeholder."""
    found = None
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for line in cell.source.splitlines():
            if "STUDENT" not in line or len(line) > 200:
                continue
            try:
                tree = ast.parse(line.strip())
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            for node in tree.body:
                if isinstance(node, ast.Assign) and any(getattr(target, "id", None) == "STUDENT" for target in node.targets):
                    found = node.value.value if isinstance(node.value, ast.Constant) else None
    return found.strip() if isinstance(found, str) and found.strip() not in ("", PLACEHOLDER) else None


def draw(assignment: Assignment, seed: int) -> dict[str, list[dict]]:
    """Random inputs by step, such as "q1/vanishing"; the same for everybody in one run."""
    rng = np.random.default_rng(seed)
    return {_label(question, part): part.cases(rng) for question in assignment.questions for part in question.parts}


def job(assignment: Assignment, cells: Cells, inputs: dict[str, list[dict]]) -> dict:
    """What the sandbox is told: the student's code and inputs, no answers."""
    probes = {_label(question, part): part.probe for question in assignment.questions for part in question.parts}
    questions = [(label, probes[label], cases) for label, cases in inputs.items()]
    questions += [(one.name, "numbers", [{"names": list(one.points)}]) for one in assignment.personal]
    return {
        "student": cells.student or PLACEHOLDER,
        "setup": [cell.source for cell in assignment.release.cells if notebooks.is_setup(cell)],
        "cells": cells.code,
        "answers": cells.answers,
        "probes": assignment.probes,
        "questions": questions,
        "skip": [],
    }


def model_answers(assignment: Assignment, inputs: dict[str, list[dict]], run: Run) -> dict[str, list]:
    """The model's answers to `inputs`. Raises RuntimeError when the model itself fails: a fault of the assignment."""
    cells = read_cells(assignment.source, assignment.release)
    outcome = run(job(assignment, cells, inputs))
    if outcome.faults:
        raise RuntimeError(f"the model solution of {assignment.name} fails: {outcome.faults}")
    return outcome.values


def marks(assignment: Assignment, cells: Cells, inputs: dict[str, list[dict]], expected: dict[str, list], outcome: Outcome) -> list[Mark]:
    """Points for every question that a machine marks, in the order of the assignment."""
    faults = [f"{label}: {outcome.faults[label]}" for label in cells.answers if label in outcome.faults]
    by_name = {question.name: _mark(question, inputs, expected, outcome, faults) for question in assignment.questions}
    by_name |= {one.name: _personal(one, cells.student, outcome, faults) for one in assignment.personal}
    return [by_name[name] for name in sorted(by_name)]


def _mark(question: Question, inputs: dict, expected: dict, outcome: Outcome, faults: list[str]) -> Mark:
    points, lines = 0.0, []
    for part in question.parts:
        label = _label(question, part)
        if "NotImplementedError" in outcome.faults.get(label, ""):
            why = "not answered"
        elif label in outcome.faults:
            why = _undefined(outcome.faults[label], faults)
        elif label not in outcome.values:
            why = "not answered"
        else:
            why = _wrong(part, inputs[label], expected[label], outcome.values[label])
        points += 0.0 if why else part.points
        lines.append(f"{part.name}: {part.points:g} of {part.points:g}" if not why else f"{part.name}: 0 of {part.points:g}; {why}")
    return Mark(question.name, points, question.points, lines)


def _wrong(part: Part, cases: list[dict], expected: list, got: list) -> str | None:
    """Why the part earns nothing, or None. Shows no expected value."""
    if len(got) != len(cases):
        return "the answers were cut off"
    for case, wanted, given in zip(cases, expected, got, strict=True):
        try:
            why = part.verdict(case, given) if part.verdict else (None if agree(wanted, given, part.tolerance) else part.advice)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):
            why = f"the answer has another form than was asked for; {part.advice}"
        if why:
            return why
    return None


def _personal(one: Personal, student: str | None, outcome: Outcome, faults: list[str]) -> Mark:
    most = sum(one.points.values())
    if student is None:
        return Mark(one.name, 0.0, most, ["STUDENT was not set to your id, so your numbers are not known"])
    if one.name in outcome.faults:
        return Mark(one.name, 0.0, most, [_undefined(outcome.faults[one.name], faults)])
    given = outcome.values.get(one.name, [{}])[0]
    right = one.expected(student)
    points, lines = 0.0, []
    for name, worth in one.points.items():
        if given.get(name) is None:
            lines.append(f"{name}: 0 of {worth:g}; not given")
        elif agree(right[name], given[name], one.tolerance):
            points += worth
            lines.append(f"{name}: {worth:g} of {worth:g}")
        else:
            lines.append(f"{name}: 0 of {worth:g}; not the number that belongs to your id. {one.advice}".strip())
    return Mark(one.name, points, most, lines)


def owner(one: Personal, given: dict[str, float], student: str | None, others: Iterable[str]) -> str | None:
    """Another student to whom two or more of the numbers belong, while fewer belong to `student`: copied."""

    def shared(name: str) -> int:
        right = one.expected(name)
        return sum(given.get(key) is not None and agree(right[key], given[key], one.tolerance) for key in one.points)

    counts = {other: shared(other) for other in others if other != student}
    best = max(counts, key=counts.get, default=None)
    return best if best is not None and counts[best] >= 2 and counts[best] > (shared(student) if student else 0) else None


def agree(wanted: Any, given: Any, tolerance: float) -> bool:
    """Same shape, and equal up to `tolerance` (relative, and a thousandth of it absolute); NaN agrees with nothing."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and set(wanted) <= set(given) and all(agree(value, given[key], tolerance) for key, value in wanted.items())
    if wanted is None or given is None:
        return wanted is given
    try:
        left, right = np.asarray(wanted, dtype=float), np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        return False
    return left.shape == right.shape and bool(np.allclose(right, left, rtol=tolerance, atol=tolerance / 1000))


def _undefined(fault: str, faults: list[str]) -> str:
    """A missing name is told by the error of the cell that should have made it."""
    return f"{fault}; before that, {'; '.join(faults)}" if fault.startswith("NotDefined") and faults else fault


def _label(question: Question, part: Part) -> str:
    return f"{question.name}/{part.name}"
