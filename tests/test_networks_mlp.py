from math import sqrt

import pytest
import torch
from scipy.stats import kstest
from torch import nn
from torch.testing import assert_close

from gan_edu.networks.mlp import linear, mlp

SHAPES = [(1, 1, (64, 64)), (2, 3, (5,)), (7, 1, ()), (1, 4, (3, 2, 6))]
every_shape = pytest.mark.parametrize(("inputs", "outputs", "hidden"), SHAPES)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def affine(network: nn.Sequential) -> list[nn.Linear]:
    return [layer for layer in network if isinstance(layer, nn.Linear)]


def test_a_network_by_hand():
    network = mlp(1, 1, (2,), generator=seeded())
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[1.0], [-2.0]]))
        network[0].bias.copy_(torch.tensor([0.5, 1.0]))
        network[2].weight.copy_(torch.tensor([[3.0, 4.0]]))
        network[2].bias.fill_(-1.0)
    # at 1: relu(1.5, -1) -> 3.5; at -1: relu(-0.5, 3) -> 11
    assert network(torch.tensor([[1.0], [-1.0]])).tolist() == [[3.5], [11.0]]


@every_shape
def test_layers_alternate_and_the_last_is_affine(inputs, outputs, hidden):
    network = mlp(inputs, outputs, hidden, generator=seeded())
    kinds = [type(layer) for layer in network]
    assert kinds == [nn.Linear, nn.ReLU] * len(hidden) + [nn.Linear]
    widths = [layer.in_features for layer in affine(network)] + [network[-1].out_features]
    assert widths == [inputs, *hidden, outputs]


@every_shape
def test_numbers_in_numbers_out(inputs, outputs, hidden):
    found = mlp(inputs, outputs, hidden, generator=seeded())(torch.randn(9, inputs, generator=seeded()))
    assert found.shape == (9, outputs) and found.dtype == torch.float32 and found.isfinite().all()


@every_shape
def test_weights_keep_pytorchs_own_bounds(inputs, outputs, hidden):
    for layer in affine(mlp(inputs, outputs, hidden, generator=seeded())):
        ours = torch.cat([layer.weight.flatten(), layer.bias])
        assert ours.abs().max() <= 1 / sqrt(layer.in_features)
        assert ours.requires_grad and layer.weight.requires_grad and layer.bias.requires_grad


def test_weights_are_distributed_as_pytorchs_own():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = nn.Linear(9, 500)
    ours = linear(9, 500, generator=seeded())
    for name in ("weight", "bias"):
        a, b = (getattr(layer, name).detach().flatten().double().numpy() for layer in (ours, theirs))
        assert kstest(a, "uniform", args=(-1 / 3, 2 / 3)).pvalue > 0.001
        assert kstest(b, "uniform", args=(-1 / 3, 2 / 3)).pvalue > 0.001
        assert abs(a).max() > 0.33


def test_equal_generators_give_equal_networks_and_others_do_not():
    first, again, other = (mlp(2, 1, generator=seeded(s)).state_dict() for s in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_layers_differ_from_each_other():
    first, second = (network[0].weight for rng in [seeded()] for network in (mlp(3, 1, generator=rng), mlp(3, 1, generator=rng)))
    assert not torch.equal(first, second)


def test_building_neither_reads_nor_moves_the_global_random_state():
    before = torch.get_rng_state()
    first = mlp(2, 1, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng():
        torch.manual_seed(123)
        again = mlp(2, 1, generator=seeded())
    assert torch.equal(first[0].weight, again[0].weight)


def test_the_activation_is_the_callers_and_fresh_in_each_layer():
    network = mlp(1, 1, (4, 4), activation=nn.Tanh, generator=seeded())
    assert isinstance(network[1], nn.Tanh) and network[1] is not network[3]
    leaky = mlp(1, 1, (4,), activation=lambda: nn.LeakyReLU(0.2), generator=seeded())
    assert leaky[1].negative_slope == 0.2


def test_without_hidden_layers_it_is_one_affine_map():
    network = mlp(3, 2, (), generator=seeded())
    x = torch.randn(5, 3, generator=seeded(1))
    assert_close(network(x), x @ network[0].weight.T + network[0].bias)


def test_it_follows_to_another_device():
    network = mlp(2, 1, generator=seeded()).to("meta")
    assert network(torch.zeros(4, 2, device="meta")).device.type == "meta"


def test_every_parameter_receives_a_gradient():
    network = mlp(2, 1, (8,), activation=nn.Tanh, generator=seeded())
    network(torch.randn(16, 2, generator=seeded())).sum().backward()
    assert all((p.grad != 0).all() for p in network.parameters())


def test_seeded_values():
    network = mlp(1, 1, (2,), generator=seeded())
    assert_close(network[0].weight.flatten(), torch.tensor([-0.0075, 0.5364]), rtol=0, atol=1e-4)
    assert_close(network(torch.ones(1, 1)).flatten(), torch.tensor([-0.0140]), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("inputs", "outputs", "hidden"),
    [(0, 1, (4,)), (1, 0, (4,)), (-1, 1, ()), (1, 1, (0,)), (1, 1, (4, -4)), (1, 1, (2.5,)), (1.0, 1, ()), (True, 1, ())],
)
def test_bad_widths(inputs, outputs, hidden):
    with pytest.raises(ValueError, match="needs widths that are positive integers; got ") as caught:
        mlp(inputs, outputs, hidden, generator=seeded())
    assert str([inputs, *hidden, outputs]) in str(caught.value)
