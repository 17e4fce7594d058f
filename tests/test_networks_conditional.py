"""Networks with a condition: what they compute by hand, that they follow devices, and what they refuse."""

import pytest
import torch
from helpers_games import needs_one_hot_on_meta, seeded
from helpers_sabotage import two_tests
from torch import nn
from torch.testing import assert_close

from gan_edu.networks.conditional import ConcatenatingDiscriminator, ConditionalGenerator, OneHot, ProjectionDiscriminator
from gan_edu.networks.conv import dcgan_discriminator, dcgan_generator
from gan_edu.networks.mlp import mlp


def test_one_hot_by_hand():
    assert_close(OneHot((3, 2))(torch.tensor([[2, 0], [1, 1]])), torch.tensor([[0, 0, 1, 1, 0], [0, 1, 0, 0, 1.0]]))
    assert_close(OneHot((3,))(torch.tensor([2, 0])), torch.tensor([[0, 0, 1], [1, 0, 0.0]]))
    assert OneHot((3, 2)).width == 5


@pytest.mark.parametrize(("labels", "message"), [
    (torch.tensor([[0, 0], [0, 2]]), "label 2 in row 1 is out of range: kind 1 has labels 0 to 1"),
    (torch.tensor([[-1, 0]]), "label -1 in row 0 .* kind 0 has labels 0 to 2"),
    (torch.tensor([[0, 0, 0]]), r"shape \(n, 2\)"),
    (torch.tensor([0, 1]), r"shape \(n, 2\)"),
    (torch.tensor([[0.0, 1.0]]), "int64"),
])  # fmt: skip
def test_one_hot_refuses(labels, message):
    with pytest.raises(ValueError, match=message):
        OneHot((3, 2))(labels)


@pytest.mark.parametrize("counts", [(), (3, 0)])
def test_one_hot_needs_labels(counts):
    with pytest.raises(ValueError, match="at least one label of each kind"):
        OneHot(counts)


def generator(**options) -> ConditionalGenerator:
    return ConditionalGenerator(OneHot((3, 2)), dcgan_generator(4 + 5, 8, 1, 4, generator=seeded(), **options))


def projecting() -> ProjectionDiscriminator:
    body = dcgan_discriminator(8, 1, 4, batch_norm=False, generator=seeded())
    return taught(ProjectionDiscriminator(OneHot((3, 2)), 5, body))


def taught(network: ProjectionDiscriminator) -> ProjectionDiscriminator:
    """Some opinion about labels, which a new network does not have."""
    with torch.no_grad():
        network.wanted.weight.normal_(generator=seeded(1))
    return network


def concatenating() -> ConcatenatingDiscriminator:
    return ConcatenatingDiscriminator(OneHot((3, 2)), dcgan_discriminator(8, 1 + 5, 4, batch_norm=False, generator=seeded()))


PICTURES = torch.randn(6, 1, 8, 8, generator=seeded(2))
LABELS = torch.tensor([[0, 0], [1, 1], [2, 0], [0, 1], [1, 0], [2, 1]])


def test_the_generator_gets_latent_and_condition():
    network, z = generator().eval(), torch.randn(6, 4, generator=seeded(3))
    assert_close(network(z, LABELS), network.body(torch.cat([z, OneHot((3, 2))(LABELS)], 1)))


def test_a_concatenated_condition_is_a_constant_channel_or_a_longer_vector():
    network = concatenating()
    planes = OneHot((3, 2))(LABELS)[:, :, None, None] * torch.ones(1, 1, 8, 8)
    assert_close(network(PICTURES, LABELS), network.body(torch.cat([PICTURES, planes], 1)))
    flat = ConcatenatingDiscriminator(OneHot((3, 2)), mlp(2 + 5, 1, generator=seeded()))
    points = torch.randn(6, 2, generator=seeded(4))
    assert_close(flat(points, LABELS), flat.body(torch.cat([points, OneHot((3, 2))(LABELS)], 1)))


def test_projection_by_hand():
    body = nn.Sequential(nn.Linear(1, 2, bias=False), nn.Linear(2, 1))
    network = ProjectionDiscriminator(OneHot((2,)), 2, body)
    with torch.no_grad():
        network.features[0].weight.copy_(torch.tensor([[1.0], [2.0]]))  # f(x) = (x, 2 x)
        network.realness.weight.copy_(torch.tensor([[1.0, 1.0]])), network.realness.bias.fill_(0.5)
        network.wanted.weight.copy_(torch.tensor([[3.0, 0.0], [0.0, 5.0]]))  # label 0: (3, 0), label 1: (0, 5)
    # x = 1: realness 1 + 2 + 0.5; label 0 adds 3, label 1 adds 10
    assert_close(network(torch.ones(2, 1), torch.tensor([0, 1])), torch.tensor([[6.5], [13.5]]))


def labels_add(make):
    """Two kinds of labels act by a sum: D(x, (i, j)) - D(x, (i, l)) does not depend on i."""
    network, one = make(), PICTURES[:1]
    logit = {(i, j): network(one, torch.tensor([[i, j]])).item() for i in range(3) for j in range(2)}
    gaps = [logit[i, 1] - logit[i, 0] for i in range(3)]
    assert max(gaps) - min(gaps) < 1e-5 < abs(gaps[0])


def the_condition_counts(make):
    network = make()
    assert (network(PICTURES, LABELS) - network(PICTURES, LABELS.roll(1, 0))).abs().max() > 1e-4


class Deaf(ProjectionDiscriminator):
    def forward(self, x, condition):
        return self.realness(self.features(x).flatten(1))


class OfTheWholeBatch(ProjectionDiscriminator):
    def forward(self, x, condition):
        features = self.features(x)
        return self.realness(features.flatten(1)) + (self.wanted(self.embed(condition)) * features.mean((2, 3))).sum()


def judges_each_by_itself(make):
    network = make()
    assert_close(network(PICTURES, LABELS)[2:3], network(PICTURES[2:3], LABELS[2:3]), atol=1e-5, rtol=1e-4)


def deaf():
    return taught(Deaf(OneHot((3, 2)), 5, dcgan_discriminator(8, 1, 4, batch_norm=False, generator=seeded())))


def of_the_whole_batch():
    return taught(OfTheWholeBatch(OneHot((3, 2)), 5, dcgan_discriminator(8, 1, 4, batch_norm=False, generator=seeded())))


test_passes, test_is_caught = two_tests(
    [
        (labels_add, projecting, (concatenating, deaf)),
        (the_condition_counts, projecting, (deaf,)),
        (the_condition_counts, concatenating, ()),
        (judges_each_by_itself, projecting, (of_the_whole_batch,)),
        (judges_each_by_itself, concatenating, ()),
    ],
    lambda part: part.__name__,
)


def test_projection_is_the_log_ratio_when_classes_are_a_softmax_of_the_features():
    # two bumps of one width: log p(x|1)/p(x|0) is affine in x, so f = (x, 1) suffices; G here ignores the label: g(x|c) = p(x)
    x = torch.linspace(-3, 3, 61).reshape(-1, 1)
    bump = lambda m: torch.exp(-((x - m) ** 2) / 2)  # noqa: E731
    likely = torch.cat([bump(-1), bump(1)], 1) / (bump(-1) + bump(1))  # p(c | x)
    wanted = (likely / 0.5).log()  # log p(x|c)/p(x)
    gap = wanted[:, 1] - wanted[:, 0]
    assert_close(gap, 2 * x[:, 0], atol=1e-4, rtol=1e-4)


@needs_one_hot_on_meta
def test_on_meta():
    labels = LABELS.to("meta")
    assert generator().to("meta")(torch.randn(6, 4, device="meta"), labels).shape == (6, 1, 8, 8)
    for network in (projecting(), concatenating()):
        assert network.to("meta")(PICTURES.to("meta"), labels).shape == (6, 1)


def test_it_begins_as_a_discriminator_without_a_condition():
    body = dcgan_discriminator(8, 1, 4, batch_norm=False, generator=seeded())
    network = ProjectionDiscriminator(OneHot((3, 2)), 5, body)
    assert torch.equal(network(PICTURES, LABELS), body(PICTURES))
    network(PICTURES, LABELS).sum().backward()
    assert (network.wanted.weight.grad != 0).any(), "zero weights must be able to leave zero"


def test_of_maps_the_means_are_compared():
    network = projecting()
    maps = network.features(PICTURES)
    assert maps.shape == (6, 4, 4, 4) and network.wanted.weight.shape == (4, 5)
    wanted = network.realness(maps.flatten(1)) + (network.wanted(OneHot((3, 2))(LABELS)) * maps.mean((2, 3))).sum(1, keepdim=True)
    assert_close(network(PICTURES, LABELS), wanted)


@pytest.mark.parametrize(("network", "given", "what"), [
    (generator, torch.randn(4, 4), "4 latents; got 6"),
    (projecting, PICTURES[:4], "4 pictures; got 6"),
    (concatenating, PICTURES[:4], "4 pictures; got 6"),
])  # fmt: skip
def test_one_condition_for_each(network, given, what):
    with pytest.raises(ValueError, match=f"one condition for each of {what}"):
        network()(given, LABELS)


def test_projection_needs_an_affine_end():
    with pytest.raises(ValueError, match="must end in an affine layer with one output"):
        ProjectionDiscriminator(OneHot((2,)), 2, nn.Sequential(nn.Linear(1, 2), nn.ReLU()))
