from math import exp, inf, isnan, log, nan, pi, sqrt

import checks_formulas as checks
import numpy as np
import pytest
import torch
from checks_formulas import close, doubles
from scipy.integrate import quad
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from scipy.stats import norm, wasserstein_distance
from torch.testing import assert_close

from gan_edu.divergences import game_value, js, kl, optimal_discriminator, to_bits, tv, w1, w1_samples
from gan_edu.worlds import mixtures

DIVERGENCES = {"kl": kl, "js": js, "tv": tv, "w1": w1}
every_divergence = pytest.mark.parametrize("divergence", DIVERGENCES.values(), ids=DIVERGENCES)
SEEDS = range(5)


def line(low: float = -12, high: float = 12, n: int = 4801) -> torch.Tensor:
    return torch.linspace(low, high, n, dtype=torch.float64)


def bell(x: torch.Tensor, mean: float, std: float) -> torch.Tensor:
    return (-((x - mean) / std).square() / 2).exp() / (std * sqrt(2 * pi))


def shares(seed: int, n: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """Two random probability vectors, some of their entries zero."""
    rng = torch.Generator().manual_seed(seed)
    values = torch.rand(2, n, generator=rng, dtype=torch.float64) - 0.2
    p, q = values.clamp(min=0)
    return p / p.sum(), q / q.sum()


# by hand


def test_by_hand():
    checks.kl_by_hand(kl)
    checks.js_by_hand(js)
    checks.js_of_unlike_coins(js)
    checks.tv_by_hand(tv)
    checks.w1_of_two_widths(w1)
    checks.share_of_the_real(optimal_discriminator)
    checks.share_under_unequal_priors(optimal_discriminator)
    checks.value_by_hand(game_value)


def test_two_unit_bells_two_apart():
    # KL = (mean difference)^2 / 2 = 2 nats, W1 = 2, TV = 2 Phi(1) - 1; JS has no closed form
    x = line()
    p, q = bell(x, 0, 1), bell(x, 2, 1)
    close(kl(p, q, x), 2, 1e-9)
    close(w1(p, q, x), 2, 1e-9)
    close(tv(p, q, x), 2 * torch.special.ndtr(doubles(1)).item() - 1, 1e-5)
    integrand = lambda u: norm.pdf(u) * log(2 / (1 + exp(2 * u - 2)))  # noqa: E731
    close(js(p, q, x), quad(integrand, -12, 14)[0], 1e-8)


def test_kl_between_bells_of_two_widths():
    x = line(-20, 20, 8001)
    close(kl(bell(x, 0, 1), bell(x, 1, 2), x), log(2) + (1 + 1) / 8 - 1 / 2, 1e-9)
    close(kl(bell(x, 1, 2), bell(x, 0, 1), x), log(1 / 2) + (4 + 1) / 2 - 1 / 2, 1e-9)


def test_a_bit_is_log_2_nats():
    close(to_bits(log(2)), 1)


# oracles


@pytest.mark.parametrize("seed", SEEDS)
def test_probabilities_agree_with_scipy(seed):
    p, q = shares(seed)
    positive = (q + 0.01) / (q + 0.01).sum()
    close(kl(p, positive), rel_entr(p.numpy(), positive.numpy()).sum())
    close(js(p, q), jensenshannon(p.numpy(), q.numpy()) ** 2)
    close(tv(p, q), np.abs(p.numpy() - q.numpy()).sum() / 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_w1_of_densities_agrees_with_scipy_on_the_grid(seed):
    rng = torch.Generator().manual_seed(seed)
    mean, std = 2 * torch.randn(2, generator=rng), 0.5 + torch.rand(2, generator=rng)
    x = line(-15, 15, 6001)
    p, q = bell(x, mean[0].item(), std[0].item()), bell(x, mean[1].item(), std[1].item())
    close(w1(p, q, x), wasserstein_distance(x.numpy(), x.numpy(), p.numpy(), q.numpy()), 1e-4)


def test_w1_samples_reference_vectors():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=1000), rng.normal(size=1000) + 1
    close(w1_samples(torch.from_numpy(a), torch.from_numpy(b)), 1.040005381814261)
    close(w1_samples(doubles(0, 1, 3), doubles(5, 6, 8)), 5)
    close(w1_samples(doubles(0, 1, 3), doubles(8, 5, 6)), 5)


def test_w1_samples_is_the_mean_of_sorted_gaps_and_takes_unequal_counts():
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(50, 1, generator=rng).double(), torch.rand(50, generator=rng).double()
    close(w1_samples(a, b), (a.flatten().sort()[0] - b.sort()[0]).abs().mean().item())
    close(w1_samples(doubles(0), doubles(-1, 1, 3, 5)), 2.5)
    close(w1_samples(torch.cat([a, a]), b), w1_samples(a, b))


def test_w1_samples_takes_lists_as_the_others_do():
    close(w1_samples([0, 1, 3], [5, 6, 8]), 5)


# properties


@every_divergence
@pytest.mark.parametrize("seed", SEEDS)
def test_zero_between_equals_and_positive_between_others(divergence, seed):
    p, q = (bell(line(), 0, 1), bell(line(), 0.5 + 0.3 * seed, 1.5))
    assert divergence(p, p, line()) == 0
    assert 0 < divergence(p, q, line()) < inf


@pytest.mark.parametrize("divergence", [js, tv], ids=["js", "tv"])
@pytest.mark.parametrize("seed", SEEDS)
def test_symmetric_and_within_their_range(divergence, seed):
    p, q = shares(seed)
    close(divergence(p, q), divergence(q, p))
    assert 0 < divergence(p, q) <= {js: log(2), tv: 1}[divergence] + 1e-12


def test_w1_is_symmetric_and_kl_is_not():
    x = line(-20, 20, 4001)
    p, q = bell(x, 0, 1), bell(x, 1, 2)
    close(w1(p, q, x), w1(q, p, x))
    assert abs(kl(p, q, x) - kl(q, p, x)) > 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_inequalities_between_the_distances(seed):
    p, q = shares(seed)
    positive = (q + 0.01) / (q + 0.01).sum()
    assert tv(p, positive) <= sqrt(kl(p, positive) / 2)  # Pinsker
    assert js(p, q) <= log(2) * tv(p, q) + 1e-12  # Lin, 1991, theorem 3
    assert tv(p, q) ** 2 / 2 <= js(p, q)  # Pinsker for each half of JS


@every_divergence
def test_scaling_the_line_scales_only_w1(divergence):
    x = line()
    p, q = bell(x, 0, 1), bell(x, 1, 0.7)
    scaled = divergence(p / 3, q / 3, 3 * x)
    close(scaled, (3 if divergence is w1 else 1) * divergence(p, q, x), 1e-9)


@every_divergence
def test_moving_both_changes_nothing(divergence):
    x = line()
    p, q = bell(x, 0, 1), bell(x, 1, 0.7)
    close(divergence(p, q, x + 5), divergence(p, q, x), 1e-9)


@pytest.mark.parametrize("divergence", [kl, js, tv], ids=["kl", "js", "tv"])
def test_order_of_the_points_does_not_matter_to_probabilities(divergence):
    p, q = shares(0)
    q = (q + 0.01) / (q + 0.01).sum()
    order = torch.randperm(len(p), generator=torch.Generator().manual_seed(1))
    close(divergence(p[order], q[order]), divergence(p, q))


def test_an_uneven_grid_gives_the_same_answers():
    even = line()
    uneven = 12 * torch.linspace(-1, 1, 4801, dtype=torch.float64) ** 3
    for divergence in DIVERGENCES.values():
        found = divergence(bell(uneven, 0, 1), bell(uneven, 1, 1), uneven)
        close(found, divergence(bell(even, 0, 1), bell(even, 1, 1), even), 1e-4)


def test_callers_tensors_stay_as_they_are():
    p, q = shares(0)
    before = p.clone(), q.clone()
    js(p, q), tv(p, q), game_value(optimal_discriminator(p, q), p, q)
    assert torch.equal(p, before[0]) and torch.equal(q, before[1])


def test_tensors_with_gradients_and_float32_are_welcome():
    p = torch.tensor([0.5, 0.5], requires_grad=True)
    close(tv(p, torch.tensor([0.25, 0.75])), 0.25)
    assert optimal_discriminator(p, p).dtype == torch.float64


# the edges: disjoint, not absolutely continuous, underflow


def test_disjoint_boxes():
    x = line(-1, 6, 7001)
    p, q = mixtures.box(0, 1).density(x), mixtures.box(4, 5).density(x)
    close(js(p, q, x), log(2), 1e-12)
    close(to_bits(js(p, q, x)), 1, 1e-12)
    close(tv(p, q, x), 1, 1e-12)
    close(w1(p, q, x), 4, 1e-9)
    assert kl(p, q, x) == inf


def test_js_is_flat_where_w1_is_not():
    x = line(-1, 12, 13001)
    p = mixtures.box(0, 1).density(x)
    apart = [mixtures.box(d, d + 1).density(x) for d in (2, 5, 9)]
    assert len({round(js(p, q, x), 12) for q in apart}) == 1
    for distance, q in zip((2, 5, 9), apart):
        close(w1(p, q, x), distance, 1e-9)


def test_kl_is_infinite_without_absolute_continuity_in_one_direction_only():
    assert kl(doubles(1 / 2, 1 / 2), doubles(1, 0)) == inf
    close(kl(doubles(1, 0), doubles(1 / 2, 1 / 2)), log(2))
    close(kl(doubles(1, 0), doubles(1, 0)), 0)


def test_js_survives_the_smallest_number_there_is():
    close(js(doubles(1, 5e-324), doubles(1, 0)), 0)
    close(js(doubles(1, 0), doubles(1, 5e-324)), 0)


def test_optimal_discriminator_survives_the_smallest_number_there_is():
    assert_close(optimal_discriminator(doubles(5e-324, 0), doubles(0, 5e-324)), doubles(1, 0))


# the optimal discriminator and the value of the game


def test_optimal_discriminator_off_the_support_is_nan_and_nowhere_else():
    found = optimal_discriminator(doubles(0, 1, 0, 2), doubles(0, 0, 1, 2))
    assert found.isnan().tolist() == [True, False, False, False]
    assert found[1:].tolist() == [1, 0, 0.5]


@pytest.mark.parametrize("prior", [0.01, 0.3, 0.5, 0.9])
def test_optimal_discriminator_logit_is_the_log_ratio_plus_the_log_odds(prior):
    x = line(-4, 4, 101)
    p, q = bell(x, 1, 1), bell(x, -1, 1.5)
    found = optimal_discriminator(p, q, prior)
    assert_close(found.logit(), (p / q).log() + log(prior / (1 - prior)))


def test_optimal_discriminator_of_swapped_players_is_the_complement():
    p, q = shares(0)
    seen = p + q > 0
    total = optimal_discriminator(p, q, 0.3) + optimal_discriminator(q, p, 0.7)
    assert_close(total[seen], torch.ones_like(p)[seen])


def test_optimal_discriminator_does_not_care_for_a_common_factor():
    p, q = shares(0)
    assert_close(optimal_discriminator(5 * p, 5 * q), optimal_discriminator(p, q), equal_nan=True)


def test_optimal_discriminator_works_at_points_of_the_plane():
    ring, grid = mixtures.ring(), mixtures.grid()
    x = ring.sample(10, generator=torch.Generator().manual_seed(0)).x
    found = optimal_discriminator(ring.density(x), grid.density(x))
    assert found.shape == (10,) and ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_value_at_the_optimum_is_twice_js_less_log_4(seed):
    p, q = shares(seed)
    close(game_value(optimal_discriminator(p, q), p, q), 2 * js(p, q) - 2 * log(2))


@pytest.mark.parametrize("std", [1.0, 0.5, 0.2, 0.1, 0.08, 0.05])
def test_value_at_the_optimum_holds_for_bumps_that_are_far_apart(std):
    # where D* rounds to 1 there is still a little q: its log must not become -inf
    x = line(-10, 10, 6001)
    p, q = mixtures.gaussian(-2, std).density(x), mixtures.gaussian(2, std).density(x)
    close(game_value(optimal_discriminator(p, q), p, q, x), 2 * js(p, q, x) - 2 * log(2), 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_discriminator_beats_the_optimal_one(seed):
    p, q = shares(seed)
    rng = torch.Generator().manual_seed(seed)
    best = game_value(optimal_discriminator(p, q), p, q)
    for _ in range(20):
        other = torch.rand(p.shape, generator=rng, dtype=torch.float64)
        assert game_value(other, p, q) < best
        nudged = (optimal_discriminator(p, q) + 0.02 * (other - 0.5)).clamp(0, 1)
        assert game_value(nudged, p, q) < best


def test_value_of_the_undecided_discriminator_is_minus_log_4():
    p, q = shares(0)
    close(game_value(torch.full_like(p, 0.5), p, q), -log(4))
    close(game_value(torch.full_like(p, 0.5), p, p), -log(4))


def test_value_is_minus_infinity_when_sure_and_wrong():
    p, q = doubles(0.5, 0.5), doubles(0.25, 0.75)
    assert game_value(doubles(0, 0.5), p, q) == -inf
    assert game_value(doubles(0.5, 1), p, q) == -inf


def test_value_forgives_nan_off_the_support_only():
    p, q = doubles(1, 0, 0), doubles(0, 1, 0)
    close(game_value(doubles(1, 0, nan), p, q), 0)
    with pytest.raises(ValueError, match=r"discriminator: wanted probabilities in \[0, 1\].*1 NaN among 3"):
        game_value(doubles(nan, 0, 0), p, q)


def test_value_does_not_change_when_players_change_places():
    p, q = shares(0)
    d = torch.linspace(0.1, 0.9, len(p), dtype=torch.float64)
    close(game_value(d, p, q), game_value(1 - d, q, p))


# bad input: one clear error, naming what was wanted and what came

HALF = doubles(0.5, 0.5)
GRID = doubles(0, 1)
ONES = doubles(1, 1)


@every_divergence
@pytest.mark.parametrize(
    ("real", "fake", "x", "message"),
    [
        (doubles(-0.5, 2.5), ONES, GRID, r"real: wanted finite values of at least 0; got values from -0.5 to 2.5"),
        (ONES, doubles(-0.5, 2.5), GRID, r"fake: wanted finite values of at least 0; got values from -0.5"),
        (doubles(nan, 1), ONES, GRID, r"real: wanted finite values.*1 NaN among 2 values"),
        (ONES, doubles(inf, 1), GRID, r"fake: wanted finite values.*to inf"),
        (2 * ONES, ONES, GRID, r"real: wanted a density that integrates over x to 1.*got a total of 2"),
        (ONES, 0 * ONES, GRID, r"fake: wanted a density that integrates over x to 1.*got a total of 0"),
        (ONES, doubles(1, 1, 1), GRID, r"mismatched grids: real has shape \(2,\), fake \(3,\)"),
        (ONES, ONES, doubles(0, 0.5, 1), r"mismatched grids: x has shape \(3,\), the densities \(2,\)"),
        (ONES, ONES, doubles(1, 0), r"x: wanted an increasing grid.*got values from 0 to 1"),
        (ONES, ONES, doubles(0, 0), r"x: wanted an increasing grid"),
        (ONES, ONES, doubles(0, nan), r"x: wanted an increasing grid.*1 NaN"),
        (doubles(1, 0), doubles(1, 0), doubles(0, inf), r"(got a total of|x: wanted)"),
        (doubles(), doubles(), doubles(), r"wanted two lists.*got \(0,\)"),
        (doubles(1), doubles(1), doubles(0), r"x: wanted an increasing grid of at least two points"),
        (ONES[None], ONES[None], GRID[None], r"wanted two lists.*got \(1, 2\)"),
    ],
)
def test_bad_input_of_divergences(divergence, real, fake, x, message):
    with pytest.raises(ValueError, match=message):
        divergence(real, fake, x)


@pytest.mark.parametrize("divergence", [kl, js, tv], ids=["kl", "js", "tv"])
@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (doubles(0.5, 0.6), HALF, r"real: wanted probabilities that sum to 1 \(within 1e-06\); got a total of 1.1"),
        (HALF, doubles(0.5, 0.4), r"fake: wanted probabilities that sum to 1.*got a total of 0.9"),
        (HALF, doubles(0.5, 0.25, 0.25), r"mismatched grids"),
        (HALF, doubles(1.5, -0.5), r"fake: wanted finite values of at least 0; got values from -0.5 to 1.5"),
    ],
)
def test_bad_probabilities(divergence, real, fake, message):
    with pytest.raises(ValueError, match=message):
        divergence(real, fake)


def test_w1_without_a_grid_says_why_it_needs_one():
    for p in (HALF, 3 * ONES):
        with pytest.raises(ValueError, match="W1 measures how far mass moves; it needs the grid x, got None"):
            w1(p, p, None)


@pytest.mark.parametrize("prior", [0, 1, -0.1, 1.5, nan])
def test_bad_priors(prior):
    with pytest.raises(ValueError, match=f"prior: wanted a share of real examples between 0 and 1, got {prior}"):
        optimal_discriminator(ONES, ONES, prior)


def test_bad_input_of_the_optimal_discriminator():
    with pytest.raises(ValueError, match="mismatched grids"):
        optimal_discriminator(ONES, doubles(1, 2, 3))
    with pytest.raises(ValueError, match="fake: wanted finite values.*1 NaN"):
        optimal_discriminator(ONES, doubles(1, nan))
    with pytest.raises(ValueError, match="real: wanted finite values of at least 0"):
        optimal_discriminator(-ONES, ONES)


@pytest.mark.parametrize(
    ("d", "message"),
    [
        (doubles(0.5, 1.1), r"wanted probabilities in \[0, 1\].*got values from 0.5 to 1.1"),
        (doubles(-0.1, 0.5), r"wanted probabilities in \[0, 1\].*got values from -0.1"),
        (doubles(0.5, nan), r"wanted probabilities in \[0, 1\].*1 NaN"),
        (doubles(0.5, 0.5, 0.5), r"wanted one value per point, shape \(2,\); got \(3,\)"),
        (doubles(0.5, 0.5)[:, None], r"wanted one value per point, shape \(2,\); got \(2, 1\)"),
    ],
)
def test_bad_discriminators(d, message):
    with pytest.raises(ValueError, match="discriminator: " + message):
        game_value(d, HALF, HALF)


@pytest.mark.parametrize("points", [doubles(), doubles(1, nan), doubles(1, inf)], ids=["none", "nan", "inf"])
def test_bad_points(points):
    with pytest.raises(ValueError, match="real: wanted finite points, at least one; got "):
        w1_samples(points, ONES)
    with pytest.raises(ValueError, match="fake: wanted finite points, at least one; got "):
        w1_samples(ONES, points)


def test_a_nan_never_comes_back_from_good_input():
    p, q = shares(3)
    assert not any(isnan(d(p, q)) for d in (kl, js, tv))
