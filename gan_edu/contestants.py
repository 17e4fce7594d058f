"""Seven generators of faces that the study ``14_contest`` trained: for pages that let them draw without training them again."""

import torch
from torch import Tensor, nn

from gan_edu.networks.conv import dcgan_generator
from gan_edu.readers.stored import remembered

LATENT = 32
NAMES = ("autoencoder", "VAE, std 0.4", "VAE, std 0.1", "GAN, 300 steps", "GAN, 4000 steps", "spectral, 800 steps", "WGAN-GP, 800 steps")


def contestant(name: str) -> nn.Module:
    """One of NAMES, ready to draw: (n, 32) normal noise -> (n, 3, 32, 32) in [-1, 1]. Weights fixed, eval mode.

    All seven have one generator, that of chapters 2, 5 and 8 with width 24, behind a linear map of the noise: the identity
    but for the autoencoder, whose codes were fitted by a normal distribution with another mean and covariance.
    Raises ValueError for another name, and FileNotFoundError where the weights are missing.
    """
    if name not in NAMES:
        raise ValueError(f"wanted one of {', '.join(map(repr, NAMES))}; got {name!r}")
    return remembered(stored_as(name), untaught(), _missing(name))


@torch.no_grad()
def drawn_by(network: nn.Module, n: int, *, generator: torch.Generator) -> Tensor:
    """n pictures by a contestant, in chunks. Raises ValueError for n < 1."""
    if n < 1:
        raise ValueError(f"wanted at least one picture, got n={n}")
    return torch.cat([network(z) for z in torch.randn(n, LATENT, generator=generator).split(500)])


def untaught() -> nn.Sequential:
    """The network that all of them share, before any training, the linear map being the identity."""
    codes = nn.Linear(LATENT, LATENT)
    with torch.no_grad():
        codes.weight.copy_(torch.eye(LATENT))
        codes.bias.zero_()
    return nn.Sequential(codes, dcgan_generator(LATENT, 32, 3, 24, generator=torch.Generator().manual_seed(0)))


def stored_as(name: str) -> str:
    """Name of the file of weights, without its ending."""
    return "contest-" + name.lower().replace(",", "").replace(".", "").replace(" ", "-")


def _missing(name: str):
    def build(network: nn.Module) -> None:
        raise FileNotFoundError(f"the weights of {name!r} did not come with the package; `make studies` trains all seven in about a quarter of an hour")

    return build
