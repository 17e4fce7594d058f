"""What a right formula must satisfy: each check takes an implementation and raises AssertionError when it is wrong.

The tests of the modules call these on the package; test_sabotage calls them on wrong variants as well.
"""

from math import exp, log, pi, sqrt

import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.testing import assert_close


def doubles(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def logits(seed: int = 0, n: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """Real and fake logits of both signs, with different means."""
    rng = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(2, n, 1, generator=rng, dtype=torch.float64) + doubles(1, -0.5)[:, None, None]


def inner_logits() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits between 0 and 1, where no objective has reached what it wants."""
    real, fake = logits()
    return real.sigmoid() * 0.8 + 0.1, fake.sigmoid() * 0.8 + 0.1


def slopes(loss, real: torch.Tensor, fake: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradient of the loss in the real and in the fake logits; zeros where it does not depend on them."""
    real, fake = real.clone().requires_grad_(), fake.clone().requires_grad_()
    found = torch.autograd.grad(loss(real, fake), (real, fake), allow_unused=True)
    return tuple(torch.zeros_like(real) if slope is None else slope for slope in found)


def close(found: float, wanted: float, tolerance: float = 1e-12) -> None:
    assert abs(found - wanted) <= tolerance, f"got {found}, wanted {wanted}"


# divergences


def kl_by_hand(kl) -> None:
    close(kl(doubles(1 / 2, 1 / 2), doubles(1 / 4, 3 / 4)), log(4 / 3) / 2)


def js_by_hand(js) -> None:
    # both share half of their mass, and on the other half each is alone
    close(js(doubles(1 / 2, 1 / 2, 0), doubles(0, 1 / 2, 1 / 2)), log(2) / 2)


def js_of_unlike_coins(js) -> None:
    # a sure coin and a fair one; the mixture shows heads three times out of four
    close(js(doubles(1, 0), doubles(1 / 2, 1 / 2)), (log(4 / 3) + log(2 / 3) / 2 + log(2) / 2) / 2)


def tv_by_hand(tv) -> None:
    close(tv(doubles(1 / 2, 1 / 2), doubles(1 / 4, 3 / 4)), 1 / 4)


def w1_of_two_widths(w1) -> None:
    # N(0, 1) and N(0, 2^2) have one mean: what is below the one distribution function on the left is above on the right
    x = torch.linspace(-20, 20, 8001, dtype=torch.float64)
    bell = lambda s: (-(x / s).square() / 2).exp() / (s * sqrt(2 * pi))  # noqa: E731
    close(w1(bell(1.0), bell(2.0), x), sqrt(2 / pi), 1e-5)


def share_of_the_real(optimal_discriminator) -> None:
    assert_close(optimal_discriminator(doubles(3, 0, 2), doubles(1, 2, 0)), doubles(3 / 4, 0, 1))


def share_under_unequal_priors(optimal_discriminator) -> None:
    assert_close(optimal_discriminator(doubles(3, 1), doubles(1, 1), prior=1 / 4), doubles(1 / 2, 1 / 4))


def value_by_hand(game_value) -> None:
    p, q = doubles(1 / 2, 1 / 2), doubles(1 / 4, 3 / 4)
    close(game_value(doubles(0.8, 0.4), p, q), log(0.8) / 2 + log(0.4) / 2 + log(0.2) / 4 + 3 * log(0.6) / 4)


# objectives


def critic_is_cross_entropy(objective) -> None:
    real, fake = logits()
    bce = binary_cross_entropy_with_logits
    wanted = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    assert_close(objective.critic(real, fake), wanted)


def difference_of_means(objective) -> None:
    close(objective.critic(doubles(3, 1), doubles(-1, 0)).item(), -0.5 - 2)
    close(objective.generator(doubles(9, 9), doubles(-1, 0)).item(), 0.5)


def critic_wants_real_high_and_fake_low(objective) -> None:
    real, fake = slopes(objective.critic, *inner_logits())
    assert (real < 0).all() and (fake > 0).all(), "descending the critic's loss must lift real and lower fake logits"


def generator_wants_fake_high(objective) -> None:
    _, fake = slopes(objective.generator, *inner_logits())
    assert (fake < 0).all(), "descending the generator's loss must lift the fake logits"


def lost_generator_still_learns(objective) -> None:
    """At a fake logit of -30 the slope of a loss that does not saturate is -1, of one that does is -e^-30."""
    _, slope = slopes(objective.generator, doubles(30.0), doubles(-30.0))
    close(slope.item(), -1, 1e-9)


def lost_generator_learns_nothing(objective) -> None:
    _, slope = slopes(objective.generator, doubles(30.0), doubles(-30.0))
    close(slope.item() / -exp(-30), 1, 1e-9)


def losses_survive_huge_logits(objective) -> None:
    for size in (-1000.0, 1000.0):
        real, fake = torch.full((3, 1), size), torch.full((3, 1), -size)
        for loss in objective:
            assert loss(real, fake).isfinite(), f"not finite at logits of {size}"
            assert all(slope.isfinite().all() for slope in slopes(loss, real, fake))


def hinge_rests_beyond_its_margins(objective) -> None:
    close(objective.critic(doubles(1.5, 7), doubles(-1.5, -7)).item(), 0)
    close(objective.critic(doubles(0.5), doubles(-0.25)).item(), 0.5 + 0.75)


def ranking_by_hand(objective) -> None:
    real, fake = doubles(2.0, 0.0), doubles(1.0, 3.0)
    close(objective.critic(real, fake).item(), (log(1 + exp(-1)) + log(1 + exp(3))) / 2)
    close(objective.generator(real, fake).item(), (log(1 + exp(1)) + log(1 + exp(-3))) / 2)


# worlds


def bell_has_unit_mass(density) -> None:
    """density(x, mean, std) -> float64."""
    x = torch.linspace(-9, 13, 4401, dtype=torch.float64)
    close(torch.trapezoid(density(x, 2.0, 0.75), x).item(), 1, 1e-9)
    close(density(doubles(2.0), 2.0, 0.75).item(), 1 / (0.75 * sqrt(2 * pi)))


def unnormalised_weights_are_shares(mixture) -> None:
    """mixture(weights, means, std) -> an object with density(x)."""
    x = torch.linspace(-12, 12, 4801, dtype=torch.float64)
    close(torch.trapezoid(mixture([3, 1], [-2.0, 2.0], 0.5).density(x), x).item(), 1, 1e-9)
