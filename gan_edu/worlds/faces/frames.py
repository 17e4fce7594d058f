"""Where the pixels are, seen from the head: turned, tilted and scaled coordinates."""

from typing import NamedTuple

import torch
from torch import Tensor

from gan_edu.worlds.faces.factors import Factors

TILT = 0.09  # radians at tilt = 1
TURN = 0.5  # how much of a layer's depth a full turn shows
ZOOM = 1.15  # side of the head's frame in the picture at size = 1
PIVOT = 0.45  # the head rotates and grows around this point of the vertical axis


class Frame(NamedTuple):
    """Coordinates of the pixels' centres and the side of a pixel in the same unit.

    u, v (n, 1, size, size), v down; pixel (n, 1, 1, 1); turn (n, 1, 1, 1), TURN times the factor, in [-0.5, 0.5].
    """

    u: Tensor
    v: Tensor
    pixel: Tensor
    turn: Tensor

    def moved(self, depth: float) -> Tensor:
        """u as seen by a layer that a full turn shifts by `depth`."""
        return self.u - depth * self.turn


def per_face(values: Tensor) -> Tensor:
    """(n,) -> (n, 1, 1, 1), to meet pictures."""
    return values.reshape(-1, 1, 1, 1)


def body_frame(factors: Factors, size: int) -> Frame:
    """The picture's own frame: neither tilted nor scaled."""
    axis = (torch.arange(size, device=factors.tilt.device, dtype=factors.tilt.dtype) + 0.5) * (2 / size) - 1
    n = len(factors.tilt)
    u = axis.reshape(1, 1, 1, size).expand(n, 1, size, size)
    v = axis.reshape(1, 1, size, 1).expand(n, 1, size, size)
    pixel = torch.full_like(per_face(factors.tilt), 2 / size)
    return Frame(u, v, pixel, TURN * per_face(factors.turn))


def head_frame(factors: Factors, body: Frame) -> Frame:
    """The head's frame: u, v = R(-tilt) (x, y) / size around the pivot."""
    angle, scale = per_face(factors.tilt) * TILT, ZOOM * per_face(factors.size)
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    down = body.v - PIVOT
    return Frame(cos * body.u + sin * down, cos * down - sin * body.u + PIVOT, body.pixel / scale, body.turn)
