"""How wide must a VAE's decoder be to draw digits as a GAN's does? Chapter 2's decoder from 32 to 768 units a layer."""

import torch
from torch import Tensor, nn

from gan_edu.metrics import legal_share, precision_recall, sharpness
from gan_edu.networks.mlp import mlp
from gan_edu.readers.digits import training_and_held_out
from gan_edu.readers.handwriting import Handwriting
from gan_edu.training import InMemory, batches
from studies.generators import Lessons, taught_by_discriminator, taught_by_likelihood
from studies.processes import side_by_side

SEEDS = (200, 201, 202)
LATENT = 16
WIDTHS = (32, 64, 128, 256, 384, 768)
STDS = (0.2, 0.3, 0.5)
GAN_WIDTHS = (32, 64, 128)
GAMMA = 0.3
LESSONS = Lessons(steps=2000)
BATCH = 64
SAMPLES = 1297  # as many as there are training digits


def decoder(width: int, rng: torch.Generator) -> nn.Module:
    """From (n, 16) to digits (n, 1, 8, 8) in (-1, 1)."""
    return nn.Sequential(mlp(LATENT, 64, (width, width), generator=rng), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))


def looker(outputs: int, width: int, rng: torch.Generator) -> nn.Module:
    """An encoder or a discriminator of the decoder's size."""
    return nn.Sequential(nn.Flatten(), mlp(64, outputs, (width, width), lambda: nn.LeakyReLU(0.2), generator=rng))


def drawn(width: int, std: float | None, seed: int, lessons: Lessons) -> Tensor:
    """Digits by a VAE with that standard deviation or, without one, by a GAN."""
    rng = torch.Generator().manual_seed(seed)
    G, other = decoder(width, rng), looker(1 if std is None else 2 * LATENT, width, rng)
    source = batches(InMemory(training_and_held_out()[0]), BATCH, lessons.steps, generator=rng)
    if std is None:
        G = taught_by_discriminator(G, other, source, lessons, LATENT, GAMMA, rng)
    else:
        G = taught_by_likelihood(G, other, source, lessons, std, rng)
    with torch.no_grad():
        return G(torch.randn(SAMPLES, LATENT, generator=rng))


def scores(width: int, std: float | None, seed: int, lessons: Lessons = LESSONS) -> dict[str, float]:
    """What the judge, the neighbours and the spectrum say of the digits drawn."""
    judge, (training, held_out) = Handwriting(), training_and_held_out()
    x = drawn(width, std, seed, lessons)
    near = precision_recall(judge.network.read(training.x).features, judge.network.read(x).features)
    found = {"legal": legal_share(x, judge.legal), "sharpness": sharpness(held_out.x, x), "precision": near.precision, "recall": near.recall}
    return {name: round(value, 4) for name, value in found.items()}


def main() -> dict:
    arms = [(width, std) for std in STDS for width in WIDTHS] + [(width, None) for width in GAN_WIDTHS]
    jobs = [(*arm, seed) for arm in sorted(arms, reverse=True, key=lambda arm: arm[0]) for seed in SEEDS]
    found = dict(zip(jobs, side_by_side(__file__, "scores", jobs)))
    rows = []
    for width, std in arms:
        column = [found[width, std, seed] for seed in SEEDS]
        rows.append({"teacher": "GAN" if std is None else "VAE", "std": std, "width": width} | {name: [score[name] for score in column] for name in column[0]})
    return {"seeds": list(SEEDS), "steps": LESSONS.steps, "arms": rows}
