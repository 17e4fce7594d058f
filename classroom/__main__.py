"""Student versions, and marks: ``python -m classroom``.

    python -m classroom release                                  make the student versions
    python -m classroom grade 01_the_game submissions/ --out marks/
    python -m classroom upload marks/marks.csv --to canvas --column "Assignment 1 (4711)"
"""

import argparse
import csv
import sys
import tempfile
from pathlib import Path

import nbformat

from classroom import course, grade, notebooks, reports, submissions, walls
from tools.records import write_atomically

DANGER = "--without-isolation"


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the process's status: 0, 1 for what can be mended, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m classroom", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    release = commands.add_parser("release", help="write the student versions of all assignments")
    release.add_argument("--check", action="store_true", help="say what differs, and write nothing")
    marks = commands.add_parser("grade", help="grade a folder of submissions")
    marks.add_argument("assignment", help="such as 01_the_game")
    marks.add_argument("submissions", type=Path, help="a folder or a ZIP file, as Moodle or Canvas exports it, or nbgrader's `submitted`")
    marks.add_argument("--out", type=Path, required=True, help="folder for marks and reports; the same folder again resumes")
    marks.add_argument("--roster", type=Path, help="CSV with the columns id (as in marks.csv) and student")
    marks.add_argument("--workers", type=int, default=2, help="submissions at a time")
    marks.add_argument("--seconds", type=float, default=walls.Limits().step, help="the most that one cell or question may take")
    marks.add_argument(DANGER, action="store_true", help="run submissions with YOUR rights; they can read and delete what you can")
    table = commands.add_parser("upload", help="totals as Moodle or Canvas reads them")
    table.add_argument("marks", type=Path)
    table.add_argument("--to", choices=["moodle", "canvas"], required=True)
    table.add_argument("--column", required=True, help="the assignment's column there")
    given = parser.parse_args(arguments)
    try:
        return {"release": _release, "grade": _grade, "upload": _upload}[given.command](given)
    except (ValueError, FileNotFoundError, RuntimeError) as error:
        print(f"python -m classroom: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it was", file=sys.stderr)
        return 130


def _release(given: argparse.Namespace) -> int:
    """Students get what the sources say, and nothing that they hide."""
    different = 0
    for name in course.names():
        text = nbformat.writes(notebooks.student_version(notebooks.load(course.path("source", name)), name), indent=1) + "\n"
        place = course.path("release", name)
        if place.exists() and place.read_text(encoding="utf8") == text:
            continue
        different += 1
        print(f"{name}: {'differs from its source' if given.check else 'written'}")
        if not given.check:
            write_atomically(place, text)
    return 1 if different and given.check else 0


def _grade(given: argparse.Namespace) -> int:
    if given.workers < 1:
        raise ValueError(f"wanted at least one worker, got {given.workers}")
    if given.without_isolation:
        print(f"{DANGER}: submissions run with your rights and can read or delete what you can.", file=sys.stderr)
    else:
        _must_isolate()
    assignment = course.assignment(given.assignment)
    roster = _roster(given.roster)
    with tempfile.TemporaryDirectory() as unpacked:
        folder = given.submissions
        if folder.is_file():
            folder = submissions.unpacked(folder, Path(unpacked))
        handed_in = submissions.found(folder, assignment.name)
    given.out.mkdir(parents=True, exist_ok=True)
    wall = walls.unprotected if given.without_isolation else walls.isolated
    seed = grade.seed_of(given.out, assignment.name)
    reports.given_by_hand(given.out / "marks.csv")  # before the work, not after it
    plan = grade.plan(assignment, seed, walls.Limits(step=given.seconds), wall, roster)
    results = grade.run(plan, handed_in, given.out, given.workers)
    reports.all_reports(results, assignment, given.out)
    graded = [result for result in results if result.points is not None]
    print(f"{len(graded)} of {len(results)} submissions graded; marks in {given.out / 'marks.csv'}, open answers in {given.out / 'to_mark.html'}")
    for result in results:
        if result.points is None:
            print(f"  {result.who}: {result.status}")
    return 0


def _must_isolate() -> None:
    try:
        walls.available()
    except walls.NoIsolation as error:
        raise ValueError(f"submissions cannot be isolated here, so nothing was run. {error}\n(Only for code you have read: {DANGER})") from None


def _roster(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"id", "student"} <= set(rows[0]):
        raise ValueError(f"{path}: wanted a CSV file with the columns id and student")
    return {row["id"]: row["student"].strip() for row in rows}


def _upload(given: argparse.Namespace) -> int:
    print(reports.upload(given.marks.read_text(encoding="utf8"), given.to, given.column), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
