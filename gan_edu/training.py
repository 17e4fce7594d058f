"""The one loop."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_edu.games import Batch


class Playable(Protocol):
    """What the loop needs of a game."""

    G: nn.Module
    D: nn.Module

    def critic_terms(self, batch: Batch) -> dict[str, Tensor]: ...

    def generator_terms(self, batch: Batch) -> dict[str, Tensor]: ...


class World(Protocol):
    """What the loop needs of a world, be it a module or an object."""

    def sample(self, n: int, *, generator: torch.Generator) -> Batch: ...


def best_device() -> torch.device:
    """The fastest device present: CUDA, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def batches(world: World, size: int, steps: int, *, generator: torch.Generator) -> Iterator[Batch]:
    """``steps`` fresh batches of ``size`` examples each from a world.

    Raises ValueError when size or steps is below 1, before the first batch is drawn.
    """
    if size < 1 or steps < 1:
        raise ValueError(f"wanted at least one step of at least one example; got steps={steps}, size={size}")
    return (world.sample(size, generator=generator) for _ in range(steps))


def descend(optimizer: Optimizer, terms: dict[str, Tensor]) -> dict[str, Tensor]:
    """One step down the sum of the terms; returns them detached, still on their device."""
    optimizer.zero_grad(set_to_none=True)
    sum(terms.values()).backward()
    optimizer.step()
    return {name: term.detach() for name, term in terms.items()}


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Within this context no parameter of the network collects gradients; afterwards each is as it was before."""
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    network.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)


def train(
    game: Playable,
    batches: Iterable[Batch],
    optimizer_g: Optimizer,
    optimizer_d: Optimizer,
    critic_steps: int = 1,
) -> Iterator[dict[str, Tensor]]:
    """Alternate the critic's and the generator's descent, one batch a critic step; yield each step's terms.

    for each batch: theta_D <- theta_D - step of the critic's terms;
    every ``critic_steps`` batches: theta_G <- theta_G - step of the generator's terms, with D frozen.

    The caller owns the batches, the stopping, the plots: break out of the loop when you have seen enough.
    The yielded tensors stay on their device, so the loop itself never waits for a GPU.
    Raises ValueError when critic_steps < 1.

    Source: Goodfellow et al., 2014, arXiv 1406.2661, algorithm 1.
    """
    if critic_steps < 1:
        raise ValueError(f"critic_steps counts critic steps per generator step; wanted at least 1, got {critic_steps}")
    return _train(game, batches, optimizer_g, optimizer_d, critic_steps)


def _train(game, batches, optimizer_g, optimizer_d, critic_steps):
    for step, batch in enumerate(batches, start=1):
        terms = descend(optimizer_d, game.critic_terms(batch))
        if step % critic_steps == 0:
            with frozen(game.D):
                terms |= descend(optimizer_g, game.generator_terms(batch))
        yield terms
