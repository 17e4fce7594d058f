"""One student's code, step by step, behind a wall: what it answers, what goes wrong, and limits on time, memory and output."""

import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from classroom.notebooks import writable
from classroom.walls import Limits, environment, isolated

Wall = Callable[[Limits, tuple[str, ...], int], tuple[list[str], dict]]


class Broken(RuntimeError):
    """A run ended before the student's code began: the fault is the grader's."""


class Outcome(NamedTuple):
    """What became of a job: values by step, what went wrong by step, seconds."""

    values: dict[str, list]
    faults: dict[str, str]
    seconds: float


def carry_out(job: dict, limits: Limits, wall: Wall = isolated, withheld: tuple[str, ...] = (), slot: int = 0) -> Outcome:
    """Run the job to its end, starting again without the step at which it was stopped or died. Raises Broken."""
    command, facts = wall(limits, withheld, slot)
    steps = Steps.of(job)
    values: dict[str, list] = {}
    faults: dict[str, str] = {}
    skip: set[str] = set()
    started, spent = time.monotonic(), 0.0
    for _ in range(len(steps.cells) + len(steps.questions) + 1):
        attempt = _attempt(command, job | facts | {"skip": sorted(skip)}, steps, limits)
        values |= attempt.values
        faults |= attempt.errors
        if broken := [f"{label}: {faults[label]}" for label in steps.setup if label in faults]:
            raise Broken("; ".join(broken))
        if attempt.stopped is None:
            return Outcome(values, faults, time.monotonic() - started)
        if attempt.at not in steps.cells + steps.questions:
            raise Broken(attempt.stopped)
        faults[attempt.at] = attempt.stopped
        spent += attempt.extra + (time.monotonic() - attempt.since if attempt.at in steps.cells and attempt.at not in job["answers"] else 0.0)
        skip |= {attempt.at} | set(values) | {label for label in faults if label in steps.questions}
        if spent > limits.extra:
            left = [label for label in steps.cells if label not in job["answers"] and label not in skip]
            faults |= {label: "left out: cells that are no answers had used up their time" for label in left}
            skip |= set(left)
    raise Broken("more attempts than steps")


class Steps(NamedTuple):
    """Labels of a job's steps, in their order."""

    setup: list[str]
    cells: list[str]
    questions: list[str]

    @classmethod
    def of(cls, job: dict) -> "Steps":
        setup = [f"setup {number}" for number in range(1, len(job["setup"]) + 1)]
        return cls(setup, [label for label, _ in job["cells"]], [label for label, _, _ in job["questions"]])


class Attempt:
    """What one process did before it finished or was stopped."""

    def __init__(self, steps: Steps, answers: list[str]) -> None:
        self.steps, self.answers = steps, answers
        self.values: dict[str, list] = {}
        self.errors: dict[str, str] = {}
        self.at: str | None = None  # the step under way, or the last one
        self.begun: set[str] = set()
        self.since = time.monotonic()
        self.extra = 0.0  # seconds in cells that are no answers
        self.stopped: str | None = None  # why it did not finish
        self.finished = False

    def take(self, line: bytes) -> None:
        """One event of the child's. Raises ValueError for anything that a child does not say."""
        event = json.loads(line)
        label = event.get("begin", event.get("end"))
        if event.get("finished"):
            self.finished = True
        elif "begin" in event and label not in self.begun and label in sum(self.steps, []):
            self.at, self.since = label, time.monotonic()
            self.begun.add(label)
        elif "end" in event and label == self.at:
            if label in self.steps.cells and label not in self.answers:
                self.extra += time.monotonic() - self.since
            if "error" in event:
                self.errors[label] = writable(str(event["error"])[:400])
            elif label in self.steps.questions:
                self.values[label] = list(event["values"])
            self.since = time.monotonic()
        else:
            raise ValueError(f"an event out of turn: {line[:80]!r}")

    def overdue(self, limits: Limits) -> bool:
        waiting = self.at is None or self.at in self.steps.setup
        return time.monotonic() - self.since > (limits.start if waiting else limits.step)


def _attempt(command: list[str], job: dict, steps: Steps, limits: Limits) -> Attempt:
    attempt = Attempt(steps, job["answers"])
    with tempfile.TemporaryFile() as letter, tempfile.TemporaryDirectory() as folder:
        letter.write(json.dumps(job).encode())
        letter.seek(0)
        process = subprocess.Popen(
            command, stdin=letter, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment(folder), start_new_session=True
        )
        try:
            _listen(process, attempt, limits)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()
    return attempt


def _listen(process: subprocess.Popen, attempt: Attempt, limits: Limits) -> None:
    """Follow the child until it finishes or must be stopped; says why in `attempt.stopped`."""
    answered, printed, rest = 0, 0, b""
    last_words = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while not attempt.finished:
            for key, _ in selector.select(0.2):
                data = os.read(key.fd, 65_536)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    printed += len(data)
                    last_words = (last_words + data)[-300:]
                else:
                    answered += len(data)
                    *lines, rest = (rest + data).split(b"\n")
                    try:
                        for line in lines:
                            attempt.take(line)
                    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                        attempt.stopped = "it wrote into the channel between the grader and the sandbox"
                        return
            if attempt.finished:
                return
            if why := _too_much(process.pid, attempt, limits, printed, answered):
                attempt.stopped = why
                return
            if not selector.get_map() or process.stdout not in {key.fileobj for key in selector.get_map().values()}:
                said = last_words.decode("utf8", "replace").strip().splitlines()
                attempt.stopped = f"the process ended (status {process.wait()})" + (f": {said[-1][:120]}" if said and attempt.at is None else "")
                return


def _too_much(pid: int, attempt: Attempt, limits: Limits, printed: int, answered: int) -> str | None:
    if printed > limits.printed:
        return f"it printed more than {limits.printed // 2**20} MB"
    if answered > limits.answered:
        return f"its answers were larger than {limits.answered // 2**20} MB"
    if attempt.overdue(limits):
        return f"it took more than {limits.step:g} s"
    held, processes = resident(pid)
    if held > limits.memory:
        return f"it used more than {limits.memory / 2**30:g} GB of memory" + (f", in {processes} processes" if processes > 4 else "")
    return None


def resident(pid: int) -> tuple[int, int]:
    """Bytes that a process and all below it hold in memory (shared pages counted for each), and how many they are."""
    parents, pages = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue  # it ended meanwhile
        parents[int(folder.name)], pages[int(folder.name)] = int(fields[1]), int(fields[21])
    family = {pid}
    grown = True
    while grown:
        more = {child for child, parent in parents.items() if parent in family} - family
        grown = bool(more)
        family |= more
    return sum(pages.get(member, 0) for member in family) * os.sysconf("SC_PAGE_SIZE"), len(family)
