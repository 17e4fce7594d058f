"""Which parts of chapter 5's recipe matter: each left out in turn, at a smaller size, two seeds each, and DCGAN's settings altogether."""

from dataclasses import replace

from gan_edu.networks.conv import upsampling_generator
from gan_edu.objectives import non_saturating
from studies.asked import unmet  # noqa: F401 (tools/studies asks a study for its unmet())
from studies.faces_recipe import Recipe, Run, face_pictures, painted, settings
from studies.faces_score import judges
from studies.processes import side_by_side

SEEDS = (200, 201)
SAMPLES = 2000
RECIPE = replace(Recipe(), width=16, steps=1200, weight_decay=0.4)
DCGAN = replace(
    RECIPE, rate=2e-4, betas=(0.5, 0.999), floor=1.0, gamma=0.0, weight_decay=0.0, batch_norm=True, paper_weights=True,
    objective=non_saturating,
)
ARMS = {
    "full": RECIPE,
    "non-saturating instead of relativistic": replace(RECIPE, objective=non_saturating),
    "no penalties": replace(RECIPE, gamma=0.0),
    "batch norm in D, no penalties": replace(RECIPE, gamma=0.0, batch_norm=True),
    "no decay": replace(RECIPE, floor=1.0),
    "learning rate 0.0002": replace(RECIPE, rate=2e-4),
    "no weight decay": replace(RECIPE, weight_decay=0.0),
    "PyTorch's first weights": replace(RECIPE, first_weights=1.0),
    "neither decay nor small first weights": replace(RECIPE, weight_decay=0.0, first_weights=1.0),
    "momentum: first beta 0.5": replace(RECIPE, betas=(0.5, 0.99)),
    "upsampling generator": replace(RECIPE, generator=upsampling_generator),
    "DCGAN's settings": DCGAN,
}
RAW = "the last weights instead of the average"


def scores(name: str, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """Train one arm and score (the averaged generator, the last one)."""
    recipe = ARMS[name]
    run = Run(recipe, seed, face_pictures())
    for _ in run.go():
        pass
    first, second = (painted(network, recipe.latent, SAMPLES, seed) for network in (run.average.network, run.G))
    return judges().score(first), judges().score(second)


def record(found: dict[tuple[str, int], tuple[dict[str, float], dict[str, float]]]) -> dict:
    """Of each arm, each number's values in the order of the seeds; DCGAN, which has no average, by its last weights."""
    columns = {name: [found[name, seed][int(ARMS[name] is DCGAN)] for seed in SEEDS] for name in ARMS}
    columns |= {RAW: [found["full", seed][1] for seed in SEEDS]}
    arms = {name: {key: [score[key] for score in column] for key in column[0]} for name, column in columns.items()}
    return {"seeds": list(SEEDS), "samples": SAMPLES, "recipe": settings(RECIPE), "arms": arms}


def main() -> dict:
    judges()  # a reader that is not in the package is built once, here, and then found by the processes
    jobs = [(name, seed) for name in ARMS for seed in SEEDS]
    return record(dict(zip(jobs, side_by_side(__file__, "scores", jobs))))
