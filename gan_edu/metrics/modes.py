"""How much of a mixture a generator makes: which modes, and how many of its points belong to any."""

from typing import NamedTuple

import torch
from torch import Tensor


class Coverage(NamedTuple):
    """found: how many modes. good: share of the points that are good. shares: (k,), share of the points that are good at each mode."""

    found: int
    good: float
    shares: Tensor


def mode_coverage(points: Tensor, modes: Tensor, std: float, *, within: float = 3.0, least: float = 0.1) -> Coverage:
    """Count the modes that a cloud of points reaches, and the points that reach one.

    A point is good when its nearest mode is at most ``within`` standard deviations away; a mode is found when it has at
    least ``least`` times its fair share 1/k of all points, counting good points only.

    points: (n, d), n >= 1. modes: (k, d), equally likely. std: of each mode, in units of the points, positive. The
    circle of three standard deviations holds 98.9 % of a round Gaussian in the plane, so that is what the data
    themselves score; more means modes that came out too narrow.
    Raises ValueError when shapes do not fit, points or modes are not finite, or std, within or least are not positive.

    Source: Lin, Khetan, Fanti and Oh, 2018, arXiv 1712.04086, section 4.1 (there a mode is found with a single point).
    """
    points, modes = (torch.as_tensor(values).detach().cpu().double() for values in (points, modes))
    if points.dim() != 2 or modes.dim() != 2 or points.shape[1] != modes.shape[1] or not len(points) * len(modes):
        raise ValueError(f"wanted points (n, d) and modes (k, d), n, k >= 1; got {tuple(points.shape)} and {tuple(modes.shape)}")
    if not (points.isfinite().all() and modes.isfinite().all()):
        raise ValueError("wanted finite points and modes; got NaN or infinite coordinates")
    if not min(std, within, least) > 0:
        raise ValueError(f"wanted positive std, within and least; got {std}, {within} and {least}")
    distance, nearest = torch.cdist(points, modes).min(1)
    good = distance <= within * std
    shares = torch.bincount(nearest[good], minlength=len(modes)) / len(points)
    return Coverage(int((shares >= least / len(modes)).sum()), good.double().mean().item(), shares)
