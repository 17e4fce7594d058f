"""Records are as old as their code: results of studies, and sweeps of every chapter over at least ten seeds."""

import pytest

from tools.notebooks import all_notebooks, claim_numbers, code_cells, read, stored_claims
from tools.records import read_record
from tools.studies import RESULTS, all_studies, result_of, stale, unmet
from tools.sweep import FOLDER as SWEEPS
from tools.sweep import faults, sweep_hash


@pytest.mark.parametrize("study", all_studies(), ids=lambda path: path.stem)
def test_result_is_as_old_as_its_code(study):
    reason = stale(study) and unmet(study)
    if reason:
        pytest.skip(f"{study.name} cannot run here: {reason}")
    assert not stale(study), f"run `make studies`: {study.name} changed after its result was stored"


def test_every_result_has_its_study():
    results = {path.stem for path in RESULTS.glob("*.json")}
    studies = {study.stem: study for study in all_studies()}
    assert results <= studies.keys() and all(unmet(studies[name]) for name in studies.keys() - results)
    assert all(path.stat().st_size < 100_000 for path in RESULTS.glob("*.json"))


def sweep_of(notebook):
    return read_record(SWEEPS / f"{notebook.stem}.json")


def test_every_sweep_has_its_notebook():
    assert {path.stem for path in SWEEPS.glob("*.json")} == {path.stem for path in all_notebooks()}


@pytest.mark.parametrize("notebook", all_notebooks(), ids=lambda path: path.stem)
def test_sweep_is_as_old_as_its_code(notebook):
    assert sweep_of(notebook)["code"] == sweep_hash(read(notebook)), f"run `make sweep NOTEBOOK=notebooks/{notebook.name}`"


@pytest.mark.parametrize("notebook", all_notebooks(), ids=lambda path: path.stem)
def test_sweep_has_every_claim_on_ten_seeds(notebook):
    record = sweep_of(notebook)
    cells = code_cells(read(notebook))
    assert [claim["id"] for claim in record["claims"]] == [number for cell in cells for number in claim_numbers(cell)]
    worded = [claim["statement"] for cell in cells for claim in stored_claims(cell)]
    assert [claim["statement"] for claim in record["claims"]] == worded, f"run `make sweep NOTEBOOK=notebooks/{notebook.name}`"
    assert len(set(record["seeds"])) >= 10
    assert {len(claim["held"]) for claim in record["claims"]} == {len(record["seeds"])}


@pytest.mark.parametrize("notebook", all_notebooks(), ids=lambda path: path.stem)
def test_every_claim_held_on_every_seed_with_room_to_spare(notebook):
    assert [fault for claim in sweep_of(notebook)["claims"] for fault in faults(claim)] == []
