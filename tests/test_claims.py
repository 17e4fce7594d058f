import json
import subprocess
import sys
from math import inf, nan

import pytest
import torch
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell
from scipy.stats import binom, fisher_exact

from gan_edu.claims import MIME, RATE_LEVEL, at_least, at_most, between, claim, exact, rate

HOLDING = {
    "exact": exact(1.0, 1.0),
    "at_least": at_least(3, 2),
    "at_most": at_most(2, 3),
    "between": between(2, 1, 3),
    "rate": rate(12, 20, 14, 20),
}
FAILING = {
    "exact": exact(1.0, 1.1),
    "at_least": at_least(1, 2),
    "at_most": at_most(4, 3),
    "between": between(4, 1, 3),
    "rate": rate(0, 20, 20, 20),
}


@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    """The bundles that claims display, as a notebook would receive them."""
    bundles: list[dict] = []
    monkeypatch.setattr("IPython.get_ipython", lambda: object.__new__(InteractiveShell))
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
    return bundles


# checks, by hand


@pytest.mark.parametrize(
    ("check", "margin", "holds"),
    [
        (exact(2.0, 2.0), 1e-9, True),
        (exact(2.0, 2.25, tolerance=0.25), 0, True),
        (exact(2.25, 2.0, tolerance=0.25), 0, True),
        (exact(2.0, 2.5, tolerance=0.25), -0.25, False),
        (exact(1 + 2e-9, 1.0), -1e-9, False),
        (exact(inf, inf), 1e-9, True),
        (exact(5.0, inf), -inf, False),
        (exact(inf, 5.0), -inf, False),
        (exact(-inf, inf), -inf, False),
        (at_least(2.5, 2), 0.5, True),
        (at_least(2, 2), 0, True),
        (at_least(1.5, 2), -0.5, False),
        (at_least(inf, 2), inf, True),
        (at_most(1.5, 2), 0.5, True),
        (at_most(2, 2), 0, True),
        (at_most(2.5, 2), -0.5, False),
        (at_most(inf, 2), -inf, False),
        (between(2, 1, 4), 1, True),
        (between(1, 1, 4), 0, True),
        (between(4, 1, 4), 0, True),
        (between(0.5, 1, 4), -0.5, False),
        (between(5, 1, 4), -1, False),
    ],
)
def test_margins_by_hand(check, margin, holds):
    assert check.margin == pytest.approx(margin, abs=1e-15)
    assert check.holds is holds


@pytest.mark.parametrize("seed", range(20))
def test_at_least_and_at_most_are_mirror_images(seed):
    value, bound = torch.randn(2, generator=torch.Generator().manual_seed(seed)).tolist()
    assert at_least(value, bound).margin == at_most(-value, -bound).margin
    assert at_least(value, bound).margin == -at_most(value, bound).margin
    assert at_least(value, bound).holds == (value >= bound)


def test_kinds_and_relations():
    assert {name: check.kind for name, check in HOLDING.items()} == {
        "exact": "exact",
        "at_least": "measured",
        "at_most": "measured",
        "between": "measured",
        "rate": "rate",
    }
    relations = [HOLDING[name].relation for name in ("at_least", "at_most", "between", "rate")]
    assert relations == ["at least", "at most", "between", "consistent with"]


def test_tensors_and_integers_are_numbers():
    assert at_least(torch.tensor(2.0), torch.tensor(1)).margin == 1
    assert exact(torch.tensor(0.5, dtype=torch.float64), 0.5).holds


@pytest.mark.parametrize("tolerance", [0.0025, 1e-6, 1.5e-9])
def test_the_tolerance_shown_is_the_tolerance_used(tolerance):
    check = exact(1, 1, tolerance)
    for text in (check.found, check.relation):
        assert float(text.rsplit(maxsplit=1)[1]) == tolerance


# rates


@pytest.mark.parametrize("counts", [(14, 20, 14, 20), (0, 20, 14, 20), (10, 10, 0, 10), (5, 10, 70, 100), (50, 100, 70, 100)])
def test_rates_are_fishers_exact_test(counts):
    hits, trials, recorded_hits, recorded_trials = counts
    p = fisher_exact([[hits, trials - hits], [recorded_hits, recorded_trials - recorded_hits]]).pvalue
    assert rate(*counts).margin == pytest.approx(p - 0.001)
    assert rate(*counts).holds == (p >= RATE_LEVEL)


def test_rates_by_hand():
    # all of 7 against none of 7: 2 of the 3432 tables are as extreme, p = 0.00058
    assert rate(7, 7, 0, 7).margin == pytest.approx(2 / 3432 - 0.001)
    assert not rate(7, 7, 0, 7).holds and rate(6, 7, 0, 7).holds


def test_rates_do_not_care_for_the_order_of_run_and_record():
    assert rate(6, 20, 16, 24).margin == pytest.approx(rate(16, 24, 6, 20).margin)
    assert rate(6, 20, 16, 24).margin == pytest.approx(rate(14, 20, 8, 24).margin)


@pytest.mark.parametrize("counts", [(1, 1, 10, 10), (5, 5, 0, 5), (6, 10, 7, 10)])
def test_a_rate_that_no_outcome_could_contradict_is_refused(counts):
    with pytest.raises(ValueError, match="no outcome of .* trials could contradict .*; take more"):
        rate(*counts)


def test_a_true_rate_is_contradicted_less_than_once_in_a_thousand():
    contradicted = [(hits, recorded) for hits in range(31) for recorded in range(41) if not rate(hits, 30, recorded, 40).holds]
    assert contradicted
    for true_rate in (0.1, 0.5, 0.7, 0.9):
        chance = sum(binom.pmf(hits, 30, true_rate) * binom.pmf(recorded, 40, true_rate) for hits, recorded in contradicted)
        assert chance < RATE_LEVEL


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((-1, 10, 7, 10), "for this run; got -1 of 10"),
        ((11, 10, 7, 10), "for this run; got 11 of 10"),
        ((0, 0, 7, 10), "for this run; got 0 of 0"),
        ((7, 10, 11, 10), "for the record; got 11 of 10"),
        ((7, 10, 0, 0), "for the record; got 0 of 0"),
        ((7, 10, -2, 10), "for the record; got -2 of 10"),
    ],
)
def test_impossible_rates(counts, message):
    with pytest.raises(ValueError, match="rate: wanted 0 <= hits <= trials and at least one trial " + message):
        rate(*counts)


# claims


@pytest.mark.parametrize("name", HOLDING)
def test_a_true_claim_shows_itself_and_goes_on(shown, name):
    claim("4.3", "a statement", HOLDING[name])
    (bundle,) = shown
    assert set(bundle) == {"text/plain", "text/html", MIME}
    assert bundle["text/plain"] == f"Claim 4.3 holds: a statement ({HOLDING[name].found})"
    assert bundle[MIME]["holds"] is True and bundle[MIME]["margin"] >= 0


@pytest.mark.parametrize("name", FAILING)
def test_a_false_claim_shows_itself_and_then_raises(shown, name):
    with pytest.raises(AssertionError, match="Claim 4.3 does not hold: a statement"):
        claim("4.3", "a statement", FAILING[name])
    (bundle,) = shown
    assert bundle["text/plain"].startswith("Claim 4.3 does not hold: a statement (")
    assert bundle[MIME]["holds"] is False and 'data-holds="false"' in bundle["text/html"]


def test_the_record_by_hand(shown):
    claim("4.12", "close", at_most(0.0314159265, 0.1))
    assert shown[0][MIME] == {
        "id": "4.12",
        "statement": "close",
        "kind": "measured",
        "relation": "at most",
        "value": 0.0314159,
        "bound": 0.1,
        "margin": 0.0685841,
        "holds": True,
    }
    assert shown[0]["text/plain"] == "Claim 4.12 holds: close (measured 0.0314, at most 0.1)"


def test_the_bound_of_between_is_a_pair(shown):
    claim("4.1", "s", between(2, 1, 3))
    assert shown[0][MIME]["bound"] == [1, 3]


def test_a_rates_record_has_its_counts(shown):
    claim("4.1", "s", rate(20, 30, 70, 100))
    record = shown[0][MIME]
    assert record["trials"] == 30 and record["recorded"] == [70, 100]
    assert record["value"] == pytest.approx(2 / 3, abs=1e-6) and record["bound"] == 0.7
    assert "20 of 30 here, 70 of 100 recorded beforehand" in shown[0]["text/plain"]


@pytest.mark.parametrize(
    "check", [*HOLDING.values(), exact(inf, inf), exact(-inf, -inf), at_least(inf, 3), between(2, 1, inf), at_most(1, inf)]
)
def test_every_record_is_json_for_any_reader(shown, check):
    claim("4.1", "s", check)
    record = shown[0][MIME]
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_html_is_one_block_with_its_anchor_and_escapes_what_it_must(shown):
    claim("4.3", r"if $a < b$ & so on, <b>then</b> $\frac{1}{2}$", at_most(1, 2))
    page = BeautifulSoup(shown[0]["text/html"], "html.parser")
    (block,) = page.find_all(recursive=False)
    assert block.name == "div" and block["id"] == "claim-4-3" and "gan-claim" in block["class"]
    assert r"if $a < b$ & so on, <b>then</b> $\frac{1}{2}$" in block.get_text()
    assert block.find("b") is None
    assert block.get_text().startswith("Claim 4.3 holds.")


@pytest.mark.parametrize("number", ["", "4", "4.", ".3", "4.3.1", "Claim 4.3", " 4.3", "4.3\n", "4,3"])
def test_bad_numbers(shown, number):
    with pytest.raises(ValueError, match='claim number: wanted "chapter.count" such as "4.3", got '):
        claim(number, "s", HOLDING["exact"])
    assert shown == []


@pytest.mark.parametrize("statement", ["", "  \n"])
def test_empty_statements(shown, statement):
    with pytest.raises(ValueError, match="claim 4.3: wanted a sentence, got an empty statement"):
        claim("4.3", statement, HOLDING["exact"])
    assert shown == []


@pytest.mark.parametrize(
    "build",
    [
        lambda: exact(nan, 1),
        lambda: exact(1, nan),
        lambda: at_least(nan, 1),
        lambda: at_most(1, nan),
        lambda: between(nan, 1, 2),
        lambda: between(1, nan, 2),
    ],
)
def test_nan_is_never_a_finding(build):
    with pytest.raises(ValueError, match="a claim needs a number; got NaN"):
        build()


@pytest.mark.parametrize("tolerance", [0, -1e-9, nan])
def test_bad_tolerances(tolerance):
    with pytest.raises(ValueError, match="tolerance: wanted a positive number, got "):
        exact(1, 1, tolerance)


def test_between_needs_its_bounds_in_order():
    with pytest.raises(ValueError, match="between: wanted low <= high, got 3.0 and 1.0"):
        between(2, 3, 1)


def test_without_ipython_the_line_is_printed(capsys):
    claim("4.3", "plain", at_most(1, 2))
    assert capsys.readouterr().out == "Claim 4.3 holds: plain (measured 1, at most 2)\n"


def test_where_ipython_is_not_installed_the_line_is_printed():
    code = (
        "import sys; sys.modules['IPython'] = None\n"
        "from gan_edu.claims import at_most, claim\n"
        "claim('4.3', 'plain', at_most(1, 2))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Claim 4.3 holds: plain (measured 1, at most 2)\n"
