"""Precision and recall of a generator, by nearest neighbours among features."""

from typing import NamedTuple

import torch
from torch import Tensor

ROWS = 1024  # so many rows of the table of distances are in memory at once


class PrecisionRecall(NamedTuple):
    """precision: share of the fakes that lie among the reals; recall: share of the reals that lie among the fakes; in [0, 1]."""

    precision: float
    recall: float


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> PrecisionRecall:
    """How many fakes are near real examples, and how many real examples are near fakes.

    Around each example of a set lies a ball that reaches to its k-th nearest neighbour in the same set; a point is
    *among* the set if it lies in one of the balls or on its edge:

        precision = mean over fakes of [there is i: ||fake - real_i|| <= r_k(real_i)],  recall the same with roles exchanged.

    real, fake: features, (n, d) and (m, d), any unit; n, m > k. Pictures are flattened by whoever calls.
    Precision asks for quality, recall for variety; copying one good example has precision 1 and recall near 0.
    Raises ValueError for other shapes, numbers that are not finite, k < 1, or too few examples.

    Source: Kynkaanniemi, Karras, Laine, Lehtinen and Aila, 2019, arXiv 1904.06991 (there k = 3 and the edge belongs to the ball).
    """
    _check(real, fake, k)
    real, fake = real.double(), fake.double()
    return PrecisionRecall(_covered(fake, real, k), _covered(real, fake, k))


def _covered(points: Tensor, by: Tensor, k: int) -> float:
    """Share of the points in at least one ball around the examples ``by``."""
    radius = torch.cat([_distances(rows, by).kthvalue(k + 1, dim=1).values for rows in by.split(ROWS)])  # the nearest is itself
    inside = torch.cat([(_distances(rows, by) <= radius).any(dim=1) for rows in points.split(ROWS)])
    return inside.double().mean().item()


def _distances(a: Tensor, b: Tensor) -> Tensor:
    # the form by matrix products loses digits, and a point may then lie off itself
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def _check(real: Tensor, fake: Tensor, k: int) -> None:
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise ValueError(f"real and fake must be features (n, d) and (m, d), got {tuple(real.shape)} and {tuple(fake.shape)}")
    if type(k) is not int or k < 1 or min(len(real), len(fake)) <= k:
        raise ValueError(f"wanted k >= 1 and more than k examples on each side, got k={k}, {len(real)} real, {len(fake)} fake")
    if not (real.isfinite().all() and fake.isfinite().all()):
        raise ValueError("features must be finite numbers")
