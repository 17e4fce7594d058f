"""Notebooks in an empty folder, without the package, with the versions that Colab has (see tools/colab.py)."""

import re
import subprocess

import nbformat
import pytest
from helpers_assignments import solved
from trial import trial, write

from classroom import course
from tools.colab import colab_python, faults, run_as_colab
from tools.environments import source_copy
from tools.notebooks import all_notebooks

MISSING = (
    "This notebook needs the package gan_edu, and installing it from {} failed. "
    "Run `pip install -e .` in a copy of the book, or set GAN_EDU_SOURCE to one."
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source(tmp_path_factory, need):
    try:
        colab_python()
    except RuntimeError as error:
        need(f"Colab's set of packages ({error})", None)
    return source_copy(tmp_path_factory.mktemp("colab") / "source")


@pytest.mark.parametrize("notebook", all_notebooks()[:2], ids=lambda path: path.stem)
def test_notebook_runs_from_an_empty_folder(notebook, source, tmp_path):
    assert faults(notebook, tmp_path / "empty", source) == []


@pytest.mark.parametrize("name", [course.names()[0], course.names()[3]])
def test_a_solved_assignment_runs_from_an_empty_folder(name, source, tmp_path):
    nbformat.write(solved(name), tmp_path / f"{name}.ipynb")
    assert faults(tmp_path / f"{name}.ipynb", tmp_path / "empty", source) == []


def test_nothing_of_colabs_is_replaced(source):
    python = colab_python()
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", source], check=True, capture_output=True)
    frozen = subprocess.run([python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True).stdout
    assert {"numpy==2.1.3", "ipywidgets==7.7.1", "ipython==7.34.0", "matplotlib==3.10.0"} <= set(frozen.split())
    dry = subprocess.run([python, "-m", "pip", "install", "--dry-run", source], check=True, capture_output=True, text=True).stdout
    assert re.findall(r"Would install (.*)", dry) in ([], ["gan-edu-0.1.0"]), dry


def test_without_the_package_and_without_a_source_there_is_one_clear_error(source, tmp_path):
    done = run_as_colab(write(trial(), tmp_path), tmp_path / "empty", tmp_path / "nowhere")
    assert done.returncode != 0
    plain = re.sub(r"\x1b\[[\d;]*m", "", done.stderr)
    assert re.findall(r"^(\w+Error): (.*)", plain, re.MULTILINE) == [
        ("ModuleNotFoundError", MISSING.format(tmp_path / "nowhere")),
    ]
