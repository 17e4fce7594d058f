"""The hygiene checks bite: each is given a notebook with the one fault it is there for."""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from trial import CLAIMS, NAME, trial, with_code

from tools import hygiene
from tools.normalise import normalise
from tools.notebooks import CLAIM_MIME, notebook_hash
from tools.numbering import asked, dangling, given, out_of_order
from tools.settings import differences, fill, setting


def record(number, holds=True):
    return {CLAIM_MIME: {"id": number, "statement": "s", "kind": "exact", "relation": "equal", "value": 1, "bound": 1, "margin": 0, "holds": holds}}


def stored():
    """The trial notebook as if it had been executed."""
    notebook = trial()
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            if "print" in cell.source:
                cell.outputs = [new_output("stream", name="stdout", text="1000\n")]
            if "claim(" in cell.source:
                cell.outputs = [new_output("display_data", data=record(number)) for number in ("9.1", "9.2")]
            if "plt.plot" in cell.source:
                cell.outputs = [new_output("display_data", data={"image/svg+xml": "<svg/>"})]
    normalise(notebook, notebook_hash(notebook))
    return notebook


def cell_with(notebook, text):
    return next(cell for cell in notebook.cells if text in cell.source)


def test_the_good_notebook_has_no_fault():
    assert [fault for check in hygiene.CHECKS for fault in check(stored())] == []


def skip_a_count(notebook):
    notebook.cells[-1].execution_count += 1


def empty_cell(notebook):
    notebook.cells.append(new_code_cell(""))


def stored_error(notebook):
    notebook.cells[-1].outputs = [new_output("error", ename="ValueError", evalue="", traceback=[])]


def stored_stderr(notebook):
    notebook.cells[-1].outputs = [new_output("stream", name="stderr", text="warning")]


def path_in_output(notebook):
    notebook.cells[-1].outputs = [new_output("stream", name="stdout", text="saved in /home/me/file")]


def path_in_html(notebook):
    notebook.cells[-1].outputs = [new_output("display_data", data={"text/html": ["<p>", "C:\\Users\\me</p>"]})]


def path_in_text(notebook):
    notebook.cells[0].source += "\nSee /usr/share/data."


def address(notebook):
    notebook.cells[-1].outputs = [new_output("execute_result", data={"text/plain": "[<Line2D at 0x7f3a52c41d90>]"})]


def other_seed(notebook):
    cell_with(notebook, "SEED = 0").source = 'SEED = 1\nSCALE = "quick"'


def checked_without_output(notebook):
    cell_with(notebook, "sample = ").outputs = []


def claim_not_stored(notebook):
    cell_with(notebook, "claim(").outputs.pop()


def claim_stored_with_another_number(notebook):
    cell_with(notebook, "claim(").outputs[1].data[CLAIM_MIME]["id"] = "9.3"


def claim_false(notebook):
    cell_with(notebook, "claim(").outputs[1].data[CLAIM_MIME]["holds"] = False


def claim_before_more_code(notebook):
    cell_with(notebook, "claim(").source += "\nprint(1)"


def claim_in_a_loop(notebook):
    cell_with(notebook, "claim(").source = CLAIMS.replace("claim(", "for _ in range(1):\n    claim(", 1)


def no_alt(notebook):
    cell_with(notebook, "plt.plot").metadata.clear()


def alt_of_one_word(notebook):
    cell_with(notebook, "plt.plot").metadata.mystnb["image"]["alt"] = "figure"


def html_without_alt(notebook):
    notebook.cells[-1].outputs = [new_output("display_data", data={"text/html": "<img src='data:image/png;base64,AAAA'>"})]


def long_cell(notebook):
    notebook.cells[-1].source = "\n".join(["x = 1"] * 41)


def directive(notebook):
    notebook.cells[0].source += "\n\n```{note}\nNo.\n```"


def colon_fence(notebook):
    notebook.cells[0].source += "\n\n:::{tip}\nNo.\n:::"


def role(notebook):
    notebook.cells[0].source += " See {ref}`there`."


def target(notebook):
    notebook.cells[0].source = "(here)=\n" + notebook.cells[0].source


def labelled_formula(notebook):
    notebook.cells[0].source += "\n\n$$ a = b $$ (eq-a)"


def too_large(notebook):
    notebook.cells[-1].outputs = [new_output("stream", name="stdout", text="x" * 2_000_001)]


def solution_in_the_open(notebook):
    notebook.cells[-1].metadata["tags"] = ["solution"]


def solution_not_run(notebook):
    notebook.cells[-1].execution_count = None


def code_changed(notebook):
    cell_with(notebook, "randn(1000").source += "\nsample = sample + 1"


def odd_metadata(notebook):
    notebook.metadata["widgets"] = {"state": {}}


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        (hygiene.executed_in_order, skip_a_count),
        (hygiene.no_empty_cells, empty_cell),
        (hygiene.no_errors, stored_error),
        (hygiene.no_stderr, stored_stderr),
        (hygiene.no_machine, path_in_output),
        (hygiene.no_machine, path_in_html),
        (hygiene.no_machine, path_in_text),
        (hygiene.no_machine, address),
        (hygiene.parameters_exact, other_seed),
        (hygiene.checked_cells_have_outputs, checked_without_output),
        (hygiene.claims_stored, claim_not_stored),
        (hygiene.claims_stored, claim_stored_with_another_number),
        (hygiene.claims_stored, claim_false),
        (hygiene.claims_last, claim_before_more_code),
        (hygiene.claims_last, claim_in_a_loop),
        (hygiene.pictures_have_alt, no_alt),
        (hygiene.pictures_have_alt, alt_of_one_word),
        (hygiene.pictures_have_alt, html_without_alt),
        (hygiene.cells_short, long_cell),
        (hygiene.portable_text, directive),
        (hygiene.portable_text, colon_fence),
        (hygiene.portable_text, role),
        (hygiene.portable_text, target),
        (hygiene.portable_text, labelled_formula),
        (hygiene.small, too_large),
        (hygiene.solutions_folded, solution_in_the_open),
        (hygiene.solutions_folded, solution_not_run),
        (hygiene.normal_form, code_changed),
        (hygiene.normal_form, odd_metadata),
    ],
)
def test_each_fault_is_found_by_its_check(check, fault):
    notebook = stored()
    fault(notebook)
    assert check(notebook)


@pytest.mark.parametrize("text", ["`{x}` and `{y}`", "$\\mathbb{R}$", "[link](https://host/home/me)", "and/or, 1/2", "a ratio of 3:::"])
def test_innocent_text_is_no_fault(text):
    notebook = stored()
    notebook.cells[0].source += "\n\n" + text
    assert hygiene.portable_text(notebook) == [] and hygiene.no_machine(notebook) == []


def test_numbers_given_and_asked():
    notebook = trial()
    assert {(thing.kind, thing.number) for thing in given(notebook)} == {
        ("Theorem", "9.1"),
        ("Equation", "9.1"),
        ("Figure", "9.1"),
        ("Exercise", "9.1"),
        ("Claim", "9.1"),
        ("Claim", "9.2"),
    }
    assert {(thing.kind, thing.number) for thing in asked(notebook)} >= {("Equation", "9.1"), ("Claim", "9.1"), ("Figure", "9.1")}
    assert out_of_order(notebook, 9) == [] and dangling({9: notebook}) == []


@pytest.mark.parametrize(
    "text",
    ["> **Theorem 9.1.** Again.", "> **Exercise 9.3.** Two is missing.", "> **Exercise 8.1.** Another chapter's.", "$$ c \\tag{9.1} $$", "**Figure 9.4.** Late."],
)
def test_numbers_out_of_order_are_found(text):
    notebook = trial()
    notebook.cells.append(new_markdown_cell(text))
    assert out_of_order(notebook, 9)


def test_claims_out_of_order_are_found():
    assert out_of_order(with_code(trial(), '"9.1", ', '"9.3", '), 9)


@pytest.mark.parametrize("text", ["See (9.2).", "See Theorem 9.2.", "Claims 9.3 and others.", "Exercise 9.9 asks.", "as Figure 9.2 shows"])
def test_references_to_nothing_are_found(text):
    notebook = trial()
    notebook.cells.append(new_markdown_cell(text))
    assert len(dangling({9: notebook})) == 1


@pytest.mark.parametrize("text", ["Theorem 7.1 of a chapter not yet written", "the value (0.5)", "$f(9.2)$", "`(9.2)`"])
def test_other_numbers_are_no_references(text):
    notebook = trial()
    notebook.cells.append(new_markdown_cell(text))
    assert dangling({9: notebook}) == []


def test_settings_are_compared_and_filled():
    notebook = trial()
    assert differences(notebook, NAME, *setting()) == []
    moved = copy.deepcopy(notebook)
    assert len(differences(moved, NAME, "other/name", "v9.9.9")) == 2
    fill(moved, NAME, "other/name", "v9.9.9")
    assert differences(moved, NAME, "other/name", "v9.9.9") == []
    assert len(moved.cells) == len(notebook.cells)
    assert "other/name/blob/v9.9.9/notebooks/09_trial.ipynb" in moved.cells[0].source


def test_filling_adds_what_is_missing():
    notebook = nbformat.v4.new_notebook(cells=[new_markdown_cell("# 9. Bare")])
    fill(notebook, NAME, *setting())
    assert differences(notebook, NAME, *setting()) == [] and notebook.cells[0].source.startswith("# 9. Bare\n\n[![")
