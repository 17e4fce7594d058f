"""Runs one student's code inside the sandbox. It knows inputs and no answers, and imports nothing of this package.

It reads a job (JSON) from standard input and writes events (a JSON object a line) to its first standard output;
what the student prints goes elsewhere. The grader kills it when a step takes too long and starts it again without
that step, so a step that hangs or dies costs itself only.
"""

import contextlib
import importlib
import json
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable

LARGEST = 100_000  # numbers in one answer
MAGIC = re.compile(r"^\s*[%!]")


class NotDefined(Exception):
    """A name that a question asks for is not there."""


class Names(dict):
    """The student's names, for the probes."""

    def __missing__(self, name: str):
        raise NotDefined(f"your notebook does not define {name}")


def run(job: dict, emit: Callable) -> None:
    """Set up, the student's cells in their order, then the questions; every step announced before and after."""
    names = {"__name__": "__main__", "STUDENT": job["student"], "display": lambda *_, **__: None}
    for number, source in enumerate(job["setup"], start=1):
        step(f"setup {number}", lambda source=source, number=number: execute(source, f"setup {number}", names), job, emit)
    for label, source in job["cells"]:
        step(label, lambda source=source, label=label: execute(source, label, names), job, emit)
    probes: dict = {"__name__": "probes"}
    execute(job["probes"], "probes", probes)
    for label, probe, cases in job["questions"]:
        step(label, lambda probe=probe, cases=cases: [plain(probes[probe](Names(names), **case)) for case in cases], job, emit)
    emit({"finished": True})


def step(label: str, work: Callable, job: dict, emit: Callable) -> None:
    """One piece of work, announced before and after, with what it gave or how it failed."""
    if label in job["skip"]:
        return
    process = os.getpid()
    emit({"begin": label})
    try:
        result = {"values": work()}
    except BaseException as error:  # sys.exit, too, ends a step and not the run
        result = {"error": said(error)}
    if os.getpid() != process:
        os._exit(0)  # a copy that the student's code made of this process does not go on
    if job.get("alone"):
        end_others()
    emit({"end": label} | result)


def end_others() -> None:
    """End what a step left running. Only for the sandbox, where this process can reach no other than those it made."""
    for _ in range(400):
        try:
            os.kill(-1, signal.SIGKILL)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except (ProcessLookupError, PermissionError):
            return
        except ChildProcessError:
            pass
        time.sleep(0.005)
    os._exit(4)  # they multiply faster than they end: this run is over, and the step is to blame


def execute(source: str, label: str, names: dict) -> None:
    """The cell's Python lines; a notebook's magics and shell lines become comments."""
    lines = ["pass  # " + line if MAGIC.match(line) else line for line in source.split("\n")]
    exec(compile("\n".join(lines), f"<{label}>", "exec"), names)


def said(error: BaseException) -> str:
    """ "ValueError: ... (cell 7, line 3)": what a report shows of an error, cut short."""
    text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    if isinstance(error, SyntaxError) and str(error.filename).startswith("<cell "):
        return f"SyntaxError: {error.msg} ({error.filename[1:-1]}, line {error.lineno})"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<cell ")]
    return f"{text} ({frames[-1].filename[1:-1]}, line {frames[-1].lineno})" if frames else text


def plain(value: object, depth: int = 0) -> object:
    """Numbers, and lists or dicts of them, as JSON has them. Raises TypeError for anything else that was returned."""
    import numpy as np
    import torch

    if depth > 4:
        raise TypeError("wanted numbers or a tensor, got lists nested more than four deep")
    if value is None or type(value) in (bool, int, float):
        return value if value is None else float(value)
    if isinstance(value, torch.Tensor):
        value = torch.Tensor.numpy(torch.Tensor.detach(value).cpu().double())
    if isinstance(value, np.generic | np.ndarray):
        if value.size > LARGEST:
            raise ValueError(f"wanted at most {LARGEST} numbers, got {value.size}")
        return np.asarray(value, dtype=float).tolist()
    if type(value) in (list, tuple):
        return [plain(part, depth + 1) for part in value]
    if type(value) is dict:
        return {str(key): plain(part, depth + 1) for key, part in value.items()}
    raise TypeError(f"wanted numbers or a tensor, got an object of type {type(value).__name__}")


def restrict(user: int, memory: int, processes: int, file_size: int) -> None:
    """Become an ordinary user where we are not one, and take limits that cannot be lifted again."""
    import resource

    if user and os.getuid() == 0:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_NOFILE, 128),
    ):
        # where the machine's own limit is lower, that one stays
        with contextlib.suppress(ValueError):
            resource.setrlimit(what, (most, most))


def warm_up() -> None:
    """Load what loads slowly in the time for the start, and not within somebody's first question: torch, and its optimisers' machinery."""
    torch = importlib.import_module("torch")
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1).step()


def main() -> None:
    """Read the job, take the limits, run it."""
    job = json.load(sys.stdin)
    channel = os.fdopen(os.dup(1), "w", encoding="utf8", buffering=1)
    os.dup2(2, 1)
    sys.stdin = open(os.devnull)
    restrict(**job["limits"])
    sys.path[:0] = job["path"]
    warm_up()

    dumps = json.dumps
    run(job, lambda event: channel.write(dumps(event) + "\n"))
    os._exit(0)  # what the student left to be done at the end is not waited for


if __name__ == "__main__":
    main()
