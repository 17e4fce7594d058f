"""Assignments for tests: notebooks with changed answers, their marks in this process, and what a self-check says of them."""

import copy
import functools

import matplotlib.pyplot as plt
import torch
from nbformat import NotebookNode

from classroom import child, course, hidden, marking, notebooks

SEED = 7


@functools.cache
def assignment(name: str) -> course.Assignment:
    return course.assignment(name)


@functools.cache
def prepared(name: str) -> tuple[dict, dict]:
    """Random inputs, and what the model solution answers to them."""
    inputs = marking.draw(assignment(name), SEED)
    return inputs, marking.model_answers(assignment(name), inputs, hidden.in_process)


def answered(name: str, student: str = "s1", **changed: str) -> NotebookNode:
    """The model's notebook by a student; `changed` gives other sources for the answer cells q1, q2, ..."""
    notebook = copy.deepcopy(assignment(name).source)
    for cell in notebook.cells:
        if notebooks.is_answer(cell):
            cell.source = changed.get(notebooks.identity(cell).rpartition("-")[2], cell.source)
        cell.source = cell.source.replace(marking.PLACEHOLDER, student)
    return notebook


def solved(name: str) -> NotebookNode:
    """The student version, as students have it, with the model's answers in it."""
    notebook = copy.deepcopy(assignment(name).release)
    for cell, model in zip(notebook.cells, assignment(name).source.cells, strict=True):
        if notebooks.is_answer(cell):
            cell.source = model.source
    return notebook


def replaced(name: str, question: str, old: str, new: str) -> NotebookNode:
    """The model's notebook with one piece of an answer's text replaced; the piece must be there once."""
    (cell,) = [cell for cell in assignment(name).source.cells if notebooks.is_answer(cell) and notebooks.identity(cell).endswith(f"-{question}")]
    assert cell.source.count(old) == 1, f"{old!r} is {cell.source.count(old)} times in {name}'s {question}"
    return answered(name, **{question: cell.source.replace(old, new)})


def points(name: str, notebook: NotebookNode) -> dict[str, float]:
    """Marks by question, with the code run in this process: for code that a test wrote."""
    cells = marking.read_cells(notebook, assignment(name).release)
    inputs, expected = prepared(name)
    outcome = hidden.in_process(marking.job(assignment(name), cells, inputs))
    plt.close("all")
    return {mark.question: mark.points for mark in marking.marks(assignment(name), cells, inputs, expected, outcome)}


def self_check(name: str, notebook: NotebookNode, question: str) -> str | None:
    """What the visible check of a question objects to, or None: setup, answers and that check, in the student's order."""
    release = {notebooks.identity(cell): cell for cell in assignment(name).release.cells}
    names: dict = {"__name__": "__main__", "STUDENT": marking.stated(notebook) or marking.PLACEHOLDER}
    try:
        return _objection(notebook, question, release, names)
    finally:
        torch.set_default_dtype(torch.float32)  # an assignment may choose its own


def _objection(notebook: NotebookNode, question: str, release: dict, names: dict) -> str | None:
    for cell in notebook.cells:
        wanted = notebooks.is_setup(cell) or notebooks.is_answer(cell) or notebooks.identity(cell).endswith(f"-{question}-check")
        if cell.cell_type != "code" or not wanted:
            continue
        source = cell.source if notebooks.is_answer(cell) else release[notebooks.identity(cell)].source
        try:
            child.execute(source, "cell", names)
        except AssertionError as objection:
            return str(objection)
    return None


def calls_of_check(name: str) -> list[tuple[str, object, tuple]]:
    """What the visible checks compare with: (what, right, mistakes) for each call, the model's answers in place."""
    calls: list = []
    names: dict = {"__name__": "__main__", "STUDENT": marking.PLACEHOLDER}
    try:
        for cell in assignment(name).source.cells:
            if notebooks.is_setup(cell) or notebooks.is_answer(cell):
                child.execute(cell.source, "cell", names)
            elif notebooks.is_check(cell):
                release = {notebooks.identity(one): one for one in assignment(name).release.cells}
                child.execute(release[notebooks.identity(cell)].source, "cell", names | {"check": lambda what, got, right, *mistakes: calls.append((what, right, mistakes))})
    finally:
        torch.set_default_dtype(torch.float32)
    return calls
