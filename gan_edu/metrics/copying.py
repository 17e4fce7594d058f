"""Has a generator learnt, or does it return what it was shown?"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_edu.metrics.features import checked

ROWS = 1024  # so many rows of the table of distances are in memory at once


class Copying(NamedTuple):
    """share: of pairs in which the fake is nearer to the training set than the held-out example; 1/2 is fair; copies have 1.

    exact: share of the fakes that are training examples, to the last digit. Both in [0, 1].
    """

    share: float
    exact: float


def copying(training: Any, held_out: Any, fake: Any) -> Copying:
    """Are fakes nearer to the training examples than fresh real examples are?

        share = P( dist(fake, training) < dist(held-out, training) ) + 1/2 P( equal ),   dist(x, T) = min over t of ||x - t||

    over all pairs of a fake and a held-out example. A generator of the true distribution has 1/2. Above, its fakes lie nearer to
    the training set than fresh examples do: copies do, and so do new examples from the middle of each kind. Below, they are
    farther from it, as those of most weak generators are. An alarm near 1, then, but no proof of copying.

    training, held_out, fake: features or examples flattened, (n, d), (h, d), (m, d), tensors or arrays; held_out from the
    same source as training, but never shown. Works in float64.
    Raises ValueError for other shapes, different widths, no rows, and numbers that are not finite.

    Source: Meehan, Chaudhuri and Dasgupta, 2020, arXiv 2004.05675 (there the share is turned into a test and taken cell by cell).
    """
    training, held_out, fake = checked("training", training, 1), checked("held_out", held_out, 1), checked("fake", fake, 1)
    if not training.shape[1] == held_out.shape[1] == fake.shape[1]:
        raise ValueError(f"all three must have the same number of features, got {training.shape[1]}, {held_out.shape[1]} and {fake.shape[1]}")
    near, fresh = _nearest(fake, training), _nearest(held_out, training).sort().values
    above = len(fresh) - torch.searchsorted(fresh, near, right=True)
    equal = torch.searchsorted(fresh, near, right=True) - torch.searchsorted(fresh, near)
    share = (above + equal.double() / 2).sum().item() / (len(near) * len(fresh))
    return Copying(share, (near == 0).double().mean().item())


def _nearest(points: Tensor, others: Tensor) -> Tensor:
    """Distance of each point to the nearest of the others."""
    points, others = points.double(), others.double()
    blocks = [torch.cdist(rows, others, compute_mode="donot_use_mm_for_euclid_dist").amin(1) for rows in points.split(ROWS)]
    return torch.cat(blocks)
