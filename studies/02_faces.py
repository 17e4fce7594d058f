"""Autoencoder, VAE and GAN teach one convolutional decoder to draw faces, with as many updates of it: chapter 2's fair fight at 32x32."""

import copy
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from gan_edu.metrics import precision_recall, sharpness
from gan_edu.networks.autoencoder import conv_encoder
from gan_edu.networks.conv import dcgan_generator
from gan_edu.training import batches
from gan_edu.worlds import faces
from studies.faces_recipe import Recipe, Run, face_pictures, settings
from studies.faces_score import judges
from studies.generators import Lessons, normal_codes, taught_by_copying, taught_by_likelihood
from studies.processes import side_by_side

SEEDS = (200, 201)
RECIPE = replace(Recipe(), steps=1500)
LESSONS = Lessons(RECIPE.steps, memory=RECIPE.memory)
ARMS = {"autoencoder": None, "VAE, std 0.1": 0.1, "VAE, std 0.2": 0.2, "VAE, std 0.4": 0.4, "GAN": None}
SAMPLES = 2000
REAL_SEED = 7


def drawn(arm: str, seed: int, recipe: Recipe, lessons: Lessons, samples: int) -> Tensor:
    """Faces by one teacher's decoder: the same network, batches and number of steps for all."""
    rng, std = torch.Generator().manual_seed(seed), ARMS[arm]
    if arm == "GAN":
        run = Run(recipe, seed, face_pictures())
        for _ in run.go():
            pass
        return painted(run.average.network, torch.randn(samples, recipe.latent, generator=rng))
    size = {"size": 32, "channels": recipe.channels, "width": recipe.width, "generator": rng}
    G = dcgan_generator(recipe.latent, **size)
    encoder = conv_encoder(recipe.latent if std is None else 2 * recipe.latent, **size)
    source = batches(face_pictures(), recipe.batch, lessons.steps, generator=rng)
    if std is not None:
        G = taught_by_likelihood(G, encoder, source, lessons, std, rng)
        return painted(G, torch.randn(samples, recipe.latent, generator=rng))
    G = taught_by_copying(G, encoder, source, lessons)
    with torch.no_grad():
        codes = torch.cat([encoder.eval()(part) for part in face_pictures().examples.x.split(500)])
    return painted(G, normal_codes(codes, samples, rng))


@torch.no_grad()
def painted(G: nn.Module, codes: Tensor) -> Tensor:
    """The pictures of these codes, batch norm's statistics taken anew on them."""
    ready = copy.deepcopy(G)
    update_bn(codes.split(200), ready)
    ready.eval()
    return torch.cat([ready(part) for part in codes.split(500)])


def scores(arm: str, seed: int, recipe: Recipe = RECIPE, lessons: Lessons = LESSONS, samples: int = SAMPLES) -> dict[str, float]:
    """What the judge, the neighbours and the spectrum say of one teacher's faces."""
    x = drawn(arm, seed, recipe, lessons, samples)
    real = faces.sample(samples, generator=torch.Generator().manual_seed(REAL_SEED)).x
    score = judges().score(x)
    near = precision_recall(judges().reader.read(real).features, judges().reader.read(x).features)
    found = {name: score[name] for name in ("legal", "hair_color", "eye_color", "least_hair_color", "frechet")}
    found |= {"sharpness": sharpness(real, x), "precision": near.precision, "recall": near.recall}
    return {name: round(value, 4) for name, value in found.items()}


def main() -> dict:
    judges()  # a reader that is not in the package is built once, here, and then found by the processes
    jobs = [(arm, seed) for arm in reversed(ARMS) for seed in SEEDS]  # the GAN, which takes longest, first
    found = dict(zip(jobs, side_by_side(__file__, "scores", jobs)))
    arms = {arm: {name: [found[arm, seed][name] for seed in SEEDS] for name in found[arm, SEEDS[0]]} for arm in ARMS}
    return {"seeds": list(SEEDS), "samples": SAMPLES, "recipe": settings(RECIPE), "arms": arms}
