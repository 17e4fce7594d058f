"""Whole runs: right and wrong, hostile and broken submissions, each with the right mark and nothing harmed; reports; resuming."""

import csv
import json
import shutil
from pathlib import Path

import nbformat
import pytest
from helpers_assignments import answered, assignment, replaced

from classroom import __main__ as command
from classroom import course, grade, marking, notebooks, reports, sandbox, walls

NAME = "01_the_game"
FULL = {"q1": 3.0, "q2": 3.0, "q3": 4.0, "q4": 3.0, "q5": 5.0, "q6": 3.0}
LIE = """
import torch
class Liar(torch.Tensor):
    __eq__ = __lt__ = __gt__ = lambda self, other: True
    def item(self): return 0.0
    def tolist(self): raise SystemExit
"""


@pytest.fixture(scope="module", autouse=True)
def isolation(need):
    need("bubblewrap", shutil.which("bwrap"))
    try:
        walls.available()
    except walls.NoIsolation as error:
        pytest.skip(str(error))


def hostile(canary: Path) -> dict[str, tuple[nbformat.NotebookNode, dict[str, float]]]:
    """By name: the notebook, and the marks that it must get where they are not full."""
    key = course.FOLDER / "keys" / "the_game.py"
    steal = f"""
import glob, os, re
def optimal_discriminator(p, q):
    text = ""
    for path in ["{key}", "{course.path("source", NAME)}", *glob.glob("/proc/*/environ"), *glob.glob("/sandbox/*.py"), *glob.glob("/student/*")]:
        try: text += open(path).read()
        except OSError: pass
    solution = re.search(r"seen = .*?return [^\\n]*", text, re.DOTALL)
    if solution is None: raise RuntimeError("nothing to steal")
    names = {{"p": p, "q": q, "torch": __import__("torch")}}
    exec(solution[0].replace("return", "answer ="), names)
    return names["answer"]
"""
    delete = f"import os, shutil\nfor path in ({str(canary)!r}, {str(course.FOLDER)!r}, '/usr', '/'):\n    shutil.rmtree(path, ignore_errors=True)\ndef value(D_real, D_fake):\n    return os.remove({str(canary / 'file')!r})"
    call = "import urllib.request\ndef value(D_real, D_fake):\n    return float(urllib.request.urlopen('http://example.org', timeout=2).read())"
    return {
        "right": (answered(NAME, "s1"), {}),
        "partly": (answered(NAME, "s2", q1="def optimal_discriminator(p, q):\n    return p / (p + q)"), {"q1": 2.0}),
        "sign": (replaced(NAME, "q3", "return softplus(-real_logits).mean() + softplus(fake_logits).mean()", "return -softplus(-real_logits).mean() - softplus(fake_logits).mean()"), {"q3": 0.0, "q5": 0.0, "q6": 3.0}),
        "empty": (nbformat.from_dict(assignment(NAME).release), dict.fromkeys(FULL, 0.0)),
        "loop": (answered(NAME, "s5", q2="def value(D_real, D_fake):\n    while True: pass", q4="while True: pass"), {"q2": 0.0, "q4": 0.0, "q5": 2.0}),
        "memory": (answered(NAME, "s6", q2="def value(D_real, D_fake):\n    return [bytearray(10**8) for _ in range(10**6)]"), {"q2": 0.0}),
        "forks": (answered(NAME, "s7", q2="import os\ndef value(D_real, D_fake):\n    while True: os.fork()"), {"q2": 0.0}),
        "thief": (answered(NAME, "s8", q1=steal), {"q1": 0.0, "q6": 0.0}),
        "deletes": (answered(NAME, "s9", q2=delete), {"q2": 0.0}),
        "network": (answered(NAME, "s10", q2=call), {"q2": 0.0}),
        "flood": (answered(NAME, "s11", q2="def value(D_real, D_fake):\n    while True: print('x' * 10_000)"), {"q2": 0.0}),
        "liar": (answered(NAME, "s12", q4=LIE + "def generator_loss(fake_logits):\n    return torch.zeros(()).as_subclass(Liar)"), {"q4": 0.0, "q5": 2.0}),
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> tuple[Path, dict[str, grade.Result], Path]:
    """One run over all of them: (folder of the run, results, canary)."""
    folder = tmp_path_factory.mktemp("run")
    canary = tmp_path_factory.mktemp("canary")
    (canary / "file").write_text("alive")
    for name, (notebook, _) in hostile(canary).items():
        place = folder / "submitted" / name
        place.mkdir(parents=True)
        nbformat.write(notebook, place / "a.ipynb")
    code = command.main(["grade", NAME, str(folder / "submitted"), "--out", str(folder / "marks"), "--seconds", "15"])
    assert code == 0
    results = {kept["who"]: kept for kept in (json.loads(path.read_text()) for path in (folder / "marks" / "results").glob("*.json"))}
    return folder, results, canary


@pytest.mark.slow
@pytest.mark.parametrize("name", ["right", "partly", "sign", "empty", "loop", "memory", "forks", "thief", "deletes", "network", "flood", "liar"])
def test_each_gets_the_mark_that_it_earned(graded, name):
    _, results, canary = graded
    wanted = hostile(canary)[name][1]
    if name == "sign":
        wanted = wanted | {"q6": 3.0}
    assert {mark["question"]: mark["points"] for mark in results[name]["marks"]} == FULL | wanted


@pytest.mark.slow
def test_nothing_was_harmed(graded):
    _, _, canary = graded
    assert (canary / "file").read_text() == "alive"
    assert course.names()[0] == NAME and course.path("source", NAME).is_file()


@pytest.mark.slow
def test_the_table_and_the_reports_say_what_went_wrong_and_no_answer(graded):
    folder, results, _ = graded
    rows = {row["id"]: row for row in csv.DictReader((folder / "marks" / "marks.csv").open(encoding="utf8"))}
    assert rows["right"]["points"] == rows["right"]["of"] == "21"
    assert rows["loop"]["student"] == "s5"
    report = (folder / "marks" / "reports" / "loop.html").read_text()
    assert "it took more than 15 s" in report
    memory = (folder / "marks" / "reports" / "memory.html").read_text()
    assert "more than 3 GB" in memory or "more than 15 s" in memory  # where memory comes slowly, time ends first
    assert "Network" in json.dumps(results["network"]) or "URLError" in json.dumps(results["network"])
    seed = json.loads((folder / "marks" / "run.json").read_text())["seed"]
    inputs = marking.draw(assignment(NAME), seed)
    some = [str(inputs["q1/positive densities"][0]["arguments"][0][0])[:8], str(seed)]
    for page in (folder / "marks" / "reports").iterdir():
        assert not [number for number in some if number in page.read_text()]
    assert "<pre>" in (folder / "marks" / "to_mark.html").read_text() and "Rubric" in (folder / "marks" / "to_mark.html").read_text()


def submit(folder: Path, **given: nbformat.NotebookNode | bytes) -> Path:
    for who, content in given.items():
        place = folder / "submitted" / who / "a.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else nbformat.writes(content).encode())
    return folder / "submitted"


def table(out: Path) -> dict[str, dict]:
    return {row["id"]: row for row in csv.DictReader((out / "marks.csv").open(encoding="utf8"))}


def test_broken_files_get_a_line_and_no_mark_is_lost(tmp_path, capsys):
    folder = submit(tmp_path, torn=b'{"cells": [', other=answered("02_distances"), good=answered(NAME, "s1"))
    (folder / "two").mkdir()
    nbformat.write(assignment(NAME).release, folder / "two" / "early.ipynb")
    nbformat.write(answered(NAME, "s2"), folder / "two" / "late.ipynb")
    (folder / "two" / "torn.ipynb").write_text("{")
    assert command.main(["grade", NAME, str(folder), "--out", str(tmp_path / "out")]) == 0
    rows = table(tmp_path / "out")
    assert rows["torn"]["points"] == rows["other"]["points"] == ""
    assert "breaks off" in rows["torn"]["status"] and "02_distances" in rows["other"]["status"]
    assert rows["good"]["points"] == rows["two"]["points"] == "21"
    assert "3 files were handed in" in rows["two"]["notes"] and rows["two"]["file"] == "two/late.ipynb"
    assert "2 of 4 submissions graded" in capsys.readouterr().out
    assert "No mark was given or lost" in (tmp_path / "out" / "reports" / "torn.html").read_text()


def test_copied_numbers_and_shared_ids_show(tmp_path):
    (personal,) = assignment(NAME).personal
    numbers = personal.expected("s1")
    stolen = "\n".join(f"{name} = {float(value)!r}" for name, value in numbers.items())
    folder = submit(tmp_path, ann=answered(NAME, "s1"), bob=answered(NAME, "s2", q6=stolen), cid=answered(NAME, "s3"), dan=answered(NAME, "s3"))
    roster = tmp_path / "roster.csv"
    roster.write_text("id,student\nann,s1\nbob,s2\ncid,s3\ndan,s4\n")
    assert command.main(["grade", NAME, str(folder), "--out", str(tmp_path / "out"), "--roster", str(roster)]) == 0
    rows = table(tmp_path / "out")
    assert rows["ann"]["q6"] == "3" and rows["bob"]["q6"] in ("0", "1")  # one number may be alike by chance, two are not
    assert "q6: these are the numbers of s1" in rows["bob"]["notes"]
    # code is executed with the roster's id, so it finds the right numbers; only numbers that were typed in are another's
    assert rows["dan"]["q6"] == "3" and "the roster 's4'" in rows["dan"]["notes"]
    assert command.main(["grade", NAME, str(folder), "--out", str(tmp_path / "without")]) == 0
    assert "also that of dan" in table(tmp_path / "without")["cid"]["notes"]


def test_an_interrupted_run_goes_on_where_it_was(tmp_path, monkeypatch):
    folder = submit(tmp_path, **{f"s{number}": answered(NAME, f"s{number}") for number in range(4)})
    real, calls = sandbox.carry_out, []

    def counted(job, *rest):
        if len(calls) == 3:  # the model, two students, and then the teacher's patience ends
            raise KeyboardInterrupt
        calls.append(job["student"])
        return real(job, *rest)

    arguments = ["grade", NAME, str(folder), "--out", str(tmp_path / "out"), "--workers", "1"]
    monkeypatch.setattr(sandbox, "carry_out", counted)
    assert command.main(arguments) == 130
    kept = len(list((tmp_path / "out" / "results").glob("*.json")))
    assert kept == 2
    calls.clear()
    monkeypatch.setattr(sandbox, "carry_out", lambda job, *rest: (calls.append(job["student"]), real(job, *rest))[1])
    assert command.main(arguments) == 0
    assert len(calls) == 1 + 4 - kept
    assert {row["points"] for row in table(tmp_path / "out").values()} == {"21"}
    # a new submission is graded again, the others are not
    submit(tmp_path, s0=assignment(NAME).release)
    calls.clear()
    assert command.main(arguments) == 0
    assert len(calls) == 2 and table(tmp_path / "out")["s0"]["points"] == "0"


def test_points_given_by_hand_stay_and_are_exported(tmp_path, capsys):
    folder = submit(tmp_path, Ann_77=answered(NAME, "s1"), Bob_78=b"{")
    out = tmp_path / "out"
    arguments = ["grade", NAME, str(folder), "--out", str(out)]
    command.main(arguments)
    (out / "marks.csv").write_text((out / "marks.csv").read_text().replace("Ann_77,s1,graded,3,3,4,3,5,3,21,21,,", "Ann_77,s1,graded,3,3,4,3,5,3,21,21,3.5,"))
    command.main(arguments)
    assert table(out)["Ann_77"]["the_game-q7"] == "3.5"
    capsys.readouterr()
    assert command.main(["upload", str(out / "marks.csv"), "--to", "moodle", "--column", "Grade"]) == 0
    assert capsys.readouterr().out.splitlines() == ["Identifier,Grade", "Participant 77,24.5", "Participant 78,"]
    assert command.main(["upload", str(out / "marks.csv"), "--to", "canvas", "--column", "A1 (9)"]) == 0
    assert capsys.readouterr().out.splitlines() == ["Student,ID,SIS User ID,SIS Login ID,Section,A1 (9)", "Ann,77,,s1,,24.5", "Bob,78,,,,"]


def test_a_table_that_cannot_be_read_is_not_written_over(tmp_path, capsys):
    folder = submit(tmp_path, ann=answered(NAME, "s1"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "marks.csv").write_text("id;points;of;the_game-q7\nann;21;21;4\n")
    assert command.main(["grade", NAME, str(folder), "--out", str(tmp_path / "out")]) == 1
    assert "points given by hand cannot be kept" in capsys.readouterr().err
    assert "ann;21" in (tmp_path / "out" / "marks.csv").read_text()


def test_a_file_that_trips_the_grader_stops_nobody_else(tmp_path, monkeypatch):
    folder = submit(tmp_path, ann=answered(NAME, "s1"), bob=answered(NAME, "s2", q6="raise ValueError(chr(0xD800))"), cid=answered(NAME, "s3"))
    real = marking.marks

    def tripped(assignment, cells, *rest):
        if cells.student == "s3":
            raise ZeroDivisionError("a fault of ours")
        return real(assignment, cells, *rest)

    monkeypatch.setattr(marking, "marks", tripped)
    assert command.main(["grade", NAME, str(folder), "--out", str(tmp_path / "out")]) == 0
    rows = table(tmp_path / "out")
    assert rows["ann"]["points"] == "21" and rows["bob"]["points"] == "18"
    assert rows["cid"]["points"] == "" and "a fault of ours" in rows["cid"]["status"]
    monkeypatch.setattr(marking, "marks", real)
    assert command.main(["grade", NAME, str(folder), "--out", str(tmp_path / "out")]) == 0
    assert table(tmp_path / "out")["cid"]["points"] == "21"


def test_no_isolation_no_grading_unless_told_otherwise(tmp_path, monkeypatch, capsys):
    folder = submit(tmp_path, ann=answered(NAME, "s1"))
    arguments = ["grade", NAME, str(folder), "--out", str(tmp_path / "out")]
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda program, **rest: None if program == "bwrap" else which(program, **rest))
    assert command.main(arguments) == 1
    said = capsys.readouterr().err
    assert "nothing was run" in said and "apt install bubblewrap" in said and command.DANGER in said
    assert not (tmp_path / "out").exists()
    assert command.main([*arguments, command.DANGER]) == 0
    assert "with your rights" in capsys.readouterr().err
    assert table(tmp_path / "out")["ann"]["points"] == "21"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "09_none", "x", "--out", "y"], "wanted one of 01_the_game"),
        (["grade", NAME, "/nowhere", "--out", "y"], "wanted a folder of submissions"),
        (["grade", NAME, "x", "--out", "y", "--workers", "0"], "at least one worker"),
    ],
)
def test_wrong_arguments_are_said_in_a_line(arguments, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command.main(arguments) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_folder_holds_the_marks_of_one_assignment(tmp_path):
    grade.seed_of(tmp_path, NAME)
    assert grade.seed_of(tmp_path, NAME) == grade.seed_of(tmp_path, NAME)
    with pytest.raises(ValueError, match="choose another folder"):
        grade.seed_of(tmp_path, "02_distances")


def test_names_from_outside_are_harmless_in_files_and_tables(tmp_path):
    assert "/" not in grade.slug("../../etc/passwd") and grade.slug("a/b") != grade.slug("a-b")
    evil = '=HYPERLINK("http://x")'
    result = grade.Result(evil, "<script>", "graded", "+cmd", [], {"the_game-q7": "<img src=x onerror=alert(1)>"}, {}, ["@x"], 1.0)
    written = reports.table([result], assignment(NAME), {})
    assert "'=HYPERLINK" in written and "'+cmd" in written and "'@x" in written
    for page in (reports.page(result, assignment(NAME)), reports.to_mark([result], assignment(NAME))):
        assert "<script>" not in page and "<img src=x" not in page


def test_student_versions_are_made_and_compared(tmp_path, monkeypatch, capsys):
    shutil.copytree(course.FOLDER / "source", tmp_path / "source")
    monkeypatch.setattr(course, "FOLDER", tmp_path)
    assert command.main(["release", "--check"]) == 1
    assert not (tmp_path / "release").exists()
    assert command.main(["release"]) == 0
    assert command.main(["release", "--check"]) == 0
    assert notebooks.load(tmp_path / "release" / NAME / f"{NAME}.ipynb") == assignment(NAME).release
    assert "differs from its source" in capsys.readouterr().out
