"""Critics held in three ways teach one generator to draw faces, chapter 5's recipe otherwise: what a Wasserstein game is worth on pictures."""

import time
from dataclasses import replace

import torch

from gan_edu.games import Game, normal
from gan_edu.objectives import hinge
from gan_edu.training import Average, adam, batches, linear_decay, train
from studies.critics import Arm, held, slope_lengths
from studies.faces_recipe import Recipe, Run, face_pictures, networks, painted, settings
from studies.faces_score import judges
from studies.processes import side_by_side

SEEDS = (200, 201)
RECIPE = replace(Recipe(), steps=800)
SAMPLES = 2000
EVERY = 20
ARMS = {
    "relativistic, R1 and R2": None,
    "penalty 10": Arm(weight=10.0),
    "spectral, hinge": Arm(objective=hinge, spectral=True),
    "clipped at 0.01": Arm(bound=0.01),
}


class Held:
    """Chapter 5's networks with the critic held in an arm's way; ``reports`` and ``slopes`` grow as it goes on."""

    def __init__(self, arm: Arm, seed: int, recipe: Recipe = RECIPE) -> None:
        self._recipe, self._arm, self._draws = recipe, arm, torch.Generator().manual_seed(seed)
        self.G, self.D = networks(recipe, self._draws)
        decay = {"lr": recipe.rate, "betas": recipe.betas, "weight_decay": recipe.weight_decay}
        self._optimizer_g = torch.optim.AdamW(self.G.parameters(), **decay)
        self._optimizer_d, penalties = held(arm, self.D, lambda D: adam(D, recipe.rate, recipe.betas), self._draws)
        self.game = Game(self.G, self.D, arm.objective, normal(recipe.latent, generator=self._draws), penalties)
        self.average = Average(self.G, recipe.memory)
        self.reports: list[float] = []
        self.slopes: list[float] = []

    def go(self, steps: int | None = None) -> None:
        """Train on batches for that many steps of the critic in place of the recipe's, which decide the decay all the same.

        Every EVERY steps of G: the mean of the critic's reports since, and its mean slope on segments of one batch.
        """
        recipe, optimizers = self._recipe, (self._optimizer_g, self._optimizer_d)
        total = recipe.steps * self._arm.critic_steps
        schedules = [linear_decay(optimizer, total, recipe.flat, recipe.floor) for optimizer in optimizers]
        source = batches(face_pictures(), recipe.batch, steps or total, generator=self._draws)
        loop = train(self.game, source, *optimizers, self._arm.critic_steps, average=self.average, schedules=schedules)
        recent = []
        for step, terms in enumerate(loop, 1):
            recent.append(-terms["critic"])
            if step % (EVERY * self._arm.critic_steps) == 0:
                self.reports.append(torch.stack(recent).mean().item())
                self.slopes.append(self._slope())
                recent = []

    def _slope(self) -> float:
        aside = torch.Generator().manual_seed(0)  # not the run's: looking changes nothing
        real = face_pictures().examples.x[: self._recipe.batch]
        with torch.no_grad():
            fake = self.G(torch.randn(self._recipe.batch, self._recipe.latent, generator=aside))
        return slope_lengths(self.D, real, fake, aside).mean().item()


def scores(name: str, seed: int, recipe: Recipe = RECIPE, samples: int = SAMPLES) -> dict[str, float | list[float]]:
    """Train one arm: the judge's numbers of the averaged generator, seconds of training, and the curves."""
    arm, started = ARMS[name], time.process_time()
    run = Run(recipe, seed, face_pictures()) if arm is None else Held(arm, seed, recipe)
    for _ in run.go() or ():
        pass
    seconds = time.process_time() - started
    found = judges().score(painted(run.average.network, recipe.latent, samples, seed)) | {"seconds": round(seconds, 1)}
    curves = {} if arm is None else {"reports": run.reports, "slopes": run.slopes}
    return found | {key: [round(value, 4) for value in values] for key, values in curves.items()}


def record(found: dict[tuple[str, int], dict]) -> dict:
    """Of each arm the numbers, seed by seed, and apart from them the curves of the critics."""
    numbers = [key for key, value in next(iter(found.values())).items() if not isinstance(value, list)]
    arms = {name: {key: [found[name, seed][key] for seed in SEEDS] for key in numbers} for name in ARMS}
    curves = {name: {key: [found[name, seed][key] for seed in SEEDS] for key in ("reports", "slopes")} for name, arm in ARMS.items() if arm}
    return {"seeds": list(SEEDS), "samples": SAMPLES, "every": EVERY, "recipe": settings(RECIPE), "arms": arms, "curves": curves}


def main() -> dict:
    judges()  # a reader that is not in the package is built once, here, and then found by the processes
    jobs = [(name, seed) for name in ARMS for seed in SEEDS]
    return record(dict(zip(jobs, side_by_side(__file__, "scores", jobs))))
