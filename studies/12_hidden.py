"""Where a cycle hides what the other domain cannot show: colours in sketches, and what becomes of them under noise."""

import hashlib
from functools import lru_cache

import torch
from torch import nn

from gan_edu.games.cycle import Domains
from gan_edu.readers.faces import factors_read, reader
from gan_edu.readers.stored import SHIPPED, whole_file, write
from gan_edu.worlds import faces
from studies.asked import unmet  # noqa: F401  it is part of what a study says
from studies.processes import side_by_side
from studies.translation_recipe import Recipe, anime_and_sketches, drawn, pictured, settings, trained
from studies.translation_score import LEVEL, NOISE_SEED, SAMPLES, TEST_SEED, apart, share, translated

SEEDS = (540, 541, 542)
LEVELS = (0, 1, 4, 16, 64)
RECIPE = Recipe(steps=1000, rate=1e-3, strided=1)
ARMS = {
    "plain": RECIPE,
    "noise of 6 levels": Recipe(**settings(RECIPE) | {"noise": 0.05}),
    "noise of 51 levels": Recipe(**settings(RECIPE) | {"noise": 0.4}),
    "cycle from sketches": Recipe(**settings(RECIPE) | {"cycle": (0.0, 10.0)}),
}
KEPT = ("plain", SEEDS[0])  # whose weights the chapter draws with


@lru_cache(maxsize=1)
def _domains() -> Domains:
    return anime_and_sketches()


def scores(name: str, seed: int, steps: int = RECIPE.steps) -> dict:
    """Train one arm and keep its weights if they are wanted; what survives the way to a sketch and back."""
    network = trained(Recipe(**settings(ARMS[name]) | {"steps": steps}), seed, _domains())
    if (name, seed) == KEPT:
        write(SHIPPED, "cycle-sketches", network)
    return score(network)


def score(networks: nn.ModuleDict) -> dict:
    """Shares in [0, 1], mean absolute differences on [-1, 1].

    sketch_apart: of the sketches from the true ones. coloured: of a sketch's channels from their mean. hair, return_error: a
    list, with noise of each of LEVELS grey levels on the sketch: share of faces that come back with their hair colour, distance
    of the returned face from the first. hair_true_sketch: the same share when ``back`` is given the true sketch. hair_grey: when
    it is given the own sketch without its colour.
    """
    test = drawn(SAMPLES, TEST_SEED, "anime")
    sketch, true = translated(networks["there"], test.x), pictured(test.factors, "sketch")
    grey = sketch.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    draws, found = torch.Generator().manual_seed(NOISE_SEED), {"sketch_apart": apart(sketch, true), "coloured": apart(sketch, grey)}
    sent = [sketch + level * LEVEL * torch.randn(sketch.shape, generator=draws) for level in LEVELS]
    returned = [translated(networks["back"], each) for each in sent]
    found |= {"hair": [kept(each, test.factors) for each in returned], "return_error": [apart(each, test.x) for each in returned]}
    for key, given in (("hair_true_sketch", true), ("hair_grey", grey)):
        found[key] = kept(translated(networks["back"], given), test.factors)
    return found


def kept(x: torch.Tensor, factors: faces.Factors) -> float:
    """Share of the faces whose hair colour is still that of these factors."""
    return share(factors_read(reader("anime").read(x)).hair_color == factors.hair_color)


def record(found: dict[tuple[str, int], dict]) -> dict:
    """Of each arm the numbers, seed by seed, and the digest of the weights that were kept."""
    arms = {name: {key: [found[name, seed][key] for seed in SEEDS] for key in found[name, SEEDS[0]]} for name in ARMS}
    digest = hashlib.sha256(whole_file(SHIPPED, "cycle-sketches").read_bytes()).hexdigest()
    return {"seeds": list(SEEDS), "samples": SAMPLES, "levels": list(LEVELS), "sha256": digest, "recipe": settings(RECIPE), "arms": arms}


def main() -> dict:
    reader("anime")
    jobs = [(name, seed) for name in ARMS for seed in SEEDS]
    return record(dict(zip(jobs, side_by_side(__file__, "scores", jobs))))
