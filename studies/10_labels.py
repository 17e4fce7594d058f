"""Faces asked for by hair and eye colour: seven ways to tell the discriminator, and pairs that were never seen together."""

import time
from dataclasses import replace

import torch

from gan_edu import askable
from gan_edu.games.conditional import shuffled
from gan_edu.readers.faces import reader
from gan_edu.training import InMemory
from gan_edu.worlds import faces
from studies import conditional_recipe as ways
from studies.conditional_recipe import Recipe, drawn_for, labelled, labels_of, settings, trained
from studies.conditional_score import score
from studies.processes import side_by_side

SEEDS = (400, 401)
SAMPLES = 2000
RECIPE = Recipe(steps=2000)
ARMS = {
    "projection": (ways.projecting, RECIPE),
    "random start": (ways.random_start, RECIPE),
    "every place": (ways.every_place, RECIPE),
    "every place, random start": (ways.every_place_random_start, RECIPE),
    "concatenation": (ways.concatenating, RECIPE),
    "not told": (ways.deaf, RECIPE),
    "mismatched pairs": (ways.projecting, replace(RECIPE, share=0.5, mismatch=shuffled)),
}
HELD_OUT = "pairs held out"


def held_out(labels: torch.Tensor) -> torch.Tensor:
    """Eight of the 32 pairs, one for each hair colour and two for each eye colour: which rows have one of them."""
    return (labels[:, 0] - labels[:, 1]) % 4 == 0


def requests(count: int, seed: int) -> faces.Factors:
    """Random faces to ask for the colours of."""
    return faces.draw_factors(count, generator=torch.Generator().manual_seed(seed + 3))


def scores(name: str, seed: int, recipe: Recipe | None = None, samples: int = SAMPLES) -> dict[str, float]:
    """Train one arm; what it draws when it is asked for random pairs of colours, and seconds of training."""
    judge, usual = ARMS.get(name, ARMS["projection"])
    examples = seen_pairs() if name == HELD_OUT else labelled()
    started = time.process_time()
    network = trained(recipe or usual, seed, examples, askable.untaught_by_labels, judge)
    seconds = time.process_time() - started
    wanted = requests(samples * (4 if name == HELD_OUT else 1), seed)
    if name == HELD_OUT:
        unseen = held_out(labels_of(wanted))
        wanted = faces.Factors(*(value[unseen] for value in wanted))
    found, _ = score(drawn_for(network, labels_of(wanted), seed), wanted)
    return found | {"seconds": round(seconds, 1)}


def seen_pairs() -> InMemory:
    """The faces whose pair of colours is not held out."""
    every = labelled().examples
    seen = ~held_out(every.condition)
    return InMemory(ways.Told(every.x[seen], every.condition[seen]))


def record(found: dict[tuple[str, int], dict]) -> dict:
    """Of each arm the numbers, seed by seed."""
    numbers = list(next(iter(found.values())))
    arms = {name: {key: [found[name, seed][key] for seed in SEEDS] for key in numbers} for name in (*ARMS, HELD_OUT)}
    return {"seeds": list(SEEDS), "samples": SAMPLES, "recipe": settings(RECIPE), "arms": arms}


def main() -> dict:
    reader("anime")  # a reader that is not in the package is built once, here, and then found by the processes
    jobs = [(name, seed) for name in (*ARMS, HELD_OUT) for seed in SEEDS]
    return record(dict(zip(jobs, side_by_side(__file__, "scores", jobs))))
