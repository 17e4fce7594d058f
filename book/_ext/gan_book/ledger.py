"""The claims ledger, made from the executed notebooks and from the records of the sweeps."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

MIME = "application/vnd.gan-edu.claim+json"
STATED = ("Claim", "Statement", "Kind", "Wanted")
SIGNS = {"at least": "≥", "at most": "≤", "consistent with": "a rate of"}


class ClaimsLedger(SphinxDirective):
    """``claims-ledger``: one section for each notebook in the table of contents, one row for each claim."""

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        sweeps = sweep_records(root / "studies" / "sweeps")
        for path in sorted((root / "studies" / "sweeps").glob("*.json")):
            self.env.note_dependency(str(path))
        sections = []
        for page in sorted(page for page in self.env.found_docs if page.startswith("notebooks/")):
            path = root / f"{page}.ipynb"
            self.env.note_dependency(str(path))
            claims = stored_claims(path)
            if claims:
                sections.append(_section(page, self.env.docname, title(path), claims, sweeps.get(path.stem)))
        return sections or [nodes.paragraph("", "No notebook has stored claims.")]


def stored_claims(notebook: Path) -> list[dict]:
    """The claims that the notebook's stored outputs hold, in order of appearance."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = (output for cell in cells for output in cell.get("outputs", ()))
    return [output["data"][MIME] for output in outputs if MIME in output.get("data", ())]


def title(notebook: Path) -> str:
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        match = re.search(r"^# (.+)$", "".join(cell["source"]), re.MULTILINE) if cell["cell_type"] == "markdown" else None
        if match:
            return match[1].strip()
    return notebook.stem


def sweep_records(folder: Path) -> dict[str, dict]:
    """Sweep records by notebook, such as "04_the_game"; ``tools/records.py`` says what a record holds."""
    records = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json")))
    return {record["notebook"]: record for record in records}


def _section(page: str, here: str, heading: str, claims: list[dict], record: dict | None) -> nodes.section:
    section = nodes.section("", nodes.title("", heading), ids=[Path(page).name.replace("_", "-")], names=[heading])
    section += nodes.paragraph("", "", *_provenance(page, here, record))
    table = nodes.table("", classes=["gan-ledger"])
    headings = (*STATED, "Worst", "Held", "Margin") if record else (*STATED, "Stored run")
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in headings), cols=len(headings))
    group += nodes.thead("", nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in headings)))
    group += nodes.tbody("", *(_row(here, claim, record) for claim in claims))
    table += group
    section += table
    return section


def _provenance(page: str, here: str, record: dict | None) -> Iterator[nodes.Node]:
    target = f"/{page}"
    yield addnodes.pending_xref("", nodes.inline("", "The chapter"), refdomain="std", reftype="doc", reftarget=target, refdoc=here, refexplicit=True, refwarn=True)
    if record is None:
        yield nodes.Text(": not swept yet; the values are those of the stored run.")
    else:
        yield nodes.Text(f": swept over {len(record['seeds'])} seeds ({_seeds(record['seeds'])}).")


def _seeds(seeds: list[int]) -> str:
    consecutive = len(seeds) > 2 and seeds == list(range(seeds[0], seeds[0] + len(seeds)))
    return f"{seeds[0]} to {seeds[-1]}" if consecutive else ", ".join(map(str, seeds))


def _row(here: str, claim: dict, record: dict | None) -> nodes.row:
    link = addnodes.pending_xref(
        "", nodes.inline("", claim["id"]), refdomain="numbered", reftype="Claim", reftarget=claim["id"], refdoc=here, refexplicit=True, refwarn=True
    )
    texts = [claim["kind"], wanted(claim), *_found(claim, record)]
    cells = [nodes.paragraph("", "", link), nodes.paragraph("", "", *with_math(claim["statement"]))]
    cells += [nodes.paragraph("", text) for text in texts]
    return nodes.row("", *(nodes.entry("", cell) for cell in cells))


def _found(claim: dict, record: dict | None) -> list[str]:
    if record is None:
        return [number(claim["value"])]
    swept = next((entry for entry in record["claims"] if entry["id"] == claim["id"]), None)
    return [worst(swept), held(swept["held"]), margin(swept)] if swept else [f"{number(claim['value'])} (one run)", "not swept yet", "–"]


def with_math(statement: str) -> list[nodes.Node]:
    """The statement's words, and its formulas between dollar signs."""
    parts = statement.split("$")
    return [nodes.math(part, part) if index % 2 else nodes.Text(part) for index, part in enumerate(parts) if part]


def number(value: float | str) -> str:
    """Three digits, whole numbers in full; infinities are stored as words."""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e6 else f"{value:.3g}"


def wanted(claim: dict) -> str:
    """The bound in words short enough for a column, such as "≤ 0.1" or "0.25 to 0.75"."""
    relation, bound = claim["relation"], claim["bound"]
    if isinstance(bound, list):
        return f"{number(bound[0])} to {number(bound[1])}"
    if relation in SIGNS:
        return f"{SIGNS[relation]} {number(bound)}"
    return f"{number(bound)} {relation.removeprefix('equal ')}"


def held(verdicts: list[bool]) -> str:
    return f"{sum(verdicts)} of {len(verdicts)}"


def worst(swept: dict) -> str:
    """The value that came closest to breaking the claim, or broke it most."""
    values = [value for value in swept["values"] if value is not None]
    return number(min(values, key=lambda value: _slack(swept, value))) if values else "never reached"


def margin(swept: dict) -> str:
    """Smallest distance from a value to the bound in standard deviations over seeds, where the values vary."""
    if swept["kind"] != "measured":
        return "–"
    return "no spread" if swept["margin_sd"] is None else f"{swept['margin_sd']:.1f} sd"


def _slack(swept: dict, value: float | str) -> float:
    value, bound = float(value), swept["bound"]
    if isinstance(bound, list):
        return min(value - bound[0], bound[1] - value)
    if swept["relation"] == "at least":
        return value - bound
    if swept["relation"] == "at most":
        return bound - value
    return -abs(value - bound)
