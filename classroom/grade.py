"""One run over a folder of submissions: everybody's marks, kept one by one, so that an interrupted run goes on where it was."""

import hashlib
import json
import os
import secrets
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from classroom import course, marking, sandbox
from classroom.marking import Mark
from classroom.submissions import Paper, Submission
from classroom.walls import Limits


class Result(NamedTuple):
    """What came of one student's submission."""

    who: str
    student: str | None
    status: str  # "graded", or why not
    file: str
    marks: list[Mark]
    open: dict[str, str]
    numbers: dict[str, float]  # given to the personal questions
    notes: list[str]
    seconds: float

    @property
    def points(self) -> float | None:
        return sum(mark.points for mark in self.marks) if self.status == "graded" else None


class Plan(NamedTuple):
    """What all gradings of one run share."""

    assignment: course.Assignment
    inputs: dict[str, list[dict]]
    expected: dict[str, list]
    limits: Limits
    wall: sandbox.Wall
    roster: dict[str, str]  # who -> student id


def seed_of(out: Path, name: str) -> int:
    """The run's secret: random inputs are drawn from it. Made once for a folder, so that a resumed run asks the same."""
    place = out / "run.json"
    if place.exists():
        kept = json.loads(place.read_text(encoding="utf8"))
        if kept.get("assignment") != name:
            raise ValueError(f"{out} holds the marks of {kept.get('assignment')}; choose another folder for those of {name}")
        return int(kept["seed"])
    write(place, json.dumps({"assignment": name, "seed": secrets.randbits(48)}))
    return seed_of(out, name)


def plan(assignment: course.Assignment, seed: int, limits: Limits, wall: sandbox.Wall, roster: dict[str, str]) -> Plan:
    """Draw the inputs and ask the model solution. Raises RuntimeError where the model fails."""
    inputs = marking.draw(assignment, seed)
    expected = marking.model_answers(assignment, inputs, lambda job: sandbox.carry_out(job, limits, wall, assignment.withheld))
    return Plan(assignment, inputs, expected, limits, wall, roster)


def run(plan: Plan, submissions: list[Submission], out: Path, workers: int, progress: bool = True) -> list[Result]:
    """Grade what has no result yet, `workers` at a time; results in the order of the submissions."""
    done: dict[str, Result] = {one.who: kept for one in submissions if (kept := _kept(plan, one, out)) is not None}
    waiting = [one for one in submissions if one.who not in done]
    slots = Slots(workers)
    with ThreadPoolExecutor(workers) as pool, tqdm(total=len(submissions), initial=len(done), unit="submission", disable=None if progress else True) as bar:
        futures = {pool.submit(_graded, plan, one, slots): one for one in waiting}
        try:
            for future in as_completed(futures):
                one = futures[future]
                done[one.who] = future.result()
                write(_place(out, one), json.dumps(_as_json(done[one.who]) | {"key": _key(plan, one)}))
                bar.update()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return flagged([done[one.who] for one in submissions], plan.assignment)


class Slots:
    """A number of its own for every sandbox that runs at the same time."""

    def __init__(self, count: int) -> None:
        self.free, self.lock = list(range(count)), threading.Lock()

    def take(self) -> int:
        with self.lock:
            return self.free.pop()

    def give(self, slot: int) -> None:
        with self.lock:
            self.free.append(slot)


def _graded(plan: Plan, submission: Submission, slots: Slots) -> Result:
    """The best of a student's notebooks. Whatever happens, there is a result: a failure of ours costs nobody a mark silently."""
    slot = slots.take()
    try:
        results = [_safely(plan, submission.who, paper, slot) for paper in submission.papers]
    finally:
        slots.give(slot)
    best = max(results, key=lambda result: (result.points is not None, result.points or 0.0))
    if len(results) > 1:
        others = ", ".join(f"{result.file}: {result.status if result.points is None else f'{result.points:g} points'}" for result in results)
        best.notes.append(f"{len(results)} files were handed in ({others}); the best counts")
    return best


def _safely(plan: Plan, who: str, paper: Paper, slot: int) -> Result:
    """A file that trips the grader itself stops nobody else's marks."""
    try:
        return _one(plan, who, paper, slot)
    except Exception as error:
        why = f"not graded: the grader failed ({type(error).__name__}: {str(error)[:120]}); run the grader again"
        return Result(who, plan.roster.get(who), why, paper.file, [], {}, {}, [], 0.0)


def _one(plan: Plan, who: str, paper: Paper, slot: int) -> Result:
    if paper.notebook is None:
        return Result(who, plan.roster.get(who), f"not graded: {paper.fault}", paper.file, [], {}, {}, [], 0.0)
    cells = marking.read_cells(paper.notebook, plan.assignment.release)
    stated = cells.student
    if who in plan.roster:
        cells = cells._replace(student=plan.roster[who])
        if stated != cells.student:
            cells.notes.append(f"the notebook says STUDENT = {stated!r}, the roster {cells.student!r}; the roster's numbers were asked for")
    try:
        outcome = sandbox.carry_out(marking.job(plan.assignment, cells, plan.inputs), plan.limits, plan.wall, plan.assignment.withheld, slot)
    except (sandbox.Broken, OSError) as error:
        return Result(who, cells.student, f"not graded: the sandbox failed ({error}); run the grader again", paper.file, [], cells.open, {}, cells.notes, 0.0)
    marks = marking.marks(plan.assignment, cells, plan.inputs, plan.expected, outcome)
    notes = cells.notes + [f"{label}: {outcome.faults[label]}" for label, _ in cells.code if label in outcome.faults]
    numbers = {name: value for one in plan.assignment.personal for name, value in outcome.values.get(one.name, [{}])[0].items()}
    return Result(who, cells.student, "graded", paper.file, marks, cells.open, numbers, notes, outcome.seconds)


def flagged(results: list[Result], assignment: course.Assignment) -> list[Result]:
    """The same with a note where two students state one id, and where numbers are another's."""
    by_id: dict[str, list[str]] = {}
    for result in results:
        if result.student:
            by_id.setdefault(result.student, []).append(result.who)
    for result in results:
        if len(same := by_id.get(result.student or "", [])) > 1:
            result.notes.append(f"the id {result.student} is also that of {', '.join(who for who in same if who != result.who)}")
        for personal in assignment.personal:
            if other := marking.owner(personal, result.numbers, result.student, by_id):
                result.notes.append(f"{personal.name}: these are the numbers of {other}")
    return results


def write(path: Path, text: str) -> None:
    """Under a temporary name first, then renamed: an interruption loses nothing. Marks are for their owner's eyes: mode 600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "w", encoding="utf8", newline="") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _key(plan: Plan, submission: Submission) -> str:
    return f"{plan.assignment.digest} {submission.digest} {plan.roster.get(submission.who, '')}"


def _place(out: Path, submission: Submission) -> Path:
    return out / "results" / f"{slug(submission.who)}.json"


def slug(who: str) -> str:
    """A file name for a student: what is safe of the name, and a few letters that tell namesakes apart."""
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in who).strip("-")[:60]
    return safe if safe == who else f"{safe}-{hashlib.sha256(who.encode()).hexdigest()[:6]}"


def _kept(plan: Plan, submission: Submission, out: Path) -> Result | None:
    try:
        kept = json.loads(_place(out, submission).read_text(encoding="utf8"))
        if kept.pop("key") != _key(plan, submission) or "run the grader again" in kept["status"]:
            return None
        return Result(**kept | {"marks": [Mark(**mark) for mark in kept["marks"]]})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _as_json(result: Result) -> dict:
    return result._asdict() | {"marks": [mark._asdict() for mark in result.marks]}
