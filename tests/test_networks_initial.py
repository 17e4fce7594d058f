from math import sqrt

import pytest
import torch
from helpers_games import seeded
from scipy.stats import kstest
from torch import nn

from gan_edu.networks.initial import drawn

LAYERS = {
    "linear": (lambda: nn.Linear(18, 40, device="meta"), 18),
    "convolution": (lambda: nn.Conv2d(2, 40, 3, device="meta"), 2 * 9),
    "transposed": (lambda: nn.ConvTranspose2d(40, 2, 3, device="meta"), 2 * 9),
    "without bias": (lambda: nn.Conv2d(2, 40, 3, bias=False, device="meta"), 2 * 9),
}
every_layer = pytest.mark.parametrize(("make", "numbers"), LAYERS.values(), ids=LAYERS)


@every_layer
def test_weights_and_biases_are_uniform_within_one_over_the_root(make, numbers):
    layer = drawn(make(), seeded())
    bound = 1 / sqrt(numbers)
    for parameter in layer.parameters():
        values = parameter.detach().flatten().double().numpy()
        assert kstest(values, "uniform", args=(-bound, 2 * bound)).pvalue > 1e-3
        assert abs(values).max() <= bound and parameter.requires_grad and not parameter.is_meta


@every_layer
def test_pytorch_draws_from_the_same_bounds(make, numbers):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = make().to_empty(device="cpu")
        theirs.reset_parameters()
    for parameter in theirs.parameters():
        assert parameter.abs().max() <= 1 / sqrt(numbers) * (1 + 1e-6)
    assert theirs.weight.abs().max() > 0.98 / sqrt(numbers)


@every_layer
def test_equal_generators_give_equal_layers_and_others_do_not(make, numbers):
    before = torch.get_rng_state()
    first, again, other = (drawn(make(), seeded(s)) for s in (2, 2, 3))
    assert torch.equal(first.weight, again.weight) and not torch.equal(first.weight, other.weight)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_layer_itself_comes_back():
    layer = nn.Linear(2, 3, device="meta")
    assert drawn(layer, seeded()) is layer
