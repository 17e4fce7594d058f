"""What is on the face: eyes, brows, nose, mouth, cheeks."""

import torch
from torch import Tensor

from gan_edu.worlds.faces.factors import Factors
from gan_edu.worlds.faces.frames import Frame, per_face
from gan_edu.worlds.faces.palette import Paints
from gan_edu.worlds.faces.shapes import band, coverage, ellipse, paint
from gan_edu.worlds.faces.styles import Proportions

DEPTH = 0.11  # shift of the features at a full turn


def blush(frame: Frame, head: Proportions) -> Tensor:
    """How much of the blush lies on each pixel: a soft spot under each eye."""
    u = frame.moved(DEPTH).abs() - head.eye_u - 0.07
    spot = ellipse(u, frame.v - head.eye_v - head.eye_height - 0.06, 0.12, 0.06)
    return 0.5 * coverage(spot, 0.12)


def brows(canvas: Tensor, frame: Frame, factors: Factors, paints: Paints, head: Proportions, width: Tensor) -> Tensor:
    """An arc above each eye; its outer end falls when the mouth frowns."""
    u = frame.moved(DEPTH).abs() - head.eye_u
    slope = 0.10 - 0.22 * per_face(factors.mouth_shape)
    arc = frame.v - head.brow_v - 1.6 * u.square() - slope * u
    half = (0.6 * width + head.brow) * (1 - (u / 0.15).square())
    return paint(canvas, paints.brow, coverage(arc.abs() - half, frame.pixel))


def eyes(canvas: Tensor, frame: Frame, factors: Factors, paints: Paints, head: Proportions, width: Tensor) -> Tensor:
    """Both eyes at once: white, iris, pupil, catchlight, lids."""
    pixel = frame.pixel
    u = frame.moved(DEPTH)
    side = torch.where(u < 0, -1.0, 1.0)
    narrow = 1 + 0.16 * (side * frame.turn).clamp(min=0)
    u = (u - side * head.eye_u / narrow) * narrow
    v = frame.v - head.eye_v
    lid = head.eye_height * (1.1 - 2.1 * per_face(factors.eye_open))
    lid = lid + head.lid_arch * u.square() - head.slant * side * u
    eye = torch.maximum(ellipse(u, v, head.eye_width, head.eye_height), lid - v)
    opening = coverage(eye, pixel)
    canvas = paint(canvas, paints.line, coverage(eye - 0.5 * width, pixel) * 0.7)
    canvas = paint(canvas, paints.white, opening)
    iris = ellipse(u, v, head.iris_width, head.iris_height)
    canvas = paint(canvas, paints.line, coverage(iris, pixel) * opening)
    inner = coverage(iris + 0.4 * width, pixel) * opening
    canvas = paint(canvas, paints.iris, inner)
    canvas = paint(canvas, paints.iris_dark, inner * coverage(v + 0.35 * head.iris_height, 0.5 * head.iris_height))
    low = ellipse(u, v - 0.55 * head.iris_height, 0.65 * head.iris_width, 0.3 * head.iris_height)
    canvas = paint(canvas, paints.iris_light, inner * coverage(low, 0.06))
    pupil = ellipse(u, v + 0.02, 0.38 * head.iris_width, 0.42 * head.iris_height)
    canvas = paint(canvas, paints.pupil, coverage(pupil, pixel) * inner)
    canvas = _lights(canvas, u, v, lid, paints, head, opening, pixel)
    lash = torch.maximum(ellipse(u, v, head.eye_width + 0.5 * head.lash, head.eye_height + head.lash), lid - head.lash - v)
    above = coverage(lash, pixel) * (1 - opening) * coverage(v + 0.25 * head.eye_height, 0.1)
    return paint(canvas, paints.line, above)


def _lights(canvas: Tensor, u: Tensor, v: Tensor, lid: Tensor, paints: Paints, head: Proportions, opening: Tensor,
            pixel: Tensor) -> Tensor:
    spot = ellipse(u + 0.38 * head.iris_width, v + 0.45 * head.iris_height, 0.34 * head.iris_width, 0.26 * head.iris_height)
    canvas = paint(canvas, paints.light, coverage(spot, pixel) * opening)
    small = ellipse(u - 0.42 * head.iris_width, v - 0.5 * head.iris_height, 0.16 * head.iris_width, 0.12 * head.iris_height)
    return paint(canvas, paints.light, 0.9 * coverage(small, pixel) * opening)


def nose(canvas: Tensor, frame: Frame, paints: Paints, head: Proportions) -> Tensor:
    """A shadow under the tip; with soft shading also a ridge."""
    u, v = frame.moved(DEPTH + 0.04), frame.v - head.nose_v
    tip = ellipse(u, v, head.nose, 0.6 * head.nose)
    canvas = paint(canvas, paints.skin_dark, coverage(tip, frame.pixel + 0.02))
    return canvas


def mouth(canvas: Tensor, frame: Frame, factors: Factors, paints: Paints, head: Proportions, width: Tensor) -> Tensor:
    """A curve whose corners rise with mouth_shape, opened by mouth_open."""
    u, v = frame.moved(DEPTH + 0.01), frame.v - head.mouth_v
    part = (u / head.mouth_width).square()
    bend = v + 0.055 * per_face(factors.mouth_shape) * (2 * part - 1)
    arc = (1 - part).clamp(min=0)
    half = 0.09 * per_face(factors.mouth_open) * arc
    gap = torch.maximum(bend.abs() - half, u.abs() - head.mouth_width)
    canvas = paint(canvas, paints.lip, coverage(gap - head.lips * arc, frame.pixel))
    canvas = paint(canvas, paints.line, coverage(gap - 0.6 * width, frame.pixel))
    return paint(canvas, paints.mouth, coverage(gap + 0.3 * width, frame.pixel))
