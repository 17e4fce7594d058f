"""The kernel distance: without bias, from all pairs or from blocks."""

from math import inf, isnan, nan

import numpy as np
import pytest
import torch
from helpers_games import seeded
from helpers_sabotage import two_tests
from pytest import approx
from torch import nn
from torchmetrics.image.kid import KernelInceptionDistance

from gan_edu.metrics import kernel
from gan_edu.metrics.kernel import kernel_distance


def column(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)[:, None]


def drawn(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """The agreed example: standard normal, and one wider and moved."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, d)), 1.5 * rng.standard_normal((n, d)) + 0.25


def value(real, fake) -> float:
    return kernel_distance(real, fake).value


def estimates(distance, rounds: int, n: int, d: int, moved: float = 0, seed: int = 0) -> torch.Tensor:
    """Of fresh samples, standard normal on both sides but for a move."""
    rng = seeded(seed)
    samples = (torch.randn(2, n, d, generator=rng, dtype=torch.float64) for _ in range(rounds))
    return torch.tensor([distance(real, fake + moved) for real, fake in samples], dtype=torch.float64)


def standard_error(found: torch.Tensor) -> float:
    return found.std().item() / len(found) ** 0.5


# checks that take an implementation


def two_points_by_hand(distance):
    assert distance(column(0, 1), column(1, 2)) == approx(9.5, rel=1e-12)


def itself_by_hand(distance):
    assert distance(column(0, 1), column(0, 1)) == approx(-3.5, rel=1e-12)


def unequal_numbers_by_hand(distance):
    # 1 + (27 + 64 + 343) / 3 - 2 (3 + 8 + 27 + 64) / 6
    assert distance(column(0, 1), column(1, 2, 3)) == approx(335 / 3, rel=1e-12)


def the_plane_by_hand(distance):
    assert distance(torch.tensor([[1.0, 1.0], [0.0, 0.0]]), torch.tensor([[2.0, 0.0], [0.0, 2.0]])) == approx(-7, rel=1e-12)


def equal_distributions_are_at_no_distance_on_average(distance):
    found = estimates(distance, 300, n=10, d=3)
    assert standard_error(found) < 0.1 and abs(found.mean().item()) < 4 * standard_error(found)


def float32_features_are_added_up_in_float64(distance):
    real, fake = (torch.tensor(x + 5).float() for x in drawn(100, 256))
    assert distance(real, fake) == approx(with_nothing_wrong(real.double(), fake.double()), rel=1e-10)


# wrong variants


def off_diagonal(table):
    return (table.sum() - table.diagonal().sum()) / (len(table) * (len(table) - 1))


def written_out(within=off_diagonal, across=torch.mean, cross=2, degree=3, one=1, divide=True, power=1, dtype=torch.float64, after=float):
    def distance(real, fake):
        real, fake = torch.as_tensor(real).to(dtype), torch.as_tensor(fake).to(dtype) ** power

        def k(a, b):
            return (a @ b.T / (a.shape[1] if divide else 1) + one) ** degree

        return after((within(k(real, real)) + within(k(fake, fake)) - cross * across(k(real, fake))).item())

    return distance


with_nothing_wrong = written_out()
diagonal_counted = written_out(within=torch.mean)
diagonal_left_out_of_the_sum_only = written_out(within=lambda table: (table.sum() - table.diagonal().sum()) / table.numel())
pairs_left_out_across = written_out(across=off_diagonal)
without_the_cross_term = written_out(cross=0)
cross_term_once = written_out(cross=1)
square_of_the_product = written_out(degree=2)
without_the_one = written_out(one=0)
not_divided_by_the_width = written_out(divide=False)
fake_squared = written_out(power=2)
root_taken = written_out(after=lambda x: abs(x) ** 0.5)
never_below_zero = written_out(after=lambda x: max(x, 0.0))
summed_in_float32 = written_out(dtype=torch.float32)

SABOTAGE = [
    (two_points_by_hand, [diagonal_counted, pairs_left_out_across, without_the_cross_term, cross_term_once, fake_squared]),
    (two_points_by_hand, [square_of_the_product, root_taken]),
    (itself_by_hand, [diagonal_counted, pairs_left_out_across, never_below_zero, root_taken, without_the_one]),
    (unequal_numbers_by_hand, [diagonal_counted, diagonal_left_out_of_the_sum_only, fake_squared]),
    (the_plane_by_hand, [not_divided_by_the_width, fake_squared, without_the_one]),
    (
        equal_distributions_are_at_no_distance_on_average,
        [diagonal_counted, diagonal_left_out_of_the_sum_only, without_the_cross_term, never_below_zero],
    ),
    (float32_features_are_added_up_in_float64, [summed_in_float32]),
]


def name(part) -> str:
    return {id(thing): name for name, thing in globals().items()}[id(part)]


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests([(check, value, variants) for check, variants in SABOTAGE], name)


@pytest.mark.parametrize("check", [check for check, _ in SABOTAGE], ids=name)
def test_the_formula_written_out_with_nothing_wrong_passes(check):
    check(with_nothing_wrong)


# all pairs


def test_the_agreed_example_to_twelve_digits():
    assert value(*drawn(1000, 16)) == approx(0.568882836468288, rel=1e-12)


def test_biased_and_paired_are_other_numbers():
    assert diagonal_counted(column(0, 1), column(1, 2)) == approx(31) and pairs_left_out_across(column(0, 1), column(1, 2)) == approx(19)
    assert diagonal_counted(column(0, 1), column(0, 1)) == 0 == pairs_left_out_across(column(0, 1), column(0, 1))


def test_a_moved_normal_is_at_its_distance_on_average():
    # (x y + 1)^3 has the mean 4 within the first, 32 within the second and 7 across
    found = estimates(value, 500, n=30, d=1, moved=1)
    assert standard_error(found) < 1 and abs(found.mean().item() - 22) < 4 * standard_error(found)


def test_of_one_distribution_about_half_of_the_estimates_lie_below_zero():
    assert 0.4 < (estimates(value, 200, n=40, d=4, seed=1) < 0).double().mean() < 0.7


def test_swapping_turning_and_reordering_change_nothing():
    real, fake = drawn(60, 5)
    fake = fake[:41]
    wanted, turn = value(real, fake), np.linalg.qr(np.random.default_rng(1).standard_normal((5, 5)))[0]
    for other in ((fake, real), (real @ turn, fake @ turn), (np.flip(real, 0).copy(), np.roll(fake, 3, 0))):
        assert value(*other) == approx(wanted, rel=1e-11)


def test_units_and_origin_count():
    real, fake = drawn(60, 5)
    assert value(2 * real, 2 * fake) > 5 * value(real, fake) and value(real + 1, fake + 1) > 2 * value(real, fake)


def test_equal_examples_for_ever():
    assert value(column(2, 2, 2), column(2, 2)) == 0
    assert value(column(0, 0, 0), column(1, 1)) == approx(1 + 8 - 2, rel=1e-12)


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_blocks_of_rows_do_not_matter(rows, monkeypatch):
    real, fake = drawn(50, 6)
    whole = value(real, fake[:33])
    monkeypatch.setattr(kernel, "ROWS", rows)
    assert value(real, fake[:33]) == approx(whole, rel=1e-12)


def test_arrays_tensors_float32_and_whole_numbers():
    real, fake = drawn(40, 6)
    short = real.astype(np.float32), fake.astype(np.float32)
    assert value(real, fake) == value(torch.tensor(real), torch.tensor(fake, requires_grad=True))
    assert value(*short) == value(*map(torch.tensor, short)) == value(short[0].astype(float), short[1].astype(float))
    assert value(np.array([[0], [1]]), np.array([[1], [2]])) == approx(9.5, rel=1e-12)


def test_one_estimate_has_no_error():
    assert isnan(kernel_distance(*drawn(20, 3)).error)


# blocks


def test_one_block_of_all_is_the_whole():
    real, fake = drawn(30, 4)
    found = kernel_distance(real, fake, 30, generator=seeded())
    assert found.value == approx(value(real, fake), rel=1e-11) and isnan(found.error)


def test_each_block_has_its_own_examples_and_what_is_left_over_is_not_used(monkeypatch):
    seen = []

    def counted(real, fake) -> float:
        seen.append((real, fake))
        return float(len(seen))

    monkeypatch.setattr(kernel, "_estimate", counted)
    found = kernel_distance(torch.arange(17.0)[:, None], torch.arange(100.0, 125)[:, None], 5, generator=seeded())
    assert [(len(real), len(fake)) for real, fake in seen] == [(5, 5)] * 3
    real, fake = (torch.cat(side).flatten().tolist() for side in zip(*seen))
    assert len(set(real)) == 15 and set(real) < set(range(17)) and len(set(fake)) == 15 and set(fake) < set(range(100, 125))
    assert real != sorted(real) and max(fake) > 115
    assert found == approx((2, 1 / 3**0.5), rel=1e-12)  # of 1, 2, 3


def test_equal_generators_cut_alike_and_others_do_not():
    real, fake = drawn(60, 4)
    assert kernel_distance(real, fake, 20, generator=seeded(1)) == kernel_distance(real, fake, 20, generator=seeded(1))
    assert kernel_distance(real, fake, 20, generator=seeded(1)) != kernel_distance(real, fake, 20, generator=seeded(2))


def test_blocks_have_no_bias_and_their_error_is_what_it_says():
    rng = seeded(2)
    samples = (torch.randn(2, 100, 1, generator=rng, dtype=torch.float64) for _ in range(100))
    found, errors = torch.tensor([kernel_distance(x, y + 1, 10, generator=rng) for x, y in samples]).unbind(1)
    assert abs(found.mean().item() - 22) < 4 * standard_error(found)
    assert errors.square().mean().sqrt().item() == approx(found.std().item(), rel=0.25)


# another package


@pytest.mark.filterwarnings("ignore:Metric `Kernel")
@pytest.mark.parametrize(("n", "d"), [(60, 8), (300, 3), (40, 100)])
def test_torchmetrics_agrees(n, d):
    real, fake = map(torch.tensor, drawn(n, d))
    measure = KernelInceptionDistance(nn.Identity(), subsets=1, subset_size=n)
    measure.update(real, real=True)
    measure.update(fake, real=False)
    assert value(real, fake) == approx(measure.compute()[0].item(), rel=1e-10)


# bad input


@pytest.mark.parametrize(("real", "fake", "message"), [
    (torch.zeros(1, 2), torch.zeros(5, 2), "real must have at least 2 rows, got 1"),
    (torch.zeros(5, 2), torch.zeros(0, 2), "fake must have at least 2 rows, got 0"),
    (torch.zeros(5, 2), torch.zeros(5, 3), "the same number of features, got 2 and 3"),
    (torch.zeros(5), torch.zeros(5), r"real must be features \(n, d\), got \(5,\)"),
    (torch.full((5, 2), nan), torch.zeros(5, 2), "real must hold finite numbers"),
    (torch.zeros(5, 2), torch.full((5, 2), inf), "fake must hold finite numbers"),
], ids=["one real", "no fake", "other width", "vector", "nan", "infinite"])
def test_what_it_cannot_compare_is_refused(real, fake, message):
    with pytest.raises(ValueError, match=message):
        kernel_distance(real, fake)


@pytest.mark.parametrize("block", [1, 0, -5, 9])
def test_a_block_has_two_examples_at_least_and_no_more_than_there_are(block):
    with pytest.raises(ValueError, match=f"wanted a block of 2 to 8 examples, got {block}"):
        kernel_distance(torch.zeros(10, 2), torch.zeros(8, 2), block, generator=seeded())


def test_blocks_need_a_generator():
    with pytest.raises(ValueError, match="shuffled .* pass a torch.Generator"):
        kernel_distance(torch.zeros(10, 2), torch.zeros(8, 2), 4)
