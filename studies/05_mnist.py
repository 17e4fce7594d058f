"""Chapter 5's recipe on MNIST's 10,000 test digits, read by a reader that was taught on half of them."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from gan_edu.readers.lessons import teach
from gan_edu.readers.network import Reader
from gan_edu.training import InMemory
from gan_edu.worlds import digits
from studies.faces_recipe import Pictures, Recipe, Run, painted, settings
from studies.faces_score import least_share
from studies.processes import side_by_side

SEEDS = (200, 201)
SAMPLES = 2000
LESSONS = 1200
CONFIDENCE = 0.9
RECIPE = replace(Recipe(), steps=1500, width=16, weight_decay=0.3, channels=1)


def unmet() -> str | None:
    """Why this study cannot run here, or None when it can."""
    try:
        digits.mnist(train=False)
    except FileNotFoundError as error:
        return str(error)
    return None


def widened(source: digits.Digits) -> digits.Digits:
    """28x28 pixels with a margin of two without ink: 32x32."""
    return source._replace(x=pad(source.x, (2, 2, 2, 2), value=-1.0))


def taught(training: digits.Digits, lessons: int = LESSONS) -> Reader:
    """A reader of 32x32 digits, each lesson slightly shaken."""
    draws = torch.Generator().manual_seed(1)
    return teach(Reader(1, 32, {"digit": 10}, {}, generator=draws), _lessons(training, draws), lessons)


def _lessons(training: digits.Digits, draws: torch.Generator) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    while True:
        x, y = digits.sample(128, generator=draws, digits=training)
        yield x + 0.2 * torch.randn(x.shape, generator=draws), {"digit": y}


def read(reader: Reader, pictures: Tensor) -> dict[str, float]:
    """Share read with confidence; among those, the rarest digit's share times ten."""
    probabilities = reader.read(pictures).categories["digit"]
    sure = (probabilities.amax(1) >= CONFIDENCE).float().mean().item()
    return {"read": round(sure, 4), "least": round(least_share(probabilities), 4)}


def generated(seed: int) -> Tensor:
    """Pictures by the average of a generator that was trained on all the test digits."""
    run = Run(RECIPE, seed, InMemory(Pictures(widened(digits.mnist(train=False)).x)))
    for _ in run.go():
        pass
    return painted(run.average.network, RECIPE.latent, SAMPLES, seed)


def record(source: digits.Digits, pictures: list[Tensor], lessons: int = LESSONS) -> dict:
    """The reader on digits it has not seen, and on each seed's pictures."""
    training, held_out = digits.split(widened(source), len(source.x) // 2, torch.Generator().manual_seed(0))
    reader = taught(training, lessons)
    answers = reader.read(held_out.x).categories["digit"].argmax(1)
    found = [read(reader, x) for x in pictures]
    return {
        "seeds": list(SEEDS),
        "samples": SAMPLES,
        "recipe": settings(RECIPE),
        "reader": {"taught_on": len(training.x), "tested_on": len(held_out.x), "right": round((answers == held_out.y).float().mean().item(), 4)},
        "real": read(reader, held_out.x),
        "generated": {key: [one[key] for one in found] for key in ("read", "least")},
    }


def main() -> dict:
    return record(digits.mnist(train=False), side_by_side(__file__, "generated", [(seed,) for seed in SEEDS]))
