import nbformat
import pytest
from nbformat.v4 import new_code_cell
from trial import trial, write

from tools.execute import noise, press
from tools.hygiene import CHECKS
from tools.normalise import normalise
from tools.notebooks import read


@pytest.fixture(scope="module")
def pressed(tmp_path_factory):
    path = write(trial(), tmp_path_factory.mktemp("press"))
    return path, press(path, force=False)


def test_a_new_notebook_is_executed_and_passes_every_hygiene_check(pressed):
    path, done = pressed
    assert done.startswith("executed") and done.endswith("stored")
    assert [fault for check in CHECKS for fault in check(read(path))] == []


def test_executing_again_leaves_no_difference(pressed):
    path, _ = pressed
    before = path.read_bytes()
    assert press(path, force=True).endswith("no difference")
    assert path.read_bytes() == before


def test_an_unchanged_notebook_is_not_executed(pressed):
    path, _ = pressed
    assert press(path, force=False) == "unchanged, no difference"


def test_a_new_sentence_is_stored_without_executing(pressed, tmp_path):
    notebook = read(pressed[0])
    notebook.cells[0].source += "\n\nOne sentence more."
    path = write(notebook, tmp_path)
    assert press(path, force=False) == "unchanged, stored"
    assert read(path).cells[-1].outputs == notebook.cells[-1].outputs


@pytest.mark.parametrize(
    ("code", "message"),
    [("1 / 0", "ZeroDivisionError"), ("import sys; print('slow', file=sys.stderr)", "stderr")],
)
def test_a_notebook_that_fails_or_is_noisy_is_left_as_it_was(tmp_path, code, message):
    notebook = nbformat.v4.new_notebook(cells=[new_code_cell(code)])
    path = write(notebook, tmp_path)
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match=message):
        press(path, force=True)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_noise_names_the_cell():
    cell = new_code_cell("x", outputs=[nbformat.v4.new_output("stream", name="stderr", text="careful\n")])
    assert noise(nbformat.v4.new_notebook(cells=[new_code_cell("y"), cell])) == ["cell 2: careful"]


def test_normalising_twice_is_normalising_once_and_equal_cells_get_different_ids():
    notebook = nbformat.v4.new_notebook(cells=[new_code_cell("x = 1  \n"), new_code_cell("x = 1")])
    notebook.cells[0].metadata["collapsed"] = True
    normalise(notebook, "abc")
    first, second = (cell["id"] for cell in notebook.cells)
    assert second == f"{first}-2"
    assert notebook.cells[0].metadata == {} and notebook.cells[0].source == "x = 1"
    again = nbformat.from_dict(notebook)
    normalise(again, "abc")
    assert again == notebook


def test_an_edited_cell_renames_no_other():
    notebook = trial()
    normalise(notebook, "abc")
    names = [cell["id"] for cell in notebook.cells]
    notebook.cells.insert(3, new_code_cell("extra = 1"))
    normalise(notebook, "abc")
    assert [cell["id"] for cell in notebook.cells][4:] == names[3:]


def test_a_widgets_dead_view_is_not_stored_and_its_text_is():
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "5f3a"}, "text/plain": "a slider"}
    notebook = nbformat.v4.new_notebook(cells=[new_code_cell("x", outputs=[nbformat.v4.new_output("display_data", data=view)])])
    normalise(notebook, "abc")
    assert notebook.cells[0].outputs[0].data == {"text/plain": "a slider"}
