"""Does a classifier gain by a conditional GAN's examples? A world whose Bayes error is known, ten seeds, three sizes of training set."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from gan_edu.games import normal
from gan_edu.games.conditional import Conditional
from gan_edu.networks.conditional import ConditionalGenerator, OneHot, ProjectionDiscriminator
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import relativistic
from gan_edu.penalties import r1, r2
from gan_edu.training import Average, InMemory, adam, batches, linear_decay, train
from gan_edu.worlds.mixtures import ring
from studies.processes import side_by_side

SEEDS = tuple(range(430, 440))
COUNTS = (32, 128, 512)  # real examples
ADDED = 2048
WORLD = ring(8, radius=2.0, std=0.5)  # the bumps belong to the two classes in turn
GAN_STEPS, LESSONS = 3000, 1000
DECAY = 0.3
ARMS = ("real alone", "real, weight decay", "real, jittered", "real and fakes", "fakes alone", "real and more real")


class Labelled(NamedTuple):
    """Points (n, 2) and their class (n,), 0 or 1."""

    x: Tensor
    condition: Tensor


def drawn(n: int, draws: torch.Generator) -> Labelled:
    """n examples from the world."""
    points = WORLD.sample(n, generator=draws)
    return Labelled(points.x, points.component % 2)


def cells(side: int = 300, reach: float = 5.0) -> tuple[Tensor, Tensor]:
    """A grid of places (m, 2), and the probability of each class at each, (m, 2); together they sum to 1."""
    line = torch.linspace(-reach, reach, side, dtype=torch.float64)
    places = torch.cartesian_prod(line, line)
    squares = (places[:, None] - WORLD.means).square().sum(2)
    bumps = torch.exp(-squares / (2 * WORLD.std**2)) * WORLD.weights
    both = torch.stack([bumps[:, 0::2].sum(1), bumps[:, 1::2].sum(1)], 1)
    return places.float(), both / both.sum()


def error_of(classifier: nn.Module) -> float:
    """Probability that its answer is wrong, by summing over the grid."""
    places, both = cells()
    with torch.no_grad():
        answers = classifier(places).argmax(1)
    return both.gather(1, 1 - answers[:, None]).sum().item()


def bayes_error() -> float:
    """The least error that any classifier can have."""
    return cells()[1].amin(1).sum().item()


def taught(examples: Labelled, draws: torch.Generator, weight_decay: float = 0.0, jitter: float = 0.0) -> nn.Module:
    """A classifier after LESSONS steps on batches of at most 128; jitter: noise added to each point each time."""
    network = mlp(2, 2, (64, 64), generator=draws)
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=weight_decay)
    schedule = linear_decay(optimizer, LESSONS)
    for batch in batches(InMemory(examples), min(128, len(examples.x)), LESSONS, generator=draws):
        x = batch.x + jitter * torch.randn(batch.x.shape, generator=draws)
        optimizer.zero_grad()
        cross_entropy(network(x), batch.condition).backward()
        optimizer.step()
        schedule.step()
    return network


def fakes(examples: Labelled, draws: torch.Generator) -> Labelled:
    """ADDED examples by a conditional GAN that has seen these examples and nothing else."""
    embed = OneHot((2,))
    G = ConditionalGenerator(embed, mlp(2 + 2, 2, (64, 64), generator=draws))
    D = ProjectionDiscriminator(embed, 2, mlp(2, 1, (64, 64), generator=draws))
    optimizers = [adam(network, 2e-3) for network in (G, D)]
    average = Average(G, 0.99)
    game = Conditional(G, D, relativistic, normal(2, generator=draws), {r1: 0.05, r2: 0.05})
    source = batches(InMemory(examples), min(128, len(examples.x)), GAN_STEPS, generator=draws)
    for _ in train(game, source, *optimizers, average=average, schedules=[linear_decay(optimizer, GAN_STEPS) for optimizer in optimizers]):
        pass
    wanted = examples.condition[torch.randint(len(examples.x), (ADDED,), generator=draws)]
    with torch.no_grad():
        return Labelled(average.network(torch.randn(ADDED, 2, generator=draws), wanted), wanted)


def errors(count: int, seed: int) -> dict[str, float]:
    """The error of each arm with so many real examples."""
    draws = torch.Generator().manual_seed(seed)
    real, more = drawn(count, draws), drawn(ADDED, draws)
    made = fakes(real, draws)
    both = Labelled(*(torch.cat(parts) for parts in zip(real, made)))
    all_real = Labelled(*(torch.cat(parts) for parts in zip(real, more)))
    found = (
        taught(real, draws),
        taught(real, draws, weight_decay=DECAY),
        taught(real, draws, jitter=0.3),
        taught(both, draws),
        taught(made, draws),
        taught(all_real, draws),
    )
    return {name: round(error_of(network), 5) for name, network in zip(ARMS, found, strict=True)}


def record(found: dict[tuple[int, int], dict[str, float]]) -> dict:
    """For each number of real examples and each arm the errors, seed by seed."""
    arms = {
        f"{count} real: {arm}": {"error": [found[count, seed][arm] for seed in SEEDS]} for count in COUNTS for arm in ARMS
    }
    return {"seeds": list(SEEDS), "added": ADDED, "bayes_error": round(bayes_error(), 5), "arms": arms}


def main() -> dict:
    jobs = [(count, seed) for count in COUNTS for seed in SEEDS]
    return record(dict(zip(jobs, side_by_side(__file__, "errors", jobs))))
