"""The Frechet distance: closed forms, 50-digit values, other packages, and fewer examples than features."""

from math import inf, nan, sqrt

import numpy as np
import ot
import pytest
import scipy.linalg
import torch
from helpers_games import seeded
from helpers_sabotage import two_tests
from numpy.linalg import eigvals, eigvalsh, norm
from pytest import approx
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from gan_edu.metrics import frechet
from gan_edu.metrics.frechet import frechet_distance

CORRELATED = [[sqrt(2), 0], [1 / sqrt(2), sqrt(3 / 2)]]  # times its transpose: [[2, 1], [1, 2]]
FIRST, SECOND, BOTH = [[1, 0], [0, 0]], [[0, 0], [0, 1]], [[1, 0], [1, 0]]


def value(real, fake) -> float:
    return frechet_distance(real, fake).value


def drawn(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """The agreed example: standard normal, and one wider and moved."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, d)), 1.5 * rng.standard_normal((n, d)) + 0.25


def four_by_four() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.RandomState(1)
    return rng.randn(4, 4), rng.randn(4, 4)


def points(mean, root) -> np.ndarray:
    """2 d points with this mean and the covariance root root^T, n - 1 in its denominator."""
    root = np.asarray(root, dtype=float)
    arms = root.T * sqrt((2 * len(root) - 1) / 2)
    return np.concatenate([arms, -arms]) + np.asarray(mean, dtype=float)


def rotation(d: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(7).standard_normal((d, d)))[0]


def column(*numbers: float) -> np.ndarray:
    return np.array(numbers)[:, None]


# checks that take an implementation


def a_line_and_a_square_by_hand(distance):
    square = np.array([[0.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 2.0]])
    rectangle = np.array([[1.0, 1.0], [1.0, 3.0], [5.0, 1.0], [5.0, 3.0]])
    assert distance(column(0.0, 2.0), column(3.0, 7.0)) == approx(18, rel=1e-12)
    assert distance(square, rectangle) == approx(19 / 3, rel=1e-12)


def slanted_normals_by_hand(distance):
    found = distance(points([1, 0], CORRELATED), points([0, 1], np.diag([sqrt(3), 1])))
    assert found == approx(10 - 2 * sqrt(14), rel=1e-12)


def four_examples_of_four_features(distance):
    assert distance(*four_by_four()) == approx(4.753837617472013, rel=1e-12)


def fewer_examples_than_features(distance):
    assert distance(*drawn(20, 64)) == approx(134.260833793329, rel=1e-12)


def a_set_is_at_no_distance_from_itself(distance):
    x = drawn(20, 64)[0]
    assert abs(distance(x, x)) <= 1e-12 * np.trace(np.cov(x.T))


def far_from_the_origin_no_digit_is_lost(distance):
    real, fake = (np.round(x * 2**20) / 2**20 for x in drawn(1000, 16))
    assert distance(real + 2.0**20, fake + 2.0**20) == approx(distance(real, fake), rel=1e-10)


def float32_features_are_added_up_in_float64(distance):
    real, fake = (np.float32(x + 30) for x in drawn(1000, 16))
    assert distance(real, fake) == approx(as_often_written(real, fake), rel=1e-10)


# wrong variants: the formula as it is often written, with one thing wrong


def eigenvalues(c, c2) -> float:
    """tr (C C')^(1/2) from the eigenvalues of the product."""
    return np.sqrt(eigvals(c @ c2).astype(complex)).real.sum()


def written_out(ddof=1, gap=np.square, overlap=eigenvalues, dtype=np.float64, root=False, square=False, rows=False):
    def distance(real, fake):
        real, fake = np.asarray(real, dtype), np.asarray(fake, dtype) ** (2 if square else 1)
        c, c2 = (np.cov(x, rowvar=rows, ddof=ddof, dtype=dtype).reshape(2 * [x.shape[not rows]]) for x in (real, fake))
        found = gap(real.mean(0) - fake.mean(0)).sum() + np.trace(c) + np.trace(c2) - 2 * overlap(c, c2)
        return float(sqrt(abs(found)) if root else found)

    return distance


def moments_not_centred_first(real, fake):
    (m, c), (m2, c2) = ((x.mean(0), (x.T @ x - len(x) * np.outer(x.mean(0), x.mean(0))) / (len(x) - 1)) for x in (real, fake))
    return float(norm(m - m2) ** 2 + np.trace(c) + np.trace(c2) - 2 * eigenvalues(c, c2))


as_often_written = written_out()
n_in_the_covariance = written_out(ddof=0)
means_not_squared = written_out(gap=np.abs)
fake_squared = written_out(square=True)
root_taken = written_out(root=True)
summed_in_float32 = written_out(dtype=np.float32)
rows_are_variables = written_out(rows=True)
roots_of_no_complex_numbers = written_out(overlap=np.errstate(invalid="ignore")(lambda c, c2: np.sqrt(eigvals(c @ c2)).sum().real))
eigenvalues_of_what_is_not_symmetric = written_out(overlap=lambda c, c2: np.sqrt(np.maximum(eigvalsh(c @ c2), 0)).sum())
diagonals_only = written_out(overlap=lambda c, c2: np.sqrt(np.diag(c) * np.diag(c2)).sum())
roots_one_by_one = written_out(overlap=lambda c, c2: np.trace(scipy.linalg.sqrtm(c).real @ scipy.linalg.sqrtm(c2).real))
overlap_once = written_out(overlap=lambda c, c2: eigenvalues(c, c2) / 2)

SABOTAGE = [
    (a_line_and_a_square_by_hand, [n_in_the_covariance, means_not_squared, fake_squared, root_taken, overlap_once]),
    (slanted_normals_by_hand, [n_in_the_covariance, diagonals_only, roots_one_by_one, eigenvalues_of_what_is_not_symmetric]),
    (four_examples_of_four_features, [roots_of_no_complex_numbers, rows_are_variables, n_in_the_covariance]),
    (fewer_examples_than_features, [as_often_written, roots_of_no_complex_numbers, diagonals_only]),
    (a_set_is_at_no_distance_from_itself, [as_often_written, overlap_once]),
    (far_from_the_origin_no_digit_is_lost, [moments_not_centred_first, summed_in_float32]),
    (float32_features_are_added_up_in_float64, [summed_in_float32]),
]


def name(part) -> str:
    here = {id(thing): name for name, thing in globals().items()}
    return here[id(part)]


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests([(check, value, variants) for check, variants in SABOTAGE], name)


def test_the_formula_written_out_with_nothing_wrong_passes():
    a_line_and_a_square_by_hand(as_often_written)
    slanted_normals_by_hand(as_often_written)
    far_from_the_origin_no_digit_is_lost(as_often_written)


# values


@pytest.mark.parametrize(("mean", "root", "other_mean", "other_root", "wanted"), [
    ([0] * 4, np.eye(4), [0.5] * 4, np.eye(4), 1),
    ([0] * 4, np.eye(4), [0] * 4, 3 * np.eye(4), 16),
    ([1, 2, 3], np.diag([1, 2, 3]), [0, 0, 0], np.diag([2, 2, 1]), 19),
    ([0, 0], FIRST, [0, 0], BOTH, 1),
    ([0, 0], FIRST, [0, 0], SECOND, 2),
    ([0, 0], np.zeros((2, 2)), [3, 4], np.eye(2), 27),
], ids=["moved", "wider", "other widths", "two lines", "two lines across", "one point"])
def test_closed_forms(mean, root, other_mean, other_root, wanted):
    assert value(points(mean, root), points(other_mean, other_root)) == approx(wanted, rel=1e-12)


def test_the_parts_by_hand_and_their_sum():
    found = frechet_distance(column(0.0, 2.0), column(3.0, 7.0))
    assert found.means == 16 and found.covariances == approx(2, rel=1e-12) and found.value == found.means + found.covariances
    found = frechet_distance(*drawn(30, 5))
    assert found.value == found.means + found.covariances and min(found) > 0


@pytest.mark.parametrize(("n", "d", "wanted"), [(1000, 16, 5.139602357771241), (50, 64, 88.8239822774166), (20, 64, 134.260833793329)])
def test_the_agreed_examples_to_twelve_digits(n, d, wanted):
    assert value(*drawn(n, d)) == approx(wanted, rel=1e-12)


def test_two_examples_on_each_side_have_a_closed_form():
    # covariances a a^T / 2 and b b^T / 2 of rank one, a and b the differences: tr (C C')^(1/2) = |a . b| / 2
    for seed in range(5):
        x, y = np.random.default_rng(seed).integers(-9, 10, (2, 2, 40)).astype(float)
        a, b = x[1] - x[0], y[1] - y[0]
        wanted = norm(x.mean(0) - y.mean(0)) ** 2 + (a @ a + b @ b) / 2 - abs(a @ b)
        assert value(x, y) == approx(wanted, rel=1e-12)


def test_features_that_never_occur_together_overlap_nowhere():
    x, y = np.zeros((2, 10, 40))
    x[:, :20], y[:, 20:] = np.random.default_rng(0).standard_normal((2, 10, 20))
    assert value(x, y) == approx(norm(x.mean(0) - y.mean(0)) ** 2 + np.trace(np.cov(x.T)) + np.trace(np.cov(y.T)), rel=1e-12)


@pytest.mark.parametrize("narrow", [0.3, 1e-2, 1e-4, 1e-7, 1e-10, 1e-13, 0])
def test_narrow_one_way_against_narrow_the_other_way(narrow):
    # the overlap is a wide direction of one times a narrow one of the other, which a square that is taken first would lose
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    real, fake = (points([0, 0], turn @ np.diag(widths)) for widths in ([1, narrow], [narrow, 1]))
    assert value(real, fake) == approx(2 * (1 - narrow) ** 2, rel=1e-12)


def test_dead_features_change_nothing_but_where_they_differ():
    real, fake = drawn(200, 6)
    value, means, covariances = frechet_distance(real, fake)
    dead = np.full((200, 2), 3.0)
    assert frechet_distance(np.hstack([real, dead]), np.hstack([fake, dead])) == approx((value, means, covariances), rel=1e-12)
    assert frechet_distance(np.hstack([real, dead]), np.hstack([fake, 0 * dead])) == approx((value + 18, means + 18, covariances), rel=1e-12)


def test_features_that_repeat_others_count_twice():
    real, fake = drawn(200, 6)
    assert value(np.tile(real, 2), np.tile(fake, 2)) == approx(2 * value(real, fake), rel=1e-12)


def test_idle_dimensions_change_nothing_with_fewer_examples_than_features():
    real, fake = drawn(30, 3)
    across = rotation(80)[:3]
    assert value(real @ across, fake @ across) == approx(value(real, fake), rel=1e-12)


# properties


@pytest.mark.parametrize(("n", "d"), [(20, 64), (64, 20), (5, 5), (2, 30)])
def test_no_distance_from_itself(n, d):
    x = drawn(n, d)[0]
    found = frechet_distance(x, x)
    assert found.means == 0 and abs(found.value) <= 1e-12 * np.trace(np.cov(x.T))


@pytest.mark.parametrize(("n", "d"), [(100, 6), (20, 64)])
def test_swapping_moving_turning_and_reordering_change_nothing(n, d):
    real, fake = drawn(n, d)
    fake = fake[: n - 3]
    wanted = frechet_distance(real, fake)
    turn, rng = rotation(d), np.random.default_rng(3)
    move = rng.standard_normal(d)
    for other in ((fake, real), (real + move, fake + move), (real @ turn, fake @ turn), (rng.permutation(real), rng.permutation(fake))):
        assert frechet_distance(*other) == approx(wanted, rel=1e-11)


@pytest.mark.parametrize("by", [3.0, -0.5, 1e-6, 1e6])
def test_in_other_units_it_grows_with_the_square(by):
    for n in (100, 20):
        real, fake = drawn(n, 32)
        assert value(by * real, by * fake) == approx(by**2 * value(real, fake), rel=1e-12)


@pytest.mark.parametrize("rows", [1, 7, 64, 10_000])
def test_blocks_of_rows_do_not_matter(rows, monkeypatch):
    uneven = [x * np.logspace(0, -9, 5) @ rotation(5) for x in drawn(300, 5)]
    pairs = [drawn(300, 5), drawn(40, 64), drawn(8, 7), uneven, (uneven[0], drawn(300, 5)[1])]
    whole = [frechet_distance(*both) for both in pairs]
    monkeypatch.setattr(frechet, "ROWS", rows)
    for both, wanted in zip(pairs, whole):
        assert frechet_distance(*both) == approx(wanted, rel=1e-12)


def test_arrays_tensors_and_half_as_many_digits():
    for n, d in ((40, 6), (6, 40)):
        real, fake = drawn(n, d)
        short = real.astype(np.float32) + 30, fake.astype(np.float32) + 30
        assert value(*short) == value(*map(torch.tensor, short)) == value(short[0].astype(float), short[1].astype(float))
    assert value(real, fake) == value(torch.tensor(real), fake) == value(torch.tensor(real), torch.tensor(fake))
    assert value(column(0, 2), column(3, 7)) == approx(18, rel=1e-12)


def test_inputs_are_left_alone_and_gradients_end_there():
    real, fake = (torch.tensor(x, requires_grad=True) for x in drawn(40, 6))
    before = real.detach().clone(), fake.detach().clone()
    assert isinstance(value(real, fake), float) and torch.equal(real, before[0]) and torch.equal(fake, before[1])


def test_one_example_for_ever_is_far_from_all_and_near_itself():
    real = drawn(50, 8)[0]
    collapsed = np.repeat(real[:1], 30, axis=0)
    found = frechet_distance(real, collapsed)
    assert found.covariances == approx(np.trace(np.cov(real.T)), rel=1e-12) and found.means > 1
    assert frechet_distance(collapsed, collapsed) == approx((0, 0, 0), abs=1e-25)


def test_each_example_twice_changes_the_covariances_by_the_divisor_only():
    real, fake = drawn(50, 8)
    once, twice = frechet_distance(real, fake), frechet_distance(np.repeat(real, 2, axis=0), np.repeat(fake, 2, axis=0))
    assert twice.means == approx(once.means, rel=1e-12) and twice.covariances == approx(once.covariances * 98 / 99, rel=1e-12)


def test_it_is_biased_upwards_by_about_one_over_n():
    small, large = (
        np.mean([value(*torch.randn(2, n, 16, generator=rng, dtype=torch.float64)) for _ in range(40)])
        for n, rng in ((100, seeded(1)), (400, seeded(2)))
    )
    assert small == approx(1.606, rel=0.1) and 3.3 < small / large < 4.7


# other packages


def through(d: int) -> nn.Module:
    """An extractor that passes features on, as torchmetrics wants it."""
    network = nn.Identity()
    network.num_features = d
    return network


def of_torchmetrics(real, fake) -> float:
    measure = FrechetInceptionDistance(through(real.shape[1]))
    measure.update(torch.tensor(real), real=True)
    measure.update(torch.tensor(fake), real=False)
    return measure.compute().item()


def of_scipy(real, fake) -> float:
    c, c2 = np.cov(real.T), np.cov(fake.T)
    return norm(real.mean(0) - fake.mean(0)) ** 2 + np.trace(c + c2 - 2 * scipy.linalg.sqrtm(c @ c2).real)


def of_pot(real, fake) -> float:
    return ot.gaussian.bures_wasserstein_distance(real.mean(0), fake.mean(0), np.cov(real.T), np.cov(fake.T)) ** 2  # theirs is the root


@pytest.mark.parametrize("theirs", [of_torchmetrics, of_scipy, of_pot])
@pytest.mark.parametrize(("n", "d"), [(300, 8), (1000, 16)])
def test_other_packages_agree(theirs, n, d):
    real, fake = drawn(n, d)
    skew = np.random.default_rng(5).standard_normal((d, d))
    for both in ((real, fake), (real[: n // 2], fake), (real @ skew, fake)):
        assert value(*both) == approx(theirs(*both), rel=1e-10)


@pytest.mark.filterwarnings("ignore::scipy.linalg.LinAlgWarning")
@pytest.mark.parametrize("theirs", [of_torchmetrics, of_scipy])
def test_with_fewer_examples_than_features_they_agree_to_their_five_digits(theirs):
    # theirs takes roots of eigenvalues that should be zero; ours has the 50-digit value above to twelve digits
    assert value(*drawn(50, 64)) == approx(theirs(*drawn(50, 64)), rel=1e-5)


# bad input


@pytest.mark.parametrize(("real", "fake", "message"), [
    (torch.zeros(1, 2), torch.zeros(5, 2), "real must have at least 2 rows, got 1"),
    (torch.zeros(5, 2), torch.zeros(0, 2), "fake must have at least 2 rows, got 0"),
    (torch.zeros(5, 2), torch.zeros(5, 3), "the same number of features, got 2 and 3"),
    (torch.zeros(5), torch.zeros(5), r"real must be features \(n, d\), got \(5,\)"),
    (torch.zeros(5, 1, 8, 8), torch.zeros(5, 64), r"got \(5, 1, 8, 8\)"),
    (torch.zeros(5, 0), torch.zeros(5, 0), r"got \(5, 0\)"),
    (torch.full((5, 2), nan), torch.zeros(5, 2), "real must hold finite numbers"),
    (torch.zeros(5, 2), torch.full((5, 2), inf), "fake must hold finite numbers"),
], ids=["one real", "no fake", "other width", "vector", "pictures", "no features", "nan", "infinite"])
def test_what_it_cannot_compare_is_refused(real, fake, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(real, fake)
