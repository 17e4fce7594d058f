"""Hair: what lies behind the head, and the fringe and locks in front of it."""

from typing import NamedTuple

import torch
from torch import Tensor

from gan_edu.worlds.faces.factors import Factors
from gan_edu.worlds.faces.frames import Frame, per_face
from gan_edu.worlds.faces.palette import Paints
from gan_edu.worlds.faces.shapes import band, coverage, ellipse, paint, triangle_wave
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
CROWN = (0.66, 0.64)
CAP = (0.61, 0.60)


def form_of(factors: Factors) -> HairForm:
    """The numbers of each face's hair shape."""
    table = torch.tensor(FORMS, device=factors.length.device)[factors.hair_shape]
    return HairForm(*(per_face(column) for column in table.unbind(dim=1)))


def back_hair(canvas: Tensor, frame: Frame, form: HairForm, length: Tensor, paints: Paints, head: Proportions,
              width: Tensor) -> Tensor:
    """Crown, the hair that falls behind the shoulders, and the tails."""
    u, v = frame.moved(-0.05), frame.v
    bottom = form.low + (form.reach - form.low) * length
    outside = (u.abs() - form.width + 0.14).clamp(min=0)
    below = (v - bottom - form.fray * triangle_wave(4 * u) + 0.14).clamp(min=0)
    fall = torch.sqrt(outside.square() + below.square() + 1e-8) - 0.14
    fall = torch.maximum(fall, -0.1 - v)
    shape = torch.minimum(torch.minimum(_crown(u, v, form, CROWN), fall), _tails(u, v, form, length))
    canvas = paint(canvas, paints.hair_line, coverage(shape - width, frame.pixel))
    canvas = paint(canvas, paints.hair, coverage(shape, frame.pixel))
    inner = coverage(shape, frame.pixel) * ((v - 0.1) * 2).clamp(0, 1) 
    return paint(canvas, paints.hair_dark, inner * coverage(u.abs() - 0.5, 0.3))


def front_hair(canvas: Tensor, frame: Frame, form: HairForm, length: Tensor, paints: Paints, head: Proportions,
               width: Tensor) -> Tensor:
    """Fringe, locks beside the face, strands and a highlight."""
    u, v = frame.moved(0.06), frame.v
    cap = _crown(u, v, form._replace(spikes=0.0), CAP)
    shape = torch.maximum(cap, _fringe(u, v, form))
    shape = torch.minimum(shape, _lock(u, v, form, length))
    inside = coverage(shape, frame.pixel)
    canvas = paint(canvas, paints.hair_line, coverage(shape - width, frame.pixel))
    canvas = paint(canvas, paints.hair, inside)
    strands = band(triangle_wave(u * 3.2 / (1.25 + v)) * 0.1, 0.3 * width, frame.pixel)
    canvas = paint(canvas, paints.hair_dark, strands * inside * ((v + 0.45) * 4).clamp(0, 1))
    ring = ellipse(u, v - 0.02, 0.52, 0.50) + 0.02 * triangle_wave(7 * u)
    glow = band(ring, 0.04, frame.pixel) * coverage(v + 0.26, 0.1) * inside * coverage(u.abs() - 0.36, 0.1)
    return paint(canvas, paints.hair_light, glow)


def fringe_shadow(frame: Frame, form: HairForm) -> Tensor:
    """Distance to the shadow that the fringe throws on the forehead."""
    return _fringe(frame.moved(0.06), frame.v - 0.07, form)


def _crown(u: Tensor, v: Tensor, form: HairForm, radii: tuple[float, float]) -> Tensor:
    down = v - CROWN_V
    spikes = form.spikes * (triangle_wave(torch.atan2(u, 1e-4 - down) * 1.75) + 0.3)
    return ellipse(u, down, *radii) - spikes * coverage(down - 0.15, 0.3)


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
    side = (u.abs() - 0.51).abs() - form.lock * (1 - along.square()) 
    return torch.maximum(side, torch.maximum(top - v, v - bottom))
