"""nbgrader itself makes the same student versions of the sources, checksums included."""

import os
import shutil
import subprocess

import pytest
from helpers_assignments import assignment

from classroom import course, notebooks
from tools.environments import environment


@pytest.mark.slow
def test_nbgrader_makes_the_same_student_versions(need, tmp_path):
    wanted = [line for line in (course.FOLDER / "requirements.txt").read_text(encoding="utf8").splitlines() if not line.startswith("#")]
    try:
        python = environment("nbgrader", wanted)
    except RuntimeError as error:
        need(f"nbgrader ({error})", None)
    shutil.copytree(course.FOLDER / "source", tmp_path / "source")
    shutil.copy(course.FOLDER / "nbgrader_config.py", tmp_path)
    programs = os.environ | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    for name in course.names():
        done = subprocess.run([python, "-m", "nbgrader", "generate_assignment", name, "--create"], cwd=tmp_path, env=programs, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        theirs = notebooks.load(tmp_path / "release" / name / f"{name}.ipynb").cells
        ours = assignment(name).release.cells
        assert [cell.source for cell in theirs] == [cell.source for cell in ours]
        assert [cell.metadata.get("nbgrader") for cell in theirs] == [cell.metadata.get("nbgrader") for cell in ours]
