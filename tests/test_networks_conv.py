import inspect
from math import sqrt

import pytest
import torch
from helpers_games import Points, pictures, seeded
from scipy.stats import kstest
from torch import nn
from torch.testing import assert_close

from gan_edu.games import Game, normal
from gan_edu.networks.conv import SIZES, dcgan_discriminator, dcgan_generator, paper_init, upsampling_generator
from gan_edu.objectives import hinge
from gan_edu.penalties import gradient_penalty, r1
from gan_edu.training import Average, adam, linear_decay, train

GENERATORS = {"dcgan": dcgan_generator, "upsampling": upsampling_generator}
every_generator = pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
every_size = pytest.mark.parametrize("size", SIZES)
every_channels = pytest.mark.parametrize("channels", [1, 3])
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def features(network: nn.Module) -> list[int]:
    layers = [layer for layer in network if isinstance(layer, CONVOLUTIONS)]
    return [layers[0].in_channels, *(layer.out_channels for layer in layers)]


def convolutions(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network if isinstance(layer, (*CONVOLUTIONS, nn.Linear))]


# shapes


@every_generator
@every_size
@every_channels
def test_generators_make_pictures(make, size, channels):
    x = make(5, size, channels, 4, generator=seeded())(torch.randn(3, 5, generator=seeded()))
    assert x.shape == (3, channels, size, size) and x.dtype == torch.float32
    assert x.isfinite().all() and x.abs().max() < 1 and x.std() > 0.01


@every_size
@every_channels
@pytest.mark.parametrize("batch_norm", [True, False])
def test_discriminators_give_one_logit_a_picture(size, channels, batch_norm):
    logits = dcgan_discriminator(size, channels, 4, batch_norm=batch_norm, generator=seeded())(pictures(3, channels, size).x)
    assert logits.shape == (3, 1) and logits.isfinite().all() and logits.std() > 0


@every_generator
@every_size
def test_features_halve_as_the_side_doubles(make, size):
    wanted = {8: [4, 3], 16: [8, 4, 3], 32: [16, 8, 4, 3], 64: [32, 16, 8, 4, 3]}
    assert features(make(6, size, 3, 4, generator=seeded())) == wanted[size]


@every_size
def test_features_double_as_the_side_halves(size):
    wanted = {8: [3, 4], 16: [3, 4, 8], 32: [3, 4, 8, 16], 64: [3, 4, 8, 16, 32]}
    assert features(dcgan_discriminator(size, 3, 4, generator=seeded())) == wanted[size]


def test_sides_on_the_way():
    def sides(network, x) -> list[int]:
        found = []
        for layer in network:
            x = layer(x)
            found += [x.shape[-1]] if isinstance(layer, CONVOLUTIONS) else []
        return found

    assert sides(dcgan_generator(5, 64, 3, 2, generator=seeded()), torch.randn(2, 5)) == [8, 16, 32, 64]
    assert sides(upsampling_generator(5, 32, 3, 2, generator=seeded()), torch.randn(2, 5)) == [8, 16, 32]
    assert sides(dcgan_discriminator(64, 3, 2, generator=seeded()), pictures(2, 3, 64).x) == [32, 16, 8, 4]


# the paper's rules


def test_the_generators_layers():
    kinds = [type(layer).__name__ for layer in dcgan_generator(5, 16, generator=seeded())]
    block = ["ConvTranspose2d", "BatchNorm2d", "ReLU"]
    assert kinds == ["Entrance", "Linear", "Unflatten", "BatchNorm2d", "ReLU", *block, "ConvTranspose2d", "Tanh"]


def test_the_upsampling_generators_layers():
    network = upsampling_generator(5, 16, generator=seeded())
    kinds = [type(layer).__name__ for layer in network]
    norm = ["BatchNorm2d", "ReLU"]
    assert kinds == ["Entrance", "Linear", "Unflatten", *norm, "Upsample", "Conv2d", *norm, "Upsample", "Conv2d", "Tanh"]
    assert {layer.mode for layer in network if isinstance(layer, nn.Upsample)} == {"nearest"}


def test_the_discriminators_layers():
    network = dcgan_discriminator(32, generator=seeded())
    block = ["Conv2d", "BatchNorm2d", "LeakyReLU"]
    kinds = [type(layer).__name__ for layer in network]
    assert kinds == ["Entrance", "Conv2d", "LeakyReLU", *block, *block, "Flatten", "Linear"]
    assert {layer.negative_slope for layer in network if isinstance(layer, nn.LeakyReLU)} == {0.2}


@pytest.mark.parametrize(("channels", "width"), [(1, 1), (3, 3), (4, 2), (3, 1)])
def test_batch_norm_stands_after_each_convolution_but_the_first_whatever_the_widths(channels, width):
    normed = dcgan_discriminator(64, channels, width, generator=seeded())
    kinds = [type(layer) for layer in normed]
    assert [type(normed[i + 1]) for i, kind in enumerate(kinds) if kind is nn.Conv2d] == [nn.LeakyReLU] + [nn.BatchNorm2d] * 3
    bare = dcgan_discriminator(64, channels, width, batch_norm=False, generator=seeded())
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in bare)


@every_generator
def test_biases_stand_where_no_batch_norm_follows(make):
    for network in (make(5, 32, generator=seeded()), dcgan_discriminator(32, generator=seeded())):
        for layer, following in zip(network, network[1:]):
            if isinstance(layer, CONVOLUTIONS):
                assert (layer.bias is None) == isinstance(following, nn.BatchNorm2d)


@every_generator
def test_the_first_layer_has_an_offset_for_each_place(make):
    G = make(5, 16, generator=seeded())
    first, unflatten = G[1], G[2]
    assert first.bias.shape == (16 * unflatten.unflattened_size[0],) and first.bias.std() > 0
    with torch.no_grad():
        common = unflatten(first(torch.zeros(1, 5)))  # what every picture has, whatever its latent
    assert common.flatten(2).std(2).min() > 0


def test_numbers_of_parameters_by_hand():
    # the first layer (in + 1) * out * 16, kernels in * out * side^2, batch norm 2 * out, and a bias where none follows
    body = 128 * 64 * 16 + 2 * 64 + 64 * 32 * 16 + 2 * 32
    assert count(dcgan_generator(100, generator=seeded())) == 101 * 128 * 16 + 2 * 128 + body + 32 * 3 * 16 + 3
    body = 128 * 64 * 9 + 2 * 64 + 64 * 32 * 9 + 2 * 32
    assert count(upsampling_generator(100, generator=seeded())) == 101 * 128 * 16 + 2 * 128 + body + 32 * 3 * 9 + 3
    head = 128 * 4 * 4 + 1
    body = 32 * 64 * 16 + 64 * 128 * 16
    assert count(dcgan_discriminator(generator=seeded())) == 3 * 32 * 16 + 32 + body + 2 * 64 + 2 * 128 + head == 167841
    assert count(dcgan_discriminator(batch_norm=False, generator=seeded())) == 3 * 32 * 16 + 32 + body + 64 + 128 + head == 167649
    assert count(dcgan_generator(8, 8, 1, 16, generator=seeded())) == 9 * 16 * 16 + 2 * 16 + 16 * 1 * 16 + 1 == 2593
    assert count(dcgan_discriminator(8, 1, 16, generator=seeded())) == 16 * 16 + 16 + 16 * 16 + 1 == 529


def test_signatures_of_both_generators_agree():
    assert inspect.signature(dcgan_generator) == inspect.signature(upsampling_generator)


# what the layers do


def test_a_generator_by_hand():
    # every kernel 1 and every batch norm the identity: 8 pixels, one feature; a pixel's four positions in a 4x4
    # kernel of stride 2 are fed by 1, 2 or 4 pixels of the 4x4 map
    G = dcgan_generator(1, 8, 1, 1, generator=seeded()).eval()
    with torch.no_grad():
        for layer in convolutions(G):
            layer.weight.fill_(1.0)
        G[1].bias.fill_(0.0)
        G[-2].bias.fill_(0.0)
    picture = G(torch.tensor([[0.1]]))[0, 0].atanh()
    at_edge = torch.tensor([1.0, *[2.0] * 6, 1.0])
    assert_close(picture, 0.1 / sqrt(1 + 1e-5) * torch.outer(at_edge, at_edge), rtol=1e-4, atol=1e-6)


def test_upsampling_copies_each_pixel_four_times():
    # the last kernel passes its centre on
    G = upsampling_generator(2, 8, 1, 1, generator=seeded()).eval()
    with torch.no_grad():
        G[-2].weight.zero_(), G[-2].bias.zero_()
        G[-2].weight[0, 0, 1, 1] = 1.0
    picture = G(torch.randn(1, 2, generator=seeded()))[0, 0]
    blocks = picture.view(4, 2, 4, 2)
    assert (blocks == blocks[:, :1, :, :1]).all() and len(picture.unique()) > 4


def test_a_discriminator_by_hand():
    # all kernels 1: every 4x4 window of a constant picture, half a pixel of padding at the edges, then the sum of 16
    D = dcgan_discriminator(8, 1, 1, generator=seeded())
    with torch.no_grad():
        for layer in convolutions(D):
            layer.weight.fill_(1.0), layer.bias.fill_(0.0)
    windows = torch.tensor([3.0, 4.0, 4.0, 3.0])
    wanted = 0.5 * torch.outer(windows, windows).sum()
    assert_close(D(torch.full((1, 1, 8, 8), 0.5)), wanted.view(1, 1))
    assert_close(D(torch.full((1, 1, 8, 8), -0.5)), -0.2 * wanted.view(1, 1))


# weights


def twins(make) -> list[tuple[nn.Module, nn.Module]]:
    """Our layers, each beside the same kind of layer as PyTorch initialises it."""
    found = []
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for ours in convolutions(make(generator=seeded())):
            if isinstance(ours, nn.Linear):
                found.append((ours, nn.Linear(ours.in_features, ours.out_features)))
            else:
                shape = (ours.in_channels, ours.out_channels, ours.kernel_size, ours.stride, ours.padding)
                found.append((ours, type(ours)(*shape, bias=ours.bias is not None)))
    return found


def dcgan_generator_of_ten(*, generator):
    return dcgan_generator(10, generator=generator)


def upsampling_generator_of_ten(*, generator):
    return upsampling_generator(10, generator=generator)


@pytest.mark.parametrize("make", [dcgan_generator_of_ten, upsampling_generator_of_ten, dcgan_discriminator])
def test_weights_start_as_pytorchs_own(make):
    for ours, theirs in twins(make):
        assert ours.weight.shape == theirs.weight.shape and (ours.bias is None) == (theirs.bias is None)
        # PyTorch's fan-in of a transposed convolution is that of the convolution it transposes
        bound = theirs.weight.abs().max().item()
        assert ours.weight.abs().max().item() == pytest.approx(bound, rel=0.02)
        for layer in (ours, theirs):
            values = layer.weight.detach().flatten()[:2000].double().numpy()
            assert kstest(values, "uniform", args=(-bound, 2 * bound)).pvalue > 1e-3
        if ours.bias is not None:
            assert ours.bias.abs().max() <= bound * 1.02 and ours.bias.abs().max() > 0


@every_generator
def test_equal_generators_give_equal_networks_and_others_do_not(make):
    for build in (lambda rng: make(4, 16, generator=rng), lambda rng: dcgan_discriminator(16, generator=rng)):
        first, again, other = (build(seeded(s)).state_dict() for s in (3, 3, 4))
        assert all(torch.equal(first[name], again[name]) for name in first)
        kernels = [name for name, value in first.items() if value.dim() > 1]
        assert kernels and not any(torch.equal(first[name], other[name]) for name in kernels)


def test_building_neither_reads_nor_moves_the_global_random_state():
    before = torch.get_rng_state()
    paper_init(dcgan_generator(4, 8, generator=seeded()), seeded())
    upsampling_generator(4, 8, generator=seeded()), dcgan_discriminator(8, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("make", [dcgan_generator_of_ten, dcgan_discriminator])
def test_the_papers_weights(make):
    network = make(generator=seeded())
    assert paper_init(network, seeded(1)) is network
    for layer in network:
        if isinstance(layer, (*CONVOLUTIONS, nn.Linear)):
            assert kstest(layer.weight.detach().flatten()[:5000].double().numpy(), "norm", args=(0, 0.02)).pvalue > 1e-3
        elif isinstance(layer, nn.BatchNorm2d):
            assert kstest(layer.weight.detach().double().numpy(), "norm", args=(1, 0.02)).pvalue > 1e-3
        if getattr(layer, "bias", None) is not None:
            assert (layer.bias == 0).all()
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_seeded_values():
    G, D = dcgan_generator(2, 8, 1, 2, generator=seeded()), dcgan_discriminator(8, 1, 2, generator=seeded())
    z = torch.tensor([[1.0, -1.0], [0.5, 2.0]])
    x = G(z)
    assert_close(x[:, 0, 3, 3], torch.tensor([-0.4383, 0.2704]), rtol=0, atol=1e-4)
    assert_close(D(x).flatten(), torch.tensor([-0.0022, -0.0557]), rtol=0, atol=1e-4)


# layout, precision, devices


@every_generator
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_channels_stay_last_through_both_networks(make, dtype):
    G, D = make(5, 16, 3, 4, generator=seeded()), dcgan_discriminator(16, 3, 4, generator=seeded())
    kept = []
    begins = next(place for place, layer in enumerate(G) if isinstance(layer, CONVOLUTIONS))  # before it the maps are 4x4
    for layer in [*G[begins:], *D]:
        if isinstance(layer, (*CONVOLUTIONS, nn.BatchNorm2d, nn.Upsample, nn.LeakyReLU, nn.Tanh)):
            layer.register_forward_hook(lambda m, i, y: kept.append(y.is_contiguous(memory_format=torch.channels_last)))
    with torch.autocast("cpu", dtype, enabled=dtype is torch.bfloat16):
        D(G(torch.randn(4, 5, generator=seeded())))
    assert len(kept) >= 9 and all(kept)
    for network in (G, D):
        for layer in network:
            if isinstance(layer, CONVOLUTIONS):
                assert layer.weight.is_contiguous(memory_format=torch.channels_last)


@every_generator
def test_the_layout_changes_no_number(make):
    G, D = make(5, 16, 3, 4, generator=seeded()), dcgan_discriminator(16, 3, 4, generator=seeded())
    z = torch.randn(4, 5, generator=seeded())
    wanted = D(G(z))
    G, D = G.to(memory_format=torch.contiguous_format), D.to(memory_format=torch.contiguous_format)
    assert_close(D(G(z)), wanted)


@every_generator
def test_bf16_trains_on_the_cpu(make):
    rng = seeded()
    G, D = make(5, 8, 3, 8, generator=rng), dcgan_discriminator(8, 3, 8, batch_norm=False, generator=rng)
    game = Game(G, D, hinge, normal(5, generator=rng), {r1: 0.5})
    before = [p.detach().clone() for p in G.parameters()]
    terms = list(train(game, [pictures(8, 3)] * 2, adam(G, 1e-3), adam(D, 1e-3), autocast=torch.bfloat16))
    assert all(value.isfinite() and value.dtype == torch.float32 for step in terms for value in step.values())
    assert not any(torch.equal(old, new) for old, new in zip(before, G.parameters()))
    assert {p.dtype for p in [*G.parameters(), *D.parameters()]} == {torch.float32}


@every_generator
@every_size
@every_channels
def test_networks_follow_to_the_meta_device(make, size, channels):
    G, D = make(5, size, channels, 4, generator=seeded()).to("meta"), dcgan_discriminator(size, channels, 4, generator=seeded()).to("meta")
    logits = D(G(torch.zeros(3, 5, device="meta")))
    assert logits.shape == (3, 1) and logits.device.type == "meta"


@every_generator
def test_training_follows_to_the_meta_device(make):
    rng = seeded()
    G, D = make(5, 16, 3, 4, generator=rng).to("meta"), dcgan_discriminator(16, 3, 4, generator=rng).to("meta")
    game = Game(G, D, hinge, lambda n: torch.zeros(n, 5, device="meta"), {r1: 1.0, gradient_penalty(generator=rng): 1.0})
    pair = adam(G, 1e-3), adam(D, 1e-3)
    batch = Points(torch.zeros(4, 3, 16, 16, device="meta"))
    loop = train(game, [batch] * 2, *pair, average=Average(G), schedules=[linear_decay(one, 2) for one in pair])
    assert {value.device.type for step in loop for value in step.values()} == {"meta"}


@every_generator
def test_every_parameter_receives_a_gradient(make):
    G, D = make(5, 16, 3, 4, generator=seeded()), dcgan_discriminator(16, 3, 4, generator=seeded())
    D(G(torch.randn(8, 5, generator=seeded()))).square().sum().backward()
    assert all(p.grad is not None and (p.grad != 0).any() for p in [*G.parameters(), *D.parameters()])


def test_pictures_see_each_other_through_batch_norm_in_training_only():
    G = dcgan_generator(5, 8, 1, 4, generator=seeded())
    z = torch.randn(6, 5, generator=seeded())
    assert not torch.allclose(G(z)[:2], G(z[:2]))
    G.eval()
    assert_close(G(z)[:2], G(z[:2]))


# bad input


@pytest.mark.parametrize("size", [4, 12, 28, 128, 0, -8])
def test_sizes_that_cannot_be_built(size):
    for make, latent in ((dcgan_generator, [4]), (upsampling_generator, [4]), (dcgan_discriminator, [])):
        with pytest.raises(ValueError, match=f"wanted pictures of 8, 16, 32 or 64 pixels a side; got size={size}"):
            make(*latent, size, generator=seeded())


@every_generator
@pytest.mark.parametrize("wrong", [{"latent": 0}, {"channels": 0}, {"width": -3}])
def test_numbers_below_one(make, wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"wanted at least one latent number, channel and feature; got .*{name}={value}"):
        make(**({"latent": 4} | wrong), generator=seeded())


@every_generator
@pytest.mark.parametrize("shape", [(3, 4), (3, 6), (3,), (3, 5, 1, 1), (3, 1, 5)])
def test_latents_of_another_shape(make, shape):
    with pytest.raises(ValueError, match=r"this network takes a batch of shape \(n, 5\); got \(3,"):
        make(5, 8, generator=seeded())(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(2, 3, 16, 16), (2, 1, 8, 8), (2, 3, 8), (3, 8, 8), (2, 3, 8, 9)])
def test_pictures_of_another_shape(shape):
    with pytest.raises(ValueError, match=r"this network takes a batch of shape \(n, 3, 8, 8\); got \("):
        dcgan_discriminator(8, generator=seeded())(torch.zeros(shape))


@every_generator
def test_batches_of_none_and_of_one(make):
    G, D = make(5, 16, generator=seeded()), dcgan_discriminator(16, generator=seeded())
    bare = dcgan_discriminator(16, batch_norm=False, generator=seeded())
    for network, x in ((G, torch.zeros(1, 5)), (D, torch.zeros(1, 3, 16, 16))):
        with pytest.raises(ValueError, match="batch norm in training needs at least 2 examples in a batch; got 1 .after .eval"):
            network(x)
        assert len(network.eval()(x)) == 1
        for mode in (True, False):
            with pytest.raises(ValueError, match=r"this network takes at least one example; got a batch of shape \(0,"):
                network.train(mode)(x[:0])
    assert bare(torch.zeros(1, 3, 16, 16)).shape == (1, 1)
    assert dcgan_discriminator(8, generator=seeded())(torch.zeros(1, 3, 8, 8)).shape == (1, 1)  # its one convolution is the first
