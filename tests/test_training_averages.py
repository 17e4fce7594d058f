import pytest
import torch
from helpers_games import seeded
from torch import nn
from torch.testing import assert_close

from gan_edu.networks.conv import dcgan_generator
from gan_edu.networks.mlp import mlp
from gan_edu.training import Average


def at(layer: nn.Linear, value: float) -> None:
    with torch.no_grad():
        layer.weight.fill_(value)


def scalar(value: float = 0.0) -> nn.Linear:
    layer = nn.Linear(1, 1, bias=False)
    at(layer, value)
    return layer


def test_the_first_updates_by_hand():
    # decays 1/10, 2/11, 3/12 while they are below 0.2, then 0.2
    layer = scalar(1.0)
    average = Average(layer, 0.2)
    found = []
    for value in (2.0, 4.0, 8.0, 16.0):
        at(layer, value)
        average.update()
        found.append(average.network.weight.item())
    first = 0.1 * 1 + 0.9 * 2
    second = 2 / 11 * first + 9 / 11 * 4
    third = 0.2 * second + 0.8 * 8
    assert found == pytest.approx([first, second, third, 0.2 * third + 0.8 * 16], rel=1e-6)


def test_after_the_first_updates_it_decays_as_it_says():
    layer = scalar(5.0)
    average = Average(layer, 0.9)
    for _ in range(81):  # 81 / 90 = 0.9
        average.update()
    at(layer, 6.0)
    for k in range(1, 6):
        average.update()
        assert average.network.weight.item() == pytest.approx(6 - 0.9**k, rel=1e-5)


def test_with_decay_zero_it_is_the_network():
    layer = scalar(1.0)
    average = Average(layer, 0.0)
    at(layer, -3.0)
    average.update()
    assert average.network.weight.item() == -3.0


def test_untrained_weights_are_soon_forgotten():
    layer = scalar(1000.0)
    average = Average(layer, 0.999)
    at(layer, 0.0)
    for _ in range(5):
        average.update()
    assert abs(average.network.weight.item()) < 1


def test_an_average_wanders_less_than_what_it_follows():
    layer = scalar()
    average = Average(layer, 0.95)
    followed, averaged = [], []
    for value in torch.randn(2000, generator=seeded()).tolist():
        at(layer, value)
        average.update()
        followed.append(value), averaged.append(average.network.weight.item())
    # of independent values the variance falls to (1 - d) / (1 + d)
    ratio = torch.tensor(averaged[200:]).var() / torch.tensor(followed[200:]).var()
    assert 0.5 < ratio / (0.05 / 1.95) < 2


def test_float32_stays_float32_and_the_network_is_left_alone():
    network = mlp(3, 2, generator=seeded())
    before = [p.detach().clone() for p in network.parameters()]
    average = Average(network)
    average.update()
    assert {p.dtype for p in average.network.parameters()} == {torch.float32}
    assert all(torch.equal(a, p) and p.requires_grad and p.grad is None for a, p in zip(before, network.parameters(), strict=True))
    assert network.training and not average.network.training
    assert not any(p.requires_grad for p in average.network.parameters())
    assert not {id(p) for p in network.parameters()} & {id(p) for p in average.network.parameters()}


def test_buffers_are_copied():
    G = dcgan_generator(4, 8, 1, 4, generator=seeded())
    average = Average(G)
    for _ in range(3):
        G(torch.randn(8, 4, generator=seeded()))
    average.update()
    ours, theirs = dict(average.network.named_buffers()), dict(G.named_buffers())
    assert {name.split(".")[-1] for name in ours} == {"running_mean", "running_var", "num_batches_tracked"}
    assert all(torch.equal(ours[name], theirs[name]) and ours[name] is not theirs[name] for name in theirs)


def test_a_picture_of_the_average_does_not_depend_on_its_neighbours():
    G = dcgan_generator(4, 8, 1, 4, generator=seeded())
    G(torch.randn(8, 4, generator=seeded()))
    average = Average(G)
    average.update()
    z = torch.randn(5, 4, generator=seeded(1))
    assert_close(average.network(z)[:1], average.network(z[:1]))


def test_its_state_goes_on_as_it_was():
    layer, other = scalar(1.0), scalar(1.0)
    first, second = Average(layer, 0.5), Average(other, 0.5)
    for value in (3.0, 5.0):
        at(layer, value)
        first.update()
    second.load_state_dict(first.state_dict())
    at(layer, 7.0), at(other, 7.0)
    first.update(), second.update()
    assert torch.equal(first.network.weight, second.network.weight) and first.updates == second.updates == 3
    assert not second.network.weight.requires_grad


def test_it_runs_on_the_meta_device():
    average = Average(mlp(2, 2, generator=seeded()).to("meta"))
    average.update()
    assert average.network(torch.zeros(3, 2, device="meta")).device.type == "meta"


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2.0, float("nan")])
def test_bad_decays(decay):
    with pytest.raises(ValueError, match="an average needs a decay of at least 0 and below 1; got"):
        Average(scalar(), decay)
