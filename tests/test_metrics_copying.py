"""Copying: nearer to the training examples than fresh ones are."""

from math import inf, nan

import numpy as np
import pytest
import torch
from helpers_games import seeded
from helpers_sabotage import two_tests
from pytest import approx
from scipy.spatial.distance import cdist
from scipy.stats import mannwhitneyu

from gan_edu.metrics import copying as room
from gan_edu.metrics.copying import copying


def column(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)[:, None]


def normals(*sizes: int, seed: int = 0, d: int = 4) -> tuple[torch.Tensor, ...]:
    return torch.randn(sum(sizes), d, generator=seeded(seed), dtype=torch.float64).split(sizes)


# checks that take an implementation


def six_pairs_by_hand(measure):
    # 0, 2 and 5 away from the training set, against 1 and 4: nearer in two pairs, in one, in none
    assert measure(column(0, 10), column(1, 6), column(10, -2, 5)) == approx((3 / 6, 1 / 3), rel=1e-12)


def a_pair_at_equal_distance_is_half_a_win(measure):
    assert measure(column(0), column(1, 3), column(-1, 5)) == approx((1.5 / 4, 0), rel=1e-12)


def the_training_set_returned_is_copying(measure):
    training, held_out = normals(40, 30)
    assert measure(training, held_out, training[:20]) == (1, 1)


def nearly_the_training_set_is_copying_too(measure):
    training, held_out, noise = normals(40, 30, 40)
    assert measure(training, held_out, training + 1e-9 * noise) == (1, 0)


def far_from_the_origin_no_digit_is_lost(measure):
    sets = [(x * 2**10).round() / 2**10 for x in normals(60, 40, 50)]
    sets[2][:10] = sets[0][:10]
    assert measure(*(x.float() + 2**12 for x in sets)) == approx(measure(*sets), rel=1e-12)


# wrong variants


def by_products(a, b):
    return (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T).clamp_min(0).sqrt()


def exactly(a, b):
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def written_out(order=(0, 1, 2), tie=0.5, table=exactly, nearest=torch.amin, dtype=torch.float64, same=0.0):
    def measure(*sets):
        training, held_out, fake = (sets[which].to(dtype) for which in order)
        near, fresh = nearest(table(fake, training), 1), nearest(table(held_out, training), 1)
        wins = (near[:, None] < fresh).double() + tie * (near[:, None] == fresh)
        return wins.mean().item(), (near <= same).double().mean().item()

    return measure


def distances_pair_by_pair(training, held_out, fake):
    n = min(len(held_out), len(fake))
    near, fresh = exactly(fake[:n], training).amin(1), exactly(held_out[:n], training).amin(1)
    return (near < fresh).double().mean().item(), (near == 0).double().mean().item()


with_nothing_wrong = written_out()
fake_and_held_out_swapped = written_out(order=(0, 2, 1))
training_and_held_out_swapped = written_out(order=(1, 0, 2))
ties_lost = written_out(tie=0)
ties_won = written_out(tie=1)
farthest_example = written_out(nearest=torch.amax)
mean_distance = written_out(nearest=torch.mean)
nearly_called_exact = written_out(same=1e-6)
float32_by_products = written_out(table=by_products, dtype=torch.float32)

SABOTAGE = [
    (six_pairs_by_hand, [training_and_held_out_swapped, fake_and_held_out_swapped, farthest_example, mean_distance, distances_pair_by_pair]),
    (a_pair_at_equal_distance_is_half_a_win, [ties_lost, ties_won, fake_and_held_out_swapped]),
    (the_training_set_returned_is_copying, [fake_and_held_out_swapped, training_and_held_out_swapped, mean_distance]),
    (nearly_the_training_set_is_copying_too, [nearly_called_exact]),
    (far_from_the_origin_no_digit_is_lost, [float32_by_products]),
]


def name(part) -> str:
    return {id(thing): name for name, thing in globals().items()}[id(part)]


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests([(check, copying, variants) for check, variants in SABOTAGE], name)


@pytest.mark.parametrize("check", [check for check, _ in SABOTAGE], ids=name)
def test_the_formula_written_out_with_nothing_wrong_passes(check):
    check(with_nothing_wrong)


# values


def test_a_third_to_twelve_digits():
    assert copying(column(0), column(1), column(0.5, 2, 3)).share == approx(1 / 3, rel=1e-12)


def test_the_held_out_set_itself_is_fair():
    training, held_out = normals(40, 30)
    assert copying(training, held_out, held_out) == (0.5, 0)


def test_a_generator_of_the_true_distribution_is_fair_on_average():
    found = torch.tensor([copying(*normals(50, 40, 30, seed=seed)).share for seed in range(200)], dtype=torch.float64)
    error = found.std().item() / 200**0.5
    assert error < 0.01 and abs(found.mean().item() - 0.5) < 4 * error


def test_a_weak_generator_is_farther_off_than_fresh_examples_are():
    training, held_out, fake = normals(50, 40, 30)
    assert copying(training, held_out, fake + 50) == (0, 0) and copying(training, held_out, 3 * fake).share < 0.2


def test_copies_among_fakes_raise_the_share():
    training, held_out, fake = normals(100, 100, 100)
    mixed = torch.cat([fake[:70], training[:30]])
    share, exact = copying(training, held_out, mixed)
    assert exact == 0.3 and share > copying(training, held_out, fake).share + 0.1


def test_when_all_examples_are_equal_nothing_can_be_told():
    assert copying(torch.ones(5, 2), torch.ones(4, 2), torch.ones(3, 2)) == (0.5, 1)


def test_many_pairs_are_counted_exactly():
    fake, held_out = torch.ones(4099, 1), torch.full((4099, 1), 2.0)
    fake[7] = 2
    assert copying(torch.zeros(1, 1), held_out, fake).share == approx(4098.5 / 4099, rel=1e-12)


def test_one_row_each():
    assert copying(column(0), column(2), column(1)) == (1, 0) and copying(column(0), column(1), column(2)) == (0, 0)


# properties


def test_exchanging_fakes_and_held_out_gives_the_rest():
    training, held_out, fake = normals(50, 40, 30)
    assert copying(training, fake, held_out).share == approx(1 - copying(training, held_out, fake).share, rel=1e-12)


def test_moving_turning_scaling_reordering_and_repeating_change_nothing():
    sets = normals(50, 40, 30)
    wanted = copying(*sets)
    turn = torch.linalg.qr(torch.randn(4, 4, generator=seeded(2), dtype=torch.float64)).Q
    for change in (lambda x: x + 3, lambda x: x @ turn, lambda x: 1e-3 * x, lambda x: x.flip(0), lambda x: x.repeat(2, 1)):
        assert copying(*map(change, sets)) == approx(wanted, rel=1e-12)


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_many_rows_are_taken_in_pieces_to_the_same_end(rows, monkeypatch):
    whole = copying(*normals(50, 40, 30))
    monkeypatch.setattr(room, "ROWS", rows)
    assert copying(*normals(50, 40, 30)) == whole


def test_arrays_tensors_and_float32():
    sets = normals(50, 40, 30)
    short = [x.float() for x in sets]
    assert copying(*(x.numpy() for x in sets)) == copying(*sets)
    assert copying(*short) == copying(*(x.double() for x in short))


# another package


@pytest.mark.parametrize("step", [1e-9, 1.0])
def test_scipy_agrees_with_and_without_ties(step):
    training, held_out, fake = (np.round(x.numpy() / step) * step for x in normals(50, 40, 30, d=2))
    near, fresh = cdist(fake, training).min(1), cdist(held_out, training).min(1)
    found = copying(training, held_out, fake)
    assert found.share == approx(mannwhitneyu(fresh, near).statistic / (40 * 30), rel=1e-10) and found.exact == np.mean(near == 0)
    assert (found.exact > 0) == (step == 1)


# bad input


@pytest.mark.parametrize(("sizes", "message"), [
    (((0, 2), (4, 2), (3, 2)), "training must have at least 1 rows, got 0"),
    (((5, 2), (0, 2), (3, 2)), "held_out must have at least 1 rows, got 0"),
    (((5, 2), (4, 2), (0, 2)), "fake must have at least 1 rows, got 0"),
    (((5, 2), (4, 3), (3, 2)), "the same number of features, got 2, 3 and 2"),
    (((5, 2), (4, 2), (3, 3)), "the same number of features, got 2, 2 and 3"),
    (((5,), (4, 2), (3, 2)), r"training must be features \(n, d\), got \(5,\)"),
    (((5, 2), (4,), (3, 2)), r"held_out must be features \(n, d\), got \(4,\)"),
    (((5, 2), (4, 2), (3, 1, 8, 8)), r"fake must be features \(n, d\), got \(3, 1, 8, 8\)"),
])
def test_shapes_that_do_not_fit_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        copying(*map(torch.zeros, sizes))


@pytest.mark.parametrize("bad", [nan, inf, -inf])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_numbers_that_are_not_finite_are_refused(bad, which):
    sets = [torch.zeros(5, 2), torch.zeros(4, 2), torch.zeros(3, 2)]
    sets[which][1, 1] = bad
    with pytest.raises(ValueError, match="must hold finite numbers, got 1"):
        copying(*sets)
