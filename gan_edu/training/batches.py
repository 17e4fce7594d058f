"""Where batches come from: fresh draws from a world, or examples kept in memory."""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from gan_edu.games import Batch


class World(Protocol):
    """What the loop needs of a world, be it a module or an object."""

    def sample(self, n: int, *, generator: torch.Generator) -> Batch: ...


def batches(world: World, size: int, steps: int, *, generator: torch.Generator) -> Iterator[Batch]:
    """``steps`` fresh batches of ``size`` examples each from a world.

    Raises ValueError when size or steps is below 1, before the first batch is drawn.
    """
    if size < 1 or steps < 1:
        raise ValueError(f"wanted at least one step of at least one example; got steps={steps}, size={size}")
    return (world.sample(size, generator=generator) for _ in range(steps))


class InMemory:
    """Examples drawn once and kept, as a world: ``sample`` draws from them with replacement.

    For worlds that are slow to draw, and for data that is a finite set anyway, such as the digits.

    examples: a NamedTuple of tensors, or of such NamedTuples, whose first dimension counts the examples.
    For batches that do not make the processor wait, keep the examples on the generator's device.
    Raises ValueError when there is no example, or when the parts differ in their number.
    """

    def __init__(self, examples: Batch) -> None:
        counts = {len(part) for part in _tensors(examples)}
        if len(counts) != 1 or 0 in counts:
            raise ValueError(f"wanted the same number of examples in every part, at least one; got {sorted(counts)}")
        self.examples = examples
        (self._count,) = counts

    def __len__(self) -> int:
        return self._count

    def sample(self, n: int, *, generator: torch.Generator) -> Batch:
        """n examples of the same type, each drawn uniformly from all. Raises ValueError when n < 1."""
        if n < 1:
            raise ValueError(f"wanted at least one example; got n={n}")
        index = torch.randint(len(self), (n,), generator=generator, device=generator.device)
        return _each(self.examples, lambda part: part[index.to(part.device)])

    def to(self, device: torch.device | str) -> "InMemory":
        """The same examples on another device."""
        return InMemory(_each(self.examples, lambda part: part.to(device)))


def _each(part: Batch | Tensor, change: Callable[[Tensor], Tensor]) -> Batch | Tensor:
    """The same NamedTuple with every tensor in it changed."""
    return change(part) if isinstance(part, Tensor) else type(part)(*(_each(inner, change) for inner in part))


def _tensors(part: Batch | Tensor) -> list[Tensor]:
    return [part] if isinstance(part, Tensor) else [tensor for inner in part for tensor in _tensors(inner)]
