"""Encoders (编码器). A decoder (解码器) is a generator by another name: those of ``networks.conv`` and ``networks.mlp`` will do.

So one and the same decoder can be taught by an autoencoder, by a VAE or by a discriminator.
"""

import torch
from torch import nn

from gan_edu.networks.conv import dcgan_discriminator
from gan_edu.networks.initial import drawn


def conv_encoder(
    outputs: int, size: int = 32, channels: int = 3, width: int = 32, *, batch_norm: bool = True, generator: torch.Generator
) -> nn.Sequential:
    """From pictures (n, channels, size, size) to (n, outputs): the layers of DCGAN's discriminator with another end.

    outputs: numbers of the code; twice as many for a VAE: means, then log standard deviations.
    Weights, features and errors: as ``dcgan_discriminator``; ValueError when outputs < 1.

    Source: Radford, Metz and Chintala, 2016, arXiv 1511.06434, section 3 (the layers).
    """
    if outputs < 1:
        raise ValueError(f"an encoder needs at least one number of code; got outputs={outputs}")
    body = dcgan_discriminator(size, channels, width, batch_norm=batch_norm, generator=generator)
    features = body[-1].in_features
    return nn.Sequential(*body[:-1], drawn(nn.Linear(features, outputs, device="meta"), generator))
