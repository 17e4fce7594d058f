import pytest
import torch
from torch import nn

from gan_edu.training import linear_decay


def rates(steps: int, count: int, **shape: float) -> list[float]:
    """The learning rate before each of ``count`` steps, from 2.0."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 2.0)
    schedule = linear_decay(optimizer, steps, **shape)
    found = []
    for _ in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_by_hand():
    # flat for 4 of 8 steps, then in four equal parts from 2 down to a fifth of 2
    assert rates(8, 11, flat=0.5, floor=0.2) == pytest.approx([2, 2, 2, 2, 2, 1.6, 1.2, 0.8, 0.4, 0.4, 0.4])


def test_by_default_half_is_flat_and_a_twentieth_is_left():
    found = rates(100, 120)
    assert found[:51] == [2.0] * 51 and found[51] < 2
    assert found[75] == pytest.approx(2 * (1 + 0.05) / 2) and found[100:] == pytest.approx([0.1] * 20)


def test_it_may_fall_from_the_start_and_to_nothing():
    assert rates(4, 6, flat=0.0, floor=0.0) == pytest.approx([2, 1.5, 1, 0.5, 0, 0])
    assert rates(4, 6, floor=1.0) == [2.0] * 6


def test_every_group_falls_in_proportion():
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (1.0, 4.0)]
    optimizer = torch.optim.SGD(groups, 1.0)
    schedule = linear_decay(optimizer, 2, flat=0.0, floor=0.0)
    optimizer.step(), schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 2.0]


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"flat": 1.0}, {"flat": -0.1}, {"floor": -0.1}, {"floor": 1.1}, {"flat": float("nan")}]
)
def test_bad_shapes(wrong):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 1.0)
    with pytest.raises(ValueError, match="wanted steps >= 1, 0 <= flat < 1 and 0 <= floor <= 1; got "):
        linear_decay(optimizer, **{"steps": 10} | wrong)
