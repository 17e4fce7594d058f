"""Three ways to teach one decoder: what the studies of chapter 2 share."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from gan_edu.games import Autoencoding, Batch, Game, Variational, normal
from gan_edu.likelihoods import gaussian_nll
from gan_edu.objectives import non_saturating
from gan_edu.penalties import r1
from gan_edu.training import Average, adam, linear_decay, train


@dataclass(frozen=True)
class Lessons:
    """What all three have in common: steps, learning rate (Adam's, falling linearly over the second half), memory of the average."""

    steps: int
    rate: float = 2e-3
    memory: float = 0.99


def taught_by_copying(G: nn.Module, encoder: nn.Module, batches: Iterable[Batch], lessons: Lessons) -> nn.Module:
    """An autoencoder's squared error, summed over pixels; returns the average of G over training."""
    game = Autoencoding(G, encoder, lambda x, copy: (x - copy).square().flatten(1).sum(1))
    return _played_alone(game, batches, lessons)


def taught_by_likelihood(G: nn.Module, encoder: nn.Module, batches: Iterable[Batch], lessons: Lessons, std: float, draws: torch.Generator) -> nn.Module:
    """A VAE's bound with normal pixels of standard deviation ``std``; returns the average of G over training."""
    return _played_alone(Variational(G, encoder, partial(gaussian_nll, std=std), draws), batches, lessons)


def taught_by_discriminator(G: nn.Module, D: nn.Module, batches: Iterable[Batch], lessons: Lessons, latent: int, gamma: float, draws: torch.Generator) -> nn.Module:
    """A GAN, non-saturating, with R1 of weight gamma / 2; returns the average of G over training."""
    game = Game(G, D, non_saturating, normal(latent, generator=draws), {r1: gamma / 2})
    optimizers = [adam(network, lessons.rate) for network in (G, D)]
    schedules = [linear_decay(optimizer, lessons.steps) for optimizer in optimizers]
    average = Average(G, lessons.memory)
    for _ in train(game, batches, *optimizers, average=average, schedules=schedules):
        pass
    return average.network


def normal_codes(codes: Tensor, n: int, draws: torch.Generator) -> Tensor:
    """n draws from the normal distribution with the mean and covariance of the codes (m, d): an autoencoder's prior, fitted afterwards."""
    root = torch.linalg.cholesky(torch.cov(codes.T) + 1e-6 * torch.eye(codes.shape[1]))
    return codes.mean(0) + torch.randn(n, codes.shape[1], generator=draws) @ root.T


def _played_alone(game: Autoencoding | Variational, batches: Iterable[Batch], lessons: Lessons) -> nn.Module:
    optimizer = torch.optim.Adam([*game.G.parameters(), *game.encoder.parameters()], lessons.rate)
    average = Average(game.G, lessons.memory)
    for _ in train(game, batches, optimizer, average=average, schedules=[linear_decay(optimizer, lessons.steps)]):
        pass
    return average.network
