"""Percentile intervals: coverage and width of a mean's, bias of a biased measure's, and what is drawn."""

from math import inf, nan, sqrt

import numpy as np
import pytest
import torch
from helpers_games import seeded
from helpers_sabotage import two_tests
from pytest import approx

from gan_edu.metrics import precision_recall
from gan_edu.metrics.bootstrap import bootstrap
from gan_edu.metrics.density import density_coverage
from gan_edu.metrics.frechet import frechet_distance
from gan_edu.metrics.kernel import kernel_distance


def normals(n: int, d: int = 1, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=seeded(seed), dtype=torch.float64)


def mean(sample) -> float:
    return sample.mean().item()


def gap(real, fake) -> float:
    return (real.mean() - fake.mean()).item()


def half_width(interval) -> float:
    return (interval[2] - interval[1]) / 2


# checks that take an implementation


def the_mean_has_its_width(interval):
    x = normals(400)
    found = interval(mean, x, rounds=1000, generator=seeded(1))
    assert half_width(found) == approx(1.96 * x.std().item() / sqrt(400), rel=0.1)
    assert (found[1] + found[2]) / 2 == approx(mean(x), abs=0.02)


def a_narrower_level_has_its_width(interval):
    x = normals(400)
    assert half_width(interval(mean, x, rounds=1000, level=0.5, generator=seeded(1))) == approx(0.6745 * x.std().item() / sqrt(400), rel=0.15)


def samples_are_drawn_apart(interval):
    x = normals(200)
    assert half_width(interval(gap, x, x, rounds=500, generator=seeded(1))) == approx(1.96 * sqrt(2) * x.std().item() / sqrt(200), rel=0.2)


def the_value_is_of_the_samples_themselves(interval):
    assert interval(lambda x: x.max().item(), normals(50), rounds=20, generator=seeded(1))[0] == normals(50).max().item()


def rows_stay_whole(interval):
    x = torch.arange(30.0)[:, None] + torch.tensor([0.0, 100.0])
    assert interval(lambda x: (x[:, 1] - x[:, 0] - 100).abs().max().item(), x, rounds=20, generator=seeded(1)) == (0, 0, 0)


# wrong variants


def with_replacement(sample, generator):
    return sample[torch.randint(len(sample), (len(sample),), generator=generator)]


def without_replacement(sample, generator):
    return sample[torch.randperm(len(sample), generator=generator)]


def half_of_the_sample(sample, generator):
    return sample[torch.randint(len(sample), (len(sample) // 2,), generator=generator)]


def each_number_apart(sample, generator):
    return sample.gather(0, torch.randint(len(sample), sample.shape, generator=generator))


def written_out(draw=with_replacement, together=False, tail=0.5, centre=False):
    def interval(measure, *samples, rounds=200, level=0.95, generator):
        seeds = torch.randint(2**31, (rounds, len(samples)), generator=generator)
        seeds = seeds[:, :1].expand_as(seeds) if together else seeds
        drawn = np.array([measure(*(draw(sample, seeded(seed)) for sample, seed in zip(samples, row))) for row in seeds.tolist()])
        value = float(drawn.mean()) if centre else measure(*samples)
        return value, *np.quantile(drawn, [(1 - level) * tail, 1 - (1 - level) * tail]).tolist()

    return interval


with_nothing_wrong = written_out()
shuffled_only = written_out(draw=without_replacement)
fewer_examples = written_out(draw=half_of_the_sample)
columns_drawn_apart = written_out(draw=each_number_apart)
drawn_together = written_out(together=True)
whole_level_in_each_tail = written_out(tail=1)
mean_of_the_draws = written_out(centre=True)


def one_standard_deviation_at_any_level(measure, *samples, rounds=200, level=0.95, generator):
    return with_nothing_wrong(measure, *samples, rounds=rounds, level=0.68, generator=generator)


SABOTAGE = [
    (the_mean_has_its_width, [shuffled_only, fewer_examples, whole_level_in_each_tail, one_standard_deviation_at_any_level]),
    (a_narrower_level_has_its_width, [shuffled_only, whole_level_in_each_tail, one_standard_deviation_at_any_level]),
    (samples_are_drawn_apart, [drawn_together, fewer_examples]),
    (the_value_is_of_the_samples_themselves, [mean_of_the_draws]),
    (rows_stay_whole, [columns_drawn_apart]),
]


def name(part) -> str:
    return {id(thing): name for name, thing in globals().items()}[id(part)]


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests([(check, bootstrap, variants) for check, variants in SABOTAGE], name)


@pytest.mark.parametrize("check", [check for check, _ in SABOTAGE], ids=name)
def test_the_formula_written_out_with_nothing_wrong_passes(check):
    check(with_nothing_wrong)


# what is drawn


def test_by_hand():
    found = bootstrap(mean, torch.tensor([0.0, 1.0]), rounds=400, level=0.9, generator=seeded())
    assert found == (0.5, 0, 1)  # a quarter of the draws is 0, 0, and a quarter 1, 1


def test_the_ends_are_the_quantiles_of_the_draws():
    seen = []

    def remembered(sample) -> float:
        seen.append(mean(sample))
        return seen[-1]

    found = bootstrap(remembered, normals(20), rounds=30, level=0.8, generator=seeded(1))
    assert len(seen) == 31 and found.value == seen[0]
    assert (found.low, found.high) == approx(tuple(np.quantile(seen[1:], [0.1, 0.9])), rel=1e-12)


def test_every_draw_has_the_sizes_of_the_samples_and_their_examples_only():
    sizes, real, fake = set(), torch.arange(7), torch.arange(100, 130)

    def looked_at(some_real, some_fake) -> float:
        sizes.add((len(some_real), len(some_fake)))
        assert set(some_real.tolist()) <= set(range(7)) and set(some_fake.tolist()) <= set(range(100, 130))
        return len(set(some_fake.tolist()))

    found = bootstrap(looked_at, real, fake, rounds=100, generator=seeded())
    assert sizes == {(7, 30)} and found.value == 30 and 14 <= found.low < 19 < found.high <= 24  # 30 (1 - (29/30)^30) = 19.2


def test_pictures_are_drawn_whole():
    pictures = torch.randn(12, 1, 4, 4, generator=seeded())
    found = bootstrap(lambda x: float(x.shape == (12, 1, 4, 4)), pictures, rounds=10, generator=seeded(1))
    assert found == (1, 1, 1)


def test_a_measure_that_gives_a_tensor_will_do():
    assert bootstrap(torch.Tensor.mean, normals(20), rounds=20, generator=seeded(1)) == bootstrap(mean, normals(20), rounds=20, generator=seeded(1))


def test_equal_generators_draw_alike_and_others_do_not():
    x = normals(20)
    assert bootstrap(mean, x, generator=seeded(1)) == bootstrap(mean, x, generator=seeded(1)) != bootstrap(mean, x, generator=seeded(2))


def test_the_samples_are_left_alone():
    x = normals(20)
    bootstrap(mean, x, rounds=5, generator=seeded(1))
    assert torch.equal(x, normals(20))


# what the interval holds


def test_it_holds_the_true_mean_about_as_often_as_it_says():
    rng = seeded(3)
    found = [bootstrap(mean, torch.randn(50, generator=rng), rounds=80, generator=rng) for _ in range(150)]
    assert 0.87 <= np.mean([low <= 0 <= high for _, low, high in found]) <= 0.98


def test_four_times_the_examples_halve_it_and_a_higher_level_widens_it():
    widths = [half_width(bootstrap(mean, normals(n), rounds=500, generator=seeded(1))) for n in (100, 400)]
    assert 1.6 < widths[0] / widths[1] < 2.4
    levels = [half_width(bootstrap(mean, normals(100), rounds=200, level=level, generator=seeded(1))) for level in (0.5, 0.8, 0.95, 0.99)]
    assert levels == sorted(levels) and levels[3] > 2.5 * levels[0]


def test_the_frechet_distance_of_few_examples_lies_below_its_interval():
    # two samples of one distribution: the distance is all bias, and each draw adds as much again
    for n in (30, 100):
        real, fake = normals(2 * n, 16, seed=n).split(n)
        found = bootstrap(lambda real, fake: frechet_distance(real, fake).value, real, fake, rounds=40, generator=seeded(1))
        assert found.low > 1.2 * found.value and found.high < 3.5 * found.value


def coverage(real, fake) -> float:
    return density_coverage(real, fake).coverage


def precision(real, fake) -> float:
    return precision_recall(real, fake).precision


def kernel_value(real, fake) -> float:
    return kernel_distance(real, fake).value


@pytest.mark.parametrize(("measure", "lower"), [(coverage, True), (precision, True), (kernel_value, False)])
def test_examples_drawn_twice_find_themselves_and_move_the_middle_half_of_the_draws_past_the_value(measure, lower):
    # the kernel distance has no bias, but among draws its pairs i != j are no longer of two examples
    for seed in range(3):
        real, fake = normals(120, 4, seed).split(60)
        found = bootstrap(measure, real, fake, rounds=60, level=0.5, generator=seeded(1))
        assert found.high < found.value if lower else found.low > found.value


# bad input


@pytest.mark.parametrize(("samples", "message"), [
    ([], r"wanted samples of at least two examples, got \[\]"),
    ([torch.zeros(1)], r"got \[1\]"),
    ([torch.zeros(5, 2), torch.zeros(0, 2)], r"got \[5, 0\]"),
])
def test_samples_of_two_examples_are_wanted(samples, message):
    with pytest.raises(ValueError, match=message):
        bootstrap(lambda *samples: 0.0, *samples, generator=seeded())


@pytest.mark.parametrize(("changed", "message"), [
    ({"rounds": 1}, "wanted rounds >= 2 .* got rounds=1"),
    ({"rounds": 0}, "got rounds=0"),
    ({"level": 0.0}, "0 < level < 1, .* level=0.0"),
    ({"level": 1.0}, "level=1.0"),
    ({"level": 95}, "level=95"),
    ({"level": nan}, "level=nan"),
])
def test_rounds_and_level_must_make_sense(changed, message):
    with pytest.raises(ValueError, match=message):
        bootstrap(mean, normals(5), **changed, generator=seeded())


@pytest.mark.parametrize("bad", [nan, inf])
def test_the_measure_must_be_finite_on_the_samples_and_on_each_draw(bad):
    x = torch.arange(20.0)
    with pytest.raises(ValueError, match="a finite number on the samples and on each draw"):
        bootstrap(lambda x: bad, x, generator=seeded())
    with pytest.raises(ValueError, match="a finite number on the samples and on each draw"):
        bootstrap(lambda x: 1.0 if len(x.unique()) == 20 else bad, x, generator=seeded())
    with pytest.raises(ValueError, match="a finite number on the samples and on each draw"):
        bootstrap(lambda x: bad if len(x.unique()) == 20 else 1.0, x, generator=seeded())


def test_it_does_not_draw_without_a_generator():
    with pytest.raises(TypeError, match="generator"):
        bootstrap(mean, normals(5))
