"""What is true of a face: its factors, their ranges, drawing them at random and checking them."""

from typing import NamedTuple

import torch
from torch import Tensor

HAIR_COLORS = ("black", "silver", "blond", "red", "pink", "blue", "teal", "green")
EYE_COLORS = ("blue", "green", "amber", "violet")
HAIR_SHAPES = ("straight", "swept", "spiky", "tails")
CATEGORIES = {
    "hair_color": len(HAIR_COLORS),
    "eye_color": len(EYE_COLORS),
    "hair_shape": len(HAIR_SHAPES),
}
RANGES = {
    "length": (0.0, 1.0),
    "mouth_shape": (-1.0, 1.0),
    "mouth_open": (0.0, 1.0),
    "eye_open": (0.7, 1.0),
    "turn": (-1.0, 1.0),
    "tilt": (-1.0, 1.0),
    "background": (0.0, 1.0),
    "skin": (0.0, 1.0),
    "size": (0.96, 1.04),
    "shade": (0.94, 1.04),
    "line": (0.85, 1.15),
}
ROUNDING = 1e-6


class Factors(NamedTuple):
    """Everything that decides a face; each field is (n,).

    hair_color, eye_color, hair_shape: int64, places in HAIR_COLORS, EYE_COLORS, HAIR_SHAPES. The others
    are float32 within RANGES: length of the hair; mouth_shape from frown (-1) to smile (1); mouth_open;
    eye_open; turn of the head (1: towards the right edge of the picture); tilt in the plane (1: 5 degrees
    clockwise); background and skin, each a path through colours; size of the head; shade, a brightness
    that multiplies every colour; line, a factor of the lines' width.
    """

    hair_color: Tensor
    eye_color: Tensor
    hair_shape: Tensor
    length: Tensor
    mouth_shape: Tensor
    mouth_open: Tensor
    eye_open: Tensor
    turn: Tensor
    tilt: Tensor
    background: Tensor
    skin: Tensor
    size: Tensor
    shade: Tensor
    line: Tensor


def draw_factors(n: int, *, generator: torch.Generator) -> Factors:
    """Draw n sets of factors, all uniform and independent.

    Tensors lie on the generator's device. Raises ValueError for n < 1.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    place = generator.device
    categories = {
        name: torch.randint(number, (n,), generator=generator, device=place)
        for name, number in CATEGORIES.items()
    }
    floats = {
        name: low + (high - low) * torch.rand(n, generator=generator, device=place)
        for name, (low, high) in RANGES.items()
    }
    return Factors(**categories, **floats)


def check(factors: Factors) -> None:
    """Refuse factors that no face has: ValueError naming the factor, its range and what came.

    On the meta device, where there are no values, only shapes and kinds are checked.
    """
    for name, value in factors._asdict().items():
        _check_form(name, value, factors.hair_color)
    if factors.hair_color.is_meta:
        return
    for name, number in CATEGORIES.items():
        value = getattr(factors, name)
        wrong = (value < 0) | (value >= number)
        if bool(wrong.any()):
            raise ValueError(f"{name} must be from 0 to {number - 1}, got {int(value[wrong][0])}")
    for name, (low, high) in RANGES.items():
        value = getattr(factors, name).detach()
        wrong = ~((value >= low - ROUNDING) & (value <= high + ROUNDING))  # catches nan too
        if bool(wrong.any()):
            raise ValueError(f"{name} must be from {low} to {high}, got {float(value[wrong][0]):g}")


def _check_form(name: str, value: Tensor, first: Tensor) -> None:
    if value.ndim != 1 or len(value) < 1 or len(value) != len(first):
        raise ValueError(
            f"every factor needs shape (n,) with one n of at least 1; "
            f"{name} has {tuple(value.shape)}, hair_color {tuple(first.shape)}"
        )
    if value.dtype != (torch.float32 if name in RANGES else torch.int64):
        wanted = "a float32 tensor" if name in RANGES else "an int64 tensor"
        raise ValueError(f"{name} must be {wanted}, got {value.dtype}")
