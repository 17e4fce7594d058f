"""The same questions inside nbgrader: what a check cell's hidden tests call.

nbgrader executes a student's code with the instructor's rights. This is for instructors who accept that; `python -m classroom grade` isolates.
"""

import contextlib
import io
from functools import cache

import torch

from classroom import child, course, marking
from classroom.sandbox import Outcome

SEED = 20_140_610  # nbgrader grades one notebook at a time, so all students must be asked the same


def hidden_tests(name: str, question: str, names: dict) -> float:
    """Points that `names`, a notebook's global names, earn for one question; prints why points are missing.

    As the last line of a check cell it is nbgrader's partial credit.
    """
    assignment, inputs, expected = _prepared(name)
    probes: dict = {"__name__": "probes"}
    child.execute(assignment.probes, "probes", probes)
    outcome = Outcome({}, {}, 0.0)
    wanted = marking.job(assignment, marking.Cells(None, [], [], {}, []), inputs)["questions"]
    for label, probe, cases in wanted:
        if label.split("/")[0] == question:
            try:
                outcome.values[label] = [child.plain(probes[probe](child.Names(names), **case)) for case in cases]
            except Exception as error:
                outcome.faults[label] = child.said(error)
    cells = marking.Cells(str(names.get("STUDENT")), [], [], {}, [])
    mark = next(mark for mark in marking.marks(assignment, cells, inputs, expected, outcome) if mark.question == question)
    print("\n".join(mark.lines))
    return mark.points


@cache
def _prepared(name: str) -> tuple:
    assignment = course.assignment(name)
    inputs = marking.draw(assignment, SEED)
    with contextlib.redirect_stdout(io.StringIO()):
        return assignment, inputs, marking.model_answers(assignment, inputs, in_process)


def in_process(job: dict) -> Outcome:
    """The job in this very process, for code that is trusted: a model solution, or a test's."""
    values: dict[str, list] = {}
    faults: dict[str, str] = {}

    def listen(event: dict) -> None:
        if "error" in event:
            faults[event["end"]] = event["error"]
        elif "values" in event and not event["end"].startswith(("cell", "setup")):
            values[event["end"]] = event["values"]

    precision = torch.get_default_dtype()
    try:
        child.run(job, listen)
    finally:
        torch.set_default_dtype(precision)  # an assignment may choose its own
    return Outcome(values, faults, 0.0)
