import pytest
import torch
from helpers_games import seeded
from torch.nn.functional import avg_pool2d, pad

from gan_edu.readers.digits import training_and_held_out
from gan_edu.readers.handwriting import Handwriting
from gan_edu.worlds.digits import Digits


@pytest.fixture(scope="module")
def judge() -> Handwriting:
    return Handwriting()


@pytest.fixture(scope="module")
def held_out() -> Digits:
    return training_and_held_out()[1]


def share(judge: Handwriting, x: torch.Tensor) -> float:
    return judge.legal(x).float().mean().item()


def pairs(digits: Digits) -> tuple[torch.Tensor, torch.Tensor]:
    """Two pictures of different digits, for each of some pairs."""
    one, other = torch.randint(len(digits.x), (2, 1000), generator=seeded())
    differ = digits.y[one] != digits.y[other]
    return digits.x[one[differ]], digits.x[other[differ]]


def test_real_digits_pass_as_often_as_the_limits_say(judge, held_out):
    assert 0.85 <= share(judge, held_out.x) <= 0.95
    assert share(judge, training_and_held_out()[0].x) >= 0.98


def test_what_is_no_digit_is_refused(judge, held_out):
    noise = 2 * torch.rand(500, 1, 8, 8, generator=seeded()) - 1
    shuffled = held_out.x.flatten(1)[:, torch.randperm(64, generator=seeded())].reshape(-1, 1, 8, 8)
    blurred = avg_pool2d(pad(held_out.x, (1, 1, 1, 1), value=-1.0), 3, 1)
    first, second = pairs(held_out)
    halves = torch.cat([first[..., :4, :], second[..., 4:, :]], dim=2)
    refused = {name: 1 - share(judge, x) for name, x in {"noise": noise, "shuffled": shuffled, "blurred": blurred, "blends": (first + second) / 2, "halves": halves}.items()}
    assert refused["noise"] == 1 and refused["shuffled"] >= 0.99 and refused["blurred"] >= 0.95, refused
    assert refused["blends"] >= 0.75 and refused["halves"] >= 0.75, refused


@pytest.mark.parametrize("limit", [0, 1])
def test_each_limit_refuses_what_the_others_let_pass(judge, held_out, limit):
    first, second = pairs(held_out)
    x = torch.cat([(first + second) / 2, avg_pool2d(pad(held_out.x, (1, 1, 1, 1), value=-1.0), 3, 1)])
    without = Handwriting(judge.network)
    without.limits = tuple(float("inf") if k == limit else value for k, value in enumerate(judge.limits))
    assert share(without, x) > share(judge, x) + 0.005


def test_pictures_of_another_size_get_one_clear_error(judge):
    with pytest.raises(ValueError, match=r"\(n, 1, 8, 8\); got \(2, 1, 16, 16\)"):
        judge.legal(torch.zeros(2, 1, 16, 16))
