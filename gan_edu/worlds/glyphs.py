"""4x4 binary pictures drawn by a small stroke grammar, with every one of the 65,536 probabilities known.

A *stroke* is a straight horizontal or vertical run of 2, 3 or 4 pixels. Its length has probability
1/2, 3/10, 1/5 in that order, and its place is uniform among the places that hold it. A *glyph* is

- with probability 1/4 a single stroke, horizontal or vertical with equal chance;
- with probability 3/4 one horizontal and one vertical stroke, drawn independently and drawn again
  until the two share a pixel.

That gives 48 + 256 = 304 legal pictures. Ink is +1, paper is -1. Pixels are numbered row by row from
the top left, i = 4 row + column, and a picture's index is the sum of 2^i over its inked pixels, so the
empty picture has index 0 and the full one 65535. Probabilities are float64; logarithms are natural.
"""

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

SIDE = 4
PIXELS = SIDE * SIDE
PICTURES = 2**PIXELS
LENGTHS = {2: 0.5, 3: 0.3, 4: 0.2}
ONE_STROKE = 0.25


class Glyphs(NamedTuple):
    """Pictures and their indices.

    x: (n, 1, 4, 4) float32, each pixel -1 or 1; index: (n,) int64 in [0, 65535].
    """

    x: Tensor
    index: Tensor


def sample(n: int, *, generator: torch.Generator) -> Glyphs:
    """Draw n glyphs from the grammar, independently.

    Tensors lie on the generator's device. Raises ValueError for n < 1.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    indices, weights = (part.to(generator.device) for part in _support())
    chosen = torch.multinomial(weights, n, replacement=True, generator=generator)
    index = indices[chosen]
    return Glyphs(_pictures(index), index)


def probabilities() -> Tensor:
    """Probability of every picture under the grammar.

    Shape (65536,), float64, sums to one; entry k belongs to the picture with index k.
    """
    indices, weights = _support()
    result = torch.zeros(PICTURES, dtype=torch.float64)
    result[indices] = weights
    return result


def all_pictures() -> Tensor:
    """All pictures in the order of their index: (65536, 1, 4, 4) float32, -1 or 1."""
    return _pictures(torch.arange(PICTURES))


def index_of(x: Tensor) -> Tensor:
    """Index of each picture, sum over i of 2^i [pixel i is ink].

    x: (n, 1, 4, 4) with entries exactly -1 or 1 (threshold a generator's output first).
    Returns (n,) int64. Raises ValueError for another shape or another value.
    """
    if x.ndim != 4 or x.shape[1:] != (1, SIDE, SIDE):
        raise ValueError(f"x must have shape (n, 1, 4, 4), got {tuple(x.shape)}")
    if not bool(((x == 1) | (x == -1)).all()):
        raise ValueError("every pixel must be -1 or 1; threshold the pictures first")
    return ((x.flatten(1) > 0) * _powers().to(x.device)).sum(dim=1)


def legal(x: Tensor) -> Tensor:
    """Whether the grammar can draw each picture.

    x: (n, 1, 4, 4) with entries -1 or 1. Returns (n,) bool. Raises ValueError as index_of does.
    """
    return (probabilities() > 0).to(x.device)[index_of(x)]


def pixel_marginals() -> Tensor:
    """Probability that each pixel is ink: (4, 4) float64."""
    indices, weights = _support()
    return (weights @ _bits(indices).double()).reshape(SIDE, SIDE)


def independent_probabilities() -> Tensor:
    """The best model with independent pixels: the product of the pixel marginals.

    q(x) = prod_i m_i^{b_i} (1 - m_i)^{1 - b_i}, with b_i = 1 for ink. No other product minimises
    KL(p, q). Shape (65536,), float64, sums to one.
    """
    ink = pixel_marginals().flatten()
    bits = _bits(torch.arange(PICTURES))
    return torch.where(bits, ink, 1 - ink).prod(dim=1)


def total_correlation() -> float:
    """What independent pixels lose, in nats: TC = sum_i H(X_i) - H(X) = KL(p, prod_i p_i).

    Watanabe 1960, "Information theoretical analysis of multivariate correlation".
    """
    ink = pixel_marginals().flatten()
    single = torch.special.entr(ink).sum() + torch.special.entr(1 - ink).sum()
    return float(single - torch.special.entr(probabilities()).sum())


@cache
def _support() -> tuple[Tensor, Tensor]:
    """Indices (304,) and probabilities (304,) of the legal pictures. Shared: never changed in place."""
    across, down = _strokes(step=1, line_step=SIDE), _strokes(step=SIDE, line_step=1)
    weights: dict[int, float] = {}
    for picture, chance in [*across, *down]:
        weights[picture] = weights.get(picture, 0.0) + ONE_STROKE * chance / 2
    pairs = [(h | v, p * q) for h, p in across for v, q in down if h & v]
    meeting = sum(chance for _, chance in pairs)
    for picture, chance in pairs:
        weights[picture] = weights.get(picture, 0.0) + (1 - ONE_STROKE) * chance / meeting
    indices = sorted(weights)
    chances = torch.tensor([weights[k] for k in indices], dtype=torch.float64)
    return torch.tensor(indices), chances / chances.sum()


def _strokes(step: int, line_step: int) -> list[tuple[int, float]]:
    """Every stroke of one direction as (index, probability); its pixels are `step` apart."""
    strokes = []
    for length, chance in LENGTHS.items():
        starts = [line_step * line + step * offset
                  for line in range(SIDE) for offset in range(SIDE - length + 1)]
        for start in starts:
            index = sum(1 << (start + step * k) for k in range(length))
            strokes.append((index, chance / len(starts)))
    return strokes


def _powers() -> Tensor:
    return 1 << torch.arange(PIXELS)


def _bits(index: Tensor) -> Tensor:
    """Whether each pixel is ink: (n,) int64 -> (n, 16) bool."""
    return (index.unsqueeze(1) & _powers().to(index.device)) > 0


def _pictures(index: Tensor) -> Tensor:
    return (2 * _bits(index).float() - 1).reshape(-1, 1, SIDE, SIDE)
