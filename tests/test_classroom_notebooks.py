"""Cells of an assignment: the student's version, and what is no notebook."""

import hashlib
import json

import nbformat
import pytest

from classroom import notebooks

FACTS = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}


def code(source: str, **facts: object) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(source)
    if facts:
        cell.metadata["nbgrader"] = FACTS | facts
    return cell


def book(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=list(cells), metadata={"gan_edu": {"code": "x"}})


def test_solutions_and_hidden_tests_are_cut_out():
    answer = code("def f(x):\n    a = 1\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n\n\ndef g():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION", solution=True, grade_id="q")
    check = code("assert f(1) == 1\n### BEGIN HIDDEN TESTS\nsecret()\n### END HIDDEN TESTS", grade=True, locked=True, points=2, grade_id="q-check")
    check.outputs = [nbformat.v4.new_output("stream", text="secret")]
    version = notebooks.student_version(book(answer, check), "hw")
    stub = "    # YOUR CODE HERE\n    raise NotImplementedError()"
    assert version.cells[0].source == f"def f(x):\n    a = 1\n{stub}\n\n\ndef g():\n{stub}"
    assert version.cells[1].source == "assert f(1) == 1"
    assert version.cells[1].outputs == []
    assert version.metadata[notebooks.NAME] == "hw" and "gan_edu" not in version.metadata
    assert "secret" in check.source, "the source itself is left as it was"


def test_the_checksum_is_nbgraders():
    cell = code("x", grade=True, locked=True, points=2, grade_id="q")
    # source, type, grade, solution, locked, name, points, one after the other
    assert notebooks.checksum(cell) == hashlib.md5(b"xcodeTrueFalseTrueq2.0").hexdigest()


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("### BEGIN SOLUTION\nx", "without '### END SOLUTION'"),
        ("x\n### END SOLUTION", "without '### BEGIN SOLUTION'"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "twice"),
        ("### BEGIN HIDDEN TESTS\nx\n### END HIDDEN TESTS", "keeps a mark"),
    ],
)
def test_marks_without_a_partner_or_in_the_wrong_cell_are_an_error(source, fault):
    with pytest.raises(ValueError, match=fault):
        notebooks.student_version(book(code(source, solution=True, grade_id="q")), "hw")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"cells": [', "breaks off"),
        ("not json", "breaks off"),
        ('{"cells": [' + "1" * 10_000 + "]}", "breaks off"),
        ("[" * 100_000, "breaks off"),
        ("[1, 2]", "no list of cells"),
        ('{"cells": 3}', "no list of cells"),
        ('{"cells": [1], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "cannot|can be read"),
        (json.dumps({"cells": [], "nbformat": 99, "nbformat_minor": 0, "metadata": {}}), "can be read"),
    ],
)
def test_what_is_no_notebook_is_said_in_words(text, fault):
    with pytest.raises(notebooks.NotANotebook, match=fault):
        notebooks.parse(text)


def test_metadata_of_any_shape_is_borne():
    cell = nbformat.v4.new_code_cell("x", metadata={"nbgrader": "what"})
    assert notebooks.identity(cell) == "" and not notebooks.is_answer(cell)


def test_halves_of_characters_are_replaced():
    text = json.dumps({"cells": [{"cell_type": "code", "source": "x = '\ud800'", "metadata": {}, "outputs": [], "execution_count": None}], "nbformat": 4, "nbformat_minor": 4, "metadata": {}})
    assert notebooks.parse(text).cells[0].source == "x = '?'"
