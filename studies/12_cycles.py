"""What ties a translation to its input: fourteen arms of one small CycleGAN from portraits to anime."""

from functools import lru_cache

import torch

from gan_edu.games.cycle import Domains
from gan_edu.readers.faces import reader
from gan_edu.worlds import faces
from studies.asked import unmet  # noqa: F401  it is part of what a study says
from studies.processes import side_by_side
from studies.translation_recipe import Recipe, portraits_and_anime, settings, trained
from studies.translation_score import SAMPLES, score

SEEDS = tuple(range(500, 510))
FEW = SEEDS[:3]
SHARES = (0.35, 0.2, 0.13, 0.1, 0.08, 0.06, 0.05, 0.03)
RECIPE = Recipe()


def uncommon(factors: faces.Factors, draws: torch.Generator) -> faces.Factors:
    """The same faces with hair colours of unequal shares."""
    return factors._replace(hair_color=torch.multinomial(torch.tensor(SHARES), len(factors.length), True, generator=draws))


def turned(factors: faces.Factors, draws: torch.Generator) -> faces.Factors:
    """The same faces, all turned to one side."""
    return factors._replace(turn=factors.turn.abs())


ALIKE = (None, None)
ARMS = {
    "no identity": (Recipe(), ALIKE, SEEDS),
    "no identity, small patches": (Recipe(strided=1), ALIKE, SEEDS),
    "identity 5": (Recipe(identity=5.0), ALIKE, SEEDS),
    "same unequal shares": (Recipe(), (uncommon, uncommon), SEEDS),
    "identity 1": (Recipe(identity=1.0), ALIKE, FEW),
    "no cycle": (Recipe(cycle=(0.0, 0.0)), ALIKE, FEW),
    "cycle from portraits": (Recipe(cycle=(10.0, 0.0)), ALIKE, FEW),
    "cycle from anime": (Recipe(cycle=(0.0, 10.0)), ALIKE, FEW),
    "eight pairs": (Recipe(pairs=8), ALIKE, FEW),
    "identity 5, small patches": (Recipe(identity=5.0, strided=1), ALIKE, FEW),
    "identity 5, small patches, wide": (Recipe(identity=5.0, strided=1, critic_width=72), ALIKE, FEW),
    "other shares, no identity": (Recipe(), (None, uncommon), FEW),
    "other shares, identity 5": (Recipe(identity=5.0), (None, uncommon), FEW),
    "all turned, identity 5": (Recipe(identity=5.0), (None, turned), FEW),
}


@lru_cache(maxsize=1)
def _domains(name: str) -> Domains:
    return portraits_and_anime(*ARMS[name][1])


def scores(name: str, seed: int, steps: int | None = None) -> dict:
    """Train one arm, and compare its translations of equally frequent portraits with the true pairs."""
    recipe, changes, _ = ARMS[name]
    recipe = recipe if steps is None else Recipe(**settings(recipe) | {"steps": steps})
    return score(trained(recipe, seed, portraits_and_anime(*changes) if steps else _domains(name)))


def record(found: dict[tuple[str, int], dict]) -> dict:
    """Of each arm the numbers, seed by seed."""
    arms = {}
    for name, (_, _, seeds) in ARMS.items():
        arms[name] = {"seeds": list(seeds)} | {key: [found[name, seed][key] for seed in seeds] for key in found[name, seeds[0]]}
    distance = sum(abs(share - 1 / len(SHARES)) for share in SHARES) / 2
    return {"samples": SAMPLES, "recipe": settings(RECIPE), "shares": list(SHARES), "shares_apart": round(distance, 4), "arms": arms}


def main() -> dict:
    for style in ("portrait", "anime"):
        reader(style)  # a reader that is not in the package is built once, here, and then found by the processes
    jobs = [(name, seed) for name, (_, _, seeds) in ARMS.items() for seed in seeds]
    return record(dict(zip(jobs, side_by_side(__file__, "scores", jobs))))
