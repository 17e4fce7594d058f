"""What several tests of games, loops and networks share: every objective, small batches, a small conv run."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from gan_edu.objectives import hinge, least_squares, minimax, non_saturating, relativistic, wasserstein

OBJECTIVES = {
    "minimax": minimax,
    "non_saturating": non_saturating,
    "least_squares": least_squares,
    "hinge": hinge,
    "wasserstein": wasserstein,
    "relativistic": relativistic,
}


def _one_hot_on_meta() -> bool:
    try:
        torch.nn.functional.one_hot(torch.zeros(1, dtype=torch.int64, device="meta"), 2)
    except RuntimeError:
        return False
    return True


needs_one_hot_on_meta = pytest.mark.skipif(not _one_hot_on_meta(), reason="this torch has no one_hot on the meta device")
every_objective = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)


class Points(NamedTuple):
    x: Tensor


class Named(NamedTuple):
    """Pictures with more that is known of them, one part nested."""

    x: Tensor
    known: Points
    y: Tensor


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int, channels: int = 1, size: int = 8, seed: int = 0) -> Points:
    return Points(torch.rand(n, channels, size, size, generator=seeded(seed)) * 2 - 1)
