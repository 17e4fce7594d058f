"""Folders of submissions as Moodle, Canvas and nbgrader leave them, and files that are no submission."""

import zipfile
from pathlib import Path

import nbformat
import pytest
from helpers_assignments import answered, assignment, points

from classroom import course, marking, notebooks, submissions

NAME = "01_the_game"


def put(place: Path, name: str = NAME) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(answered(name), place)
    return place


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("Ann Lee_1234_assignsubmission_file_/work.ipynb", "Ann Lee_1234"),
        ("Ann Lee_1234_assignsubmission_file/work.ipynb", "Ann Lee_1234"),
        ("leeann_4711_98765_01_the_game.ipynb", "leeann_4711"),
        ("leeann_LATE_4711_98765_01_the_game-2.ipynb", "leeann_4711"),
        ("ann/01_the_game/01_the_game.ipynb", "ann"),
        ("ann/anything (1).ipynb", "ann"),
        ("ann.ipynb", "ann"),
        ("李安_77_assignsubmission_file_/作业.ipynb", "李安_77"),
    ],
)
def test_who_handed_in(tmp_path, path, who):
    put(tmp_path / path)
    (found,) = submissions.found(tmp_path, NAME)
    assert found.who == who
    assert [paper.fault for paper in found.papers] == [""]


def test_nbgraders_other_assignments_are_left_out(tmp_path):
    put(tmp_path / "ann" / NAME / "a.ipynb")
    put(tmp_path / "ann" / "02_distances" / "b.ipynb", "02_distances")
    (found,) = submissions.found(tmp_path, NAME)
    assert [paper.file for paper in found.papers] == [f"ann/{NAME}/a.ipynb"]


def test_noise_and_links_are_passed_over(tmp_path):
    put(tmp_path / "ann" / "a.ipynb")
    put(tmp_path / "ann" / ".ipynb_checkpoints" / "a-checkpoint.ipynb")
    put(tmp_path / "__MACOSX" / "ann" / "._a.ipynb")
    (tmp_path / "ann" / "link.ipynb").symlink_to(course.path("source", NAME))
    (found,) = submissions.found(tmp_path, NAME)
    assert [paper.file for paper in found.papers] == ["ann/a.ipynb"]


@pytest.mark.parametrize(
    ("file", "content", "fault"),
    [
        ("a.pdf", b"%PDF-1.7 \xff\xfe", "no notebook was handed in; got a.pdf"),
        ("a.ipynb", b"%PDF-1.7 \xff\xfe", "not text"),
        ("a.ipynb", b"", "empty"),
        ("a.ipynb", b'{"cells": [{"cell_type": "co', "breaks off"),
        ("a.ipynb", b"[1]", "no list of cells"),
        ("a.py", b"print(1)", "no notebook was handed in; got a.py"),
    ],
)
def test_what_is_no_notebook_has_a_line_that_says_so(tmp_path, file, content, fault):
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / file).write_bytes(content)
    (found,) = submissions.found(tmp_path, NAME)
    (paper,) = found.papers
    assert paper.notebook is None and fault in paper.fault


def test_a_notebook_under_another_name_is_found(tmp_path):
    put(tmp_path / "ann" / "homework.txt")
    (tmp_path / "ann" / "notes.md").write_text("notes")
    (found,) = submissions.found(tmp_path, NAME)
    assert [(paper.file, paper.fault) for paper in found.papers] == [("ann/homework.txt", "")]


def test_the_wrong_assignment_is_named(tmp_path):
    notebook = answered("02_distances")
    for folder, said in (("by cells", None), ("by metadata", "02_distances")):
        if said:
            notebook.metadata[notebooks.NAME] = said
        (tmp_path / folder).mkdir()
        nbformat.write(notebook, tmp_path / folder / "a.ipynb")
    faults = [paper.fault for found in submissions.found(tmp_path, NAME) for paper in found.papers]
    assert faults == ["this is assignment 02_distances, and 01_the_game is being graded"] * 2


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    put(tmp_path / "ann" / "a.ipynb")
    monkeypatch.setattr(submissions, "LARGEST", 1000)
    (found,) = submissions.found(tmp_path, NAME)
    assert "clear its outputs" in found.papers[0].fault


def test_folders_and_archives_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="wanted a folder of submissions"):
        submissions.found(tmp_path / "none", NAME)
    with pytest.raises(ValueError, match="there is no file"):
        submissions.found(tmp_path, NAME)
    (tmp_path / "a.zip").write_bytes(b"PK no zip")
    with pytest.raises(ValueError, match="not a whole ZIP file"):
        submissions.unpacked(tmp_path / "a.zip", tmp_path)


def test_an_archive_unpacks_inside_its_folder_only(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("../../escaped.txt", "x")
        packed.write(put(tmp_path / "x.ipynb"), "ann/x.ipynb")
    inside = submissions.unpacked(tmp_path / "a.zip", tmp_path / "out" / "deep")
    assert not (tmp_path / "escaped.txt").exists() and not (tmp_path.parent / "escaped.txt").exists()
    assert "ann" in [found.who for found in submissions.found(inside, NAME)]


def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros", bytes(10**6))
    monkeypatch.setattr(submissions, "WHOLE", 10**5)
    with pytest.raises(ValueError, match="would unpack to"):
        submissions.unpacked(tmp_path / "a.zip", tmp_path / "out")


def cells_of(notebook: nbformat.NotebookNode) -> marking.Cells:
    return marking.read_cells(notebook, assignment(NAME).release)


def test_missing_and_doubled_cells_are_noted_and_nothing_is_lost():
    notebook = answered(NAME)
    (q1,) = [cell for cell in notebook.cells if notebooks.identity(cell) == "the_game-q1"]
    (q2,) = [cell for cell in notebook.cells if notebooks.identity(cell) == "the_game-q2"]
    del q1.metadata["nbgrader"]  # the answer moved to a cell of the student's own
    notebook.cells.append(nbformat.from_dict(q2))
    found = cells_of(notebook)
    assert any("the_game-q1 is missing" in note for note in found.notes)
    assert any("the_game-q2 is there 2 times" in note for note in found.notes)
    assert points(NAME, notebook) == assignment(NAME).points


def test_a_notebook_that_lost_all_metadata_is_graded_by_its_names():
    notebook = answered(NAME)
    for cell in notebook.cells:
        cell.metadata = nbformat.NotebookNode()
    assert points(NAME, notebook) == assignment(NAME).points


def test_our_cells_are_taken_from_us():
    notebook = answered(NAME)
    for cell in notebook.cells:
        if notebooks.is_setup(cell) or notebooks.is_check(cell):
            cell.source = "raise RuntimeError('changed by the student')"
    assert all("changed by" not in source for _, source in cells_of(notebook).code)


@pytest.mark.parametrize(
    ("line", "student"),
    [('STUDENT = "s12"', "s12"), ("STUDENT = ' s12 '  # mine", "s12"), ('STUDENT = "s0000000"', None), ("STUDENT = 12", None), ("STUDENT = (", None), ('x = "s12"', None)],
)
def test_the_id_is_read_and_not_executed(line, student):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"# my id\n{line}\nprint(1)")])
    assert marking.stated(notebook) == student
