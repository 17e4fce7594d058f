"""Signed distances (negative inside) of the shapes that faces are made of, and how much of a pixel they cover."""

import torch
from torch import Tensor

TINY = 1e-6
EDGE = 2.0  # pixels from no cover to full cover: as soft as a lens, so that no outline is a staircase


def ellipse(u: Tensor, v: Tensor, width: Tensor | float, height: Tensor | float) -> Tensor:
    """Distance to an ellipse around 0 with half axes width and height, to first order.

    d = f / |grad f| with f = (u / width)^2 + (v / height)^2 - 1: exact at the edge, where it matters.
    """
    across, down = u / width, v / height
    f = across * across + down * down - 1
    slope = (across / width).square() + (down / height).square()
    return 0.5 * f * torch.rsqrt(slope + TINY)


def triangle_wave(x: Tensor) -> Tensor:
    """Zigzag of period 1 between -1 (at whole numbers) and 1 (half way between them)."""
    return 1 - (4 * (x - torch.floor(x)) - 2).abs()


def coverage(distance: Tensor, pixel: Tensor | float) -> Tensor:
    """Share of a pixel that a shape covers: 1 inside, 0 outside, a ramp two pixels wide between."""
    return (0.5 - distance / (EDGE * pixel)).clamp(0, 1)


def band(distance: Tensor, half_width: Tensor | float, pixel: Tensor | float) -> Tensor:
    """Share of a pixel covered by a line around distance 0; a line thinner than a pixel grows pale."""
    return coverage(distance - half_width, pixel) - coverage(distance + half_width, pixel)


def paint(canvas: Tensor, color: Tensor, share: Tensor) -> Tensor:
    """Lay a colour over the canvas: canvas + share (color - canvas).

    canvas (n, c, h, w); color (n, c, 1, 1); share (n, 1, h, w) in [0, 1].
    """
    return torch.lerp(canvas, color, share)
