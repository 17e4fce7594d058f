"""What a right penalty must satisfy: each check takes an implementation and raises AssertionError when it is wrong.

test_penalties calls these on the package; test_training_sabotage calls them on wrong variants as well.
``make`` in the checks of the gradient penalty is a function of ``generator=`` that returns the penalty.
"""

import torch
from checks_formulas import close, doubles
from helpers_games import seeded
from torch import Tensor, nn
from torch.testing import assert_close

from gan_edu.networks.mlp import mlp


def linear_critic(*weights: float, bias: float = 0.5) -> nn.Linear:
    """D(x) = w x + b, whose slope is w everywhere."""
    critic = nn.Linear(len(weights), 1, dtype=torch.float64)
    with torch.no_grad():
        critic.weight.copy_(doubles(*weights)[None]), critic.bias.fill_(bias)
    return critic


def bowl(x: Tensor) -> Tensor:
    """D(x) = ||x||^2 / 2, whose slope is x."""
    return x.square().flatten(1).sum(1, keepdim=True) / 2


def smooth_critic(inputs: int, seed: int = 0) -> nn.Module:
    return mlp(inputs, 1, (8,), activation=nn.Tanh, generator=seeded(seed)).double()


def points(n: int, d: int, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=seeded(seed), dtype=torch.float64)


def backward(penalty: Tensor) -> None:
    assert penalty.requires_grad, "the penalty does not reach the weights"
    penalty.backward()


# R1 and R2: penalty(critic, real, fake)


def squared_slope_of_a_line(penalty) -> None:
    for n in (1, 4):
        close(penalty(linear_critic(3, -4), points(n, 2), points(n, 2, seed=1)).item(), 25)


def r1_sees_the_real(r1) -> None:
    """Squared slopes of the bowl are squared lengths: 5 and 9, on average 7, at the real examples."""
    close(r1(bowl, torch.stack([doubles(1, 2), doubles(3, 0)]), 10 + points(2, 2)).item(), 7)


def r2_sees_the_fakes(r2) -> None:
    close(r2(bowl, 10 + points(2, 2), torch.stack([doubles(1, 2), doubles(3, 0)])).item(), 7)


def squared_slope_moves_the_weights(penalty) -> None:
    """The slope of ||w||^2 in w is 2 w: a gradient of a gradient."""
    critic = linear_critic(3, -4)
    backward(penalty(critic, points(5, 2), points(5, 2, seed=1)))
    assert critic.weight.grad is not None, "the penalty does not reach the weights"
    assert_close(critic.weight.grad, doubles(6, -8)[None])


# any penalty


def penalty_agrees_with_finite_differences(penalty, target=lambda length: length**2) -> None:
    """The slopes by central differences in x (real and fake are equal here, so wherever the penalty looks, it is there)."""
    critic, x = smooth_critic(3), points(5, 3, seed=2)
    step = 1e-5 * torch.eye(3, dtype=torch.float64)
    with torch.no_grad():
        slopes = torch.stack([(critic(x + h) - critic(x - h))[:, 0] / 2e-5 for h in step], 1)
    wanted = target(slopes.square().sum(1).sqrt()).mean()
    close(penalty(critic, x, x).item(), wanted.item(), 1e-8)


def descending_agrees_with_finite_differences(penalty) -> None:
    """What the penalty tells each weight of D, against central differences in that weight."""
    critic, x = smooth_critic(2), points(4, 2, seed=3)
    weights = list(critic.parameters())
    assert penalty(critic, x, x).requires_grad, "the penalty does not reach the weights"
    found = torch.autograd.grad(penalty(critic, x, x), weights, allow_unused=True)
    for weight, slope in zip(weights, found, strict=True):
        for place in range(weight.numel()):
            around = []
            for h in (1e-5, -1e-5):
                with torch.no_grad():
                    weight.view(-1)[place] += h
                around.append(penalty(critic, x, x).item())
                with torch.no_grad():
                    weight.view(-1)[place] -= h
            close(0.0 if slope is None else slope.flatten()[place].item(), (around[0] - around[1]) / 2e-5, 1e-7)


def penalty_stays_float32_under_autocast(penalty) -> None:
    critic = mlp(4, 1, (32,), generator=seeded())
    real, fake = points(6, 4).float(), points(6, 4).float()
    wanted = penalty(critic, real, fake)
    with torch.autocast("cpu", torch.bfloat16):
        assert critic(real).dtype == torch.bfloat16
        found = penalty(critic, real, fake)
        half = penalty(critic, real.bfloat16(), fake.bfloat16())
    assert found.dtype == half.dtype == torch.float32 and torch.equal(found, wanted), "rounded by autocast"
    assert_close(half, wanted, rtol=0.05, atol=0)  # only the pictures were rounded


def penalty_leaves_the_examples_alone(penalty) -> None:
    """No gradient reaches the examples, and through the fakes G; nor do they become ones that collect it."""
    real, fake = points(4, 2), points(4, 2, seed=1).requires_grad_()
    penalty(smooth_critic(2), real, fake).backward()
    assert fake.grad is None and not real.requires_grad and real.grad is None, "the penalty reached the examples"


def penalty_takes_pictures(penalty) -> None:
    """A picture is one example: its slope has one length, whatever its shape."""
    critic = lambda x: linear_critic(*range(1, 13))(x.flatten(1))  # noqa: E731
    found = penalty(critic, points(3, 12).view(3, 3, 2, 2), points(3, 12).view(3, 3, 2, 2))
    assert_close(found, penalty(linear_critic(*range(1, 13)), points(3, 12), points(3, 12)))


# the gradient penalty: make(generator=) -> penalty


def length_one_is_free(make) -> None:
    real, fake = points(5, 2), points(5, 2, seed=1)
    close(make(generator=seeded())(linear_critic(0.6, -0.8), real, fake).item(), 0)
    close(make(generator=seeded())(linear_critic(3, -4), real, fake).item(), (5 - 1) ** 2)
    close(make(generator=seeded())(linear_critic(0.3, 0.4), real, fake).item(), (0.5 - 1) ** 2)


def each_example_has_a_length(make) -> None:
    """Slopes of the bowl are the examples themselves: lengths 5 and 1, so (4^2 + 0) / 2."""
    x = torch.stack([doubles(3, 4), doubles(0, 1)])
    close(make(generator=seeded())(bowl, x, x).item(), 8)


def a_picture_has_one_length(make) -> None:
    """Two channels of 2x2 pixels, slope 1/2 in each of the eight numbers: length sqrt(2), taken over all of them."""
    pictures = points(3, 8).unflatten(1, (2, 2, 2))
    critic = nn.Sequential(nn.Flatten(), linear_critic(*[0.5] * 8))
    close(make(generator=seeded())(critic, pictures, 2 * pictures).item(), (2**0.5 - 1) ** 2)


def length_moves_the_weights(make) -> None:
    """The slope of (||w|| - 1)^2 in w is 2 (||w|| - 1) w / ||w||."""
    critic = linear_critic(3, -4)
    backward(make(generator=seeded())(critic, points(5, 2), points(5, 2, seed=1)))
    assert critic.weight.grad is not None, "the penalty does not reach the weights"
    assert_close(critic.weight.grad, 2 * 4 * doubles(3, -4)[None] / 5)


def flat_critic_gives_finite_slopes(make) -> None:
    critic = linear_critic(0, 0)
    found = make(generator=seeded())(critic, points(5, 2), points(5, 2, seed=1))
    close(found.item(), 1)
    found.backward()
    assert critic.weight.grad.isfinite().all(), "the root has no slope at zero"


def places_looked_at(make, n: int = 400, calls: int = 1) -> Tensor:
    """Where on their segments the penalty looks, when all reals are 0 and all fakes 1; shape (calls, n, 1, 2, 2)."""
    seen = []
    critic = lambda x: seen.append(x.detach().clone()) or bowl(x)  # noqa: E731
    penalty = make(generator=seeded())
    for _ in range(calls):
        penalty(critic, torch.zeros(n, 1, 2, 2), torch.ones(n, 1, 2, 2))
    return torch.stack(seen)


def each_example_is_mixed_by_a_weight_of_its_own(make) -> None:
    (places,) = places_looked_at(make)
    assert (places == places[:, :1, :1, :1]).all(), "one picture was mixed by several weights"
    shares = places[:, 0, 0, 0]
    assert len(shares.unique()) > 390, "several examples share a weight"
    # uniform: mean 1/2 and variance 1/12, each within four and a half standard errors
    assert abs(shares.mean() - 1 / 2) < 4.5 * (1 / 12 / 400) ** 0.5 and abs(shares.var() - 1 / 12) < 4.5 * (1 / 180 / 400) ** 0.5
    assert 0 <= shares.min() < 0.02 and 0.98 < shares.max() <= 1


def weights_are_fresh_at_each_call(make) -> None:
    first, second = places_looked_at(make, 50, calls=2)
    assert not (first == second).any()
