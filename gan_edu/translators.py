"""Pairs of translators, there and back, trained by the studies of chapter 12: for pages that let them draw."""

import torch
from torch import nn

from gan_edu.networks.translation import small_translator
from gan_edu.readers.stored import remembered

IDENTITIES = (0, 1, 5)


def portraits_and_anime(identity: int) -> nn.ModuleDict:
    """``there`` from portraits to anime, ``back`` again: (n, 3, 32, 32) in [-1, 1] -> (n, 3, 32, 32) in (-1, 1). Weights fixed.

    identity: the weight of the identity loss they were trained with, 0, 1 or 5. Raises ValueError for another,
    FileNotFoundError where the weights are missing.
    """
    if identity not in IDENTITIES:
        raise ValueError(f"translators were trained with an identity loss of weight {', '.join(map(str, IDENTITIES))}; got {identity}")
    return remembered(f"cycle-identity-{identity}", untaught(generator=torch.Generator()), _missing)


def anime_and_sketches() -> nn.ModuleDict:
    """``there`` from anime to sketches (three equal channels), ``back`` again, without an identity loss. Otherwise as above."""
    return remembered("cycle-sketches", untaught(generator=torch.Generator()), _missing)


def untaught(*, generator: torch.Generator) -> nn.ModuleDict:
    """The same two networks before any training, their first weights from the generator."""
    return nn.ModuleDict({name: small_translator(generator=generator) for name in ("there", "back")})


def _missing(network: nn.Module) -> None:
    raise FileNotFoundError("the weights did not come with the package; `make studies` with GAN_EDU_LONG=1 trains these translators")
