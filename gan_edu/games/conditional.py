"""The game with a condition: G is asked for something, D judges whether a picture is real *and* what was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from gan_edu.games.adversarial import Latent
from gan_edu.objectives import Objective
from gan_edu.penalties import Penalty


class Conditioned(Protocol):
    """What the game needs of a batch: real examples ``x``, (n, ...), and what is true of each, ``condition``, with n rows."""

    x: Tensor
    condition: Tensor


Mismatch = Callable[[Tensor], Tensor]


def shuffled(*, generator: torch.Generator) -> Mismatch:
    """Another example's condition, drawn at random: the conditions of the batch in random order.

    Some come out right by chance: an example may keep its own, or get one that fits it too.
    """
    return lambda condition: condition[torch.randperm(len(condition), generator=generator, device=generator.device).to(condition.device)]


def always_wrong(count: int, *, generator: torch.Generator) -> Mismatch:
    """For labels 0 to count - 1: each of the other labels with equal chance. Raises ValueError when count < 2."""
    if count < 2:
        raise ValueError(f"a wrong label needs at least two labels to choose from; got count={count}")

    def wrong(condition: Tensor) -> Tensor:
        step = torch.randint(1, count, condition.shape, generator=generator, device=generator.device)
        return (condition + step.to(condition.device)) % count

    return wrong


@dataclass
class Conditional:
    """A generator G(z, c) and a discriminator D(x, c), which sees up to three kinds of pairs.

    critic: (1 - share) critic(D(x, c), D(G(z, c), c)) + share critic(D(x, c), D(x, wrong(c)))

    The real picture with its own condition is right; G's picture with the condition it was asked for is wrong; and, with share
    above 0, so is the real picture with a mismatched condition. For the cross-entropy and share 1/2:
    -log D(x, c) - (log(1 - D(G(z, c), c)) + log(1 - D(x, wrong(c)))) / 2.
    generator: as without a condition, on the pairs (G(z, c), c) alone.

    share: of the critic's attention for mismatched pairs, at least 0 and below 1. mismatch: how they are made.
    penalties: functions ``(critic, real, fake) -> scalar`` and weights; they see D with the condition of the batch held fixed.
    Raises ValueError for another share, a share without a mismatch, penalties without names of their own, and batches
    whose conditions and examples differ in number.

    Source: Mirza and Osindero, 2014, arXiv 1411.1784; the third kind of pair: Reed et al., 2016, arXiv 1605.05396, section 4.1.
    """

    G: nn.Module
    D: nn.Module
    objective: Objective
    latent: Latent
    penalties: Mapping[Penalty, float] = field(default_factory=dict)
    share: float = 0.0
    mismatch: Mismatch | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1 or (self.share > 0 and self.mismatch is None):
            raise ValueError(f"share must be at least 0 and below 1, and above 0 only with a mismatch; got share={self.share}, mismatch={self.mismatch}")
        names = [getattr(penalty, "__name__", None) for penalty in self.penalties]
        if None in names or len({"critic", "generator", *names}) < len(names) + 2:
            raise ValueError(f"each penalty needs a __name__ of its own, other than critic and generator; got {names}")

    def generate(self, condition: Tensor) -> Tensor:
        """One fake for each row of the condition."""
        return self.G(self.latent(len(condition)), condition)

    def critic_terms(self, batch: Conditioned) -> dict[str, Tensor]:
        """What D descends on this batch."""
        _check(batch)
        with torch.no_grad():
            fake = self.generate(batch.condition)
        right = self._logits(batch.x, batch.condition)
        loss = self.objective.critic(right, self._logits(fake, batch.condition))
        if self.share:
            mismatched = self._logits(batch.x, self.mismatch(batch.condition))
            loss = (1 - self.share) * loss + self.share * self.objective.critic(right, mismatched)
        return {"critic": loss}

    def generator_terms(self, batch: Conditioned) -> dict[str, Tensor]:
        """What G descends on this batch, asked for what is true of the batch's examples."""
        _check(batch)
        fake = self.generate(batch.condition)
        return {"generator": self.objective.generator(self._logits(batch.x, batch.condition), self._logits(fake, batch.condition))}

    def penalty_terms(self, batch: Conditioned) -> dict[str, Tensor]:
        """What D descends besides: each penalty times its weight, by name."""
        if not self.penalties:
            return {}
        _check(batch)
        with torch.no_grad():
            fake = self.generate(batch.condition)
        return {
            penalty.__name__: weight * penalty(lambda x: self.D(x, batch.condition), batch.x, fake)
            for penalty, weight in self.penalties.items()
        }

    def _logits(self, x: Tensor, condition: Tensor) -> Tensor:
        logits = self.D(x, condition)
        return logits.to(torch.promote_types(logits.dtype, torch.float32))


def _check(batch: Conditioned) -> None:
    if len(batch.x) != len(batch.condition):
        raise ValueError(f"wanted one condition for each of {len(batch.x)} examples; got {len(batch.condition)}")
