"""Networks from pictures to pictures of the same size, and discriminators that judge patches (图块判别器).

Fully convolutional: any side that the strides divide will do. Instance norm (实例归一化) centres and scales each map of each
picture by itself, without learnt weights, so a picture's translation does not depend on its batch. It views a picture's maps
one after the other, so these networks keep PyTorch's plain memory format.
"""

import torch
from torch import Tensor, nn

from gan_edu.networks.initial import drawn


class Residual(nn.Module):
    """A residual block (残差块): x + body(x), with two 3x3 convolutions, instance norm after each, ReLU between.

    Source: He, Zhang, Ren and Sun, 2016, arXiv 1512.03385; in this form Johnson, Alahi and Fei-Fei, 2016, arXiv 1603.08155.
    """

    def __init__(self, width: int, *, generator: torch.Generator) -> None:
        super().__init__()
        convolutions = [drawn(nn.Conv2d(width, width, 3, device="meta"), generator) for _ in range(2)]
        first, second = ([nn.ReflectionPad2d(1), convolution, nn.InstanceNorm2d(width)] for convolution in convolutions)
        self.body = nn.Sequential(*first, nn.ReLU(), *second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Picture(nn.Module):
    """The identity on batches of pictures that the network can take; for others a ValueError that says what was wanted."""

    def __init__(self, channels: int, multiple: int, least: int) -> None:
        super().__init__()
        self.channels, self.multiple, self.least = channels, multiple, least

    def forward(self, x: Tensor) -> Tensor:
        fits = x.ndim == 4 and x.shape[1] == self.channels and all(side >= self.least and side % self.multiple == 0 for side in x.shape[2:])
        if not fits or len(x) < 1:
            wanted = f"(n, {self.channels}, height, width), sides multiples of {self.multiple} and at least {self.least}"
            raise ValueError(f"this network takes pictures of shape {wanted}; got {tuple(x.shape)}")
        return x


def resnet_generator(
    channels: int = 3, width: int = 64, blocks: int = 9, *, generator: torch.Generator
) -> nn.Sequential:
    """CycleGAN's generator: pictures (n, channels, h, w) in [-1, 1] -> pictures of the same shape in (-1, 1).

    A 7x7 convolution to ``width`` maps, two 3x3 convolutions with stride 2 that double them, ``blocks`` residual blocks on
    maps of a quarter of the side, two transposed convolutions back, a 7x7 convolution to the picture and tanh. Instance norm and
    ReLU after all but the last; reflection at the borders. The paper: width 64, nine blocks for 256x256 (11,378,179 weights), six for 128x128.

    h and w: multiples of 4 and at least 8. Weights start as PyTorch's defaults do, drawn from ``generator``.
    Raises ValueError for a number below 1 (blocks: below 0); when called, for pictures of another shape.

    Source: Zhu, Park, Isola and Efros, 2017, arXiv 1703.10593, section 7.2; layers of Johnson et al., 2016, arXiv 1603.08155.
    """
    _check(channels, width, blocks)
    layers: list[nn.Module] = [Picture(channels, 4, 8), nn.ReflectionPad2d(3), *_normed(nn.Conv2d(channels, width, 7, device="meta"), generator)]
    for before in (width, 2 * width):
        layers += _normed(nn.Conv2d(before, 2 * before, 3, 2, 1, device="meta"), generator)
    layers += [Residual(4 * width, generator=generator) for _ in range(blocks)]
    for before in (4 * width, 2 * width):
        layers += _normed(nn.ConvTranspose2d(before, before // 2, 3, 2, 1, 1, device="meta"), generator)
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), drawn(nn.Conv2d(width, channels, 7, device="meta"), generator), nn.Tanh())


def small_translator(channels: int = 3, width: int = 24, *, generator: torch.Generator) -> nn.Sequential:
    """A translator for 32x32 pictures and a processor without a graphics card: (n, channels, h, w) in [-1, 1] -> the same shape in (-1, 1).

    A 3x3 convolution to ``width`` maps, a 4x4 one with stride 2 that doubles them, two 3x3 at half the side, a transposed one
    back, a 3x3 one to the picture and tanh; instance norm and ReLU after all but the last.
    h and w: even and at least 4. Weights and errors: as ``resnet_generator``.
    """
    _check(channels, width)
    layers: list[nn.Module] = [Picture(channels, 2, 4), *_normed(nn.Conv2d(channels, width, 3, 1, 1, device="meta"), generator)]
    layers += _normed(nn.Conv2d(width, 2 * width, 4, 2, 1, device="meta"), generator)
    for _ in range(2):
        layers += _normed(nn.Conv2d(2 * width, 2 * width, 3, 1, 1, device="meta"), generator)
    layers += _normed(nn.ConvTranspose2d(2 * width, width, 4, 2, 1, device="meta"), generator)
    return nn.Sequential(*layers, drawn(nn.Conv2d(width, channels, 3, 1, 1, device="meta"), generator), nn.Tanh())


def patch_discriminator(channels: int = 3, width: int = 64, strided: int = 3, *, generator: torch.Generator) -> nn.Sequential:
    """A discriminator that judges overlapping patches: pictures (n, channels, h, w) -> logits (n, 1, h', w'), high for real.

    ``strided`` 4x4 convolutions with stride 2, then two with stride 1, the last of them to the logits; maps double from
    ``width`` to at most eight times as many. LeakyReLU with slope 0.2; instance norm after all but the first and the last. With
    three strided ones each logit sees 70x70 pixels, and a 256x256 picture has 30x30 of them: the paper's discriminator
    (2,764,737 weights). With ``strided`` 1 it is 16x16, with 2 it is 34x34; a logit near the border sees padding as well.

    h and w: multiples of 2^strided, and large enough for a logit. Weights and errors: as ``resnet_generator``.

    Source: Isola, Zhu, Zhou and Efros, 2017, arXiv 1611.07004, section 3.2.2 and appendix 6.1.2.
    """
    _check(channels, width, strided)
    if strided < 1:
        raise ValueError(f"wanted at least one strided convolution; got strided={strided}")
    widths = [width * min(2**place, 8) for place in range(strided + 1)]
    layers: list[nn.Module] = [Picture(channels, 2**strided, 3 * 2**strided)]
    for place, (before, after) in enumerate(zip([channels, *widths], widths)):
        layers.append(drawn(nn.Conv2d(before, after, 4, 2 if place < strided else 1, 1, device="meta"), generator))
        layers += [nn.InstanceNorm2d(after)] if place else []
        layers.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*layers, drawn(nn.Conv2d(widths[-1], 1, 4, 1, 1, device="meta"), generator))


def _check(channels: int, width: int, blocks: int = 0) -> None:
    if min(channels, width) < 1 or blocks < 0:
        raise ValueError(f"wanted at least one channel and map, and no negative number of blocks; got channels={channels}, width={width}, {blocks}")


def _normed(layer: nn.Module, generator: torch.Generator) -> list[nn.Module]:
    return [drawn(layer, generator), nn.InstanceNorm2d(layer.out_channels), nn.ReLU()]

