"""A small run with everything in it that a checkpoint must bring back, whole or killed and resumed."""

import os
import time
from itertools import islice
from pathlib import Path

import torch
from helpers_games import pictures, seeded
from torch import Tensor

from gan_edu.games import Game, normal
from gan_edu.networks.conv import dcgan_discriminator, dcgan_generator
from gan_edu.objectives import hinge
from gan_edu.penalties import gradient_penalty, r1, spectral
from gan_edu.training import Average, InMemory, adam, batches, linear_decay, load_checkpoint, save_checkpoint, train

STEPS, CRITIC_STEPS, PENALTY_EVERY = 12, 2, 3


def new_parts(seed: int = 0, width: int = 4) -> dict:
    """Everything that changes in the run; numbers for data, for latents and for the penalty from generators of their own."""
    rng = seeded(seed)
    G = dcgan_generator(3, 16, 1, width, generator=rng)
    D = spectral(dcgan_discriminator(16, 1, width, generator=rng))
    optimizer_g, optimizer_d = adam(G, 1e-2), adam(D, 2e-2, betas=(0.5, 0.9))
    return {
        "G": G,
        "D": D,
        "optimizer_g": optimizer_g,
        "optimizer_d": optimizer_d,
        "schedule_g": linear_decay(optimizer_g, STEPS),
        "schedule_d": linear_decay(optimizer_d, STEPS, flat=0.1),
        "average": Average(G, 0.8),
        "data": seeded(seed + 1),
        "latents": seeded(seed + 2),
        "mixing": seeded(seed + 3),
    }


def steps_from(parts: dict, done: int, train=train):
    """The terms of the run's steps after ``done``, by number."""
    penalties = {r1: 0.5, gradient_penalty(generator=parts["mixing"]): 2.0}
    game = Game(parts["G"], parts["D"], hinge, normal(3, generator=parts["latents"]), penalties)
    source = islice(batches(InMemory(pictures(40, size=16)), 6, STEPS, generator=parts["data"]), STEPS - done)
    loop = train(
        game,
        source,
        parts["optimizer_g"],
        parts["optimizer_d"],
        CRITIC_STEPS,
        penalty_every=PENALTY_EVERY,
        average=parts["average"],
        schedules=[parts["schedule_g"], parts["schedule_d"]],
        first_step=done + 1,
    )
    return enumerate(loop, start=done + 1)


def tensors_of(parts: dict) -> dict[str, Tensor]:
    """Every tensor and number that the parts consist of, flat."""
    found = {}

    def walk(name: str, state) -> None:
        if isinstance(state, dict):
            for key, inner in state.items():
                walk(f"{name}.{key}", inner)
        elif isinstance(state, (list, tuple)):
            walk(name, dict(enumerate(state)))
        elif state is not None:
            found[name] = torch.as_tensor(state).clone()

    for name, part in parts.items():
        walk(name, part.get_state() if isinstance(part, torch.Generator) else part.state_dict())
    return found


def unbroken() -> tuple[dict[int, dict[str, Tensor]], dict[str, Tensor]]:
    parts = new_parts()
    terms = dict(steps_from(parts, 0))
    return terms, tensors_of(parts)


def run_with_saves(path: Path, every: int, killed_after: int = STEPS) -> None:
    """Save now and then, and stop as a killed process would: whatever is not in the file is lost."""
    parts = new_parts()
    for step, _ in steps_from(parts, 0):
        if step % every == 0:
            save_checkpoint(path, step, parts)
        if step == killed_after:
            return


def resumed(path: Path, load=load_checkpoint, train=train) -> tuple[dict[int, dict[str, Tensor]], dict[str, Tensor]]:
    """The rest of the run, by parts that were made afresh and from other seeds."""
    parts = new_parts(seed=50)
    done = load(path, parts) if path.exists() else 0
    if done == 0:
        parts = new_parts()
    terms = dict(steps_from(parts, done, train))
    return terms, tensors_of(parts)


def differences(found: tuple, wanted: tuple) -> list[str]:
    """Names of the terms and states in which a resumed run differs from the unbroken one."""
    pairs = [(step, name) for step in found[0] for name in wanted[0][step]]
    terms = [f"{name} at step {step}" for step, name in pairs if not _equal(found[0][step].get(name), wanted[0][step][name])]
    states = [name for name in wanted[1] if not _equal(found[1].get(name), wanted[1][name])]
    last = [] if list(found[0]) == list(range(STEPS - len(found[0]) + 1, STEPS + 1)) else ["the numbers of the steps"]
    return terms + states + last + sorted(found[1].keys() ^ wanted[1].keys())


def _equal(one: Tensor | None, other: Tensor) -> bool:
    return one is not None and one.dtype == other.dtype and torch.equal(one, other)


def stall_in_the_middle_of_saving(path: Path, step: int) -> None:
    """For a process of its own: at this step's save only the file's first kilobyte is written; say so and wait to be killed."""

    def stall(file: int) -> None:
        os.ftruncate(file, 1024)
        print("saving", flush=True)
        time.sleep(600)

    parts = new_parts()
    for number, _ in steps_from(parts, 0):
        if number == step:
            os.fsync = stall
        save_checkpoint(path, number, parts)
