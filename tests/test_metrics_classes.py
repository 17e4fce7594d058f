"""Classes that are made: what is read, what counts as found, and what is no probability."""

from math import inf, nan

import numpy as np
import pytest
import torch
from helpers_games import seeded
from helpers_sabotage import two_tests
from pytest import approx

from gan_edu.metrics.classes import class_coverage, probability_rows
from gan_edu.readers import digits


def doubles(rows) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def sure_of(*counts: int, unsure: int = 0) -> torch.Tensor:
    """Examples read as each class for certain, and some read as none."""
    classes = len(counts)
    certain = torch.eye(classes, dtype=torch.float64).repeat_interleave(torch.tensor(counts), 0)
    return torch.cat([certain, torch.full((unsure, classes), 1 / classes, dtype=torch.float64)])


# checks that take an implementation


def five_examples_by_hand(measure):
    found, sure, shares = measure(doubles([[0.95, 0.05, 0], [0.9, 0.1, 0], [0.1, 0.89, 0.01], [0, 0, 1], [0.3, 0.3, 0.4]]))
    assert found == 2 and sure == approx(0.6, rel=1e-6) and shares.tolist() == approx([0.4, 0, 0.2], rel=1e-6)


def a_class_is_found_from_a_tenth_of_its_share_on(measure):
    for rare, found in ((25, 2), (24, 1)):  # of 1,000 examples; the fair share of four classes is 250
        assert measure(sure_of(1000 - rare, rare, 0, 0))[0] == found


def an_unsure_example_counts_in_the_whole(measure):
    found, sure, shares = measure(sure_of(30, 10, unsure=160))
    assert (found, sure) == (2, 0.2) and shares.tolist() == approx([0.15, 0.05], rel=1e-6)
    assert measure(sure_of(30, 9, unsure=161))[0] == 1


# wrong variants


def written_out(sure_default=0.9, whole=len, relative=True, above=torch.ge, shares_of=None):
    def measure(rows, sure=sure_default, least=0.1):
        largest, label = rows.max(1)
        read = above(largest, sure)
        shares = rows.mean(0) if shares_of else torch.bincount(label[read], minlength=rows.shape[1]).double() / whole(read)
        return int((shares >= (least / rows.shape[1] if relative else least)).sum()), read.double().mean().item(), shares

    return measure


with_nothing_wrong = written_out()
every_example_read = written_out(sure_default=0.0)
share_of_what_is_read = written_out(whole=torch.sum)
least_of_all_examples = written_out(relative=False)
strictly_surer = written_out(above=torch.gt)
mean_probabilities = written_out(shares_of="probabilities")


def one_example_is_enough(rows, sure=0.9, least=0.1):
    found, share, shares = with_nothing_wrong(rows, sure, least)
    return int((shares > 0).sum()), share, shares


SABOTAGE = [
    (five_examples_by_hand, [every_example_read, share_of_what_is_read, strictly_surer, mean_probabilities]),
    (a_class_is_found_from_a_tenth_of_its_share_on, [least_of_all_examples, one_example_is_enough]),
    (an_unsure_example_counts_in_the_whole, [every_example_read, share_of_what_is_read, one_example_is_enough, mean_probabilities]),
]


def name(part) -> str:
    return {id(thing): name for name, thing in globals().items()}[id(part)]


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests([(check, class_coverage, variants) for check, variants in SABOTAGE], name)


@pytest.mark.parametrize("check", [check for check, _ in SABOTAGE], ids=name)
def test_the_formula_written_out_with_nothing_wrong_passes(check):
    check(with_nothing_wrong)


# coverage of classes


def test_all_classes_equally_often_are_all_found():
    found, sure, shares = class_coverage(sure_of(*[7] * 10))
    assert (found, sure) == (10, 1) and shares.tolist() == approx([0.1] * 10, rel=1e-6)


def test_one_class_for_ever_is_one_class():
    found, sure, shares = class_coverage(torch.eye(5)[[2] * 30])
    assert (found, sure, shares.tolist()) == (1, 1, [0, 0, 1, 0, 0])


def test_exactly_a_tenth_of_the_fair_share_is_enough():
    found = {classes: class_coverage(sure_of(10 * classes - 1, 1, *[0] * (classes - 2))).found for classes in range(2, 31)}
    assert found == dict.fromkeys(range(2, 31), 2)


def test_what_is_read_as_nothing_finds_nothing():
    found, sure, shares = class_coverage(sure_of(0, 0, 0, unsure=9))
    assert (found, sure, shares.tolist()) == (0, 0, [0, 0, 0])


def test_the_shares_sum_to_what_is_sure():
    rows = (4 * torch.randn(500, 6, generator=seeded(), dtype=torch.float64)).softmax(1)
    found, sure, shares = class_coverage(rows)
    assert 0.1 < sure < 0.9 and shares.sum().item() == approx(sure, rel=1e-6) and shares.shape == (6,)
    assert shares.tolist() == approx([((rows.argmax(1) == y) & (rows.amax(1) >= 0.9)).double().mean().item() for y in range(6)], rel=1e-6)


def test_asking_for_less_finds_more():
    rows = sure_of(50, 9, 1, unsure=40)
    assert [class_coverage(rows, least=least).found for least in (1.0, 0.1, 0.02)] == [1, 2, 3]
    rows = doubles([[0.75, 0.25], [0.25, 0.75], [1.0, 0.0]])
    assert [class_coverage(rows, sure=sure).sure for sure in (1.0, 0.76, 0.75)] == approx([1 / 3, 1 / 3, 1])


def test_order_of_the_examples_does_not_matter_and_names_of_the_classes_only_name():
    rows = sure_of(50, 9, 1, unsure=40)
    assert class_coverage(rows.flip(0))[:2] == class_coverage(rows)[:2]
    assert torch.equal(class_coverage(rows[:, [2, 0, 1]]).shares, class_coverage(rows).shares[[2, 0, 1]])


def test_arrays_and_float32():
    rows = (8 * torch.randn(300, 4, generator=seeded(), dtype=torch.float64)).softmax(1)
    for other in (rows.numpy(), rows.float(), rows.float().numpy(), rows.clone().requires_grad_()):
        assert class_coverage(other)[:2] == class_coverage(rows)[:2] and torch.equal(class_coverage(other).shares, class_coverage(rows).shares)


def test_the_reader_finds_all_ten_digits_in_handwriting_it_never_saw():
    x, y = digits.training_and_held_out()[1]
    found, sure, shares = class_coverage(digits.reader().read(x).categories["digit"])
    assert found == 10 and sure > 0.9 and shares.tolist() == approx((torch.bincount(y) / len(y)).tolist(), abs=0.03)
    some = y < 4
    assert class_coverage(digits.reader().read(x[some]).categories["digit"], least=0.3).found == 4


@pytest.mark.parametrize("changed", [{"sure": 0.0}, {"sure": 1.1}, {"sure": -1.0}, {"least": 0.0}, {"least": 2.0}, {"sure": nan}])
def test_thresholds_lie_between_zero_and_one(changed):
    with pytest.raises(ValueError, match=r"wanted sure and least in \(0, 1\]"):
        class_coverage(sure_of(3, 3), **changed)


# rows of probabilities


def test_float32_softmax_of_many_classes_passes():
    rows = probability_rows((5 * torch.randn(50, 10_000, generator=seeded())).softmax(1))
    assert rows.dtype == torch.float64 and rows.shape == (50, 10_000)


def test_rows_come_back_as_they_were_in_float64():
    given = torch.tensor([[0.25, 0.75], [1.0, 0.0]], requires_grad=True)
    rows = probability_rows(given)
    assert rows.tolist() == given.tolist() and rows.dtype == torch.float64 and not rows.requires_grad
    assert probability_rows(np.eye(3)).tolist() == np.eye(3).tolist() and probability_rows(np.eye(3, dtype=int)).dtype == torch.float64


def test_rows_whose_sums_stray_less_than_softmax_does_pass():
    assert probability_rows(doubles([[0.5, 0.50009]])).shape == (1, 2)
    with pytest.raises(ValueError, match="with the sum 1"):
        probability_rows(doubles([[0.5, 0.50011]]))


@pytest.mark.parametrize("judge", [probability_rows, class_coverage])
@pytest.mark.parametrize(("rows", "message"), [
    (doubles([[2.0, -1.0], [0.5, 3.0]]), "are these logits"),
    (doubles([[1.5, -0.5], [0.5, 0.5]]), "at least 0"),
    (doubles([[0.5, 0.49], [0.5, 0.5]]), "with the sum 1"),
    (doubles([[60.0, 40.0]]), "with the sum 1"),
    (doubles([[nan, 0.5], [0.5, 0.5]]), "finite"),
    (doubles([[inf, 0.5], [0.5, 0.5]]), "finite"),
    (doubles([[inf, -inf], [0.5, 0.5]]), "finite"),
    (torch.zeros(0, 3), r"the shape \(n, classes\), got \(0, 3\)"),
    (torch.zeros(3, 0), r"got \(3, 0\)"),
    (torch.ones(3), r"got \(3,\)"),
    (np.ones((2, 1, 1)), r"got \(2, 1, 1\)"),
], ids=["logits", "negative", "sum", "per cent", "nan", "infinite", "both infinite", "none", "no classes", "vector", "axes"])
def test_what_is_not_probabilities_is_refused(judge, rows, message):
    with pytest.raises(ValueError, match=message):
        judge(rows)
