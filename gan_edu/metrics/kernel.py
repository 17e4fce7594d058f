"""The kernel distance between two sets of features, as in KID."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_edu.metrics.features import pair
from gan_edu.training.progress import progress

ROWS = 2048  # so many rows of a table of products are in memory at once


class KernelDistance(NamedTuple):
    """value: an unbiased estimate, which may fall below 0. error: its standard error over the blocks (NaN for one block)."""

    value: float
    error: float


def kernel_distance(real: Any, fake: Any, block: int | None = None, *, generator: torch.Generator | None = None) -> KernelDistance:
    """Squared maximum mean discrepancy with the kernel k(x, y) = (x . y / d + 1)^3, without bias.

        mean of k(x_i, x_j) over i != j  +  mean of k(y_i, y_j) over i != j  -  2 mean of k(x_i, y_j)

    It is 0 on average when both sets come from one distribution, for any number of examples; one estimate is then below 0
    as often as not. It compares all moments up to the third.

    real, fake: features (n, d) and (n', d), tensors or arrays, n, n' >= 2; the features' unit counts, since k has a 1 in it.
    block: None for one estimate from all pairs. Else both sets are shuffled and cut into blocks of so many examples
    (what is left over is not used), each estimated apart: cheaper, and the spread gives the error. Needs a generator.
    Raises ValueError for other shapes, n < 2, a block below 2 or above n, non-finite numbers, and a missing generator.

    Source: Binkowski, Sutherland, Arbel and Gretton, 2018, arXiv 1801.01401 (there: blocks of 1,000, drawn anew each time).
    """
    real, fake = pair(real, fake)
    if block is None:
        return KernelDistance(_estimate(real, fake), float("nan"))
    if generator is None:
        raise ValueError("the examples are shuffled before they are cut into blocks; pass a torch.Generator")
    if not 2 <= block <= min(len(real), len(fake)):
        raise ValueError(f"wanted a block of 2 to {min(len(real), len(fake))} examples, got {block}")
    count = min(len(real), len(fake)) // block
    halves = [rows[torch.randperm(len(rows), generator=generator).to(rows.device)][: count * block].split(block) for rows in (real, fake)]
    estimates = torch.tensor([_estimate(*both) for both in progress(list(zip(*halves)), count, "blocks")], dtype=torch.float64)
    error = estimates.std(correction=1).item() / count**0.5 if count > 1 else float("nan")
    return KernelDistance(estimates.mean().item(), error)


def _estimate(real: Tensor, fake: Tensor) -> float:
    n, m = len(real), len(fake)
    within = (_sum(real, real) - _own(real)) / (n * (n - 1)) + (_sum(fake, fake) - _own(fake)) / (m * (m - 1))
    return (within - 2 * _sum(real, fake) / (n * m)).item()


def _sum(a: Tensor, b: Tensor) -> Tensor:
    """Sum of k over all pairs, in float64."""
    pieces = b.split(ROWS)
    return sum(_kernel(rows.double() @ piece.double().T, a.shape[1]).sum() for rows in a.split(ROWS) for piece in pieces)


def _own(a: Tensor) -> Tensor:
    """Sum of k(x, x)."""
    return sum(_kernel(rows.double().square().sum(1), a.shape[1]).sum() for rows in a.split(ROWS))


def _kernel(products: Tensor, width: int) -> Tensor:
    return (products / width + 1) ** 3
