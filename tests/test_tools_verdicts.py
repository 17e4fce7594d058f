"""nbval compares the statement and the verdict of every claim, and nothing else of it."""

import copy
import shutil
import subprocess
import sys

import pytest
from trial import trial, with_code, write

from tools.execute import press
from tools.notebooks import CLAIM_MIME, code_cells, read
from tools.records import ROOT
from tools.verdicts import verdicts


@pytest.fixture(scope="module")
def pressed(tmp_path_factory):
    path = write(trial(), tmp_path_factory.mktemp("nbval"))
    press(path, force=True)
    return read(path)


def validate(notebook, folder):
    write(notebook, folder)
    shutil.copy(ROOT / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env", folder, f"--rootdir={folder}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def stored_claim(notebook):
    (cell,) = [cell for cell in code_cells(notebook) if "claim(" in cell.source]
    return cell.outputs[0].data


def test_other_digits_pass(pressed, tmp_path):
    notebook = copy.deepcopy(pressed)
    data = stored_claim(notebook)
    data[CLAIM_MIME]["value"] += 1e-5
    data["text/plain"] = data["text/plain"].replace("measured", "measured 0.0001")
    done = validate(notebook, tmp_path)
    assert done.returncode == 0, done.stdout


def test_another_statement_fails(pressed, tmp_path):
    notebook = copy.deepcopy(pressed)
    stored_claim(notebook)[CLAIM_MIME]["statement"] = "the mean is far from zero"
    done = validate(notebook, tmp_path)
    assert done.returncode == 1 and "1 failed" in done.stdout and "far from zero" in done.stdout


def test_another_number_in_a_checked_cell_fails(pressed, tmp_path):
    done = validate(with_code(pressed, "randn(1000", "randn(999"), tmp_path)
    assert done.returncode == 1 and "Cell outputs differ" in done.stdout


def test_reducing_keeps_or_drops_the_other_outputs(pressed):
    (cell,) = [cell for cell in code_cells(pressed) if "claim(" in cell.source]
    text = {"output_type": "stream", "name": "stdout", "text": "x"}
    assert len(verdicts([*cell.outputs, text], others=True)) == 3
    assert [output["data"][CLAIM_MIME]["id"] for output in verdicts([*cell.outputs, text], others=False)] == ["9.1", "9.2"]
