"""Faces painted back to front: background, hair behind, body, face, features, hair in front."""

from typing import NamedTuple

import torch
from torch import Tensor

from gan_edu.worlds.faces.factors import Factors, check, draw_factors
from gan_edu.worlds.faces.features import blush, brows, eyes, mouth, nose
from gan_edu.worlds.faces.frames import Frame, body_frame, head_frame, per_face
from gan_edu.worlds.faces.hair import HairForm, back_hair, form_of, fringe_shadow, front_hair
from gan_edu.worlds.faces.palette import Paints
from gan_edu.worlds.faces.shapes import coverage, ellipse, paint
from gan_edu.worlds.faces.styles import STYLES, Proportions, Style

SMALLEST = 8
CHUNK = 2**16  # pixels drawn at once: what stays in a processor's cache


class Faces(NamedTuple):
    """Pictures and their factors.

    x: (n, c, size, size) float32 in [-1, 1]; factors: Factors, each (n,).
    """

    x: Tensor
    factors: Factors


def sample(n: int, *, generator: torch.Generator, style: str = "anime", size: int = 32) -> Faces:
    """Draw n faces with random factors.

    Tensors lie on the generator's device. Raises ValueError for n < 1 and as draw does.
    """
    _style(style, size)
    factors = draw_factors(n, generator=generator)
    return Faces(draw(factors, style, size), factors)


def draw(factors: Factors, style: str = "anime", size: int = 32) -> Tensor:
    """The picture of each face; the same factors in two styles give the true pair.

    style: "portrait", "anime" (three channels), "sketch" (one channel, pencil lines, no colour factor has
    any influence) or "grey" (one channel, luminance of the anime picture). size: side in pixels, at least 8.
    Returns (n, c, size, size) float32 in [-1, 1] on the factors' device. No randomness; differentiable in
    the floating-point factors. Raises ValueError for an unknown style, a smaller size, and factors outside
    CATEGORIES or RANGES.
    """
    chosen = _style(style, size)
    check(factors)
    step = max(1, CHUNK // size**2)
    parts = [
        _draw_chunk(Factors(*(value[start : start + step] for value in factors)), chosen, size)
        for start in range(0, len(factors.shade), step)
    ]
    return torch.cat(parts)


def _style(style: str, size: int) -> Style:
    if style not in STYLES:
        raise ValueError(f"style must be one of {', '.join(STYLES)}, got {style!r}")
    if size < SMALLEST:
        raise ValueError(f"size must be at least {SMALLEST} pixels, got {size}")
    return STYLES[style]


def _draw_chunk(factors: Factors, style: Style, size: int) -> Tensor:
    head, paints = style.proportions, style.paints(style.colors, factors)
    body = body_frame(factors, size)
    frame = head_frame(factors, body)
    form, length = form_of(factors), per_face(factors.length)
    width = head.contour * per_face(factors.line)
    canvas = torch.lerp(paints.sky, paints.ground, (body.v + 1) / 2)
    canvas = back_hair(canvas, frame, form, length, paints, width)
    canvas = _shoulders(canvas, body, frame, paints, width)
    canvas = _face(canvas, frame, form, paints, head, width)
    canvas = nose(canvas, frame, paints, head)
    canvas = mouth(canvas, frame, factors, paints, head, width)
    canvas = front_hair(canvas, frame, form, length, paints, head, width)
    canvas = brows(canvas, frame, factors, paints, head, width)
    canvas = eyes(canvas, frame, factors, paints, head, width)
    return 2 * style.finish((canvas * per_face(factors.shade)).clamp(0, 1)) - 1


def _shoulders(canvas: Tensor, body: Frame, frame: Frame, paints: Paints, width: Tensor) -> Tensor:
    """Clothes, neck and collar."""
    cloth = ellipse(body.u, body.v - 1.24, 0.66, 0.46)
    canvas = paint(canvas, paints.line, coverage(cloth - width, body.pixel))
    canvas = paint(canvas, paints.cloth, coverage(cloth, body.pixel))
    neck = torch.maximum(torch.maximum(frame.u.abs() - 0.14, frame.v - 0.86), 0.2 - frame.v)
    canvas = paint(canvas, paints.line, coverage(neck - width, frame.pixel))
    canvas = paint(canvas, paints.skin, coverage(neck, frame.pixel))
    canvas = paint(canvas, paints.skin_dark, coverage(neck, frame.pixel) * coverage(frame.v - 0.72, 0.06))
    wing = body.u.abs() * 0.8 + body.v * 0.6
    collar = torch.maximum((wing - 0.72).abs() - 0.07, torch.maximum(cloth, body.u.abs() - 0.34))
    canvas = paint(canvas, paints.line, coverage(collar - 0.7 * width, body.pixel))
    return paint(canvas, paints.collar, coverage(collar, body.pixel))


def _face(canvas: Tensor, frame: Frame, form: HairForm, paints: Paints, head: Proportions, width: Tensor) -> Tensor:
    """The face's oval: shaded below the fringe and, in soft styles, towards its edge; a blush below the eyes."""
    u, v = frame.moved(0.04), frame.v - head.face_v
    oval = ellipse(u * (1 + head.taper * v.clamp(min=0)), v, head.face_width, head.face_height)
    inside = coverage(oval, frame.pixel)
    canvas = paint(canvas, paints.line, coverage(oval - width, frame.pixel))
    canvas = paint(canvas, paints.skin, inside)
    shadow = coverage(fringe_shadow(frame, form), frame.pixel + 0.15 * head.softness)
    canvas = paint(canvas, paints.skin_dark, inside * shadow)
    canvas = paint(canvas, paints.skin_dark, head.softness * inside * coverage(-oval - 0.10, 0.30))
    return paint(canvas, paints.blush, inside * blush(frame, head))
