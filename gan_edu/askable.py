"""Generators of faces that can be asked for something, trained by the studies of chapter 10: for pages that let them draw."""

import torch
from torch import Tensor, nn

from gan_edu.networks.conditional import ConditionalGenerator, OneHot
from gan_edu.networks.conv import dcgan_generator
from gan_edu.networks.text import TextEncoder
from gan_edu.readers.stored import remembered
from gan_edu.worlds.captions import WORDS
from gan_edu.worlds.faces import CATEGORIES

LATENT, WIDTH, STATE = 32, 24, 64
COLORS = (CATEGORIES["hair_color"], CATEGORIES["eye_color"])


def by_labels() -> ConditionalGenerator:
    """Asked by labels (n, 2) int64, a hair and an eye colour: faces (n, 3, 32, 32) in [-1, 1]. Weights fixed, eval mode.

    Raises FileNotFoundError where the weights are missing.
    """
    return remembered("asked-by-labels", untaught_by_labels(generator=torch.Generator()), _missing)


def by_words() -> ConditionalGenerator:
    """Asked by captions, the tokens of ``worlds.captions``: faces (n, 3, 32, 32) in [-1, 1]. Weights fixed, eval mode.

    Raises FileNotFoundError where the weights are missing.
    """
    return remembered("asked-by-words", untaught_by_words(generator=torch.Generator()), _missing)


@torch.no_grad()
def asked(network: ConditionalGenerator, condition: Tensor, *, generator: torch.Generator) -> Tensor:
    """One picture for each row of the condition, in chunks, each with noise of its own."""
    z = torch.randn(len(condition), LATENT, generator=generator)
    return torch.cat([network(*both) for both in zip(z.split(500), condition.split(500))])


def untaught_by_labels(*, generator: torch.Generator) -> ConditionalGenerator:
    """The same network before any training, its first weights from the generator."""
    embed = OneHot(COLORS)
    return ConditionalGenerator(embed, dcgan_generator(LATENT + embed.width, 32, 3, WIDTH, generator=generator))


def untaught_by_words(*, generator: torch.Generator) -> ConditionalGenerator:
    """The same network before any training, its first weights from the generator."""
    embed = TextEncoder(len(WORDS), STATE, generator=generator)
    return ConditionalGenerator(embed, dcgan_generator(LATENT + STATE, 32, 3, WIDTH, generator=generator))


def _missing(network: nn.Module) -> None:
    raise FileNotFoundError("the weights did not come with the package; `make studies` with GAN_EDU_LONG=1 trains these generators")
