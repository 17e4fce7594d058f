"""Encoders (编码器), and the pair of an encoder and a decoder. A decoder (解码器) is a generator by another name: any will do.

The decoders of ``networks.conv`` and ``networks.mlp`` go from (n, code) to pictures, so one and the same decoder can be
taught by an autoencoder, by a VAE or by a discriminator.
"""

import torch
from torch import Tensor, nn

from gan_edu.networks.conv import dcgan_discriminator
from gan_edu.networks.initial import drawn


class Autoencoder(nn.Module):
    """An encoder and a decoder: x -> decoder(encoder(x)).

    encoder: from pictures (n, ...) to codes (n, code). decoder: back.

    Source: Rumelhart, Hinton and Williams, 1986, Learning internal representations by error propagation.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))


class MeanAndSpread(nn.Module):
    """Splits (n, 2 code) into the mean and the log standard deviation of a code, both (n, code).

    Raises ValueError for an odd number of columns.
    """

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        if h.ndim != 2 or h.shape[1] % 2:
            raise ValueError(f"wanted a mean and a log standard deviation for each number of the code, (n, 2 code); got {tuple(h.shape)}")
        mean, log_std = h.chunk(2, dim=1)
        return mean, log_std


def conv_encoder(
    outputs: int, size: int = 32, channels: int = 3, width: int = 32, *, batch_norm: bool = True, generator: torch.Generator
) -> nn.Sequential:
    """From pictures (n, channels, size, size) to (n, outputs): the layers of DCGAN's discriminator with another end.

    outputs: numbers of the code; twice as many for a VAE, with ``MeanAndSpread`` behind.
    Weights, features and errors: as ``dcgan_discriminator``; ValueError when outputs < 1.

    Source: Radford, Metz and Chintala, 2016, arXiv 1511.06434, section 3 (the layers).
    """
    if outputs < 1:
        raise ValueError(f"an encoder needs at least one number of code; got outputs={outputs}")
    body = dcgan_discriminator(size, channels, width, batch_norm=batch_norm, generator=generator)
    features = body[-1].in_features
    return nn.Sequential(*body[:-1], drawn(nn.Linear(features, outputs, device="meta"), generator))
