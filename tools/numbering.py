"""Numbers of theorems, exercises, figures, equations and claims in the notebooks' text: given once, in order, and referred to."""

import re
from typing import NamedTuple

from nbformat import NotebookNode

from tools.notebooks import claim_numbers, code_cells, markdown

STATEMENTS = "Theorem|Proposition|Lemma|Corollary|Definition|Algorithm"
NUMBER = r"[1-9]\d*\.[1-9]\d*"
KINDS = (*STATEMENTS.split("|"), "Exercise", "Figure", "Equation", "Claim")
GIVEN = (
    re.compile(rf"^>\s*\*\*(?P<kind>{STATEMENTS}|Exercise) (?P<number>{NUMBER})", re.MULTILINE),
    re.compile(rf"^\*\*(?P<kind>Figure) (?P<number>{NUMBER})\.?\*\*", re.MULTILINE),
    re.compile(rf"\\(?P<kind>tag)\{{(?P<number>{NUMBER})\}}"),
)
ASKED = re.compile(rf"\b({STATEMENTS}|Exercise|Figure|Claim)s?\s({NUMBER})")
EQUATION = re.compile(rf"(?<![\w)])\(({NUMBER})\)")


class Thing(NamedTuple):
    kind: str
    number: str


def given(notebook: NotebookNode) -> list[Thing]:
    """Everything the notebook numbers, in order of appearance within its kind."""
    text = "\n\n".join(markdown(notebook))
    found = [(match["kind"], match["number"]) for pattern in GIVEN for match in pattern.finditer(text)]
    things = [Thing("Equation" if kind == "tag" else kind, number) for kind, number in found]
    return things + [Thing("Claim", number) for cell in code_cells(notebook) for number in claim_numbers(cell)]


def asked(notebook: NotebookNode) -> set[Thing]:
    """Everything its text refers to."""
    text = re.sub(r"`[^`\n]*`|\]\([^)\s]*\)", "", "\n\n".join(markdown(notebook)))
    words = {Thing(match[1], match[2]) for match in ASKED.finditer(text)}
    outside_formulas = re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$", "", text, flags=re.DOTALL)
    return words | {Thing("Equation", match[1]) for match in EQUATION.finditer(outside_formulas)}


def out_of_order(notebook: NotebookNode, chapter: int) -> list[str]:
    """Faults of the numbers given: each kind counts chapter.1, chapter.2, ... in order of appearance."""
    faults = []
    for kind in KINDS:
        numbers = [thing.number for thing in given(notebook) if thing.kind == kind]
        wanted = [f"{chapter}.{count}" for count in range(1, len(numbers) + 1)]
        if numbers != wanted:
            faults.append(f"{kind}: wanted the numbers {wanted}, got {numbers}")
    return faults


def dangling(notebooks: dict[int, NotebookNode]) -> list[str]:
    """References, from any of the chapters, to numbers that one of these chapters should give and does not."""
    known = {thing for notebook in notebooks.values() for thing in given(notebook)}
    return [
        f"chapter {chapter} refers to {thing.kind} {thing.number}, which is nowhere"
        for chapter, notebook in notebooks.items()
        for thing in sorted(asked(notebook) - known)
        if int(thing.number.split(".")[0]) in notebooks
    ]

