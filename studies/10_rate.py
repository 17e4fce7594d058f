"""How often does it come out well: faces by hair and eye colour, trained to the end with ten seeds."""

import hashlib

import torch

from gan_edu import askable
from gan_edu.readers.faces import reader
from gan_edu.readers.stored import SHIPPED, whole_file, write
from gan_edu.worlds import faces
from studies.asked import unmet  # noqa: F401  it is part of what a study says
from studies.conditional_recipe import Recipe, drawn_for, labelled, labels_of, projecting, settings, trained
from studies.conditional_score import score
from studies.processes import side_by_side

SEEDS = tuple(range(420, 430))
SAMPLES = 2000
RECIPE = Recipe(steps=8000)
KEPT = SEEDS[0]  # whose weights the chapter draws with


def scores(seed: int, recipe: Recipe = RECIPE, samples: int = SAMPLES) -> dict[str, float]:
    """Train it, keep its weights if they are wanted; what it draws when asked for random pairs of colours."""
    network = trained(recipe, seed, labelled(), askable.untaught_by_labels, projecting)
    if seed == KEPT:
        write(SHIPPED, "asked-by-labels", network)
    wanted = faces.draw_factors(samples, generator=torch.Generator().manual_seed(seed + 3))
    return score(drawn_for(network, labels_of(wanted), seed), wanted)[0]


def record(found: list[dict]) -> dict:
    """The numbers, seed by seed, and the digest of the weights that were kept."""
    arms = {"projection": {key: [each[key] for each in found] for key in found[0]}}
    digest = hashlib.sha256(whole_file(SHIPPED, "asked-by-labels").read_bytes()).hexdigest()
    return {"seeds": list(SEEDS), "samples": SAMPLES, "sha256": digest, "recipe": settings(RECIPE), "arms": arms}


def main() -> dict:
    reader("anime")
    return record(side_by_side(__file__, "scores", [(seed,) for seed in SEEDS]))
