"""The styles: proportions of the head, colours, and how the picture is finished."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gan_edu.worlds.faces.factors import Factors
from gan_edu.worlds.faces.palette import ANIME, PORTRAIT, Colors, Paints, colored, drawn


class Proportions(NamedTuple):
    """Places and half sizes in the head's frame, where the picture is [-1, 1] and v points down."""

    face_v: float
    face_width: float
    face_height: float
    taper: float  # how much narrower the face grows towards the chin
    eye_u: float
    eye_v: float
    eye_width: float
    eye_height: float
    iris_width: float
    iris_height: float
    lash: float  # width of the upper lid's line
    lid_arch: float  # curvature of the upper lid
    slant: float  # how much the outer corners of the eyes rise
    brow_v: float
    brow: float  # half width of the brows beside the line's own
    nose_v: float
    nose: float  # half width of the nose
    mouth_v: float
    mouth_width: float
    lips: float  # thickness of the lips
    contour: float  # width of the outlines
    softness: float  # strength of the soft shading, 0 for flat colours


class Style(NamedTuple):
    """A way of drawing: proportions, colours, paints(colors, factors), finish(picture), channels at the end."""

    proportions: Proportions
    colors: Colors
    paints: Callable[[Colors, Factors], Paints]
    finish: Callable[[Tensor], Tensor]
    channels: int


def kept(picture: Tensor) -> Tensor:
    """The picture as it is."""
    return picture


def luminance(picture: Tensor) -> Tensor:
    """Grey picture 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601): (n, 3, h, w) -> (n, 1, h, w)."""
    weights = torch.tensor((0.299, 0.587, 0.114), device=picture.device, dtype=picture.dtype)
    return (picture * weights.reshape(1, 3, 1, 1)).sum(dim=1, keepdim=True)


ANIME_HEAD = Proportions(
    face_v=0.08, face_width=0.54, face_height=0.56, taper=0.55,
    eye_u=0.265, eye_v=0.20, eye_width=0.205, eye_height=0.225, iris_width=0.165, iris_height=0.215,
    lash=0.055, lid_arch=2.2, slant=0.05, brow_v=-0.10, brow=0.0, nose_v=0.40, nose=0.025, mouth_v=0.50, mouth_width=0.13, lips=0.0,
    contour=0.030, softness=0.0,
)
PORTRAIT_HEAD = Proportions(
    face_v=0.10, face_width=0.50, face_height=0.62, taper=0.28,
    eye_u=0.225, eye_v=0.12, eye_width=0.165, eye_height=0.115, iris_width=0.100, iris_height=0.115,
    lash=0.030, lid_arch=2.0, slant=0.05, brow_v=-0.09, brow=0.022, nose_v=0.34, nose=0.075, mouth_v=0.50, mouth_width=0.18, lips=0.035,
    contour=0.012, softness=1.0,
)
STYLES = {
    "portrait": Style(PORTRAIT_HEAD, PORTRAIT, colored, kept, 3),
    "anime": Style(ANIME_HEAD, ANIME, colored, kept, 3),
    "sketch": Style(ANIME_HEAD, ANIME, drawn, kept, 1),
    "grey": Style(ANIME_HEAD, ANIME, colored, luminance, 1),
}
CHANNELS = {name: style.channels for name, style in STYLES.items()}
