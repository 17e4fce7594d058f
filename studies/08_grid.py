"""What keeps a critic from being steep, and what that buys on 25 modes: one run with other bounds, weights and counts."""

import time
from collections.abc import Iterator, Sequence

import torch
from scipy.stats import spearmanr
from torch import Tensor

from gan_edu import lipschitz, transport
from gan_edu.games import Game, normal
from gan_edu.metrics.modes import mode_coverage
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import hinge, non_saturating
from gan_edu.training import Average, batches, linear_decay, train
from gan_edu.worlds import mixtures
from studies.critics import Arm, held, slope_lengths
from studies.processes import side_by_side

SEEDS = (200, 201)
ROUNDS = 8000
BATCH = 128
POINTS = 512
STD = 0.05
HIDDEN = (64, 64, 64)
BOX = 3.0
ARMS = {
    "penalty 0.1": Arm(weight=0.1),
    "penalty 1": Arm(weight=1.0),
    "penalty 10": Arm(weight=10.0),
    "one-sided penalty 10": Arm(weight=10.0, one_sided=True),
    "penalty 0.1, five critic steps": Arm(weight=0.1, critic_steps=5),
    "penalty 10, five critic steps": Arm(weight=10.0, critic_steps=5),
    "spectral": Arm(spectral=True),
    "spectral, hinge": Arm(objective=hinge, spectral=True),
    "clipped at 0.1": Arm(bound=0.1),
    "clipped at 0.01": Arm(bound=0.01),
    "cross-entropy": Arm(objective=non_saturating),
}


class Run:
    """Two small networks, the critic held in the arm's way, trained once and looked at on the way."""

    def __init__(self, arm: Arm, seed: int, rounds: int) -> None:
        self._draws, self._steps = torch.Generator().manual_seed(seed), rounds * arm.critic_steps
        G, D = (mlp(2, outputs, HIDDEN, generator=self._draws) for outputs in (2, 1))
        optimizer_d, penalties = held(arm, D, _adam, self._draws)
        self.game = Game(G, D, arm.objective, normal(2, generator=self._draws), penalties)
        self.average, self.seconds = Average(G, 0.99), 0.0
        self._loop = (_adam(G), optimizer_d, arm.critic_steps)

    def checkpoints(self, looks: int = 20) -> Iterator[tuple[float, float]]:
        """(the critic's own loss with its sign turned, exact W1 on 512 points) at equally spaced moments; seconds count training alone."""
        world = mixtures.grid()
        real, z = world.sample(POINTS, generator=self._draws).x, torch.randn(POINTS, 2, generator=self._draws)
        schedules = [linear_decay(optimizer, self._steps) for optimizer in self._loop[:2]]
        source, recent = batches(world, BATCH, self._steps, generator=self._draws), []
        started = time.process_time()
        for step, terms in enumerate(train(self.game, source, *self._loop, average=self.average, schedules=schedules), 1):
            recent = [*recent[-49:], -terms["critic"]]
            if step % (self._steps // looks) == 0:
                self.seconds += time.process_time() - started
                with torch.no_grad():
                    yield torch.stack(recent).mean().item(), transport.matching(real, self.game.G(z))[0]
                started = time.process_time()

    def scores(self, looks: int = 20) -> dict[str, float]:
        """Modes found and good points of the average; last W1; how the report ranks the moments; the critic's steepness; seconds.

        near: modes that are the nearest one to at least a tenth of their share of points, however far away these are: a
        mode that is found is near, and one that is near and not found has not been dropped but is missed by a little.
        peaks: modes at which the critic scores higher than half-way to any of the four neighbours. steepest: exactly, in
        the square of side 6. slope: mean length on the segments. order: of the reports with W1; 0 if
        they are all the same number, as those of a critic that is flat.
        """
        reports, exact = zip(*self.checkpoints(looks))
        with torch.no_grad():
            made = self.average.network(torch.randn(10_000, 2, generator=self._draws))
            fake = self.game.G(torch.randn(1000, 2, generator=self._draws))
        world = mixtures.grid()
        found, good, _ = mode_coverage(made, world.modes, STD)
        near = mode_coverage(made, world.modes, STD, within=float("inf")).found
        lengths = slope_lengths(self.game.D, world.sample(1000, generator=self._draws).x, fake, self._draws)
        numbers = {
            "good": good, "w1": exact[-1], "order": order(reports, exact), "slope": lengths.mean().item(),
            "steepest": lipschitz.steepest(self.game.D.eval(), -BOX, BOX), "seconds": self.seconds,
        }  # fmt: skip
        return {
            "found": found,
            "near": near,
            "peaks": peaks(self.game.D, world.modes.float()),
            **{name: round(float(value), 4) for name, value in numbers.items()},
        }


def order(reports: Sequence[float], exact: Sequence[float]) -> float:
    """Rank correlation; 0 when all reports are the same, which puts nothing in any order."""
    return float(spearmanr(reports, exact).statistic) if len(set(reports)) > 1 else 0.0


@torch.no_grad()
def peaks(D: torch.nn.Module, modes: Tensor) -> int:
    """How many modes of a grid of spacing 1 the critic lifts above the gaps around them."""
    gaps = modes[:, None] + 0.5 * torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    return int((D(modes) > D(gaps).amax(1)).sum())


def _adam(network: torch.nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), lr=4e-3, betas=(0.0, 0.9))


def scores(name: str, seed: int) -> dict[str, float]:
    """One arm's numbers."""
    return Run(ARMS[name], seed, ROUNDS).scores()


def main() -> dict:
    jobs = [(name, seed) for name in ARMS for seed in SEEDS]
    found = dict(zip(jobs, side_by_side(__file__, "scores", jobs)))
    keys = list(found[jobs[0]])
    arms = {name: {key: [found[name, seed][key] for seed in SEEDS] for key in keys} for name in ARMS}
    return {"seeds": list(SEEDS), "samples": 10_000, "rounds": ROUNDS, "arms": arms}
