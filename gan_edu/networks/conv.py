"""Convolutional generators and discriminators for square pictures of 8, 16, 32 or 64 pixels.

All are built on the generator's device in ``channels_last`` layout, which convolutions keep from layer to layer, and
follow ``.to(device)``, to ``meta`` as well. With batch norm (批量归一化) a picture's numbers depend on the other pictures
of its batch while the network trains, so then a batch needs at least two; in ``eval`` mode one is enough.
"""

import torch
from torch import Tensor, nn

from gan_edu.networks.initial import drawn

SIZES = (8, 16, 32, 64)


class Entrance(nn.Module):
    """The identity on batches that the network can take; for others a ValueError that says what was wanted.

    shape: of one example. least: examples that a batch must have at least in training; otherwise one.
    """

    def __init__(self, shape: tuple[int, ...], least: int) -> None:
        super().__init__()
        self.shape, self.least = shape, least

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1:] != self.shape:
            wanted = ", ".join(map(str, self.shape))
            raise ValueError(f"this network takes a batch of shape (n, {wanted}); got {tuple(x.shape)}")
        if len(x) < 1:
            raise ValueError(f"this network takes at least one example; got a batch of shape {tuple(x.shape)}")
        if self.training and len(x) < self.least:
            wanted = f"at least {self.least} examples in a batch"
            raise ValueError(f"batch norm in training needs {wanted}; got {len(x)} (after .eval() one is enough)")
        return x


def dcgan_generator(
    latent: int, size: int = 32, channels: int = 3, width: int = 32, *, generator: torch.Generator
) -> nn.Sequential:
    """DCGAN's generator: from (n, latent) to pictures (n, channels, size, size) in (-1, 1).

    An affine layer makes a 4x4 map of the latent; each transposed convolution (转置卷积), 4x4 with stride 2, doubles the
    side and halves the features, down to ``width`` at size / 2; the last makes the picture. Batch norm and ReLU after
    all but the last, which ends in tanh. For size 32 and width 32 the features are 128, 64, 32, 3.

    Weights start as PyTorch's defaults do, drawn from ``generator``; see ``paper_init`` for the paper's.
    Raises ValueError when size is not 8, 16, 32 or 64, or another number is below 1; when called, for another latent.

    Source: Radford, Metz and Chintala, 2016, arXiv 1511.06434, section 3, with the 4x4 kernels of the authors' Torch code.
    """
    widths = _widths(latent, size, channels, width)
    layers = _seed(latent, widths[0], generator)
    for before, after in zip(widths, widths[1:]):
        doubled = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False, device="meta")
        layers += [drawn(doubled, generator), *_normed(after, generator)]
    picture = nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1, device="meta")
    return _assembled([*layers, drawn(picture, generator), nn.Tanh()])


def upsampling_generator(
    latent: int, size: int = 32, channels: int = 3, width: int = 32, *, generator: torch.Generator
) -> nn.Sequential:
    """The same, but each doubling copies every pixel four times and then convolves, 3x3: from (n, latent) to (n, channels, size, size).

    A transposed convolution can write its outputs unevenly, some from more inputs or with other weights than their
    neighbours: checkerboards (棋盘格伪影). Here each output pixel comes from the same weights on a 3x3 neighbourhood.
    Shapes, ranges, features, errors: as ``dcgan_generator``.

    Source: Odena, Dumoulin and Olah, 2016, Deconvolution and checkerboard artifacts, Distill, doi 10.23915/distill.00003.
    """
    widths = _widths(latent, size, channels, width)
    layers = _seed(latent, widths[0], generator)
    for before, after in zip(widths, widths[1:]):
        smoothed = nn.Conv2d(before, after, 3, 1, 1, bias=False, device="meta")
        layers += [nn.Upsample(scale_factor=2), drawn(smoothed, generator), *_normed(after, generator)]
    picture = nn.Conv2d(widths[-1], channels, 3, 1, 1, device="meta")
    return _assembled([*layers, nn.Upsample(scale_factor=2), drawn(picture, generator), nn.Tanh()])


def dcgan_discriminator(
    size: int = 32, channels: int = 3, width: int = 32, *, batch_norm: bool = True, generator: torch.Generator
) -> nn.Sequential:
    """DCGAN's discriminator: from pictures (n, channels, size, size) to logits (n, 1), high for real.

    4x4 convolutions with stride 2 halve the side and double the features, from ``width`` at size / 2 to a 4x4 map, from
    which one affine layer reads the logit. LeakyReLU with slope 0.2 after each; batch norm after each but the first.
    For size 32 and width 32 the features are 3, 32, 64, 128.

    batch_norm: off for critics under a penalty on their slope, which is about single examples.
    Weights and errors: as ``dcgan_generator``; when called, for pictures of another shape.

    Source: Radford, Metz and Chintala, 2016, arXiv 1511.06434, section 3.
    """
    widths = _widths(1, size, channels, width)[::-1]
    layers: list[nn.Module] = [Entrance((channels, size, size), 2 if batch_norm and len(widths) > 1 else 1)]
    for place, (before, after) in enumerate(zip([channels, *widths], widths)):
        normed = batch_norm and place > 0
        layers.append(drawn(nn.Conv2d(before, after, 4, 2, 1, bias=not normed, device="meta"), generator))
        layers += [nn.BatchNorm2d(after, device=generator.device)] if normed else []
        layers.append(nn.LeakyReLU(0.2))
    return _assembled([*layers, nn.Flatten(), drawn(nn.Linear(widths[-1] * 16, 1, device="meta"), generator)])


@torch.no_grad()
def paper_init(network: nn.Module, generator: torch.Generator) -> nn.Module:
    """Draw all weights anew as DCGAN does: normal with standard deviation 0.02; the network is returned as well.

    Convolutional and linear weights ~ N(0, 0.02^2), batch norm's scales ~ N(1, 0.02^2), all biases 0.
    The generator must live where the network does.

    Source: Radford, Metz and Chintala, 2016, arXiv 1511.06434, section 4; the scales as in the authors' Torch code.
    """
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.BatchNorm2d)):
            layer.weight.normal_(float(isinstance(layer, nn.BatchNorm2d)), 0.02, generator=generator)
            if layer.bias is not None:
                layer.bias.zero_()
    return network


def _widths(latent: int, size: int, channels: int, width: int) -> list[int]:
    """Features of the maps with 4, 8, ..., size / 2 pixels a side."""
    if size not in SIZES:
        raise ValueError(f"wanted pictures of 8, 16, 32 or 64 pixels a side; got size={size}")
    if min(latent, channels, width) < 1:
        raise ValueError(f"wanted at least one latent number, channel and feature; got latent={latent}, channels={channels}, width={width}")
    return [width * 2**doublings for doublings in reversed(range(SIZES.index(size) + 1))]


def _seed(latent: int, width: int, generator: torch.Generator) -> list[nn.Module]:
    """From (n, latent) to (n, width, 4, 4); the offset of each place holds what all pictures have there."""
    first = nn.Linear(latent, width * 16, device="meta")
    return [Entrance((latent,), 2), drawn(first, generator), nn.Unflatten(1, (width, 4, 4)), *_normed(width, generator)]


def _normed(width: int, generator: torch.Generator) -> list[nn.Module]:
    return [nn.BatchNorm2d(width, device=generator.device), nn.ReLU()]


def _assembled(layers: list[nn.Module]) -> nn.Sequential:
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)
