"""Games for two: a generator against a discriminator (or critic)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from gan_edu.objectives import Objective
from gan_edu.penalties import Penalty

Latent = Callable[[int], Tensor]


class Batch(Protocol):
    """What a game needs of a batch: the real examples ``x``, of shape (n, ...)."""

    x: Tensor


def normal(dim: int, *, generator: torch.Generator) -> Latent:
    """A latent prior: n -> (n, dim) independent standard normal numbers.

    p_z(z) = product over i of exp(-z_i^2 / 2) / sqrt(2 pi).
    The numbers live on the generator's device. Raises ValueError when dim < 1.
    """
    _check_dim(dim)
    return lambda n: torch.randn(n, dim, generator=generator, device=generator.device)


def uniform(dim: int, *, generator: torch.Generator) -> Latent:
    """A latent prior: n -> (n, dim) independent numbers, uniform on [0, 1).

    p_z(z) = 1 on the unit cube.
    The numbers live on the generator's device. Raises ValueError when dim < 1.
    """
    _check_dim(dim)
    return lambda n: torch.rand(n, dim, generator=generator, device=generator.device)


def _check_dim(dim: int) -> None:
    if dim < 1:
        raise ValueError(f"a latent needs at least one number; got dim={dim}")


@dataclass
class Game:
    """A generator G and a discriminator (or critic) D, one objective, and the latent that G is fed.

    The critic's step sees the fakes as constants (no gradient reaches G); the generator's step sees
    D as it is, and whoever takes the step must leave D's weights alone (``training.train`` does).
    Logits that come in half precision (autocast) are turned into float32 before the objective sees them.

    penalties: functions ``(critic, real, fake) -> scalar`` and their weights, such as ``{r1: gamma / 2}``.
    Raises ValueError when a penalty has no name of its own, by which its term can be told from the others.

    Source: Goodfellow et al., 2014, arXiv 1406.2661, algorithm 1.
    """

    G: nn.Module
    D: nn.Module
    objective: Objective
    latent: Latent
    penalties: Mapping[Penalty, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [getattr(penalty, "__name__", None) for penalty in self.penalties]
        if None in names or len({"critic", "generator", *names}) < len(names) + 2:
            raise ValueError(f"each penalty needs a __name__ of its own, other than critic and generator; got {names}")

    def generate(self, n: int) -> Tensor:
        """n fakes G(z), one for each latent z drawn. Raises ValueError when n < 1."""
        if n < 1:
            raise ValueError(f"a game needs at least one example in the batch; got {n}")
        return self.G(self.latent(n))

    def critic_terms(self, batch: Batch) -> dict[str, Tensor]:
        """What D descends on this batch: real examples against as many fresh fakes."""
        with torch.no_grad():
            fake = self.generate(len(batch.x))
        return {"critic": self.objective.critic(_logits(self.D, batch.x), _logits(self.D, fake))}

    def generator_terms(self, batch: Batch) -> dict[str, Tensor]:
        """What G descends on this batch: the batch's real logits are there for relativistic losses only."""
        fake = self.generate(len(batch.x))
        return {"generator": self.objective.generator(_logits(self.D, batch.x), _logits(self.D, fake))}

    def penalty_terms(self, batch: Batch) -> dict[str, Tensor]:
        """What D descends besides: each penalty times its weight, by name, on this batch and as many fresh fakes."""
        if not self.penalties:
            return {}
        with torch.no_grad():
            fake = self.generate(len(batch.x))
        return {penalty.__name__: weight * penalty(self.D, batch.x, fake) for penalty, weight in self.penalties.items()}


def _logits(network: nn.Module, x: Tensor) -> Tensor:
    logits = network(x)
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
