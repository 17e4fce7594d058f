"""The Inception score: sure and varied, in parts that are shuffled first."""

from math import exp, inf, log, log2, nan, sqrt

import numpy as np
import pytest
import torch
from helpers_games import seeded
from helpers_sabotage import two_tests
from pytest import approx
from torch import nn
from torch.special import entr
from torchmetrics.image.inception import InceptionScore

from gan_edu.metrics.inception import inception_score

TWO = [[0.9, 0.1], [0.1, 0.9]]
ENTROPY = -0.9 * log(0.9) - 0.1 * log(0.1)
LOGITS = [[1.0, 2.0, 3.0], [-1.0, 5.0, 3.1]]


def doubles(rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def logits(n: int = 200, classes: int = 5, seed: int = 0) -> torch.Tensor:
    return 3 * torch.randn(n, classes, generator=seeded(seed), dtype=torch.float64)


def sorted_by_class(each: int = 100, classes: int = 10) -> torch.Tensor:
    return torch.eye(classes, dtype=torch.float64).repeat_interleave(each, 0)


# checks that take an implementation


def unsure_answers_by_hand(score):
    assert score(doubles(TWO))[0] == approx(2 * exp(-ENTROPY), rel=1e-12) == approx(1.4449348111684153, rel=1e-12)


def unlike_answers_by_hand(score):
    assert score(doubles(LOGITS).softmax(1))[0] == approx(1.243579140043484, rel=1e-12)


def sure_answers_count_the_classes(score):
    assert score(sorted_by_class())[0] == approx(10, rel=1e-12)


def one_part_is_the_whole(score):
    """Of a hundred examples of as many classes: parts of ten would score ten."""
    assert score(torch.eye(100, dtype=torch.float64)) == approx((100, 0), rel=1e-12)


def sorted_examples_are_shuffled(score):
    assert 9.3 < score(sorted_by_class(), 10, seeded())[0] < 9.8


def parts_are_of_nearly_equal_size(score):
    """With a class for each example a part scores its size, however it was dealt."""
    assert score(torch.eye(11, dtype=torch.float64), 10, seeded()) == approx((1.1, 0.3), rel=1e-12)
    assert score(torch.eye(95, dtype=torch.float64), 10, seeded()) == approx((9.5, 0.5), rel=1e-12)


def ours(rows, parts=1, generator=None):
    return inception_score(rows, parts, generator=generator)


# wrong variants


def exponential_of_the_information(rows):
    return (entr(rows.mean(0)).sum() - entr(rows).sum(1).mean()).exp()


def written_out(of=exponential_of_the_information, deal=torch.tensor_split, shuffle=True, parts=None, ddof=0):
    def score(rows, asked=1, generator=None):
        rows = rows[torch.randperm(len(rows), generator=generator)] if shuffle else rows
        found = torch.stack([of(part) for part in deal(rows, parts or asked)])
        return found.mean().item(), found.std(correction=ddof).item()

    return score


def divergence(p, q):
    return (p * (p.log() - q.log())).sum(1)


with_nothing_wrong = written_out()
divergence_as_it_stands = written_out(lambda rows: divergence(rows, rows.mean(0)).mean().exp())
divergence_the_other_way = written_out(lambda rows: divergence(rows.mean(0)[None].clamp_min(1e-30), rows.clamp_min(1e-30)).mean().exp())
exponential_of_bits = written_out(lambda rows: ((entr(rows.mean(0)).sum() - entr(rows).sum(1).mean()) / log(2)).exp())
without_the_exponential = written_out(lambda rows: entr(rows.mean(0)).sum() - entr(rows).sum(1).mean())
mean_of_the_exponentials = written_out(lambda rows: divergence(rows, rows.mean(0)).exp().mean())
variety_only = written_out(lambda rows: entr(rows.mean(0)).sum().exp())
sureness_only = written_out(lambda rows: rows.shape[1] * (-entr(rows).sum(1).mean()).exp())
always_ten_parts = written_out(parts=10)
as_they_come = written_out(shuffle=False)
dealt_by_chunk = written_out(deal=torch.chunk)
tail_dropped = written_out(deal=lambda rows, parts: rows[: len(rows) // parts * parts].tensor_split(parts))
spread_of_a_sample = written_out(ddof=1)

SABOTAGE = [
    (unsure_answers_by_hand, [exponential_of_bits, without_the_exponential, variety_only, divergence_the_other_way]),
    (unlike_answers_by_hand, [mean_of_the_exponentials, sureness_only, variety_only, divergence_the_other_way]),
    (sure_answers_count_the_classes, [divergence_as_it_stands, exponential_of_bits, without_the_exponential]),
    (one_part_is_the_whole, [always_ten_parts]),
    (sorted_examples_are_shuffled, [as_they_come]),
    (parts_are_of_nearly_equal_size, [dealt_by_chunk, tail_dropped, spread_of_a_sample]),
]


def name(part) -> str:
    return {id(thing): name for name, thing in globals().items()}[id(part)]


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests([(check, ours, variants) for check, variants in SABOTAGE], name)


@pytest.mark.parametrize("check", [check for check, _ in SABOTAGE], ids=name)
def test_the_formula_written_out_with_nothing_wrong_passes(check):
    check(with_nothing_wrong)


# one part


def test_examples_read_alike_score_one():
    assert inception_score(sorted_by_class(classes=1)) == (1, 0)
    assert inception_score(torch.eye(10)[[3] * 50]) == approx((1, 0), abs=1e-12)
    assert inception_score(doubles([[0.2, 0.5, 0.3]] * 7)) == approx((1, 0), abs=1e-12)
    assert inception_score(doubles([[0.2, 0.5, 0.3]])) == approx((1, 0), abs=1e-12)


def test_two_to_the_power_of_the_information_in_bits():
    rows = logits(40).softmax(1)
    bits = sum(p * log2(p / q) for row in rows.tolist() for p, q in zip(row, rows.mean(0).tolist())) / 40
    assert inception_score(rows).score == approx(2**bits, rel=1e-12)


def test_it_lies_between_one_and_the_number_of_classes():
    for seed in range(20):
        rows = (seed * logits(30, 2 + seed % 5, seed)).softmax(1)
        assert 1 - 1e-12 <= inception_score(rows).score <= rows.shape[1] + 1e-12


def test_answers_that_are_impossible_do_no_harm():
    rows = torch.cat([sorted_by_class(5, 4), doubles([[0.5, 0.5, 0, 0]])])
    assert 3 < inception_score(rows).score < 4


def test_order_and_names_of_the_classes_do_not_matter():
    rows = logits().softmax(1)
    wanted = inception_score(rows).score
    assert inception_score(rows.flip(0)).score == approx(wanted, rel=1e-12) == approx(inception_score(rows[:, [3, 0, 4, 1, 2]]).score, rel=1e-12)


def test_a_class_too_rare_lowers_it():
    assert inception_score(torch.cat([sorted_by_class(100, 10)[:-90]])).score < 10 - 0.1


def test_arrays_and_float32():
    rows = logits().softmax(1)
    assert inception_score(rows.numpy()) == inception_score(rows)
    assert inception_score(rows.float()).score == approx(inception_score(rows).score, rel=1e-6)
    assert inception_score(rows.float()) == inception_score(rows.float().double())


# several parts


def test_one_example_in_each_part_scores_one():
    assert inception_score(torch.eye(10), 10, generator=seeded()) == (1, 0)


def test_the_mean_falls_with_the_number_of_parts():
    rows = sorted_by_class(20)
    found = [inception_score(rows, parts, generator=seeded()).score for parts in (1, 4, 10, 20, 50)]
    assert found[0] == approx(10) and found == sorted(found, reverse=True) and found[-1] < 5


def test_equal_generators_deal_alike_and_others_do_not():
    rows = logits().softmax(1)
    assert inception_score(rows, 7, generator=seeded(1)) == inception_score(rows, 7, generator=seeded(1))
    assert inception_score(rows, 7, generator=seeded(1)) != inception_score(rows, 7, generator=seeded(2))
    assert inception_score(rows, 1) == inception_score(rows, 1, generator=seeded(1))


# another package


def of_torchmetrics(rows: torch.Tensor, parts: int) -> list[float]:
    measure = InceptionScore(nn.Identity(), splits=parts)
    measure.update(rows)
    return [number.item() for number in measure.compute()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("n", "classes"), [(200, 5), (1000, 10), (3, 2)])
def test_torchmetrics_agrees_on_the_whole(n, classes):
    rows = logits(n, classes)
    assert inception_score(rows.softmax(1)).score == approx(of_torchmetrics(rows, 1)[0], rel=1e-10)


@pytest.mark.filterwarnings("ignore")
def test_torchmetrics_agrees_on_parts_shuffled_alike_but_for_the_divisor_of_its_spread():
    rows = logits(200)
    torch.manual_seed(3)
    score, spread = of_torchmetrics(rows, 8)
    assert inception_score(rows.softmax(1), 8, generator=seeded(3)) == approx((score, spread * sqrt(7 / 8)), rel=1e-10)


# bad input


@pytest.mark.parametrize(("rows", "message"), [
    (logits(), "each row must be probabilities: .* are these logits"),
    (doubles([[0.5, 0.4], [0.5, 0.5]]), "with the sum 1"),
    (doubles([[1.2, -0.2], [0.5, 0.5]]), "at least 0"),
    (doubles([[nan, 1.0], [0.5, 0.5]]), "finite"),
    (doubles([[inf, 0.0], [0.5, 0.5]]), "finite"),
    (torch.zeros(0, 10), r"the shape \(n, classes\), got \(0, 10\)"),
    (torch.ones(5), r"got \(5,\)"),
    (np.ones((5, 1, 1)), r"got \(5, 1, 1\)"),
], ids=["logits", "sum", "negative", "nan", "infinite", "none", "vector", "axes"])
def test_what_is_not_probabilities_is_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        inception_score(rows)


@pytest.mark.parametrize("parts", [0, -1, 11])
def test_no_part_may_be_empty(parts):
    with pytest.raises(ValueError, match=f"wanted 1 <= parts <= 10 rows, got parts={parts}"):
        inception_score(torch.eye(10), parts, generator=seeded())


def test_parts_need_a_generator():
    with pytest.raises(ValueError, match="shuffled .* pass a torch.Generator"):
        inception_score(torch.eye(10), 2)
