"""What the two players descend.

An objective is a pair of functions of ``(real_logits, fake_logits)``, both scalars to be *minimised*.
A high logit means "real", everywhere; no function here applies a sigmoid first, because
-log sigmoid(d) = softplus(-d) stays accurate where sigmoid(d) has already rounded to 0 or 1.
"""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn.functional import relu, softplus

Loss = Callable[[Tensor, Tensor], Tensor]


class Objective(NamedTuple):
    """Two losses to minimise, each a function of (real logits, fake logits), any shapes, to a scalar."""

    critic: Loss
    generator: Loss


def _cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


minimax = Objective(
    critic=_cross_entropy,
    generator=lambda real, fake: -softplus(fake).mean(),
)
"""The two-player zero-sum game: both players move the same V, in opposite directions, in nats.

critic:    -V = E[-log D(x)] + E[-log(1 - D(G(z)))]
generator: E[log(1 - D(G(z)))], whose slope in the logit goes to 0 ("saturates") as D(G(z)) goes to 0.

Source: Goodfellow et al., 2014, arXiv 1406.2661, equation 1.
"""

non_saturating = Objective(
    critic=_cross_entropy,
    generator=lambda real, fake: softplus(-fake).mean(),
)
"""The same critic; the generator descends another loss, so the game is no longer zero-sum. In nats.

generator: E[-log D(G(z))], whose slope in the logit tends to -1 as D(G(z)) goes to 0.

Source: Goodfellow et al., 2014, arXiv 1406.2661, section 3.
"""

least_squares = Objective(
    critic=lambda real, fake: (real - 1).square().mean() + fake.square().mean(),
    generator=lambda real, fake: (fake - 1).square().mean(),
)
"""Targets 1 for real and 0 for fake, squared errors on the raw output (which is no longer a logit).

critic:    E[(D(x) - 1)^2] + E[D(G(z))^2]; generator: E[(D(G(z)) - 1)^2].

Source: Mao et al., 2016, arXiv 1611.04076 (there with a factor 1/2 on every term).
"""

hinge = Objective(
    critic=lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
    generator=lambda real, fake: -fake.mean(),
)
"""The critic pushes real above 1 and fake below -1, then rests; the generator climbs.

critic:    E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))]; generator: -E[D(G(z))].

Source: Lim and Ye, 2017, arXiv 1705.02894.
"""

wasserstein = Objective(
    critic=lambda real, fake: fake.mean() - real.mean(),
    generator=lambda real, fake: -fake.mean(),
)
"""Difference of means; minus the critic's loss estimates W1 only if D is kept 1-Lipschitz. No logs.

critic:    E[D(G(z))] - E[D(x)]; generator: -E[D(G(z))]. In units of x.

Source: Arjovsky, Chintala and Bottou, 2017, arXiv 1701.07875, equation 2.
"""


def _paired(low: Tensor, high: Tensor) -> Tensor:
    if low.shape != high.shape:
        shapes = f"{tuple(high.shape)} and {tuple(low.shape)}"
        raise ValueError(f"relativistic: wanted one fake logit for each real one; got shapes {shapes}")
    return softplus(low - high).mean()


relativistic = Objective(
    critic=lambda real, fake: _paired(fake, real),
    generator=lambda real, fake: _paired(real, fake),
)
"""Each real is paired with one fake: the critic ranks the real higher, the generator the fake. In nats.

critic:    E[log(1 + exp(D(G(z)) - D(x)))]; generator: E[log(1 + exp(D(x) - D(G(z))))].
The pairing is by position. Raises ValueError when the shapes differ, which would broadcast to all pairs.

Source: Jolicoeur-Martineau, 2018, arXiv 1807.00734; Huang et al., 2024, arXiv 2501.05441.
"""
