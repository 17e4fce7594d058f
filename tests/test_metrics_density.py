"""Density and coverage, and beside them precision and recall: hand values, ties, another package, what to expect."""

from math import comb, inf, nan
from operator import le, lt

import numpy as np
import pytest
import torch
from helpers_games import seeded
from helpers_sabotage import two_tests
from prdc import compute_prdc
from pytest import approx

from gan_edu.metrics import density, precision_recall
from gan_edu.metrics.density import density_coverage, expected_coverage


def column(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)[:, None]


def drawn(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """The agreed example: standard normal, and one wider and moved."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, d)), 1.5 * rng.standard_normal((n, d)) + 0.25


def normals(n: int, m: int, seed: int = 0, d: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(n + m, d, generator=seeded(seed), dtype=torch.float64)
    return x[:n], x[n:]


# checks that take an implementation


def four_reals_and_three_fakes_by_hand(measure):
    # balls of radius 1 around 0, 1, 2, 3: two of them hold 0.5, none holds 10 or 11
    assert measure(column(0, 1, 2, 3), column(0.5, 10, 11), 1) == approx((2 / 3, 1 / 2), rel=1e-12)


def two_neighbours_by_hand(measure):
    # radii 3, 2, 3, 6: -1.5 lies around 0, 3.5 around 3 and 7, and 20 around none
    assert measure(column(0, 1, 3, 7), column(-1.5, 3.5, 20), 2) == approx((3 / (2 * 3), 3 / 4), rel=1e-12)


def the_edge_is_outside(measure):
    assert measure(column(0, 1, 2), column(-1, 50, 51), 1) == (0, 0)


def equal_sets_have_one_and_one(measure):
    x = normals(50, 0)[0]
    assert measure(x, x, 5) == approx((1, 1), rel=1e-12)


def far_from_the_origin_no_digit_is_lost(measure):
    real, fake = ((x * 2**10).round() / 2**10 for x in normals(60, 40))
    assert measure((real + 2.0**12).float(), (fake + 2.0**12).float(), 5) == approx(measure(real, fake, 5), rel=1e-12)


# wrong variants


def distances(a, b):
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def by_products(a, b):
    return (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T).clamp_min(0).sqrt()


def written_out(swap=False, power=1, itself=1, inside=lt, over=None, table=distances, dtype=torch.float64):
    def measure(real, fake, k=5):
        real, fake = (fake, real) if swap else (real, fake)
        real, fake = real.to(dtype), fake.to(dtype) ** power
        radius = table(real, real).kthvalue(k + itself, dim=1).values
        held = inside(table(real, fake), radius[:, None])
        return held.sum().item() / ((over or k) * len(fake)), held.any(1).double().mean().item()

    return measure


def share_of_the_fakes_as_coverage(real, fake, k=5):
    return density_coverage(real, fake, k).density, precision_recall(real, fake, k).precision


def radii_of_the_fakes(real, fake, k=5):
    radius = distances(fake, fake).kthvalue(k + 1, dim=1).values
    held = distances(real, fake) < radius
    return held.sum().item() / (k * len(fake)), held.any(1).double().mean().item()


with_nothing_wrong = written_out()
real_and_fake_swapped = written_out(swap=True)
fake_squared = written_out(power=2)
itself_counted_as_a_neighbour = written_out(itself=0)
edge_inside = written_out(inside=le)
not_divided_by_k = written_out(over=1)
float32_by_products = written_out(table=by_products, dtype=torch.float32)

SABOTAGE = [
    (
        four_reals_and_three_fakes_by_hand,
        [real_and_fake_swapped, itself_counted_as_a_neighbour, radii_of_the_fakes, share_of_the_fakes_as_coverage],
    ),
    (two_neighbours_by_hand, [real_and_fake_swapped, fake_squared, itself_counted_as_a_neighbour, not_divided_by_k]),
    (the_edge_is_outside, [edge_inside]),
    (equal_sets_have_one_and_one, [fake_squared, itself_counted_as_a_neighbour, edge_inside, not_divided_by_k]),
    (far_from_the_origin_no_digit_is_lost, [float32_by_products]),
]


def name(part) -> str:
    return {id(thing): name for name, thing in globals().items()}[id(part)]


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests([(check, density_coverage, variants) for check, variants in SABOTAGE], name)


@pytest.mark.parametrize("check", [check for check, _ in SABOTAGE if check is not far_from_the_origin_no_digit_is_lost], ids=name)
def test_the_formula_written_out_with_nothing_wrong_passes(check):
    check(with_nothing_wrong)


# values


@pytest.mark.parametrize(("k", "wanted"), [(3, (0.092, 0.218)), (5, (0.095, 0.352))])
def test_the_agreed_example(k, wanted):
    assert density_coverage(*drawn(1000, 16), k) == approx(wanted, abs=1e-12)


def test_five_neighbours_unless_told():
    assert density_coverage(*drawn(50, 4)) == density_coverage(*drawn(50, 4), 5) != density_coverage(*drawn(50, 4), 4)


def test_as_many_neighbours_as_there_are():
    assert density_coverage(column(0, 1, 2), column(1, 5), 2) == approx((3 / 4, 1), rel=1e-12)
    assert density_coverage(column(0, 1), column(0.5), 1) == (2, 1)


def test_one_fake_is_enough():
    assert density_coverage(column(0, 1, 2, 3), column(0.5), 1) == (2, 1 / 2)


def test_ties_count_as_outside_here_and_as_inside_for_precision():
    real, fake = column(0, 1, 2), column(-1, 50, 51)
    assert density_coverage(real, fake, 1) == (0, 0) and precision_recall(real, fake, 1).precision == approx(1 / 3)
    equal = torch.ones(6, 2)
    assert density_coverage(equal, equal, 3) == (0, 0) and precision_recall(equal, equal, 3) == (1, 1)


def test_density_has_no_bound():
    circle = torch.stack([(torch.arange(12) * torch.pi / 6).cos(), (torch.arange(12) * torch.pi / 6).sin()], 1)
    assert density_coverage(circle, torch.zeros(7, 2), 5) == (12 / 5, 1)  # radii of sqrt(2) or more: the centre lies in every ball


def test_one_example_for_ever_is_dense_and_covers_little():
    real = normals(200, 0)[0]
    middle = real[real.norm(dim=1).argmin()][None]
    found = density_coverage(real, middle + 1e-6 * torch.randn(100, 4, generator=seeded(1)))
    assert found.density > 1 and found.coverage < 0.1


def test_the_large_ball_of_an_outlier_decides_little():
    real = torch.cat([torch.linspace(0, 1, 100, dtype=torch.float64), column(50).flatten()])[:, None]
    fake = torch.linspace(10, 40, 30, dtype=torch.float64)[:, None]
    found = density_coverage(real, fake)
    assert precision_recall(real, fake, 5).precision == 1 and found.density == approx(1 / 5) and found.coverage == 1 / 101


def test_what_float32_cannot_tell_apart():
    # around (0, 0) the fake is nearer than the other real one by a part in ten thousand millions
    assert density_coverage(torch.tensor([[0.0, 0.0], [1.0, 2e-5]]), torch.tensor([[1.0, 1e-5]]), 1) == (2, 1)


def test_ties_of_a_lattice_stay_ties_far_from_the_origin():
    lattice = torch.cartesian_prod(torch.arange(8), torch.arange(8))
    assert density_coverage(lattice, lattice, 2) == (1 / 2, 1)  # radii of 1: each ball holds its own centre alone
    assert density_coverage(lattice + 2**30 + 1, lattice + 2**30 + 1, 2) == (1 / 2, 1)


# properties


def test_moving_turning_scaling_and_reordering_change_nothing():
    real, fake = normals(80, 50)
    wanted = density_coverage(real, fake)
    turn = torch.linalg.qr(torch.randn(4, 4, generator=seeded(2), dtype=torch.float64)).Q
    for other in ((real + 3, fake + 3), (real @ turn, fake @ turn), (1e-3 * real, 1e-3 * fake), (real.flip(0), fake.roll(3, 0))):
        assert density_coverage(*other) == approx(wanted, rel=1e-12)


def test_fakes_twice_change_nothing():
    real, fake = normals(80, 50)
    assert density_coverage(real, fake.repeat(2, 1)) == approx(density_coverage(real, fake), rel=1e-12)


@pytest.mark.parametrize("rows", [1, 7, 79])
def test_many_rows_are_taken_in_pieces_to_the_same_end(rows, monkeypatch):
    whole = density_coverage(*normals(80, 50))
    monkeypatch.setattr(density, "ROWS", rows)
    assert density_coverage(*normals(80, 50)) == whole


def test_arrays_tensors_and_float32():
    real, fake = normals(80, 50)
    assert density_coverage(real.numpy(), fake.numpy()) == density_coverage(real, fake)
    assert density_coverage(real.float(), fake.float()) == density_coverage(real.float().double(), fake.float().double())


# what to expect of the reals' own distribution


def test_expected_coverage_by_hand_and_by_counting_orders():
    assert expected_coverage(60, 60) == approx(0.972588, abs=1e-6) and expected_coverage(60, 30) == approx(0.879386, abs=1e-6)
    assert expected_coverage(2, 1, 1) == 0.5
    for n, m, k in ((9, 4, 3), (50, 200, 5), (6, 1, 5)):
        assert expected_coverage(n, m, k) == approx(1 - comb(n - 1, k) / comb(n + m - 1, k), rel=1e-12)


def test_expected_coverage_tends_to_one_less_two_to_the_minus_k():
    for k in (1, 3, 5):
        assert expected_coverage(10**6, 10**6, k) == approx(1 - 2**-k, abs=1e-5) and expected_coverage(50, 50, k) > 1 - 2**-k


@pytest.mark.parametrize(("n", "m", "k"), [(60, 60, 5), (60, 30, 5), (40, 80, 2)])
def test_density_is_one_and_coverage_as_expected_on_average(n, m, k):
    found = torch.tensor([density_coverage(*normals(n, m, seed, d=2), k) for seed in range(300)], dtype=torch.float64)
    errors = found.std(0) / len(found) ** 0.5
    misses = (found.mean(0) - torch.tensor([1, expected_coverage(n, m, k)])).abs()
    assert (errors < 0.02).all() and (misses < 4 * errors).all()


# another package, for these two and for precision and recall


@pytest.mark.parametrize(("n", "m", "d", "k"), [(200, 200, 6, 5), (150, 90, 3, 3), (40, 120, 32, 5)])
def test_prdc_agrees_where_there_are_no_ties(n, m, d, k):
    real, fake = drawn(max(n, m), d)
    real, fake = real[:n], fake[:m] - 0.25
    theirs = compute_prdc(real, fake, k)
    assert density_coverage(real, fake, k) == approx((theirs["density"], theirs["coverage"]), rel=1e-10)
    assert precision_recall(torch.tensor(real), torch.tensor(fake), k) == approx((theirs["precision"], theirs["recall"]), rel=1e-10)
    assert 0 < theirs["precision"] < 1 and 0 < theirs["coverage"] < 1


def test_prdc_agrees_on_ties_in_density_and_coverage_but_leaves_the_edge_out_of_precision():
    real, fake = column(0, 1, 2), column(-1, 50, 51)
    theirs = compute_prdc(real.numpy(), fake.numpy(), 1)
    assert density_coverage(real, fake, 1) == (theirs["density"], theirs["coverage"]) == (0, 0)
    assert theirs["precision"] == 0 and precision_recall(real, fake, 1).precision == approx(1 / 3)
    assert list(compute_prdc(np.ones((6, 2)), np.ones((6, 2)), 3).values()) == [0, 0, 0, 0]


# bad input


@pytest.mark.parametrize(("real", "fake", "k", "message"), [
    (torch.zeros(5, 2), torch.zeros(9, 2), 5, "wanted more than k real examples, got k=5 and 5"),
    (torch.zeros(5, 2), torch.zeros(9, 2), 0, "at least 1, got 0"),
    (torch.zeros(5, 2), torch.zeros(9, 2), 1.5, "at least 1, got 1.5"),
    (torch.zeros(5, 2), torch.zeros(9, 3), 1, "the same number of features, got 2 and 3"),
    (torch.zeros(5), torch.zeros(9), 1, r"real must be features \(n, d\), got \(5,\)"),
    (torch.zeros(0, 2), torch.zeros(9, 2), 1, "real must have at least 1 rows, got 0"),
    (torch.zeros(5, 2), torch.zeros(0, 2), 1, "fake must have at least 1 rows, got 0"),
    (torch.full((5, 2), nan), torch.zeros(9, 2), 1, "real must hold finite numbers"),
    (torch.zeros(5, 2), torch.full((9, 2), inf), 1, "fake must hold finite numbers"),
], ids=["too few", "k", "half a k", "other width", "vector", "no real", "no fake", "nan", "infinite"])
def test_what_it_cannot_compare_is_refused(real, fake, k, message):
    with pytest.raises(ValueError, match=message):
        density_coverage(real, fake, k)


@pytest.mark.parametrize(("n", "m", "k", "message"), [
    (5, 9, 5, "n > k and m >= 1, got n=5, m=9, k=5"),
    (9, 0, 5, "m=0"),
    (9, 9, 0, "at least 1, got 0"),
])
def test_expected_coverage_needs_neighbours_and_a_fake(n, m, k, message):
    with pytest.raises(ValueError, match=message):
        expected_coverage(n, m, k)
