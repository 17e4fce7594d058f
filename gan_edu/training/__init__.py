"""The one loop, and what a long run needs around it.

A run that may be killed at any moment, and goes on as if nothing had happened:

    parts = {"G": G, "D": D, "optimizer_g": optimizer_g, "optimizer_d": optimizer_d, "average": average, "draws": rng}
    done = load_checkpoint(path, parts) if path.exists() else 0
    source = islice(batches(world, 32, steps, generator=rng), steps - done)
    loop = train(game, source, optimizer_g, optimizer_d, average=average, first_step=done + 1)
    for step, terms in enumerate(loop, start=done + 1):
        if step % 500 == 0 or step == steps:
            save_checkpoint(path, step, parts)

``parts`` names everything that changes while training goes on: networks, optimisers, schedules, the average and every
generator that numbers are drawn from (here one, for data, latents and penalties alike). Leave one out and the resumed
run is another run.
"""

from .averages import Average
from .batches import InMemory, World, batches
from .checkpoints import Part, load_checkpoint, save_checkpoint
from .finite import Diverged
from .loop import Playable, descend, frozen, train
from .optimizers import adam, best_device
from .progress import progress
from .schedules import linear_decay

__all__ = [
    "Average",
    "Diverged",
    "InMemory",
    "Part",
    "Playable",
    "World",
    "adam",
    "batches",
    "best_device",
    "descend",
    "frozen",
    "linear_decay",
    "load_checkpoint",
    "progress",
    "save_checkpoint",
    "train",
]
