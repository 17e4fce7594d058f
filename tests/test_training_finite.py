import pytest
import torch
from torch import Tensor

from gan_edu.training import Diverged
from gan_edu.training.finite import Watch


def terms(critic: float, **others: float) -> dict[str, Tensor]:
    return {name: torch.tensor(value) for name, value in {"critic": critic, **others}.items()}


@pytest.fixture
def readings(monkeypatch) -> list:
    """One entry for each time that numbers are read out of a tensor."""
    found = []
    for name in ("item", "tolist", "__float__", "__bool__", "__int__", "numpy"):
        kept = getattr(Tensor, name)
        monkeypatch.setattr(Tensor, name, lambda self, *a, _kept=kept, _name=name: found.append(_name) or _kept(self, *a))
    return found


def test_the_first_bad_step_and_all_its_bad_terms_are_named():
    watch = Watch(every=10)
    for step, values in ((5, terms(1.0)), (6, terms(float("nan"), r1=float("inf"), generator=1.0)), (7, terms(float("nan")))):
        watch.note(step, values)
    with pytest.raises(Diverged, match="training diverged at step 6: critic = nan, r1 = inf; go on from the last checkpoint"):
        watch.look()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite(bad):
    with pytest.raises(Diverged, match=f"step 1: critic = {bad}"):
        Watch(every=1).note(1, terms(bad))


def test_large_numbers_are_finite():
    Watch(every=1).note(1, terms(3e38, generator=-3e38, r1=0.0))
    Watch(every=1).note(2, {"critic": torch.tensor(1e300, dtype=torch.float64)})


def test_it_reads_once_in_so_many_steps(readings):
    watch = Watch(every=50)
    for step in range(1, 150):
        watch.note(step, terms(1.0, generator=2.0))
    assert len(readings) == 2
    watch.look()
    assert len(readings) == 3
    watch.look()
    assert len(readings) == 3  # nothing left to read


def test_a_bad_step_is_named_when_it_is_time_to_look():
    watch = Watch(every=3)
    watch.note(1, terms(float("nan"))), watch.note(2, terms(1.0))
    with pytest.raises(Diverged, match="step 1"):
        watch.note(3, terms(1.0))


def test_what_the_caller_does_to_a_dict_changes_nothing():
    watch = Watch(every=2)
    given = terms(float("nan"))
    watch.note(1, given)
    given.clear()
    with pytest.raises(Diverged, match="step 1: critic = nan"):
        watch.look()


def test_terms_without_numbers_are_passed_over():
    watch = Watch(every=1)
    watch.note(1, {"critic": torch.zeros((), device="meta")})
    with pytest.raises(Diverged, match="step 2: generator = nan"):
        watch.note(2, {"critic": torch.zeros((), device="meta"), "generator": torch.tensor(float("nan"))})


def test_it_is_an_arithmetic_error():
    assert issubclass(Diverged, ArithmeticError)
