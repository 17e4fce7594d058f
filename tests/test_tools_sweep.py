import statistics

import pytest
from nbformat.v4 import new_output
from trial import trial, with_code, write

from tools.notebooks import CLAIM_MIME
from tools.records import code_hash, write_record
from tools.sweep import DRAWING, current, faults, seeded, summary, sweep, sweep_hash, table


def record(value, bound=1.0, kind="measured"):
    return {"id": "9.1", "statement": "s", "kind": kind, "relation": "at most", "value": value, "bound": bound, "margin": bound - value, "holds": value <= bound}


def test_the_margin_is_the_worst_over_the_seeds_and_counted_in_standard_deviations():
    values = [0.1, 0.3, 0.2]
    claim = summary("9.1", [record(value) for value in values])
    assert claim["values"] == values and claim["held"] == [True] * 3
    assert claim["margin"] == pytest.approx(0.7)
    assert claim["margin_sd"] == pytest.approx(0.7 / statistics.stdev(values), abs=0.01)
    assert faults(claim) == []


def test_a_violated_bound_has_a_negative_margin():
    claim = summary("9.1", [record(0.5), record(1.5)])
    assert claim["held"] == [True, False] and claim["margin"] == pytest.approx(-0.5)
    assert "held on 1 of 2" in faults(claim)[0]


def test_a_thin_margin_is_a_fault_of_a_measured_claim_alone():
    thin = [record(0.8), record(0.9), record(0.7)]
    assert "standard deviations" in faults(summary("9.1", thin))[0]
    assert faults(summary("9.1", [one | {"kind": "exact"} for one in thin])) == []


def test_a_claim_that_was_not_reached_did_not_hold():
    claim = summary("9.1", [record(0.1), None])
    assert claim["held"] == [True, False] and claim["values"] == [0.1, None] and claim["margin"] is None
    assert faults(summary("9.2", [None, None])) == ["claim 9.2 held on 0 of 2 seeds"]


def test_infinite_values_stay_readable_as_null():
    claim = summary("9.1", [record(0.1) | {"value": "inf", "margin": "inf"}, record(0.2)])
    assert claim["values"] == [None, 0.2] and claim["margin"] is None and claim["held"] == [True, True]


def test_only_the_seed_is_replaced():
    notebook = trial()
    other = seeded(notebook, 7)
    changed = [(old.source, new.source) for old, new in zip(notebook.cells, other.cells, strict=True) if old.source != new.source]
    assert changed == [('SEED = 0\nSCALE = "quick"', 'SEED = 7\nSCALE = "quick"')]


def test_a_notebook_without_the_parameters_is_refused():
    with pytest.raises(ValueError, match="parameters"):
        seeded(with_code(trial(), "SEED = 0", "SEED = 3"), 1)


def test_sweeping_past_a_claim_that_fails_on_some_seeds(tmp_path):
    # fails for odd seeds only, and the claims after it in the cell are then not reached
    path = write(with_code(trial(), "abs(sample.mean().item()), 0.15", "SEED % 2, 0.5"), tmp_path)
    found = sweep(path, [2, 3])
    first, second = found["claims"]
    assert (first["id"], first["held"], first["values"]) == ("9.1", [True, False], [0, 1])
    assert (second["id"], second["held"], second["values"]) == ("9.2", [True, False], [1.0, None])
    assert "1/2" in table(found) and found["seeds"] == [2, 3]


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("the mean of a thousand normals is near zero", "a thousand normals average near zero", False),
        ("plt.show()", "plt.show()  # now", False),
        ("0.15", "0.2", True),
        ("randn(1000", "randn(999", True),
    ],
)
def test_the_hash_follows_what_can_change_a_number(old, new, counts):
    assert (sweep_hash(with_code(trial(), old, new)) != sweep_hash(trial())) == counts


def test_drawing_does_not_count_and_the_rest_of_the_package_does(tmp_path):
    package = tmp_path / "gan_edu"
    package.mkdir()
    for module in ("plots", "training"):
        (package / f"{module}.py").write_text("x = 1")
    source = "from gan_edu import plots, training"
    before = code_hash(source, tmp_path, without=DRAWING)
    (package / "plots.py").write_text("x = 2")
    assert code_hash(source, tmp_path, without=DRAWING) == before != code_hash(source, tmp_path)
    (package / "training.py").write_text("x = 2")
    assert code_hash(source, tmp_path, without=DRAWING) != before


def test_a_record_as_new_as_the_code_only_takes_up_new_words(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.sweep.FOLDER", tmp_path / "sweeps")
    notebook = trial()
    (cell,) = [cell for cell in notebook.cells if "claim(" in cell.source]
    cell.outputs = [new_output("display_data", data={CLAIM_MIME: record(0.1) | {"statement": "worded anew"}})]
    path = write(notebook, tmp_path)
    claims = [summary("9.1", [record(0.1), record(0.2)])]
    write_record(tmp_path / "sweeps" / "09_trial.json", {"notebook": "09_trial", "code": sweep_hash(notebook), "seeds": [0, 1], "claims": claims})
    assert current(path, [0, 1])["claims"] == [claims[0] | {"statement": "worded anew"}]
    assert current(path, [0, 1, 2]) is None
    write(with_code(notebook, "0.15", "0.2"), tmp_path)
    assert current(path, [0, 1]) is None
