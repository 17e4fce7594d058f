"""Check every claim of a notebook on many seeds: ``python -m tools.sweep notebooks/04_the_game.ipynb --seeds 10``.

A copy is executed for each seed, two at a time, past claims that fail. The record goes to ``studies/sweeps/`` (its form
is described in ``tools.records``). A record that is as new as the code is not made again (``--force``: it is), but gets
the statements as they are worded now. ``--first 100`` uses seeds 100, 101, ... and records nothing: that is for fixing
a bound, which must be done on other seeds than those reported.
"""

import argparse
import ast
import copy
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from nbformat import NotebookNode

from tools.execute import FAILURES, run
from tools.notebooks import PARAMETERS, claim_numbers, code_cells, is_claim, read, stored_claims, tagged
from tools.records import ROOT, code_hash, read_record, write_record

FOLDER = ROOT / "studies" / "sweeps"
WORKERS = 2
WANTED_MARGIN = 3.0  # standard deviations over the seeds
DRAWING = ("plots", "widgets", "static")


def seeded(notebook: NotebookNode, seed: int) -> NotebookNode:
    """A copy with another SEED. Raises ValueError unless the parameters cell is as every notebook has it."""
    changed = copy.deepcopy(notebook)
    cells = tagged(changed, "parameters")
    if [cell.source for cell in cells] != [PARAMETERS]:
        raise ValueError(f"wanted one cell tagged parameters holding {PARAMETERS!r}, got {[cell.source for cell in cells]}")
    cells[0].source = PARAMETERS.replace("SEED = 0", f"SEED = {seed}")
    return changed


def sweep_hash(notebook: NotebookNode) -> str:
    """Changes when anything does that could change the numbers: not for the wording of a claim, and not for drawing."""
    return code_hash("\n\n".join(_unworded(cell.source) for cell in code_cells(notebook)), without=DRAWING)


def current(path: Path, seeds: list[int]) -> dict | None:
    """The stored record with the statements as worded now, or None when it is older than the code or has other seeds."""
    stored = FOLDER / f"{path.stem}.json"
    record = read_record(stored) if stored.is_file() else {}
    notebook = read(path)
    if record.get("code") != sweep_hash(notebook) or record["seeds"] != seeds:
        return None
    worded = {claim["id"]: claim["statement"] for cell in code_cells(notebook) for claim in stored_claims(cell)}
    return record | {"claims": [claim | {"statement": worded.get(claim["id"], claim["statement"])} for claim in record["claims"]]}


def claims_on_seed(path: Path, seed: int) -> dict[str, dict]:
    """Execute the notebook with the seed; the records of the claims that were reached, by number."""
    notebook = seeded(read(path), seed)
    try:
        run(notebook, path.parent, allow_errors=True)
    except FAILURES:
        pass  # the claims after a dead kernel or a time-out were not reached, and count so
    return {record["id"]: record for cell in code_cells(notebook) for record in stored_claims(cell)}


def summary(number: str, found: list[dict | None]) -> dict:
    """One claim over all seeds; `found` has its record for each seed, or None where it was not reached."""
    reached = [record for record in found if record is not None]
    first = reached[0] if reached else {"statement": "never reached", "kind": None, "relation": None, "bound": None}
    margins = [_finite(record["margin"]) for record in reached]
    known = len(reached) == len(found) and None not in margins
    values = [_finite(record["value"]) if record else None for record in found]
    spread = statistics.stdev(values) if known and None not in values and len(values) > 1 else 0.0
    return {
        "id": number,
        **{name: first[name] for name in ("statement", "kind", "relation", "bound")},
        "values": values,
        "held": [bool(record and record["holds"]) for record in found],
        "margin": min(margins) if known else None,
        "margin_sd": round(min(margins) / spread, 2) if known and spread > 0 else None,
    }


def sweep(path: Path, seeds: list[int]) -> dict:
    """Run all seeds and return the record."""
    notebook = read(path)
    numbers = [number for cell in code_cells(notebook) for number in claim_numbers(cell)]
    if not numbers:
        raise ValueError(f"{path}: wanted a notebook with claims, found none")
    seeded(notebook, seeds[0])
    found = {}
    started = time.perf_counter()
    with ProcessPoolExecutor(WORKERS) as pool:
        waiting = {pool.submit(claims_on_seed, path, seed): seed for seed in seeds}
        for done in as_completed(waiting):
            found[waiting[done]] = done.result()
            left = (time.perf_counter() - started) / len(found) * (len(seeds) - len(found))
            print(f"{len(found)} of {len(seeds)} seeds, about {left:.0f} s left", flush=True)
    claims = [summary(number, [found[seed].get(number) for seed in seeds]) for number in numbers]
    return {"notebook": path.stem, "code": sweep_hash(notebook), "seeds": seeds, "claims": claims}


def table(record: dict) -> str:
    """The record for the terminal, with a mark at each claim that wants attention."""
    lines = [f"{'claim':7}{'kind':10}{'held':>8}{'worst margin':>14}{'in sd':>8}  statement"]
    for claim in record["claims"]:
        held = f"{sum(claim['held'])}/{len(claim['held'])}"
        margin = "-" if claim["margin"] is None else f"{claim['margin']:.3g}"
        deviations = "-" if claim["margin_sd"] is None else f"{claim['margin_sd']:.1f}"
        mark = "! " if faults(claim) else "  "
        lines.append(f"{claim['id']:7}{claim['kind'] or '-':10}{held:>8}{margin:>14}{deviations:>8}{mark}{claim['statement'][:70]}")
    return "\n".join(lines)


def faults(claim: dict) -> list[str]:
    """Why the claim may not stand in the book as it is."""
    found = []
    if not all(claim["held"]):
        found.append(f"claim {claim['id']} held on {sum(claim['held'])} of {len(claim['held'])} seeds")
    if claim["kind"] == "measured" and claim["margin_sd"] is not None and claim["margin_sd"] < WANTED_MARGIN:
        found.append(f"claim {claim['id']}: its margin is {claim['margin_sd']} standard deviations, wanted {WANTED_MARGIN}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--seeds", type=int, default=10, help="how many (default 10)")
    parser.add_argument("--first", type=int, default=0, help="first seed; other than 0 records nothing")
    parser.add_argument("--force", action="store_true", help="also when the record is as new as the code")
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error(f"wanted at least one seed, got {arguments.seeds}")
    seeds = list(range(arguments.first, arguments.first + arguments.seeds))
    path = arguments.notebook.resolve()
    try:
        record = (None if arguments.force else current(path, seeds)) or sweep(path, seeds)
    except (ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    print(table(record))
    if arguments.first == 0:
        write_record(FOLDER / f"{record['notebook']}.json", record)
    return 1 if any(faults(claim) for claim in record["claims"]) else 0


def _unworded(source: str) -> str:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for call in filter(is_claim, ast.walk(tree)):
        call.args[1:2] = [ast.Constant("")]
    return ast.unparse(tree)


def _finite(value: float | str) -> float | None:
    # infinite values are stored as words, because JSON has none
    return None if isinstance(value, str) else value


if __name__ == "__main__":
    sys.exit(main())
