"""The one loop."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from gan_edu.games import Batch
from gan_edu.training.averages import Average
from gan_edu.training.finite import Watch


class Playable(Protocol):
    """What the loop needs of a game.

    A game for two has a critic ``D`` and a method ``critic_terms(batch)`` as well, and with penalties ``penalty_terms(batch)``.
    """

    G: nn.Module

    def generator_terms(self, batch: Batch) -> dict[str, Tensor]: ...


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
    optimizer_d: Optimizer | None = None,
    critic_steps: int = 1,
    *,
    penalty_every: int = 1,
    average: Average | None = None,
    schedules: Sequence[LRScheduler] = (),
    autocast: torch.dtype | None = None,
    first_step: int = 1,
) -> Iterator[dict[str, Tensor]]:
    """Alternate the critic's and the generator's descent, one batch a critic step; yield each step's terms.

    for each batch: theta_D <- theta_D - step of the critic's terms;
    every ``critic_steps`` batches: theta_G <- theta_G - step of the generator's terms, with D frozen;
    every ``penalty_every`` batches: the critic's terms have ``penalty_every`` times the game's penalties among them,
    so that over many steps D is held by the same penalty as with one at each step, at a part of the cost.
    A game without a critic (an autoencoder) is played by ``optimizer_g`` alone: one descent of its terms for each batch.

    average: follows G, updated after each of its steps. schedules: each stepped once a batch.
    autocast: ``torch.bfloat16`` to compute the players' terms in mixed precision on G's device; penalties, whose
    squared slopes suffer most from rounding, stay in the networks' own precision.
    first_step: the number of the first step, so that a resumed run keeps the rhythm of one that was never broken.

    The caller owns the batches, the stopping, the plots: break out of the loop when you have seen enough.
    The yielded tensors stay on their device, and the loop reads them once in 50 steps, so a GPU hardly ever waits.
    Raises ValueError when a count is below 1, autocast is another type, or there is a critic without an optimiser or an
    optimiser or a count for a critic that is not there; and Diverged, naming the step and the term, when a term is not
    finite: at once on the CPU, elsewhere within 50 steps and at the end of the batches.

    Source: Goodfellow et al., 2014, arXiv 1406.2661, algorithm 1; for penalties in some steps only ("lazy
    regularisation") Karras et al., 2019, arXiv 1912.04958, appendix B.
    """
    _check(critic_steps, penalty_every, first_step, autocast)
    _check_players(game, optimizer_d, critic_steps * penalty_every)
    device = next((parameter.device.type for parameter in game.G.parameters()), "cpu")
    watch = Watch(every=1 if device == "cpu" else 50)

    def precision() -> AbstractContextManager:
        return nullcontext() if autocast is None else torch.autocast(device, autocast)

    def steps() -> Iterator[dict[str, Tensor]]:
        for step, batch in enumerate(batches, start=first_step):
            terms = {}
            if optimizer_d is not None:
                with precision():
                    terms = game.critic_terms(batch)
                if step % penalty_every == 0:
                    terms = {**terms, **_penalties(game, batch, penalty_every)}
                terms = descend(optimizer_d, terms)
            if step % critic_steps == 0:
                with nullcontext() if optimizer_d is None else frozen(game.D):
                    with precision():
                        losses = game.generator_terms(batch)
                    terms |= descend(optimizer_g, losses)
                if average is not None:
                    average.update()
            _advance(schedules, step == first_step)
            watch.note(step, terms)
            yield terms
        watch.look()

    return steps()


def _check(critic_steps: int, penalty_every: int, first_step: int, autocast: torch.dtype | None) -> None:
    if critic_steps < 1:
        raise ValueError(f"critic_steps counts critic steps per generator step; wanted at least 1, got {critic_steps}")
    if penalty_every < 1:
        raise ValueError(f"penalty_every counts critic steps per penalty; wanted at least 1, got {penalty_every}")
    if first_step < 1:
        raise ValueError(f"steps are counted from 1; wanted a first_step of at least 1, got {first_step}")
    if autocast not in (None, torch.bfloat16):
        # the slopes of float16 vanish unless the loss is scaled, which this loop does not do
        raise ValueError(f"autocast: wanted torch.bfloat16 or None, got {autocast}")


def _check_players(game: Playable, optimizer_d: Optimizer | None, counts: int) -> None:
    critic = hasattr(game, "critic_terms")
    if critic and optimizer_d is None:
        raise ValueError("this game has a critic; wanted an optimizer_d for it, got none")
    if not critic and optimizer_d is not None:
        raise ValueError("this game has no critic; wanted optimizer_g alone, got an optimizer_d as well")
    if not critic and counts != 1:
        raise ValueError("this game has no critic; critic_steps and penalty_every count a critic's steps and must stay 1")


def _penalties(game: Playable, batch: Batch, every: int) -> dict[str, Tensor]:
    penalty_terms = getattr(game, "penalty_terms", None)
    return {name: every * value for name, value in penalty_terms(batch).items()} if penalty_terms else {}


def _advance(schedules: Sequence[LRScheduler], first: bool) -> None:
    with warnings.catch_warnings() if first else nullcontext():
        if first:
            # with several critic steps to one of G, the schedule of G's optimiser moves before G does: as it should
            warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step")
        for schedule in schedules:
            schedule.step()
