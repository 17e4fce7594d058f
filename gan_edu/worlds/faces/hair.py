"""Hair: what lies behind the head, and the fringe and locks in front of it."""

from typing import NamedTuple

import torch
from torch import Tensor

from gan_edu.worlds.faces.factors import Factors
from gan_edu.worlds.faces.frames import Frame, per_face
from gan_edu.worlds.faces.palette import Paints
from gan_edu.worlds.faces.shapes import TINY, band, coverage, ellipse, paint, triangle_wave
from gan_edu.worlds.faces.styles import Proportions


class HairForm(NamedTuple):
    """A hair shape in numbers; tables hold floats, a batch (n, 1, 1, 1) each."""

    fringe: float | Tensor  # where the fringe ends in the middle of the forehead
    slope: float | Tensor  # how it falls from left to right
    arch: float | Tensor  # how it falls towards both temples
    teeth: float | Tensor  # depth of its zigzag
    parting: float | Tensor  # height of the opening at the parting
    spikes: float | Tensor  # height of the spikes around the crown
    width: float | Tensor  # half width of the back hair
    fray: float | Tensor  # zigzag at the lower edge of the back hair
    low: float | Tensor  # where the back hair ends at length 0
    reach: float | Tensor  # where it ends at length 1
    lock: float | Tensor  # half width of the locks beside the face
    tail: float | Tensor  # half width of the two tails


FORMS = (
    HairForm(-0.02, 0.0, 0.10, 0.015, 0.0, 0.0, 0.62, 0.01, 0.30, 1.05, 0.11, 0.0),  # straight
    HairForm(-0.14, 0.36, 0.35, 0.03, 0.0, 0.0, 0.56, 0.05, 0.22, 0.95, 0.08, 0.0),  # swept
    HairForm(-0.06, 0.0, 0.15, 0.11, 0.0, 0.10, 0.58, 0.11, 0.20, 0.90, 0.06, 0.0),  # spiky
    HairForm(-0.05, 0.0, 0.25, 0.02, 0.30, 0.0, 0.50, 0.02, 0.25, 0.30, 0.07, 0.17),  # tails
)
CROWN_V = -0.12
CROWN = (0.64, 0.64)
ROUND = 0.14  # radius of the back hair's corners


def form_of(factors: Factors) -> HairForm:
    """The numbers of each face's hair shape."""
    table = torch.tensor(FORMS, device=factors.length.device)[factors.hair_shape]
    return HairForm(*(per_face(column) for column in table.unbind(dim=1)))


def back_hair(canvas: Tensor, frame: Frame, form: HairForm, length: Tensor, paints: Paints, width: Tensor) -> Tensor:
    """Crown, the hair that falls behind the shoulders, and the tails."""
    u, v = frame.moved(-0.05), frame.v
    shape = torch.minimum(_crown(frame.u, v, form), _fall(u, v, form, length))
    shape = torch.minimum(shape, _tails(u, v, form, length))
    inside = coverage(shape, frame.pixel)
    canvas = paint(canvas, paints.hair_line, coverage(shape - width, frame.pixel))
    canvas = paint(canvas, paints.hair, inside)
    return paint(canvas, paints.hair_dark, inside * coverage(u.abs() - 0.46, 0.2) * coverage(0.3 - v, 0.3))


def front_hair(canvas: Tensor, frame: Frame, form: HairForm, length: Tensor, paints: Paints, head: Proportions,
               width: Tensor) -> Tensor:
    """Fringe, locks beside the face, strands and a highlight."""
    u, v = frame.moved(0.06), frame.v
    shape = torch.maximum(_crown(frame.moved(0.02), v, form), _fringe(u, v, form))
    shape = torch.minimum(shape, _lock(u, v, form, length))
    inside = coverage(shape, frame.pixel)
    canvas = paint(canvas, paints.hair_line, coverage(shape - width, frame.pixel))
    canvas = paint(canvas, paints.hair, inside)
    canvas = paint(canvas, paints.hair_dark, 0.8 * head.softness * inside * coverage(-shape - 0.06, 0.2))
    strands = band(triangle_wave(u * 2.6 / (1.25 + v)) * 0.12 + 0.1, 0.35 * width, frame.pixel)
    canvas = paint(canvas, paints.hair_dark, strands * inside * ((v + 0.40) * 4).clamp(0, 1))
    ring = ellipse(u, v + 0.02, 0.50, 0.46) + (1 - head.softness) * 0.025 * triangle_wave(6 * u)
    half = 0.055 * (1 - (u / 0.42).square())
    glow = coverage(ring.abs() - half, frame.pixel + 0.12 * head.softness) * coverage(v + 0.20, frame.pixel)
    return paint(canvas, paints.hair_light, glow * inside)


def fringe_shadow(frame: Frame, form: HairForm) -> Tensor:
    """Distance to the shadow that the fringe throws on the forehead."""
    return _fringe(frame.moved(0.06), frame.v - 0.07, form)


def _crown(u: Tensor, v: Tensor, form: HairForm) -> Tensor:
    down = v - CROWN_V
    wave = triangle_wave(torch.atan2(u, 1e-4 - down) * 1.6 + 0.5)
    return ellipse(u, down, *CROWN) - form.spikes * wave * coverage(down - 0.15, 0.3)


def _fall(u: Tensor, v: Tensor, form: HairForm, length: Tensor) -> Tensor:
    bottom = form.low + (form.reach - form.low) * length
    outside = (u.abs() - form.width + ROUND).clamp(min=0)
    below = (v - bottom - form.fray * triangle_wave(3.4 * u) + ROUND).clamp(min=0)
    return torch.maximum(torch.sqrt(outside.square() + below.square() + TINY) - ROUND, -0.1 - v)


def _tails(u: Tensor, v: Tensor, form: HairForm, length: Tensor) -> Tensor:
    top, bottom = -0.42, 0.15 + 0.85 * length
    along = ((v - top) / (bottom - top)).clamp(0, 1)
    center = 0.62 + 0.20 * torch.sqrt(along + 1e-4)
    half = form.tail * torch.sqrt(along * 3 + 1e-4).clamp(max=1) * (1 - along.square()) - 0.01
    side = (u.abs() - center).abs() - half
    missing = (form.tail == 0).to(u.dtype)
    return torch.maximum(side, torch.maximum(top - v, v - bottom)) + missing


def _fringe(u: Tensor, v: Tensor, form: HairForm) -> Tensor:
    edge = form.fringe + form.slope * (u + 0.25).abs() + form.arch * u.square()
    edge = edge + form.teeth * triangle_wave(2.6 * u + 0.5) - form.parting * torch.exp(-(u / 0.16).square())
    steep = 1 + (form.slope + form.teeth * 8 + form.parting * 3).square()
    return (v - edge) * torch.rsqrt(steep)


def _lock(u: Tensor, v: Tensor, form: HairForm, length: Tensor) -> Tensor:
    top, bottom = -0.25, 0.32 + 0.40 * length
    along = ((v - top) / (bottom - top)).clamp(0, 1)
    side = (u.abs() - 0.50).abs() - form.lock * (1 - along.square()) * (0.3 + 3 * along).clamp(max=1)
    return torch.maximum(side, torch.maximum(top - v, v - bottom))
