"""The notebooks as stored: what a reader in Colab or on GitHub sees, and what nbval compares with."""

import pytest

from tools.hygiene import CHECKS
from tools.notebooks import all_notebooks, chapter, claim_numbers, code_cells, markdown, read
from tools.numbering import dangling, given, out_of_order
from tools.settings import differences, setting

NOTEBOOKS = all_notebooks()


def test_there_are_notebooks():
    assert {path.stem for path in NOTEBOOKS} >= {"01_structured_learning", "04_the_game"}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_hygiene(path, check):
    assert check(read(path)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_title_badge_and_bootstrap(path):
    notebook = read(path)
    assert notebook.cells[0].source.startswith(f"# {chapter(path)}. ")
    assert differences(notebook, path.name, *setting()) == [], "run `python -m tools.settings --write`"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_numbers_count_upwards(path):
    assert out_of_order(read(path), chapter(path)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_chapter_claims_and_asks(path):
    notebook = read(path)
    kinds = [thing.kind for thing in given(notebook)]
    assert kinds.count("Claim") >= 5 and kinds.count("Exercise") >= 4
    assert any("> **Predict.**" in text for text in markdown(notebook))


def test_every_reference_leads_somewhere():
    assert dangling({chapter(path): read(path) for path in NOTEBOOKS}) == []


def test_claims_have_one_number_each():
    numbers = [number for path in NOTEBOOKS for cell in code_cells(read(path)) for number in claim_numbers(cell)]
    assert len(numbers) == len(set(numbers))
