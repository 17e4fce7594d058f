"""The ways to keep a critic from being steep, as one value: what the studies of chapter 8 share."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_edu.objectives import Objective, wasserstein
from gan_edu.penalties import Penalty, clip, gradient_penalty, slopes, spectral


@dataclass(frozen=True)
class Arm:
    """What the critic climbs, how it is held, and how many steps it takes to one of the generator's.

    weight: of the gradient penalty, in units of the data; 0 is none. one_sided: only slopes above 1 cost.
    bound: weights are clipped to [-bound, bound] after each step of the critic. spectral: spectral normalisation.
    """

    objective: Objective = wasserstein
    weight: float = 0.0
    one_sided: bool = False
    bound: float | None = None
    spectral: bool = False
    critic_steps: int = 1


def held(
    arm: Arm, D: nn.Module, optimizer: Callable[[nn.Module], torch.optim.Optimizer], draws: torch.Generator
) -> tuple[torch.optim.Optimizer, dict[Penalty, float]]:
    """Hold D in the arm's way, in place: its optimizer, made by ``optimizer(D)``, and the game's penalties with their weights."""
    if arm.spectral:
        spectral(D)
    made = optimizer(D)
    if arm.bound is not None:
        clip(D, arm.bound)
        made.register_step_post_hook(lambda *_: clip(D, arm.bound))
    if not arm.weight:
        return made, {}
    return made, {(one_sided if arm.one_sided else gradient_penalty)(generator=draws): arm.weight}


def one_sided(*, generator: torch.Generator) -> Penalty:
    """The gradient penalty that forgives slopes below 1: E[ max(0, ||grad D|| - 1)^2 ] on the same segments.

    generator: source of the places on the segments.

    Source: Petzka, Fischer and Lukovnikov, 2018, arXiv 1709.08894, equation 8.
    """

    def penalty(critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        return (slopes(critic, between(real, fake, generator)).norm(dim=1) - 1).relu().square().mean()

    penalty.__name__ = penalty.__qualname__ = "one_sided"
    return penalty


def between(real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """A random place on the segment from each real example to the fake one in the same row."""
    return torch.lerp(real, fake, torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator))


def slope_lengths(D: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """How steep D is at such places, (n,), its state (batch norm's, the power iteration's) as it is."""
    playing = D.training
    D.eval()
    found = slopes(D, between(real, fake, generator)).detach().norm(dim=1)
    D.train(playing)
    return found
