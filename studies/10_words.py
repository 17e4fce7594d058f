"""Faces asked for in words: with and without mismatched pairs, and what becomes of what a caption does not say."""

import hashlib
import time
from dataclasses import replace

import torch

from gan_edu import askable
from gan_edu.games.conditional import shuffled
from gan_edu.readers.faces import factors_read, reader
from gan_edu.readers.stored import SHIPPED, whole_file, write
from gan_edu.worlds import captions, faces
from studies.asked import unmet  # noqa: F401  it is part of what a study says
from studies.conditional_recipe import Recipe, captioned, drawn_for, reading_words, settings, trained
from studies.conditional_score import obeyed, score
from studies.processes import side_by_side

SEEDS = (410, 411)
SAMPLES = 2000
RECIPE = Recipe(steps=8000)
ARMS = {"right pairs": RECIPE, "mismatched pairs": replace(RECIPE, share=0.5, mismatch=shuffled)}
KEPT = ("right pairs", SEEDS[0])  # whose weights the chapter draws with


def scores(name: str, seed: int, recipe: Recipe | None = None, samples: int = SAMPLES) -> dict[str, float]:
    """Train one arm, keep its weights if they are wanted; what it draws for random captions, and seconds of training."""
    started = time.process_time()
    network = trained(recipe or ARMS[name], seed, captioned(), askable.untaught_by_words, reading_words)
    seconds = time.process_time() - started
    if (name, seed) == KEPT:
        write(SHIPPED, "asked-by-words", network)
    draws = torch.Generator().manual_seed(seed + 3)
    wanted = faces.draw_factors(samples, generator=draws)
    texts = captions.describe(wanted, generator=draws)
    found, read = score(drawn_for(network, captions.tokens(texts), seed), wanted)
    found = {key: found[key] for key in ("legal", "spread", "frechet")}
    return found | obeyed(texts, read) | lengths(network, seed) | silence(network, seed) | {"seconds": round(seconds, 1)}


def lengths(network: torch.nn.Module, seed: int, count: int = 500) -> dict[str, float]:
    """Mean length read, from 0 to 1, when short and when long hair is asked for (of real faces 0.1875 and 0.8125)."""
    found = {}
    for word in ("short", "long"):
        x = drawn_for(network, captions.tokens([f"{word} hair"] * count), seed)
        found[f"{word}_hair"] = round(reader("anime").read(x).quantities["length"].clamp(0, 1).mean().item(), 4)
    return found


def silence(network: torch.nn.Module, seed: int, count: int = 250) -> dict[str, float]:
    """What is drawn of the colour that a caption does not mention: effective numbers of hair and of eye colours.

    Of real faces 8 and 4. ``hairs`` is the mean over four captions that mention the eyes alone, ``irises`` over eight that mention the
    hair alone. ``filled``: the same requests, with all else said as it would be said of a random face.
    """
    draws = torch.Generator().manual_seed(seed + 4)
    asked_for = {
        "hairs": ("hair_color", 8, [captions.Request(eye_color=color) for color in faces.EYE_COLORS]),
        "irises": ("eye_color", 4, [captions.Request(hair_color=color) for color in faces.HAIR_COLORS]),
    }
    found = {}
    for name, (unsaid, kinds, requests) in asked_for.items():
        for ending, complete in (("", as_it_is), ("_filled", filled)):
            texts = [[captions.write(each) for each in complete(request, count, draws)] for request in requests]
            drawn = [drawn_for(network, captions.tokens(each), seed + place) for place, each in enumerate(texts)]
            numbers = [effective(getattr(factors_read(reader("anime").read(x)), unsaid), kinds) for x in drawn]
            found[name + ending] = round(sum(numbers) / len(numbers), 3)
    return found


def as_it_is(request: captions.Request, count: int, draws: torch.Generator) -> list[captions.Request]:
    """The request, unchanged."""
    return [request] * count


def filled(request: captions.Request, count: int, draws: torch.Generator) -> list[captions.Request]:
    """The request, and of everything else what can be said of a random face: in this world the attributes are independent."""
    wanted = {name: value for name, value in request._asdict().items() if value is not None}
    return [said._replace(**wanted) for said in captions.said_of(faces.draw_factors(count, generator=draws))]


def effective(kinds: torch.Tensor, count: int) -> float:
    """exp(entropy in nats): as many equally frequent kinds are as varied; from 1 to ``count``."""
    shares = torch.bincount(kinds, minlength=count).double() / len(kinds)
    return torch.special.entr(shares).sum().exp().item()


def record(found: dict[tuple[str, int], dict]) -> dict:
    """Of each arm the numbers, seed by seed, and the digest of the weights that were kept."""
    numbers = list(next(iter(found.values())))
    arms = {name: {key: [found[name, seed][key] for seed in SEEDS] for key in numbers} for name in ARMS}
    digest = hashlib.sha256(whole_file(SHIPPED, "asked-by-words").read_bytes()).hexdigest()
    return {"seeds": list(SEEDS), "samples": SAMPLES, "sha256": digest, "recipe": settings(RECIPE), "arms": arms}


def main() -> dict:
    reader("anime")
    jobs = [(name, seed) for name in ARMS for seed in SEEDS]
    return record(dict(zip(jobs, side_by_side(__file__, "scores", jobs))))
