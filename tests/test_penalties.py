from math import sqrt

import checks_penalties as checks
import pytest
import torch
from checks_formulas import close, doubles
from checks_penalties import bowl, linear_critic, points, smooth_critic
from helpers_games import pictures, seeded
from torch import nn
from torch.testing import assert_close

from gan_edu.games import Game, normal
from gan_edu.networks.conv import dcgan_discriminator
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import wasserstein
from gan_edu.penalties import clip, gradient_penalty, r1, r2, slopes, spectral
from gan_edu.training import train


def segments(critic, real, fake):
    """The gradient penalty with a generator made afresh, so that it is a function of its arguments."""
    return gradient_penalty(generator=seeded())(critic, real, fake)


PENALTIES = {"r1": r1, "r2": r2, "gradient_penalty": segments}
every_penalty = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
every_squared = pytest.mark.parametrize("penalty", [r1, r2])


# all


@every_penalty
def test_a_penalty_is_a_scalar_of_the_examples_precision(penalty):
    for dtype in (torch.float32, torch.float64):
        found = penalty(smooth_critic(2).to(dtype), points(5, 2).to(dtype), points(5, 2, seed=1).to(dtype))
        assert found.shape == () and found.dtype == dtype and found >= 0 and found.requires_grad


@every_penalty
def test_slopes_are_those_of_finite_differences(penalty):
    target = {segments: lambda length: (length - 1) ** 2}.get(penalty, lambda length: length**2)
    checks.penalty_agrees_with_finite_differences(penalty, target)


@every_penalty
def test_descending_a_penalty_is_as_finite_differences_say(penalty):
    checks.descending_agrees_with_finite_differences(penalty)


@every_penalty
def test_autocast_does_not_round_a_penalty(penalty):
    checks.penalty_stays_float32_under_autocast(penalty)


@every_penalty
def test_a_penalty_leaves_the_examples_alone(penalty):
    checks.penalty_leaves_the_examples_alone(penalty)


@every_penalty
def test_a_picture_has_one_slope(penalty):
    checks.penalty_takes_pictures(penalty)


@every_penalty
def test_the_critics_constant_is_free(penalty):
    a, b = (penalty(linear_critic(3, -4, bias=bias), points(5, 2), points(5, 2)) for bias in (0, 100))
    assert a == b


@every_penalty
def test_the_biases_of_a_relu_critic_are_told_nothing(penalty):
    # on each linear piece of a ReLU network the slope does not depend on the biases
    critic = mlp(3, 1, (16, 16), generator=seeded()).double()
    penalty(critic, points(8, 3), points(8, 3, seed=1)).backward()
    for name, parameter in critic.named_parameters():
        told = parameter.grad is not None and bool((parameter.grad != 0).any())
        assert told == name.endswith("weight"), name


@every_penalty
def test_penalties_run_on_the_meta_device(penalty):
    x = torch.zeros(4, 2, device="meta")
    assert penalty(mlp(2, 1, generator=seeded()).to("meta"), x, x).device.type == "meta"


@every_penalty
def test_penalties_leave_the_global_random_state_alone(penalty):
    before = torch.get_rng_state()
    penalty(bowl, points(4, 2), points(4, 2))
    assert torch.equal(torch.get_rng_state(), before)


@every_penalty
def test_with_batch_norm_the_slope_is_no_longer_that_of_one_example(penalty):
    # the trap that the module warns of: the same picture, among others, has another slope
    critic = dcgan_discriminator(16, 1, 4, generator=seeded())
    same, others = pictures(4, size=16).x, pictures(4, size=16, seed=1).x
    assert not torch.allclose(slopes(critic, same)[0], slopes(critic, torch.cat([same[:1], others]))[0], rtol=1e-2)
    without = dcgan_discriminator(16, 1, 4, batch_norm=False, generator=seeded())
    assert_close(slopes(without, same)[0], slopes(without, torch.cat([same[:1], others]))[0])


def test_slopes_by_hand():
    assert_close(slopes(linear_critic(3, -4), points(5, 2)), doubles(3, -4).expand(5, 2))
    assert_close(slopes(bowl, points(5, 2)), points(5, 2))
    assert slopes(bowl, points(6, 12).view(6, 3, 2, 2)).shape == (6, 12)
    assert slopes(lambda x: bowl(x)[:, 0], points(5, 2)).shape == (5, 2)  # logits of shape (n,) as well


# R1 and R2


@every_squared
def test_squared_slope_of_a_line(penalty):
    checks.squared_slope_of_a_line(penalty)


@every_squared
def test_squared_slope_moves_the_weights(penalty):
    checks.squared_slope_moves_the_weights(penalty)


def test_r1_looks_at_the_real_and_r2_at_the_fakes():
    checks.r1_sees_the_real(r1)
    checks.r2_sees_the_fakes(r2)
    real, fake = points(4, 2), points(4, 2, seed=1)
    assert r1(bowl, real, fake) == r2(bowl, fake, real) != r1(bowl, fake, real)


@every_squared
def test_squared_slopes_scale_with_the_square_of_the_critic(penalty):
    x = points(5, 3)
    critic = smooth_critic(3)
    assert_close(penalty(lambda x: 3 * critic(x), x, x), 9 * penalty(critic, x, x))


@every_squared
def test_seeded_values(penalty):
    close(penalty(smooth_critic(3), points(5, 3), points(5, 3)).item(), 0.122002, 5e-7)


# gradient penalty


def test_slopes_of_length_one_are_free():
    checks.length_one_is_free(gradient_penalty)


def test_each_example_has_a_length_of_its_own():
    checks.each_example_has_a_length(gradient_penalty)


def test_the_length_moves_the_weights():
    checks.length_moves_the_weights(gradient_penalty)


def test_a_flat_critic_gives_finite_slopes():
    checks.flat_critic_gives_finite_slopes(gradient_penalty)


def test_each_example_is_mixed_by_a_weight_of_its_own():
    checks.each_example_is_mixed_by_a_weight_of_its_own(gradient_penalty)
    checks.weights_are_fresh_at_each_call(gradient_penalty)


def test_it_acts_on_segments_only():
    # a critic with slope 1 between 0 and 1 and slope 50 beyond: nothing to pay
    cliff = lambda x: x + 49 * torch.relu(x - 1)  # noqa: E731
    real, fake = torch.zeros(50, 1), torch.ones(50, 1)
    assert gradient_penalty(generator=seeded())(cliff, real, fake) == 0
    assert gradient_penalty(generator=seeded())(cliff, real, 2 * fake) > 500


def test_equal_generators_give_equal_penalties_and_others_do_not():
    found = [gradient_penalty(generator=seeded(s))(bowl, points(9, 2), points(9, 2, seed=1)) for s in (0, 0, 1)]
    assert found[0] == found[1] != found[2]


def test_its_name_is_that_of_its_term():
    assert gradient_penalty(generator=seeded()).__name__ == "gradient_penalty"


@pytest.mark.parametrize("shape", [(1, 2), (3, 2), (4, 1), (4,)])
def test_real_and_fake_are_paired(shape):
    # (1, 2) would broadcast without a word
    with pytest.raises(ValueError, match=r"gradient_penalty: wanted one fake for each real example; got shapes \(4, 2\) and"):
        gradient_penalty(generator=seeded())(bowl, torch.zeros(4, 2), torch.zeros(shape))


# clipping


def test_clipping_by_hand():
    layer = nn.Linear(3, 1)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[-2.0, 0.05, 0.3]])), layer.bias.fill_(0.1)
    clip(layer, 0.1)
    assert torch.equal(layer.weight, torch.tensor([[-0.1, 0.05, 0.1]])) and torch.equal(layer.bias, torch.tensor([0.1]))
    assert layer.weight.requires_grad


def test_clipping_is_exact_and_a_second_time_nothing():
    network = mlp(3, 1, (32,), generator=seeded())
    before = [p.detach().clone() for p in network.parameters()]
    clip(network, 0.01)
    after = [p.detach().clone() for p in network.parameters()]
    assert all(torch.equal(new, old.clamp(-0.01, 0.01)) for old, new in zip(before, after, strict=True))
    clip(network, 0.01)
    assert all(torch.equal(new, p) for new, p in zip(after, network.parameters(), strict=True))


def test_clipping_leaves_buffers_alone():
    norm = nn.BatchNorm1d(3)
    clip(norm, 0.5)
    assert (norm.running_var == 1).all() and (norm.weight == 0.5).all()


@pytest.mark.parametrize("hook", ["after the step", "before the step"])
def test_a_hook_clips_before_the_generators_step(hook):
    class Watched(Game):
        def generator_terms(self, batch):
            assert all(p.abs().max() <= 0.05 for p in self.D.parameters())
            self.asked = True
            return super().generator_terms(batch)

    rng = seeded()
    game = Watched(mlp(2, 16, generator=rng), mlp(16, 1, generator=rng), wasserstein, normal(2, generator=rng))
    critics = torch.optim.RMSprop(game.D.parameters(), 0.1)
    generators, batches = torch.optim.RMSprop(game.G.parameters(), 0.1), [type(pictures(1))(points(8, 16).float())] * 3
    if hook == "after the step":
        critics.register_step_post_hook(lambda *_: clip(game.D, 0.05))
        list(train(game, batches, generators, critics))
        assert game.asked
    else:  # weights clipped before the step have left the bound again when the generator looks
        critics.register_step_pre_hook(lambda *_: clip(game.D, 0.05))
        with pytest.raises(AssertionError):
            list(train(game, batches, generators, critics))


def test_the_constant_of_a_clipped_network_depends_on_its_depth():
    # all weights at the bound 0.1, layers 4 wide: each layer stretches by 0.4 in the direction (1, 1, 1, 1)
    for depth, wanted in ((1, 0.4), (2, 0.4**2), (3, 0.4**3)):
        network = nn.Sequential(*(nn.Linear(4, 4, bias=False) for _ in range(depth)))
        with torch.no_grad():
            for p in network.parameters():
                p.fill_(9.0)
        clip(network, 0.1)
        close(network(torch.full((1, 4), 0.5)).norm().item(), wanted, 1e-6)


@pytest.mark.parametrize("bound", [0, -0.01, float("nan")])
def test_bad_bounds(bound):
    with pytest.raises(ValueError, match="wanted a positive bound, got"):
        clip(nn.Linear(1, 1), bound)


# spectral normalisation


def conv_critic() -> nn.Module:
    return dcgan_discriminator(16, 3, 4, batch_norm=False, generator=seeded())


def singular_values(network: nn.Module) -> list[float]:
    """The largest of each layer's weight, written as a matrix with one row for each output."""
    layers = [layer for layer in network.modules() if isinstance(layer, (nn.Linear, nn.Conv2d))]
    return [torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2).item() for layer in layers]


@pytest.mark.parametrize("make", [conv_critic, lambda: mlp(5, 1, (32, 16), generator=seeded())], ids=["conv", "mlp"])
def test_the_largest_singular_value_becomes_one(make):
    network = spectral(make())
    x = {16: pictures(4, 3, 16).x}.get(getattr(network[0], "shape", (0,))[-1], torch.zeros(4, 5))
    for _ in range(30):
        network(x)
    assert singular_values(network) == pytest.approx([1] * len(singular_values(network)), abs=5e-3)


def test_it_follows_a_weight_that_moves():
    network = spectral(mlp(4, 4, (), generator=seeded()))
    with torch.no_grad():
        network[0].parametrizations.weight.original.copy_(torch.diag(torch.tensor([9.0, 3.0, 2.0, 1.0])))
    for _ in range(30):
        network(torch.zeros(1, 4))
    assert_close(network[0].weight.detach(), torch.diag(torch.tensor([9.0, 3.0, 2.0, 1.0])) / 9, rtol=0, atol=1e-4)


def test_a_relu_network_becomes_1_lipschitz_and_one_with_stretching_activations_does_not():
    a, b = points(2000, 5).float(), points(2000, 5, seed=1).float()

    def stretch(activation) -> float:
        network = spectral(mlp(5, 1, (32, 32), activation=activation, generator=seeded()))
        for _ in range(30):
            network(a)
        network.eval()
        return ((network(a) - network(b)).flatten().abs() / (a - b).norm(dim=1)).max().item()

    class Triple(nn.Module):
        def forward(self, x):
            return 3 * x

    assert stretch(nn.ReLU) <= 1 and 1 < stretch(Triple) <= 9.01


@pytest.mark.parametrize(("kernel", "stride", "bound"), [(4, 2, 2), (3, 1, 3)])
def test_a_convolution_may_stretch_by_the_root_of_the_outputs_that_a_pixel_takes_part_in(kernel, stride, bound):
    worst = 0
    for seed in range(5):
        layer = nn.Conv2d(1, 2, kernel, stride, 1, bias=False)
        with torch.no_grad():
            layer.weight.copy_(torch.rand(layer.weight.shape, generator=seeded(seed)))
        spectral(layer)
        for _ in range(30):
            layer(torch.zeros(1, 1, 8, 8))
        whole = layer(torch.eye(64).view(64, 1, 8, 8)).detach().flatten(1)  # the convolution as one matrix
        worst = max(worst, torch.linalg.matrix_norm(whole, 2).item())
    assert 0.7 * bound < worst <= bound + 0.01


def test_it_is_torchs_own_and_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    first, again = spectral(conv_critic()), spectral(conv_critic())
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in first.state_dict().items())
    wanted = conv_critic()
    with torch.random.fork_rng():
        torch.manual_seed(7)  # torch starts its iteration from global numbers: other ones than ours, on purpose
        for layer in wanted.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d)):
                nn.utils.parametrizations.spectral_norm(layer)
    assert wanted.state_dict().keys() == first.state_dict().keys()
    x = pictures(4, 3, 16).x
    for _ in range(100):  # two starts, one limit
        first(x), wanted(x)
    assert_close(first.eval()(x), wanted.eval()(x), rtol=1e-3, atol=1e-5)


def test_the_same_network_comes_back():
    network = mlp(2, 1, generator=seeded())
    assert spectral(network) is network


def test_bad_networks():
    with pytest.raises(ValueError, match="spectral: wanted linear or convolutional layers with plain weights; got none"):
        spectral(nn.Sequential(nn.ReLU()))
    network = spectral(mlp(2, 1, generator=seeded()))
    with pytest.raises(ValueError, match="got 3 layers, some of them reparametrised"):
        spectral(network)


def test_penalties_work_on_a_normalised_critic():
    network = spectral(mlp(2, 1, (8,), activation=nn.Tanh, generator=seeded()))
    found = r1(network, points(4, 2).float(), points(4, 2).float())
    found.backward()
    assert 0 < found < 1 + sqrt(0.01) and all(p.grad is not None for n, p in network.named_parameters() if "original" in n)
