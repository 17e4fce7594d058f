"""State, check, emit: a sentence that can be true or false, checked by the page that says it.

``claim(number, statement, check)`` shows one readable line and a small machine-readable record
(mime type ``application/vnd.gan-edu.claim+json``), then raises when the check fails. Nothing is registered
anywhere: whoever wants a ledger reads the outputs of the notebooks.

A check is one of

- ``exact(value, expected)``: mathematics, to numerical precision;
- ``at_least``, ``at_most``, ``between``: a measurement against a bound fixed beforehand;
- ``rate``: an effect that holds often, compared with a rate recorded beforehand by a study.
"""

import re
from dataclasses import dataclass
from html import escape
from math import isfinite

from scipy.stats import fisher_exact

MIME = "application/vnd.gan-edu.claim+json"
RATE_LEVEL = 0.001  # contradicted only by an outcome so extreme that equal rates would show it less than once in a thousand runs


@dataclass(frozen=True)
class Check:
    """What was found, what was wanted, and whether it holds. ``margin`` >= 0 exactly when it does."""

    kind: str
    relation: str
    value: float
    bound: float | tuple[float, float]
    margin: float
    found: str
    trials: int | None = None
    recorded: tuple[int, int] | None = None

    @property
    def holds(self) -> bool:
        return self.margin >= 0


def exact(value: float, expected: float, tolerance: float = 1e-9) -> Check:
    """|value - expected| <= tolerance, absolute, in the units of the value. For identities and theorems."""
    value, expected = _number(value), _number(expected)
    _positive(tolerance, "tolerance")
    gap = abs(value - expected) if isfinite(expected) else (0.0 if value == expected else float("inf"))
    found = f"computed {value:.6g}, exact value {expected:.6g}, tolerance {tolerance:g}"
    if expected == 0:
        found = f"off by {gap:.1g}, tolerance {tolerance:g}"
    return Check("exact", f"equal within {tolerance:g}", value, expected, tolerance - gap, found)


def at_least(value: float, bound: float) -> Check:
    """value >= bound. For measurements that vary with the seed."""
    value, bound = _number(value), _number(bound)
    return Check("measured", "at least", value, bound, value - bound, f"measured {value:.3g}, at least {bound:g}")


def at_most(value: float, bound: float) -> Check:
    """value <= bound. For measurements that vary with the seed."""
    value, bound = _number(value), _number(bound)
    return Check("measured", "at most", value, bound, bound - value, f"measured {value:.3g}, at most {bound:g}")


def between(value: float, low: float, high: float) -> Check:
    """low <= value <= high. For measurements that vary with the seed. Raises ValueError when low > high."""
    value, low, high = _number(value), _number(low), _number(high)
    if low > high:
        raise ValueError(f"between: wanted low <= high, got {low} and {high}")
    margin = min(value - low, high - value)
    return Check("measured", "between", value, (low, high), margin, f"measured {value:.3g}, between {low:g} and {high:g}")


def rate(hits: int, trials: int, recorded_hits: int, recorded_trials: int) -> Check:
    """``hits`` of ``trials`` here are consistent with ``recorded_hits`` of ``recorded_trials`` beforehand.

    Fisher's exact test, two-sided: holds unless p < 0.001.
    Raises ValueError unless 0 <= hits <= trials and trials >= 1, for both pairs, and when there are so few trials that
    no outcome of this run could contradict the record: a check that cannot fail is none.

    Source: Fisher, 1935, The logic of inductive inference.
    """
    for name, k, n in (("this run", hits, trials), ("the record", recorded_hits, recorded_trials)):
        if not 0 <= k <= n or n < 1:
            raise ValueError(f"rate: wanted 0 <= hits <= trials and at least one trial for {name}; got {k} of {n}")
    if min(_fisher(k, trials, recorded_hits, recorded_trials) for k in (0, trials)) >= RATE_LEVEL:
        raise ValueError(f"rate: no outcome of {trials} trials could contradict {recorded_hits} of {recorded_trials}; take more")
    p = _fisher(hits, trials, recorded_hits, recorded_trials)
    found = f"{hits} of {trials} here, {recorded_hits} of {recorded_trials} recorded beforehand"
    record = (recorded_hits, recorded_trials)
    return Check("rate", "consistent with", hits / trials, recorded_hits / recorded_trials, p - RATE_LEVEL, found, trials, record)


def _fisher(hits: int, trials: int, recorded_hits: int, recorded_trials: int) -> float:
    table = [[hits, trials - hits], [recorded_hits, recorded_trials - recorded_hits]]
    return float(fisher_exact(table).pvalue)


def claim(number: str, statement: str, check: Check) -> None:
    """Show the claim and its verdict in the page, emit its record, and raise AssertionError when it is false.

    number: "chapter.count", such as "4.3". statement: one sentence; it may hold TeX between dollar signs.
    Without IPython the line is printed.
    Raises ValueError when the number has another form or the statement is empty.
    """
    if not re.fullmatch(r"\d+\.\d+", number):
        raise ValueError(f'claim number: wanted "chapter.count" such as "4.3", got {number!r}')
    if not statement.strip():
        raise ValueError(f"claim {number}: wanted a sentence, got an empty statement")
    _show(_bundle(number, statement, check))
    if not check.holds:
        raise AssertionError(f"Claim {number} does not hold: {statement} ({check.found})")


def _bundle(number: str, statement: str, check: Check) -> dict:
    verdict = "holds" if check.holds else "does not hold"
    html = (
        f'<div class="gan-claim tex2jax_process" id="claim-{number.replace(".", "-")}" data-holds="{str(check.holds).lower()}">'
        f"<strong>Claim {number} {verdict}.</strong> {escape(statement, quote=False)} "
        f'<span class="gan-claim-found">({escape(check.found)})</span></div>'
    )
    record = {
        "id": number,
        "statement": statement,
        "kind": check.kind,
        "relation": check.relation,
        "value": _significant(check.value),
        "bound": [_json_number(b) for b in check.bound] if isinstance(check.bound, tuple) else _json_number(check.bound),
        "margin": _significant(check.margin),
        "holds": check.holds,
    }
    if check.recorded:
        record |= {"trials": check.trials, "recorded": list(check.recorded)}
    return {"text/plain": f"Claim {number} {verdict}: {statement} ({check.found})", "text/html": html, MIME: record}


def _show(bundle: dict) -> None:
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = lambda: None  # noqa: E731
    if get_ipython() is None:
        print(bundle["text/plain"])
    else:
        display(bundle, raw=True)


def _number(value: float) -> float:
    value = float(value.detach() if hasattr(value, "detach") else value)
    if value != value:
        raise ValueError("a claim needs a number; got NaN")
    return value


def _positive(value: float, name: str) -> None:
    if not value > 0:
        raise ValueError(f"{name}: wanted a positive number, got {value}")


def _json_number(value: float) -> float | str:
    return value if isfinite(value) else str(value)


def _significant(value: float) -> float | str:
    # JSON has no infinity; six digits are what a reader can use
    return float(f"{value:.6g}") if isfinite(value) else str(value)
