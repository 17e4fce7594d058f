"""Pictures that are not faces of the world, though they come near: what a judge must refuse."""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from gan_edu.readers.judge import irises
from gan_edu.worlds import faces as world


def noise(n: int, *, generator: torch.Generator, style: str = "anime", size: int = 32) -> Tensor:
    """n pictures of independent pixels, uniform on [-1, 1]."""
    shape = (n, world.CHANNELS[style], size, size)
    return 2 * torch.rand(shape, generator=generator, device=generator.device) - 1


def blends(n: int, *, generator: torch.Generator, style: str = "anime", size: int = 32) -> Tensor:
    """n averages of two faces, (x + x') / 2: both shine through."""
    x = world.sample(2 * n, generator=generator, style=style, size=size).x
    return (x[:n] + x[n:]) / 2


def half_swapped(n: int, *, generator: torch.Generator, style: str = "anime", size: int = 32) -> Tensor:
    """n pictures whose left half is of one face and whose right half is of another."""
    x = world.sample(2 * n, generator=generator, style=style, size=size).x
    return torch.cat([x[:n, :, :, : size // 2], x[n:, :, :, size // 2 :]], dim=3)


def one_eyed(n: int, *, generator: torch.Generator, style: str = "anime", size: int = 32) -> Tensor:
    """n faces without their left eye: where it was there is skin.

    The eye: the pixels whose colour depends on the eye colour, and those within two pixels (at 32x32) of them. Needs a style in which the eye colour shows.
    """
    factors = world.draw_factors(n, generator=generator)
    x = world.draw(factors, style, size)
    reach = max(1, 2 * size // 32)
    left = max_pool2d(irises(factors, style, size)[0], 2 * reach + 1, 1, reach)
    return torch.lerp(x, _below(x, left), left)


def _below(x: Tensor, region: Tensor) -> Tensor:
    """The median colour of the pixels in the two rows under the region, (n, c, 1, 1)."""
    rows = torch.arange(x.shape[2], device=x.device).reshape(1, 1, -1, 1)
    last = (region * rows).amax((1, 2, 3), keepdim=True)
    under = (region.amax(2, keepdim=True) > 0) & (rows > last) & (rows <= last + 2)
    values = torch.where(under, x, torch.nan)
    return values.flatten(2).nanmedian(2).values[..., None, None]
