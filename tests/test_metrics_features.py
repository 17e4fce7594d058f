"""Features: one row for each example, from a network at rest, and what the measures accept as features."""

from math import inf, nan

import numpy as np
import pytest
import torch
from helpers_games import seeded
from helpers_sabotage import two_tests
from torch import nn
from torch.testing import assert_close

from gan_edu.metrics.features import checked, features_of, pair
from gan_edu.readers import digits


def normed() -> nn.Sequential:
    """A network with batch norm and dropout, in training mode."""
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.5)).train()


def examples(n: int = 20) -> torch.Tensor:
    return 5 + 3 * torch.randn(n, 3, generator=seeded())


# checks that take an implementation


def a_row_does_not_depend_on_its_neighbours(features_of):
    network, x = normed(), examples()
    assert_close(features_of(x, network, 20), features_of(x, network, 3), rtol=1e-5, atol=1e-6)


def each_part_of_the_network_is_left_in_its_mode(features_of):
    network = normed()
    network[1].eval()
    before = [module.training for module in network.modules()]
    features_of(examples(), network)
    assert [module.training for module in network.modules()] == before == [True, True, False, True, True]


def what_batch_norm_has_counted_stays(features_of):
    network = normed()
    features_of(examples(), network)
    assert network[1].num_batches_tracked == 0 and network[1].running_mean.tolist() == [0, 0, 0, 0]


def every_example_has_its_row_in_order(features_of):
    assert features_of(torch.arange(7.0)[:, None], nn.Identity(), 3).flatten().tolist() == [0, 1, 2, 3, 4, 5, 6]


def rows_are_float64_without_gradients(features_of):
    found = features_of(examples(), normed())
    assert found.dtype == torch.float64 and not found.requires_grad


# wrong variants


def as_it_comes(examples, extractor, at_once=256):
    return torch.cat([extractor(part).double() for part in examples.split(at_once)])


def put_back_as_a_whole(examples, extractor, at_once=256):
    found = features_of(examples, extractor, at_once)
    extractor.train()
    return found


def left_in_eval_mode(examples, extractor, at_once=256):
    return features_of(examples, extractor.eval(), at_once)


def last_part_dropped(examples, extractor, at_once=256):
    return features_of(examples[: len(examples) // at_once * at_once], extractor, at_once)


def in_float32(examples, extractor, at_once=256):
    return features_of(examples, extractor, at_once).float()


SABOTAGE = [
    (a_row_does_not_depend_on_its_neighbours, [as_it_comes]),
    (each_part_of_the_network_is_left_in_its_mode, [put_back_as_a_whole, left_in_eval_mode]),
    (what_batch_norm_has_counted_stays, [as_it_comes]),
    (every_example_has_its_row_in_order, [last_part_dropped]),
    (rows_are_float64_without_gradients, [as_it_comes, in_float32]),
]

test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests(
    [(check, features_of, variants) for check, variants in SABOTAGE], lambda part: part.__name__
)


# features of examples


def test_by_hand():
    found = features_of(torch.tensor([[1.0, 2.0], [3.0, 5.0], [0.0, -1.0]]), lambda x: torch.stack([x.sum(1), x.amax(1)], 1), 2)
    assert found.tolist() == [[3, 2], [8, 5], [-1, 0]]


def test_rows_with_more_axes_are_flattened():
    found = features_of(torch.arange(24).reshape(2, 3, 2, 2), nn.Identity())
    assert found.tolist() == [list(range(12)), list(range(12, 24))] and found.dtype == torch.float64


def test_the_extractor_gets_so_many_at_once():
    sizes = []
    features_of(examples(7), lambda x: (sizes.append(len(x)), x)[1], at_once=3)
    assert sizes == [3, 3, 1]


def test_no_graph_is_kept_while_it_reads():
    asked = []
    features_of(examples(7), lambda x: (asked.append(torch.is_grad_enabled()), x)[1])
    assert asked == [False]


def test_a_network_in_training_mode_gives_what_it_gives_at_rest():
    network, x = normed(), examples()
    found = features_of(x, network)
    assert torch.equal(found, network.eval()(x).detach().double())


def test_the_mode_is_put_back_after_an_error():
    network = normed()
    with pytest.raises(RuntimeError):
        features_of(torch.zeros(5, 9), network)
    with pytest.raises(ValueError, match="finite"):
        features_of(torch.full((5, 3), nan), network)
    assert all(module.training for module in network.modules())


def test_features_of_a_reader():
    reader, pictures = digits.untaught(), torch.rand(10, 1, 8, 8, generator=seeded()) * 2 - 1
    found = features_of(pictures, lambda x: reader.read(x).features, at_once=4)
    assert found.shape == (10, 128)
    assert_close(found, reader.read(pictures).features.double(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("x", "at_once", "message"), [
    (torch.zeros(0, 3), 256, r"at least one example .* got \(0, 3\)"),
    (torch.tensor(1.0), 256, r"got \(\)"),
    (torch.zeros(5, 3), 0, "at_once >= 1; got .* and 0"),
    (torch.zeros(5, 3), -1, "and -1"),
])
def test_no_examples_have_no_features(x, at_once, message):
    with pytest.raises(ValueError, match=message):
        features_of(x, nn.Identity(), at_once)


@pytest.mark.parametrize(("extractor", "message"), [
    (lambda x: x[:-1], r"each of 2 examples; got \(1, 3\)"),
    (lambda x: x.sum(1), r"got \(2,\)"),
    (lambda x: x.sum(), r"got \(\)"),
    (lambda x: (x, x), "got tuple"),
    (lambda x: x.numpy(), "got ndarray"),
    (lambda x: torch.where(x == 3, nan, x), r"got \(2, 3\), 1 not finite"),
    (lambda x: torch.where(x < 3, inf, x), r"3 not finite"),
], ids=["one too few", "no rows", "one number", "tuple", "array", "nan", "infinite"])
def test_an_answer_must_be_rows_of_finite_numbers(extractor, message):
    with pytest.raises(ValueError, match=message):
        features_of(torch.arange(12.0).reshape(4, 3), extractor, at_once=2)


# what the measures accept


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64])
def test_accepted_features_are_not_copied(dtype):
    x = torch.ones(4, 2, dtype=dtype)
    assert checked("x", x).data_ptr() == x.data_ptr() and checked("x", x).dtype == dtype
    array = x.numpy()
    assert checked("x", array).data_ptr() == array.ctypes.data and checked("x", array).dtype == dtype


def test_gradients_end_there():
    assert not checked("x", torch.ones(4, 2, requires_grad=True)).requires_grad


def test_so_many_rows_are_wanted():
    assert checked("x", torch.ones(1, 2), least=1).shape == (1, 2) and checked("x", torch.ones(2, 2)).shape == (2, 2)
    with pytest.raises(ValueError, match="x must have at least 2 rows, got 1"):
        checked("x", torch.ones(1, 2))
    with pytest.raises(ValueError, match="x must have at least 3 rows, got 2"):
        checked("x", torch.ones(2, 2), least=3)


@pytest.mark.parametrize(("features", "message"), [
    (torch.zeros(5), r"x must be features \(n, d\), got \(5,\)"),
    (torch.zeros(5, 1, 8, 8), r"got \(5, 1, 8, 8\)"),
    (torch.zeros(5, 0), r"got \(5, 0\)"),
    (np.zeros(()), r"got \(\)"),
    (torch.zeros(0, 2), "at least 2 rows, got 0"),
    (torch.tensor([[1.0, nan], [nan, 0.0]]), "x must hold finite numbers, got 2 that are NaN or infinite"),
    (np.array([[1.0, -inf], [0.0, 0.0]]), "got 1 that are NaN or infinite"),
])
def test_what_is_not_features_is_refused(features, message):
    with pytest.raises(ValueError, match=message):
        checked("x", features)


def test_a_pair_has_one_width_and_each_side_is_named():
    real, fake = pair(np.zeros((3, 2)), torch.ones(5, 2))
    assert real.tolist() == [[0, 0]] * 3 and fake.tolist() == [[1, 1]] * 5
    with pytest.raises(ValueError, match="the same number of features, got 2 and 3"):
        pair(torch.zeros(5, 2), torch.zeros(5, 3))
    with pytest.raises(ValueError, match="real must have at least 2 rows, got 1"):
        pair(torch.zeros(1, 2), torch.zeros(5, 2))
    with pytest.raises(ValueError, match="fake must hold finite numbers"):
        pair(torch.zeros(5, 2), torch.full((5, 2), nan))
    with pytest.raises(ValueError, match=r"fake must be features \(n, d\)"):
        pair(torch.zeros(5, 2), torch.zeros(5), least=1)
