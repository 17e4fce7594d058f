"""Translators and patch discriminators: the papers' sizes, what a logit sees, that pictures keep to themselves, and refusals."""

import pytest
import torch
from helpers_games import seeded
from torch import nn
from torch.testing import assert_close

from gan_edu.networks.translation import Residual, patch_discriminator, resnet_generator, small_translator


def weights(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())



def measured(network: nn.Module, *shape: int) -> tuple[int, tuple[int, ...]]:
    network = network.to("meta")
    return weights(network), tuple(network(torch.zeros(shape, device="meta")).shape)


def test_the_papers_sizes_for_256_by_256():
    assert measured(resnet_generator(generator=seeded()), 2, 3, 256, 256) == (11_378_179, (2, 3, 256, 256))
    assert measured(resnet_generator(blocks=6, generator=seeded()), 2, 3, 128, 128) == (7_837_699, (2, 3, 128, 128))
    assert measured(patch_discriminator(generator=seeded()), 2, 3, 256, 256) == (2_764_737, (2, 1, 30, 30))


def test_the_small_ones():
    assert measured(small_translator(generator=seeded()), 2, 3, 32, 32) == (79_827, (2, 3, 32, 32))
    assert measured(patch_discriminator(3, 32, 1, generator=seeded()), 2, 3, 32, 32) == (35_425, (2, 1, 14, 14))
    assert measured(small_translator(1, 8, generator=seeded()), 2, 1, 8, 8)[1] == (2, 1, 8, 8)


@pytest.mark.parametrize(("strided", "side"), [(1, 16), (2, 34), (3, 70)])
def test_what_one_logit_sees(strided, side):
    # without instance norm, which lets every pixel of a map change every other a little
    network = patch_discriminator(1, 1, strided, generator=seeded())
    plain = nn.Sequential(*(layer for layer in network if not isinstance(layer, nn.InstanceNorm2d)))
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.fill_(0.1)
    x = torch.zeros(1, 1, 128, 128, requires_grad=True)
    logits = plain(x)
    middle = logits.shape[2] // 2
    (slope,) = torch.autograd.grad(logits[0, 0, middle, middle], x)
    rows = slope[0, 0].abs().sum(1).nonzero().flatten()
    assert rows[-1] - rows[0] + 1 == side == len(rows)


NETWORKS = {
    "resnet": lambda seed=0: resnet_generator(3, 4, 1, generator=seeded(seed)),
    "small": lambda seed=0: small_translator(3, 4, generator=seeded(seed)),
    "patches": lambda seed=0: patch_discriminator(3, 4, 1, generator=seeded(seed)),
}
every = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
X = torch.rand(3, 3, 16, 16, generator=seeded(9)) * 2 - 1


@every
def test_a_picture_is_treated_by_itself(make):
    network = make()
    assert_close(network(X)[1:2], network(X[1:2]))
    assert_close(network.train()(X), network.eval()(X))  # nothing is remembered of other batches


@every
def test_weights_follow_their_generator(make):
    assert_close(make()(X), make()(X))
    assert not torch.equal(make()(X), make(1)(X))


@every
def test_every_weight_is_used_but_biases_before_a_norm(make):
    network = make()
    network(X).square().mean().backward()
    silent = [name for name, parameter in network.named_parameters() if parameter.grad is None or parameter.grad.abs().max() == 0]
    assert all(name.endswith("bias") for name in silent)


@pytest.mark.parametrize("name", ["resnet", "small"])
def test_pictures_stay_in_range(name):
    found = NETWORKS[name]()(50 * X)
    assert found.shape == X.shape and found.abs().max() <= 1


def test_a_residual_block_adds():
    block = Residual(4, generator=seeded())
    x = torch.randn(2, 4, 8, 8, generator=seeded(1))
    assert_close(block(x), x + block.body(x))
    with torch.no_grad():
        block.body[-2].weight.zero_()
    assert_close(block(x), x)


@pytest.mark.parametrize(("make", "shape", "wanted"), [
    (NETWORKS["resnet"], (2, 3, 18, 16), r"\(n, 3, height, width\), sides multiples of 4 and at least 8; got \(2, 3, 18, 16\)"),
    (NETWORKS["resnet"], (2, 1, 16, 16), r"got \(2, 1, 16, 16\)"),
    (NETWORKS["small"], (2, 3, 15, 16), "multiples of 2 and at least 4"),
    (NETWORKS["small"], (3, 16, 16), r"got \(3, 16, 16\)"),
    (NETWORKS["small"], (0, 3, 16, 16), r"got \(0, 3, 16, 16\)"),
    (NETWORKS["patches"], (2, 3, 4, 4), "at least 6"),
])  # fmt: skip
def test_other_pictures_are_refused(make, shape, wanted):
    with pytest.raises(ValueError, match=wanted):
        make()(torch.zeros(shape))


@pytest.mark.parametrize("call", [
    lambda: resnet_generator(0, generator=seeded()),
    lambda: resnet_generator(blocks=-1, generator=seeded()),
    lambda: small_translator(3, 0, generator=seeded()),
    lambda: patch_discriminator(0, generator=seeded()),
    lambda: patch_discriminator(3, 32, 0, generator=seeded()),
])  # fmt: skip
def test_numbers_that_make_no_network(call):
    with pytest.raises(ValueError, match="wanted at least one"):
        call()
