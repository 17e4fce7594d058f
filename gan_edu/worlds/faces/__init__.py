"""Faces drawn from known factors, in four styles that share them.

A face is a batch-wise painting of signed-distance shapes with edges two pixels wide, so that it looks
the same at every size. `sample` draws random faces, `draw` any faces, `draw_factors` only the truth.
"""

from .drawing import Faces, draw, sample
from .factors import (
    CATEGORIES,
    EYE_COLORS,
    HAIR_COLORS,
    HAIR_SHAPES,
    RANGES,
    Factors,
    draw_factors,
)
from .styles import CHANNELS

STYLES = tuple(CHANNELS)

__all__ = [
    "CATEGORIES",
    "CHANNELS",
    "EYE_COLORS",
    "HAIR_COLORS",
    "HAIR_SHAPES",
    "RANGES",
    "STYLES",
    "Factors",
    "Faces",
    "draw",
    "draw_factors",
    "sample",
]
