"""The colours of each style: tables of red, green, blue in [0, 1] and the pots of paint a face needs."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gan_edu.worlds.faces.factors import Factors

Color = tuple[float, float, float]


class Paints(NamedTuple):
    """One colour per face and part, each (n, c, 1, 1)."""

    sky: Tensor
    ground: Tensor
    skin: Tensor
    skin_dark: Tensor
    blush: Tensor
    hair: Tensor
    hair_dark: Tensor
    hair_light: Tensor
    iris: Tensor
    iris_dark: Tensor
    iris_light: Tensor
    white: Tensor
    pupil: Tensor
    light: Tensor
    mouth: Tensor
    lip: Tensor
    cloth: Tensor
    collar: Tensor
    brow: Tensor
    line: Tensor
    hair_line: Tensor


class Colors(NamedTuple):
    """The colours of a style. hair and eye follow HAIR_COLORS and EYE_COLORS; the pairs are paths' two ends."""

    hair: Sequence[Color]
    eye: Sequence[Color]
    skin: tuple[Color, Color]
    sky: tuple[Color, Color]
    blush: Color
    mouth: Color
    lip: Color
    cloth: Color
    collar: Color
    line: Color
    softness: float


ANIME = Colors(
    hair=(
        (0.12, 0.10, 0.17), (0.88, 0.90, 0.95), (0.95, 0.80, 0.22), (0.80, 0.10, 0.12),
        (0.95, 0.45, 0.76), (0.16, 0.27, 0.86), (0.16, 0.78, 0.80), (0.14, 0.58, 0.22),
    ),
    eye=((0.10, 0.42, 0.95), (0.08, 0.66, 0.28), (0.93, 0.52, 0.02), (0.62, 0.14, 0.72)),
    skin=((0.95, 0.84, 0.76), (0.82, 0.61, 0.47)),
    sky=((0.44, 0.60, 0.82), (0.84, 0.66, 0.56)),
    blush=(0.95, 0.50, 0.48),
    mouth=(0.55, 0.12, 0.18),
    lip=(0.93, 0.50, 0.50),
    cloth=(0.34, 0.34, 0.46),
    collar=(0.92, 0.91, 0.90),
    line=(0.20, 0.11, 0.17),
    softness=0.0,
)
PORTRAIT = Colors(
    hair=(
        (0.13, 0.11, 0.11), (0.80, 0.80, 0.80), (0.86, 0.70, 0.34), (0.62, 0.15, 0.09),
        (0.82, 0.44, 0.58), (0.17, 0.26, 0.60), (0.20, 0.60, 0.62), (0.22, 0.43, 0.18),
    ),
    eye=((0.20, 0.42, 0.74), (0.22, 0.52, 0.26), (0.62, 0.36, 0.08), (0.50, 0.22, 0.56)),
    skin=((0.93, 0.77, 0.66), (0.72, 0.50, 0.37)),
    sky=((0.36, 0.44, 0.54), (0.58, 0.48, 0.44)),
    blush=(0.80, 0.42, 0.36),
    mouth=(0.40, 0.12, 0.12),
    lip=(0.72, 0.32, 0.30),
    cloth=(0.26, 0.28, 0.32),
    collar=(0.70, 0.68, 0.64),
    line=(0.22, 0.14, 0.12),
    softness=0.55,
)
PAPER, PENCIL, GREY = 0.95, 0.15, 0.72


def colored(colors: Colors, factors: Factors) -> Paints:
    """The paints of a style in colours: (n, 3, 1, 1) each."""
    one = lambda color: _pots(torch.tensor(color, device=factors.skin.device).expand(len(factors.skin), 3))
    hair = _pots(torch.tensor(colors.hair, device=factors.skin.device)[factors.hair_color])
    iris = _pots(torch.tensor(colors.eye, device=factors.skin.device)[factors.eye_color])
    skin, sky = _path(colors.skin, factors.skin), _path(colors.sky, factors.background)
    line, white = one(colors.line), one((0.95, 0.95, 0.95))
    return Paints(
        sky=sky, ground=sky.lerp(white, 0.3), skin=skin, skin_dark=skin.lerp(one(colors.blush) * 0.6, 0.35),
        blush=one(colors.blush), hair=hair, hair_dark=hair * 0.72, hair_light=hair.lerp(white, 0.5),
        iris=iris, iris_dark=iris * 0.55, iris_light=iris.lerp(white, 0.35), white=white,
        pupil=iris * 0.2, light=white, mouth=one(colors.mouth), lip=one(colors.lip), cloth=one(colors.cloth),
        collar=one(colors.collar), brow=line.lerp(hair, 0.4), line=line,
        hair_line=line.lerp(hair * 0.6, colors.softness),
    )


def drawn(colors: Colors, factors: Factors) -> Paints:
    """Pencil on paper: (n, 1, 1, 1) each, the same whatever the colour factors are."""
    one = lambda value: torch.full((len(factors.skin), 1, 1, 1), value, device=factors.skin.device)
    paper, pencil, grey = one(PAPER), one(PENCIL), one(GREY)
    return Paints(
        sky=paper, ground=paper, skin=paper, skin_dark=one(0.85), blush=one(0.85), hair=paper, hair_dark=grey,
        hair_light=paper, iris=grey, iris_dark=one(0.5), iris_light=one(0.85), white=paper, pupil=pencil,
        light=paper, mouth=grey, lip=paper, cloth=paper, collar=paper, brow=pencil, line=pencil, hair_line=pencil,
    )


def _pots(colors: Tensor) -> Tensor:
    return colors.reshape(len(colors), 3, 1, 1)


def _path(ends: tuple[Color, Color], place: Tensor) -> Tensor:
    start, end = (torch.tensor(color, device=place.device) for color in ends)
    return _pots(torch.lerp(start, end, place.unsqueeze(1)))
