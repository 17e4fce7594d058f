"""The Frechet distance between two sets of features, as in FID."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_edu.metrics.features import pair

ROWS = 8192  # so many rows are turned to float64 at once
EVEN = 1e-3  # Cholesky of a covariance whose steps differ by more would cost digits


class FrechetDistance(NamedTuple):
    """value = means + covariances, all in squared units of the features, all at least 0 but for rounding."""

    value: float
    means: float
    covariances: float


def frechet_distance(real: Any, fake: Any) -> FrechetDistance:
    """Squared distance of transport between two normal distributions with the samples' means and covariances.

        ||m - m'||^2  +  tr C + tr C' - 2 tr (C C')^(1/2)

    with C = (n - 1)^-1 sum (x - m)(x - m)^T. No root of a matrix is taken: with C = R^T R and C' = R'^T R' the last trace
    is the sum of the singular values of R R'^T. So it is right for fewer examples than features, too, where roots of the
    singular product C C' turn complex or NaN. R comes from the centred examples themselves: they are it when there are fewer
    than features, else by Cholesky's decomposition, or by QR where that would cost digits.

    real, fake: features (n, d) and (n', d), tensors or arrays, n, n' >= 2, any unit. FID is this number on the 2,048
    features of one fixed Inception network; on other features it is another number. It is biased upwards, by about
    1/n: state n. Works in float64 and in blocks of rows; what it needs beyond its inputs is a few matrices (d, d).
    Raises ValueError for other shapes, n < 2, different widths, and numbers that are not finite.

    Source: Dowson and Landau, 1982, The Frechet distance between multivariate normal distributions; as a measure of
    generators Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter, 2017, arXiv 1706.08500.
    """
    real, fake = pair(real, fake)
    (mean, root), (other_mean, other_root) = _moments(real), _moments(fake)
    means = (mean - other_mean).square().sum().item()
    overlap = torch.linalg.svdvals(root @ other_root.T).sum()
    covariances = (root.square().sum() + other_root.square().sum() - 2 * overlap).item()
    return FrechetDistance(means + covariances, means, covariances)


def _moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean, and R with R^T R the covariance; R has no more rows than there are examples or features."""
    blocks = features.split(ROWS)
    mean = sum(rows.double().sum(0) for rows in blocks) / len(features)
    scale = (len(features) - 1) ** 0.5
    if len(features) <= features.shape[1]:
        return mean, (features.double() - mean) / scale
    squares = sum(rows.T @ rows for rows in (block.double() - mean for block in blocks))
    lower, failed = torch.linalg.cholesky_ex(squares)
    steps = lower.diagonal()
    if not failed and steps.min() > EVEN * steps.max():
        return mean, lower.T / scale
    return mean, _triangle(block.double() - mean for block in blocks) / scale


def _triangle(blocks: Iterable[Tensor]) -> Tensor:
    """R of the QR decomposition of all blocks' rows together: three times as slow as Cholesky's, and right for any rows."""
    root = None
    for rows in blocks:
        root = torch.linalg.qr(rows if root is None else torch.cat([root, rows]), mode="r").R
    return root
