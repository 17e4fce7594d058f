"""A judge that says which pictures are faces of the world at all."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from gan_edu.readers.faces import SIZE, factors_read
from gan_edu.readers.network import Reader
from gan_edu.worlds import faces as world

# The limits of `legal`: about the loosest that still refuse 95 of 100 blends, fixed on faces and spoiled faces alone.
CONFIDENCE = 0.9
DISTANCE = 0.16
PATCH_DISTANCE = 0.38
EYE_DISTANCE = 0.24
PATCH = 8


class Verdict(NamedTuple):
    """What the judge found, each (n,).

    legal: bool. confidence: the smaller of the probabilities of the hair and eye colour read, in [0, 1].
    distance, worst_patch, worst_eye: root mean square difference from the redrawn face, on pixels in [-1, 1],
    over the picture, over its worst 8x8 patch, and over the worse of the two irises. factors: the factors read.
    """

    legal: Tensor
    confidence: Tensor
    distance: Tensor
    worst_patch: Tensor
    worst_eye: Tensor
    factors: world.Factors


def judge(x: Tensor, network: Reader, style: str = "anime") -> Verdict:
    """Read a picture's factors, draw the face they describe, and compare: analysis by synthesis.

    legal: confidence >= 0.9, and root mean square difference from the redrawn face at most DISTANCE over the
    picture, PATCH_DISTANCE over its worst 8x8 patch (one every 4 pixels), EYE_DISTANCE over either iris.
    x: (n, 3, size, size) in [-1, 1], size 32 or a multiple of it, which is averaged down. Raises ValueError for
    other shapes, and for a style that shows no colours.
    Source of the idea: Yuille and Kersten, 2006, "Vision as Bayesian inference: analysis by synthesis?".
    """
    if world.CHANNELS.get(style) != 3:
        raise ValueError(f"the judge compares colours and needs the style portrait or anime, got {style!r}")
    x = at_reading_size(x)
    reading = network.read(x)
    factors = factors_read(reading)
    redrawn = world.draw(factors, style, SIZE)
    squares = (x - redrawn).square().mean(1, keepdim=True)
    distance = squares.mean((1, 2, 3)).sqrt()
    worst_patch = avg_pool2d(squares, PATCH, PATCH // 2).amax((1, 2, 3)).sqrt()
    worst_eye = _worst_eye(squares, _irises(redrawn, factors, style))
    confidence = torch.minimum(*(reading.categories[name].amax(1) for name in ("hair_color", "eye_color")))
    near = (distance <= DISTANCE) & (worst_patch <= PATCH_DISTANCE) & (worst_eye <= EYE_DISTANCE)
    return Verdict(near & (confidence >= CONFIDENCE), confidence, distance, worst_patch, worst_eye, factors)


def irises(factors: world.Factors, style: str = "anime", size: int = SIZE) -> tuple[Tensor, Tensor]:
    """The pixels whose colour depends on the eye colour, left and right of their middle: two masks (n, 1, size, size)."""
    return _irises(world.draw(factors, style, size), factors, style)


def _irises(drawn: Tensor, factors: world.Factors, style: str) -> tuple[Tensor, Tensor]:
    others = factors._replace(eye_color=(factors.eye_color + 1) % world.CATEGORIES["eye_color"])
    size = drawn.shape[3]
    iris = ((drawn - world.draw(others, style, size)).abs().amax(1, keepdim=True) > 0.1).float()
    column = torch.arange(size, device=iris.device, dtype=iris.dtype)
    middle = (iris * column).sum((1, 2, 3), keepdim=True) / iris.sum((1, 2, 3), keepdim=True).clamp(min=1)
    return iris * (column < middle), iris * (column >= middle)


def _worst_eye(squares: Tensor, masks: tuple[Tensor, Tensor]) -> Tensor:
    """Root mean square over each iris, the larger of the two; 0 where no iris shows its colour."""
    means = [(squares * mask).sum((1, 2, 3)) / mask.sum((1, 2, 3)).clamp(min=1) for mask in masks]
    return torch.maximum(*means).sqrt()


def at_reading_size(x: Tensor) -> Tensor:
    """Pictures averaged down to 32x32. Raises ValueError unless the side is a multiple of 32."""
    if x.ndim != 4 or x.shape[2] != x.shape[3] or x.shape[2] % SIZE:
        raise ValueError(f"pictures must have the shape (n, c, size, size), size a multiple of {SIZE}; got {tuple(x.shape)}")
    return x if x.shape[2] == SIZE else interpolate(x, size=SIZE, mode="area")
