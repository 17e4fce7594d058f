"""How far apart two distributions are, when both are known exactly.

Every function takes (real, fake) in this order. With a grid ``x`` they are densities on it, integrated by the
trapezoid rule; without one they are probabilities that sum to one. All in float64; logarithms in nats.
"""

from math import log

import torch
from scipy.stats import wasserstein_distance
from torch import Tensor
from torch.special import xlogy

DENSITY_TOLERANCE = 1e-3  # a grid cuts off tails and rounds corners; what is further from 1 is a mistake
PROBABILITY_TOLERANCE = 1e-6


def kl(real: Tensor, fake: Tensor, x: Tensor | None = None) -> float:
    """Kullback-Leibler divergence with the real distribution in front, in nats.

    KL(p || q) = integral of p log(p / q), with 0 log 0 = 0.

    real, fake: shape (n,), densities on the grid x (n,) or, without x, probabilities.
    Range [0, inf]; +inf where p > 0 = q (p is not absolutely continuous with respect to q). float64 holds no density
    below 5e-324: a Gaussian tail beyond some 38 standard deviations *is* 0 here, and gives +inf too.
    Raises ValueError on shapes that differ, NaN, negative values, or totals that are not one.

    Source: Kullback and Leibler, 1951, On information and sufficiency.
    """
    real, fake, x = _checked(real, fake, x)
    return _total(_kl_integrand(real, fake), x)


def js(real: Tensor, fake: Tensor, x: Tensor | None = None) -> float:
    """Jensen-Shannon divergence, in nats.

    JS(p, q) = KL(p || m) / 2 + KL(q || m) / 2, with the mixture m = (p + q) / 2.

    Arguments and errors as for ``kl``. Symmetric; range [0, log 2], where log 2 means that no x has both
    p > 0 and q > 0.

    Source: Lin, 1991, Divergence measures based on the Shannon entropy (there in bits).
    """
    real, fake, x = _checked(real, fake, x)
    larger = torch.maximum(real, fake)
    p, q = real / larger, fake / larger  # near 1, so that half of a denormal number cannot round to 0
    mixture = (p + q) / 2
    return _total(larger * (_kl_integrand(p, mixture) + _kl_integrand(q, mixture)) / 2, x)


def tv(real: Tensor, fake: Tensor, x: Tensor | None = None) -> float:
    """Total variation distance: the most by which the two can disagree about one event.

    TV(p, q) = 1/2 integral of |p - q|.

    Arguments and errors as for ``kl``. Symmetric; range [0, 1], no unit.

    Source: Levin and Peres, 2017, Markov chains and mixing times, section 4.1.
    """
    real, fake, x = _checked(real, fake, x)
    return _total((real - fake).abs() / 2, x)


def w1(real: Tensor, fake: Tensor, x: Tensor) -> float:
    """Earth mover's (1-Wasserstein) distance on the line, in units of x.

    W1(p, q) = integral of |F_p(x) - F_q(x)| dx, with F the cumulative distribution functions.

    real, fake: densities on the increasing grid x, all of shape (n,). Range [0, x[-1] - x[0]].
    The grid is needed because the distance measures how far mass moves. Errors as for ``kl``.

    Source: Vallender, 1974, Calculation of the Wasserstein distance between probability distributions on the line.
    """
    if x is None:
        raise ValueError("W1 measures how far mass moves; it needs the grid x, got None")
    real, fake, x = _checked(real, fake, x)
    gap = torch.cumulative_trapezoid(real - fake, x)
    return torch.trapezoid(torch.cat([gap.new_zeros(1), gap]).abs(), x).item()


def w1_samples(real: Tensor, fake: Tensor) -> float:
    """W1 between two sets of points on the line, each point weighing the same, in units of the points.

    For n points each, sorted: mean of |real_(i) - fake_(i)|.

    real, fake: any shapes, flattened; the counts may differ. Range [0, inf).
    Raises ValueError when a set is empty or holds NaN or infinite values.

    Source: as for ``w1``; computed by ``scipy.stats.wasserstein_distance``.
    """
    real, fake = (torch.as_tensor(points).detach().cpu().double().flatten() for points in (real, fake))
    for name, points in (("real", real), ("fake", fake)):
        if len(points) == 0 or not points.isfinite().all():
            raise ValueError(f"{name}: wanted finite points, at least one; got {_describe(points)}")
    return float(wasserstein_distance(real.numpy(), fake.numpy()))


def optimal_discriminator(real: Tensor, fake: Tensor, prior: float = 0.5) -> Tensor:
    """The best possible discriminator: of everything met at x, the share that is real.

    D*(x) = pi p(x) / (pi p(x) + (1 - pi) q(x)), with pi the prior share of real examples.

    real, fake: densities or probabilities at the same points, one shape, not necessarily normalised.
    Returns float64 in [0, 1], and NaN where both are zero: nothing is ever met there, so any answer is as good.
    Raises ValueError when the shapes differ, values are NaN, infinite or negative, or the prior is not inside (0, 1).

    Source: Goodfellow et al., 2014, arXiv 1406.2661, proposition 1 (there with pi = 1/2).
    """
    if not 0 < prior < 1:
        raise ValueError(f"prior: wanted a share of real examples between 0 and 1, got {prior}")
    real, fake = _same_shape(real, fake)
    larger = torch.maximum(real, fake)  # 0 / 0 = NaN where both are; no other product underflows
    real, fake = prior * (real / larger), (1 - prior) * (fake / larger)
    return real / (real + fake)


def game_value(discriminator: Tensor, real: Tensor, fake: Tensor, x: Tensor | None = None) -> float:
    """The value of the game, V(D, G), in nats.

    V = integral of p log D + q log(1 - D).

    discriminator: D at the points of x, in [0, 1]; NaN is allowed where both densities are zero.
    Other arguments as for ``kl``. Range [-inf, 0]; -inf when D is sure and wrong: exactly 1 where fakes are, or
    exactly 0 where real ones are, by more than float64 would round away. Its maximum over D is
    2 JS(p, q) - 2 log 2, reached by ``optimal_discriminator``.
    Raises ValueError as ``kl`` does, and when D leaves [0, 1] or has another shape.

    Source: Goodfellow et al., 2014, arXiv 1406.2661, equation 1 and theorem 1.
    """
    real, fake, x = _checked(real, fake, x)
    d = torch.as_tensor(discriminator).detach().cpu().double()
    if d.shape != real.shape:
        raise ValueError(f"discriminator: wanted one value per point, shape {tuple(real.shape)}; got {tuple(d.shape)}")
    d = torch.where(real + fake > 0, d, torch.full_like(d, 0.5))
    if not ((d >= 0) & (d <= 1)).all():
        raise ValueError(f"discriminator: wanted probabilities in [0, 1] where data can be; got {_describe(d)}")
    return _total(_log_score(real, d, fake) + _log_score(fake, 1 - d, real), x)


def to_bits(nats: float) -> float:
    """The same information in bits: nats / log 2."""
    return nats / log(2)


def _kl_integrand(p: Tensor, q: Tensor) -> Tensor:
    return torch.where(p > 0, p * (p.log() - q.log()), torch.zeros_like(p))


def _log_score(density: Tensor, answer: Tensor, other: Tensor) -> Tensor:
    # an answer of 0 that is a tiny one rounded costs nothing: density times its logarithm tends to 0 with it
    rounded = (answer == 0) & (density <= torch.finfo(torch.float64).eps * other)
    return torch.where(rounded, 0.0, xlogy(density, answer))


def _total(integrand: Tensor, x: Tensor | None) -> float:
    return (integrand.sum() if x is None else torch.trapezoid(integrand, x)).item()


def _checked(real: Tensor, fake: Tensor, x: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    real, fake = _same_shape(real, fake)
    if real.dim() != 1 or len(real) == 0:
        raise ValueError(f"wanted two lists of densities or probabilities, shape (n,); got {tuple(real.shape)}")
    if x is not None:
        x = torch.as_tensor(x).detach().cpu().double()
        if x.shape != real.shape:
            raise ValueError(f"mismatched grids: x has shape {tuple(x.shape)}, the densities {tuple(real.shape)}")
        if len(x) < 2 or not (x.diff() > 0).all():
            raise ValueError(f"x: wanted an increasing grid of at least two points; got {_describe(x)}")
    tolerance = PROBABILITY_TOLERANCE if x is None else DENSITY_TOLERANCE
    for name, values in (("real", real), ("fake", fake)):
        total = _total(values, x)
        if abs(total - 1) > tolerance:
            kind = "probabilities that sum" if x is None else "a density that integrates over x"
            raise ValueError(f"{name}: wanted {kind} to 1 (within {tolerance}); got a total of {total:.6g}")
    return real, fake, x


def _same_shape(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    real, fake = (torch.as_tensor(values).detach().cpu().double() for values in (real, fake))
    if real.shape != fake.shape:
        raise ValueError(f"mismatched grids: real has shape {tuple(real.shape)}, fake {tuple(fake.shape)}")
    for name, values in (("real", real), ("fake", fake)):
        if not (values.isfinite() & (values >= 0)).all():
            raise ValueError(f"{name}: wanted finite values of at least 0; got {_describe(values)}")
    return real, fake


def _describe(values: Tensor) -> str:
    if values.numel() == 0:
        return "none at all"
    if values.isnan().any():
        return f"{int(values.isnan().sum())} NaN among {values.numel()} values"
    return f"values from {values.min():.6g} to {values.max():.6g}"
