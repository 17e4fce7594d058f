"""Density and coverage: like precision and recall, but an outlier's large ball decides nothing."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_edu.metrics.features import pair

ROWS = 1024  # so many rows of the table of distances are in memory at once


class DensityCoverage(NamedTuple):
    """density: mean number of real balls around a fake, over k; at least 0, 1 on average for the real thing, unbounded.

    coverage: share of the real examples whose ball holds a fake, in [0, 1].
    """

    density: float
    coverage: float


def density_coverage(real: Any, fake: Any, k: int = 5) -> DensityCoverage:
    """How crowded with reals the places of the fakes are, and how many reals have a fake near them.

    Around each real example lies a ball that reaches to its k-th nearest real neighbour, without its edge:

        density  = sum over fakes j and reals i of [ ||fake_j - real_i|| < r_k(real_i) ] / (k m)
        coverage = mean over reals i of [ some fake lies in the ball of real_i ]

    For fakes from the reals' own distribution the expected density is 1 and the expected coverage
    1 - prod over j = 1..k of (n - j) / (n + m - j), which tends to 1 - 2^-k for n = m; see ``expected_coverage``.

    real, fake: features (n, d) and (m, d), tensors or arrays, n > k, m >= 1, any unit. Works in float64.
    Raises ValueError for other shapes, different widths, k < 1, n not above k, and numbers that are not finite.

    Source: Naeem, Oh, Uh, Choi and Yoo, 2020, arXiv 2002.09797 (k = 5; the ball is open there too).
    """
    _check_k(k)
    real, fake = pair(real, fake, least=1)
    if len(real) <= k:
        raise ValueError(f"wanted more than k real examples, got k={k} and {len(real)}")
    real, fake = real.double(), fake.double()
    inside = torch.zeros(len(real), dtype=torch.long, device=real.device)
    for at in range(0, len(real), ROWS):
        rows = real[at : at + ROWS]
        radius = _distances(rows, real).kthvalue(k + 1, dim=1).values  # the nearest is the example itself
        inside[at : at + ROWS] = (_distances(rows, fake) < radius[:, None]).sum(1)
    return DensityCoverage(inside.sum().item() / (k * len(fake)), (inside > 0).double().mean().item())


def expected_coverage(n: int, m: int, k: int = 5) -> float:
    """Coverage to be expected of m fakes from the very distribution of n reals: 1 - prod_{j=1..k} (n - j) / (n + m - j).

    Around a real example its k nearest among the n - 1 others and the m fakes must all be real for its ball to be empty.
    Raises ValueError for k < 1, n not above k and m < 1.
    """
    _check_k(k)
    if n <= k or m < 1:
        raise ValueError(f"wanted n > k and m >= 1, got n={n}, m={m}, k={k}")
    empty = 1.0
    for j in range(1, k + 1):
        empty *= (n - j) / (n + m - j)
    return 1 - empty


def _check_k(k: int) -> None:
    if type(k) is not int or k < 1:
        raise ValueError(f"k counts neighbours; wanted at least 1, got {k}")


def _distances(a: Tensor, b: Tensor) -> Tensor:
    # the form by matrix products loses digits, and a point may then lie off itself
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
