"""Seven generators of faces from the recipes of chapters 2, 5 and 8, trained and kept: the contestants of chapter 14."""

import hashlib
from dataclasses import replace

import torch
from torch import Tensor, nn

from gan_edu import contestants
from gan_edu.games import Game, normal
from gan_edu.networks.autoencoder import conv_encoder
from gan_edu.objectives import hinge
from gan_edu.readers.stored import SHIPPED, whole_file, write
from gan_edu.training import Average, adam, batches, linear_decay, train
from studies.critics import Arm, held
from studies.faces_recipe import Recipe, Run, face_pictures, networks, settings, settled
from studies.faces_score import judges
from studies.generators import Lessons, taught_by_copying, taught_by_likelihood
from studies.processes import side_by_side

SEED = 300
SAMPLES = 2000
STEPS = {"autoencoder": 1500, "VAE, std 0.4": 1500, "VAE, std 0.1": 1500, "GAN, 300 steps": 300, "GAN, 4000 steps": 4000,
         "spectral, 800 steps": 800, "WGAN-GP, 800 steps": 800}  # fmt: skip
STDS = {"VAE, std 0.4": 0.4, "VAE, std 0.1": 0.1}  # of a VAE's pixels
CRITICS = {"spectral, 800 steps": Arm(objective=hinge, spectral=True), "WGAN-GP, 800 steps": Arm(weight=10.0)}


def trained(name: str, recipe: Recipe) -> nn.Sequential:
    """A contestant after its training, its batch norm settled, ready to draw."""
    network = contestants.untaught()
    if name == "autoencoder" or name in STDS:
        network[1], codes = _taught(name, recipe)
        if codes is not None:
            fit(network[0], codes)
    elif name in CRITICS:
        network[1] = _played(CRITICS[name], recipe)
    else:
        run = Run(recipe, SEED, face_pictures())
        for _ in run.go():
            pass
        network[1] = run.average.network
    return settled(network, recipe.latent, SEED + 1)


@torch.no_grad()
def fit(codes: nn.Linear, found: Tensor) -> None:
    """Make the map take standard normal noise to the normal distribution with the mean and covariance of the codes found."""
    codes.weight.copy_(torch.linalg.cholesky(torch.cov(found.T) + 1e-6 * torch.eye(found.shape[1])))
    codes.bias.copy_(found.mean(0))


def _taught(name: str, recipe: Recipe) -> tuple[nn.Module, Tensor | None]:
    """Chapter 2's teachers: the decoder, and for the autoencoder the codes of the training faces."""
    draws, std = torch.Generator().manual_seed(SEED), STDS.get(name)
    lessons, size = Lessons(recipe.steps, memory=recipe.memory), {"size": 32, "channels": 3, "width": recipe.width, "generator": draws}
    G = contestants.untaught()[1]
    encoder = conv_encoder(recipe.latent if std is None else 2 * recipe.latent, **size)
    source = batches(face_pictures(), recipe.batch, recipe.steps, generator=draws)
    if std is not None:
        return taught_by_likelihood(G, encoder, source, lessons, std, draws), None
    G = taught_by_copying(G, encoder, source, lessons)
    with torch.no_grad():
        return G, torch.cat([encoder.eval()(part) for part in face_pictures().examples.x.split(500)])


def _played(arm: Arm, recipe: Recipe) -> nn.Module:
    """Chapter 8's critics: the average of the generator over training."""
    draws = torch.Generator().manual_seed(SEED)
    G, D = networks(recipe, draws)
    first = torch.optim.AdamW(G.parameters(), lr=recipe.rate, betas=recipe.betas, weight_decay=recipe.weight_decay)
    second, penalties = held(arm, D, lambda D: adam(D, recipe.rate, recipe.betas), draws)
    game = Game(G, D, arm.objective, normal(recipe.latent, generator=draws), penalties)
    average, schedules = Average(G, recipe.memory), [linear_decay(one, recipe.steps, recipe.flat, recipe.floor) for one in (first, second)]
    for _ in train(game, batches(face_pictures(), recipe.batch, recipe.steps, generator=draws), first, second, average=average, schedules=schedules):
        pass
    return average.network


def kept(name: str, recipe: Recipe | None = None, samples: int = SAMPLES) -> dict[str, float | str]:
    """Train a contestant, keep its weights with the package, and read them again: the judge's numbers and the file's digest."""
    write(SHIPPED, contestants.stored_as(name), trained(name, recipe or replace(Recipe(), steps=STEPS[name])))
    pictures = contestants.drawn_by(contestants.contestant(name), samples, generator=torch.Generator().manual_seed(SEED + 2))
    score = judges().score(pictures)
    digest = hashlib.sha256(whole_file(SHIPPED, contestants.stored_as(name)).read_bytes()).hexdigest()
    return {key: score[key] for key in ("legal", "hair_color", "least_hair_color", "frechet")} | {"sha256": digest}


def main() -> dict:
    judges()  # a reader that is not in the package is built once, here, and then found by the processes
    longest_first = sorted(contestants.NAMES, key=lambda name: -STEPS[name])
    found = dict(zip(longest_first, side_by_side(__file__, "kept", [(name,) for name in longest_first])))
    return {"seed": SEED, "samples": SAMPLES, "steps": STEPS, "recipe": settings(Recipe()), "contestants": {name: found[name] for name in contestants.NAMES}}
