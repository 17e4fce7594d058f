"""Two domains without pairs: two translation games that hold each other by a cycle (循环一致性)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from gan_edu.objectives import Objective


ROUNDING = 1e-3


class Unpaired(NamedTuple):
    """A batch: pictures of the one domain and of the other, (n, channels, h, w) each; row i of ``a`` has nothing to do with row i of ``b``."""

    a: Tensor
    b: Tensor


class Sampler(Protocol):
    """What draws examples of one domain: batches have pictures ``x``."""

    def sample(self, n: int, *, generator: torch.Generator): ...


@dataclass(frozen=True)
class Domains:
    """Two domains as one: draws n pictures of each, independently. For ``training.batches``.

    Raises ValueError when the two differ in the shape or type of a picture, when a pixel lies outside [-1, 1], and when
    one of them looks like [0, 1]: no pixel below 0 among its pictures, and some below -0.5 among the other's.
    """

    a: Sampler
    b: Sampler

    def sample(self, n: int, *, generator: torch.Generator) -> Unpaired:
        found = Unpaired(self.a.sample(n, generator=generator).x, self.b.sample(n, generator=generator).x)
        _check(found)
        _check_ranges(found)
        return found


Recall = Callable[[Tensor], Tensor]
Transit = Callable[[Tensor], Tensor]


def noisy(std: float, *, generator: torch.Generator) -> Transit:
    """What a translation goes through before its return: x + std e, e standard normal noise. One of 256 levels is a std of 2 / 255.

    Raises ValueError for a negative std.
    """
    if not std >= 0:
        raise ValueError(f"noise has a standard deviation of at least 0; got std={std}")
    return lambda x: x + std * torch.randn(x.shape, generator=generator, device=generator.device, dtype=x.dtype).to(x.device)


class History:
    """An image buffer (图像缓冲区): what the critic is shown is, for half of the pictures, an older one.

    While fewer than ``size`` pictures are remembered, each is remembered and passed on. Then with probability 1/2 a picture is passed
    on as it is; otherwise it takes the place of a remembered one, chosen at random, which is passed on instead.
    generator: on the CPU, so that an accelerator does not wait for it.
    Raises ValueError when size < 1; when called, for pictures of another shape than those remembered.

    Source: Shrivastava et al., 2017, arXiv 1612.07828, section 2.3; with 50 pictures Zhu et al., 2017, arXiv 1703.10593, section 4.
    """

    def __init__(self, size: int = 50, *, generator: torch.Generator) -> None:
        if size < 1:
            raise ValueError(f"a buffer remembers at least one picture; got size={size}. Without a buffer pass recall=None")
        self.size, self._generator = size, generator
        self._kept: list[Tensor] = []

    def __call__(self, fakes: Tensor) -> Tensor:
        if self._kept and self._kept[0].shape != fakes.shape[1:]:
            raise ValueError(f"this buffer remembers pictures of shape {tuple(self._kept[0].shape)}; got {tuple(fakes.shape[1:])}")
        return torch.stack([self._exchanged(fake) for fake in fakes.detach()])

    def _exchanged(self, fake: Tensor) -> Tensor:
        if len(self._kept) < self.size:
            self._kept.append(fake.clone())
            return fake
        if self._draw(2) == 0:
            return fake
        place = self._draw(self.size)
        old, self._kept[place] = self._kept[place], fake.clone()
        return old

    def _draw(self, count: int) -> int:
        return int(torch.randint(count, (), generator=self._generator, device=self._generator.device))


@dataclass
class Translation:
    """A game whose fakes are translations: G takes pictures of one domain, D judges single pictures of the other.

    recall: which fakes D is shown in its own steps, such as a ``History``; None for the fresh ones alone.
    D never sees a picture together with its translation.
    """

    G: nn.Module
    D: nn.Module
    objective: Objective
    recall: Recall | None = None

    def critic_loss(self, real: Tensor, source: Tensor) -> Tensor:
        """What D descends: real pictures of the target domain against translations, which get no gradient."""
        with torch.no_grad():
            fake = self.G(source)
        shown = fake if self.recall is None else self.recall(fake)
        return self.objective.critic(_logits(self.D, real), _logits(self.D, shown))

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """What G descends to please D with a translation it has made."""
        return self.objective.generator(_logits(self.D, real), _logits(self.D, fake))


class Cycle:
    """CycleGAN: a translation game there, one back, and what ties them together.

    D_there: critic of the pictures of b; D_back: of the pictures of a.
    critics: there.critic(b, there.G(a)) + back.critic(a, back.G(b)).
    generators: their adversarial terms
      + cycle_a |back.G(there.G(a)) - a| + cycle_b |there.G(back.G(b)) - b|
      + identity (|there.G(b) - b| + |back.G(a) - a|),   each | | a mean over pixels (L1).

    The cycle's gradient goes through both generators. The paper: cycle 10 and identity 0 or 5, least squares.
    cycle: one weight for both ways round, or the two weights (cycle_a, cycle_b). Weights are at least 0; a term of weight 0 is not computed.
    transit: what a translation goes through before its return, such as ``noisy``; the critics see it as it was. None: nothing.
    G, D: both generators, both critics, as the loop wants them.
    Raises ValueError for a negative weight; when played, for batches whose domains differ in number or shape of the pictures.

    Source: Zhu, Park, Isola and Efros, 2017, arXiv 1703.10593, (1) to (3); identity: section 5.2, after Taigman et al., 2017, arXiv 1611.02200.
    """

    def __init__(self, there: Translation, back: Translation, cycle: float | tuple[float, float] = 10.0, identity: float = 0.0, transit: Transit | None = None) -> None:
        cycles = cycle if isinstance(cycle, tuple) else (cycle, cycle)
        if len(cycles) != 2 or not all(weight >= 0 for weight in (*cycles, identity)):
            raise ValueError(f"weights are at least 0, two of them at most for the cycle; got cycle={cycle}, identity={identity}")
        self.there, self.back, self.cycles, self.identity, self.transit = there, back, cycles, identity, transit
        self.G = nn.ModuleDict({"there": there.G, "back": back.G})
        self.D = nn.ModuleDict({"there": there.D, "back": back.D})

    def critic_terms(self, batch: Unpaired) -> dict[str, Tensor]:
        """What the two critics descend; neither sees the other's domain."""
        _check(batch)
        return {"critic_there": self.there.critic_loss(batch.b, batch.a), "critic_back": self.back.critic_loss(batch.a, batch.b)}

    def generator_terms(self, batch: Unpaired) -> dict[str, Tensor]:
        """What the two generators descend together."""
        _check(batch)
        in_b, in_a = self.there.G(batch.a), self.back.G(batch.b)
        terms = {"there": self.there.generator_loss(batch.b, in_b), "back": self.back.generator_loss(batch.a, in_a)}
        if self.cycles[0]:
            terms["cycle_a"] = self.cycles[0] * _apart(self.back.G(self._sent(in_b)), batch.a)
        if self.cycles[1]:
            terms["cycle_b"] = self.cycles[1] * _apart(self.there.G(self._sent(in_a)), batch.b)
        if self.identity:
            terms["identity_a"] = self.identity * _apart(self.back.G(batch.a), batch.a)
            terms["identity_b"] = self.identity * _apart(self.there.G(batch.b), batch.b)
        return terms

    def _sent(self, translation: Tensor) -> Tensor:
        return translation if self.transit is None else self.transit(translation)


def _apart(x: Tensor, wanted: Tensor) -> Tensor:
    return (x.to(wanted.dtype) - wanted).abs().mean()


def _logits(network: nn.Module, x: Tensor) -> Tensor:
    logits = network(x)
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def _check(batch: Unpaired) -> None:
    if len(batch.a) < 1 or len(batch.b) < 1:
        raise ValueError(f"wanted pictures of both domains; got {len(batch.a)} and {len(batch.b)}")
    if batch.a.shape != batch.b.shape or batch.a.dtype != batch.b.dtype:
        raise ValueError(f"the two domains must agree in the shape and type of their pictures; got {tuple(batch.a.shape)} {batch.a.dtype} and {tuple(batch.b.shape)} {batch.b.dtype}")


def _check_ranges(batch: Unpaired) -> None:
    least, most = (torch.stack([getattr(part, end)() for part in batch]) for end in ("amin", "amax"))
    inside = (least >= -1 - ROUNDING).all() and (most <= 1 + ROUNDING).all()  # False for NaN as well
    if not inside or (least.max() >= 0 and least.min() < -0.5):
        found = " and ".join(f"[{low:.2f}, {high:.2f}]" for low, high in zip(least.tolist(), most.tolist()))
        raise ValueError(f"wanted pictures in [-1, 1] from both domains; got {found}")
