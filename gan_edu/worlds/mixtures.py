"""Points on the line and in the plane: Gaussian mixtures, boxes, thickened segments, and a spiral.

Each world is an object with ``sample(n, generator=...)``, ``modes``, and, where one exists, ``density(x)`` in float64,
in units of 1 / (unit of x)^d. Samples are float32 of shape (n, d); everything that is exactly known is float64.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, pi, sqrt
from typing import NamedTuple

import torch
from torch import Tensor


class Points(NamedTuple):
    """n points x of shape (n, d), float32, and the component (n,) each was drawn from, int64."""

    x: Tensor
    component: Tensor


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """A mixture of round Gaussians.

    p(x) = sum over k of weights_k N(x; means_k, std_k^2 I).

    weights: (k,), not negative, scaled to sum to one. means: (k, d), or (k,) on the line.
    std: one number, or (k,), in units of x.
    Raises ValueError when empty, when weights are negative, NaN or all zero, when a std is not positive, or on shapes
    that do not match.

    Source: McLachlan and Peel, 2000, Finite mixture models.
    """

    weights: Tensor
    means: Tensor
    std: Tensor

    def __post_init__(self) -> None:
        weights, means = _weights(self.weights), _places(self.means, "means")
        std = torch.as_tensor(self.std, dtype=torch.float64)
        _same_count(weights, means, "means")
        if std.shape not in ((), weights.shape):
            raise ValueError(f"std: wanted one number or one for each of {len(weights)} weights; got shape {tuple(std.shape)}")
        std = std.expand(len(weights)).clone()
        if not (std.isfinite() & (std > 0)).all():
            raise ValueError(f"std: wanted positive finite numbers, got {std.tolist()}")
        for name, value in (("weights", weights), ("means", means), ("std", std)):
            object.__setattr__(self, name, value)

    @property
    def modes(self) -> Tensor:
        """The centres of the components, (k, d): where the density peaks when they are well apart."""
        return self.means

    def sample(self, n: int, *, generator: torch.Generator) -> Points:
        """n independent points and the component of each. Raises ValueError when n < 1."""
        component = _components(self.weights, n, generator)
        means, std = (a.to(generator.device, torch.float32) for a in (self.means, self.std))
        noise = torch.randn(n, means.shape[1], generator=generator, device=generator.device)
        return Points(means[component] + std[component, None] * noise, component)

    def density(self, x: Tensor) -> Tensor:
        """p(x) at points of shape (n, d), or (n,) on the line: (n,), float64."""
        means, std = self.means, self.std
        squares = (_points(x, means.shape[1])[:, None] - means).square().sum(2)
        scale = (std * sqrt(2 * pi)) ** means.shape[1]
        return ((-squares / (2 * std**2)).exp() / scale) @ self.weights

    def cdf(self, x: Tensor) -> Tensor:
        """F(x) = P(X <= x) on the line, at points of shape (n,): (n,), float64. Raises ValueError for d > 1."""
        if self.means.shape[1] != 1:
            raise ValueError(f"a cumulative distribution needs the line, d = 1; this world has d = {self.means.shape[1]}")
        standard = (_points(x, 1) - self.means[:, 0]) / self.std
        return torch.special.ndtr(standard) @ self.weights


@dataclass(frozen=True, eq=False)
class Boxes:
    """Uniform on boxes: zero outside, so that two of them can be disjoint for sure.

    p(x) = sum over k of weights_k [x in box k] / volume_k.

    weights: (k,), scaled to sum to one. low, high: corners (k, d), or (k,) on the line, low < high.
    A box contains its lower faces and not its upper ones. Boxes may overlap.
    Raises ValueError as ``GaussianMixture`` does, and where low >= high.
    """

    weights: Tensor
    low: Tensor
    high: Tensor

    def __post_init__(self) -> None:
        weights, low, high = _weights(self.weights), _places(self.low, "low"), _places(self.high, "high")
        _same_count(weights, low, "low")
        if low.shape != high.shape or not (low < high).all():
            raise ValueError(f"boxes: wanted low < high, corner by corner; got {low.tolist()} and {high.tolist()}")
        for name, value in (("weights", weights), ("low", low), ("high", high)):
            object.__setattr__(self, name, value)

    @property
    def modes(self) -> Tensor:
        """The centres of the boxes, (k, d)."""
        return (self.low + self.high) / 2

    def sample(self, n: int, *, generator: torch.Generator) -> Points:
        """n independent points and the box of each. Raises ValueError when n < 1."""
        component = _components(self.weights, n, generator)
        low, high = _float32_at_least(self.low), _float32_at_least(self.high)
        # float32 may round onto the upper face or past a corner, where the density is 0
        last = torch.nextafter(high, low)
        low, high, last = (a.to(generator.device)[component] for a in (low, high, last))
        share = torch.rand(low.shape, generator=generator, device=generator.device)
        return Points(torch.lerp(low, high, share).clamp(low, last), component)

    def density(self, x: Tensor) -> Tensor:
        """p(x) at points of shape (n, d), or (n,) on the line: (n,), float64."""
        x = _points(x, self.low.shape[1])[:, None]
        inside = ((x >= self.low) & (x < self.high)).all(2).double()
        return (inside / (self.high - self.low).prod(1)) @ self.weights

    def cdf(self, x: Tensor) -> Tensor:
        """F(x) = P(X <= x) on the line, at points of shape (n,): (n,), float64. Raises ValueError for d > 1."""
        if self.low.shape[1] != 1:
            raise ValueError(f"a cumulative distribution needs the line, d = 1; this world has d = {self.low.shape[1]}")
        low, high = self.low[:, 0], self.high[:, 0]
        return ((_points(x, 1) - low) / (high - low)).clamp(0, 1) @ self.weights


@dataclass(frozen=True, eq=False)
class Segments:
    """Uniform along line segments in the plane, thickened by round Gaussian noise.

    p(x) = sum over k of weights_k N(across; 0, t^2) [Phi(along / t) - Phi((along - L_k) / t)] / L_k,

    with ``along`` and ``across`` the coordinates of x on segment k, L_k its length, t the thickness, and Phi the
    standard normal distribution function: the exact convolution, not an approximation.

    starts, ends: (k, 2). thickness: standard deviation of the noise, in units of x. With thickness 0 the points lie on
    lines, which have no area: there is no density, and ``density`` says so.
    Segments are weighted by their length. Raises ValueError when empty, not in the plane, of length 0, or when the
    thickness is negative.
    """

    starts: Tensor
    ends: Tensor
    thickness: float

    def __post_init__(self) -> None:
        starts, ends = _places(self.starts, "starts"), _places(self.ends, "ends")
        if starts.shape != ends.shape or starts.shape[1] != 2:
            raise ValueError(f"segments: wanted starts and ends of shape (k, 2); got {tuple(starts.shape)} and {tuple(ends.shape)}")
        if not ((ends - starts).norm(dim=1) > 0).all():
            raise ValueError("segments: wanted positive lengths; at least one segment starts where it ends")
        if not 0 <= self.thickness < inf:
            raise ValueError(f"thickness: wanted a finite standard deviation of at least 0, got {self.thickness}")
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "ends", ends)

    @property
    def lengths(self) -> Tensor:
        """Length of each segment, (k,), in units of x."""
        return (self.ends - self.starts).norm(dim=1)

    @property
    def modes(self) -> Tensor:
        """The midpoints of the segments, (k, 2)."""
        return (self.starts + self.ends) / 2

    def sample(self, n: int, *, generator: torch.Generator) -> Points:
        """n independent points and the segment of each. Raises ValueError when n < 1."""
        component = _components(self.lengths / self.lengths.sum(), n, generator)
        starts, ends = (a.to(generator.device, torch.float32)[component] for a in (self.starts, self.ends))
        share = torch.rand(n, 1, generator=generator, device=generator.device)
        noise = torch.randn(n, 2, generator=generator, device=generator.device)
        return Points(torch.lerp(starts, ends, share) + self.thickness * noise, component)

    def density(self, x: Tensor) -> Tensor:
        """p(x) at points of shape (n, 2): (n,), float64. Raises ValueError when the thickness is 0."""
        if self.thickness == 0:
            raise ValueError("thin segments have no density: all their mass lies on lines, which have no area")
        t, lengths = self.thickness, self.lengths
        direction = (self.ends - self.starts) / lengths[:, None]
        offset = _points(x, 2)[:, None] - self.starts
        along = (offset * direction).sum(2)
        across = offset[..., 0] * direction[:, 1] - offset[..., 1] * direction[:, 0]
        bell = (-across.square() / (2 * t**2)).exp() / (t * sqrt(2 * pi))
        covered = torch.special.ndtr(along / t) - torch.special.ndtr((along - lengths) / t)
        return (bell * covered).sum(1) / lengths.sum()


def gaussian(mean: float = 0.0, std: float = 1.0) -> GaussianMixture:
    """One bell curve on the line, N(mean, std^2)."""
    return GaussianMixture([1.0], [mean], std)


def two_bumps(distance: float = 4.0, std: float = 0.5, share: float = 0.5) -> GaussianMixture:
    """Two bell curves on the line, at -distance/2 with weight ``share`` and at +distance/2 with the rest."""
    return GaussianMixture([share, 1 - share], [-distance / 2, distance / 2], std)


def ring(modes: int = 8, radius: float = 2.0, std: float = 0.1) -> GaussianMixture:
    """Equal Gaussians, evenly spaced on a circle around 0 in the plane, the first one at (radius, 0)."""
    _at_least_one(modes, "modes")
    angle = 2 * pi * torch.arange(modes, dtype=torch.float64) / modes
    return GaussianMixture(torch.ones(modes), radius * torch.stack([angle.cos(), angle.sin()], 1), std)


def grid(side: int = 5, spacing: float = 1.0, std: float = 0.05) -> GaussianMixture:
    """side x side equal Gaussians on a square grid in the plane, centred on 0."""
    _at_least_one(side, "side")
    line = spacing * (torch.arange(side, dtype=torch.float64) - (side - 1) / 2)
    return GaussianMixture(torch.ones(side * side), torch.cartesian_prod(line, line).reshape(-1, 2), std)


def box(low: float | Sequence[float], high: float | Sequence[float]) -> Boxes:
    """Uniform on one box: numbers on the line, or corners in the plane."""
    corner = lambda place: torch.as_tensor(place, dtype=torch.float64).reshape(1, -1)  # noqa: E731
    return Boxes([1.0], corner(low), corner(high))


def spiral(turns: float = 1.5, radius: float = 2.0, thickness: float = 0.1, pieces: int = 120) -> Segments:
    """An Archimedean spiral from the origin out to ``radius``, as a chain of short thickened segments.

    The world *is* the chain, so its density is exact. Raises ValueError when pieces < 1.
    """
    _at_least_one(pieces, "pieces")
    # the square root spaces the corners evenly along the curve, not along the angle
    share = torch.linspace(0, 1, pieces + 1, dtype=torch.float64).sqrt()
    angle = 2 * pi * turns * share
    corners = radius * share[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    return Segments(corners[:-1], corners[1:], thickness)


def _weights(values: Tensor | Sequence[float]) -> Tensor:
    weights = torch.as_tensor(values, dtype=torch.float64)
    if weights.dim() != 1 or len(weights) == 0:
        raise ValueError(f"weights: wanted at least one, shape (k,); got shape {tuple(weights.shape)}")
    if not (weights.isfinite() & (weights >= 0)).all() or weights.sum() == 0:
        raise ValueError(f"weights: wanted finite numbers of at least 0, not all 0; got {weights.tolist()}")
    return weights / weights.sum()


def _places(values: Tensor | Sequence, name: str) -> Tensor:
    places = torch.as_tensor(values, dtype=torch.float64).clone()  # a world does not change with its caller's tensors
    places = places[:, None] if places.dim() == 1 else places
    if places.dim() != 2 or places.numel() == 0:
        raise ValueError(f"{name}: wanted at least one place, shape (k, d) or (k,); got shape {tuple(places.shape)}")
    if not places.isfinite().all():
        raise ValueError(f"{name}: wanted finite coordinates, got {places.tolist()}")
    return places


def _same_count(weights: Tensor, places: Tensor, name: str) -> None:
    if len(weights) != len(places):
        raise ValueError(f"wanted one of {name} for each weight; got {len(places)} for {len(weights)} weights")


def _points(x: Tensor, d: int) -> Tensor:
    x = torch.as_tensor(x).detach().cpu().double()  # in this order: MPS has no float64
    x = x[:, None] if x.dim() == 1 and d == 1 else x
    if x.dim() != 2 or x.shape[1] != d:
        raise ValueError(f"x: wanted points of shape (n, {d}); got {tuple(x.shape)}")
    if x.isnan().any():
        raise ValueError(f"x: wanted numbers; got NaN in {int(x.isnan().any(1).sum())} of {len(x)} points")
    return x


def _float32_at_least(places: Tensor) -> Tensor:
    near = places.float()
    return torch.where(near < places, torch.nextafter(near, torch.full_like(near, inf)), near)


def _components(weights: Tensor, n: int, generator: torch.Generator) -> Tensor:
    _at_least_one(n, "n")
    return torch.multinomial(weights.to(generator.device, torch.float32), n, replacement=True, generator=generator)


def _at_least_one(count: int, name: str) -> None:
    if count < 1:
        raise ValueError(f"{name}: wanted at least 1, got {count}")
