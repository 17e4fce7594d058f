"""Moving one distribution onto another at the least cost: plans, prices and matchings, all exact, all by SciPy's solvers.

A *transport plan* says how much mass goes from each place of the real distribution to each of the fake one. Its cost is
the mass times the cost of each journey; with distances for costs the least possible is the earth mover's distance W1.
Everything in float64 on the CPU, in the order (real, fake). For densities on a line ``divergences.w1`` is faster.
"""

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment, linprog
from scipy.sparse import kron, vstack
from scipy.spatial.distance import cdist
from torch import Tensor

TOLERANCE = 1e-6  # of a total mass of one
# HiGHS forgives absolute errors, of 1e-10 at the least: numbers of size 1e4 make that 1e-14 of the mass and of the costs.
# Its presolve calls a programme with masses as small as that infeasible now and then; without it all is faster, too.
SIZE = 1e4
EXACTLY = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10, "presolve": False}


class Transport(NamedTuple):
    """An optimal plan and the prices that prove it optimal.

    cost: sum of plan * costs, in units of the costs. plan: (n, m), mass from real place i to fake place j.
    real_price (n,), fake_price (m,): at most costs_ij in sum, for every pair, and equal to it wherever the plan moves
    mass; real_price . real + fake_price . fake is the cost again.
    """

    cost: float
    plan: Tensor
    real_price: Tensor
    fake_price: Tensor


class Potential(NamedTuple):
    """The best 1-Lipschitz function: its value E_real[f] - E_fake[f], in units of the distances, and f at the places, (n,)."""

    value: float
    f: Tensor


def distances(real: Tensor, fake: Tensor) -> Tensor:
    """Euclidean distances between every two points: (n, m), in units of the points.

    c_ij = ||real_i - fake_j||.

    real: (n, d) or (n,) on the line; fake: (m, d) or (m,). Raises ValueError when empty, not finite, or when d differs.
    """
    real, fake = _points(real, "real"), _points(fake, "fake")
    if real.shape[1] != fake.shape[1]:
        raise ValueError(f"points: wanted as many coordinates in both sets; got {real.shape[1]} and {fake.shape[1]}")
    return torch.from_numpy(cdist(real.numpy(), fake.numpy()))


def optimal_plan(real: Tensor, fake: Tensor, costs: Tensor) -> Transport:
    """The cheapest way to move one distribution onto another: Kantorovich's linear programme (线性规划).

    minimise sum_ij plan_ij costs_ij  subject to  plan >= 0, row sums = real, column sums = fake.
    Its dual: maximise a . real + b . fake  subject to  a_i + b_j <= costs_ij; the solver returns both.

    real: (n,) probabilities; fake: (m,); costs: (n, m), finite, of any sign. 10,000 pairs take 0.1 s, 40,000 a second.
    Errors stay near 1e-14 of the mass and of the largest cost, whatever its size.
    An optimal plan is seldom unique: there are ties, above all on the line, and the solver returns one of them.
    Raises ValueError when masses are negative, NaN or do not sum to one, or when the shapes do not fit.

    Source: Kantorovich, 1942, On the translocation of masses; Peyre and Cuturi, 2019, arXiv 1803.00567, chapter 2.
    """
    real, fake = _masses(real, "real"), _masses(fake, "fake")
    costs = torch.as_tensor(costs).detach().cpu().double()
    if costs.shape != (len(real), len(fake)):
        raise ValueError(f"costs: wanted one for each pair, shape {(len(real), len(fake))}; got {tuple(costs.shape)}")
    if not costs.isfinite().all():
        raise ValueError(f"costs: wanted finite numbers; {int((~costs.isfinite()).sum())} of {costs.numel()} are not")
    n, m = costs.shape
    sums = vstack([kron(np.eye(n), np.ones((1, m))), kron(np.ones((1, n)), np.eye(m))], format="csr")
    # a total of exactly one on both sides, or the solver finds no plan at all
    masses = torch.cat([real / real.sum(), fake / fake.sum()]).numpy()
    found, prices = _solved(costs.flatten(), sums, masses, (0, None), equal=True)
    plan = torch.where(found > 0, found, 0).reshape(n, m)  # the solver gives -0.0, and lets masses be negative by 1e-14
    return Transport((plan * costs).sum().item(), plan, prices[:n], prices[n:])


def best_potential(real: Tensor, fake: Tensor, distances: Tensor) -> Potential:
    """The dual of the earth mover's problem: the 1-Lipschitz function that tells the two apart best.

    maximise sum_i f_i (real_i - fake_i)  subject to  f_i - f_j <= distances_ij for every pair; f_0 = 0.

    By Kantorovich and Rubinstein's theorem the maximum is W1. f is unique up to a constant only where mass must move.
    real, fake: (n,) probabilities at the same n places; distances: (n, n), a metric (zero diagonal, symmetric,
    triangle inequality, which is not checked). 100 places take 0.2 s.
    Raises ValueError as ``optimal_plan`` does, and when the distances are negative, not symmetric or not zero on the diagonal.

    Source: Kantorovich and Rubinstein, 1958; Villani, 2009, Optimal transport, theorem 5.10 and remark 6.5.
    """
    real, fake = _masses(real, "real"), _masses(fake, "fake")
    d = torch.as_tensor(distances).detach().cpu().double()
    n = len(real)
    if fake.shape != real.shape or d.shape != (n, n):
        shapes = f"{tuple(real.shape)}, {tuple(fake.shape)} and {tuple(d.shape)}"
        raise ValueError(f"wanted real and fake at the same n places and distances (n, n); got shapes {shapes}")
    good = d.isfinite() & (d >= 0)
    if not good.all():
        raise ValueError(f"distances: wanted finite numbers of at least 0; {int((~good).sum())} of {d.numel()} are not")
    if not torch.equal(d, d.T) or d.diagonal().any():
        off, diagonal = (d - d.T).abs().max(), d.diagonal().max()
        raise ValueError(f"distances: wanted a symmetric matrix with zeros on its diagonal; got {off:.3g} off symmetry and up to {diagonal:.3g} there")
    first, second = np.nonzero(~np.eye(n, dtype=bool))
    rows = np.arange(len(first))
    difference = np.zeros((len(first), n))
    difference[rows, first], difference[rows, second] = 1, -1
    excess = real / real.sum() - fake / fake.sum()
    farthest = d.max().item() or 1.0
    bounds = [(0, 0)] + [(None, None)] * (n - 1)
    found, _ = _solved(-excess, difference, d.numpy()[first, second] / farthest, bounds, equal=False)
    f = found * farthest
    return Potential((f @ excess).item(), f)


def matching(real: Tensor, fake: Tensor) -> tuple[float, Tensor]:
    """The earth mover's distance between two sets of n points, and the partner of each real one.

    W1 = min over permutations s of 1/n sum_i ||real_i - fake_s(i)||.

    With equal counts and weights some optimal plan moves every point whole (Birkhoff, 1946), so that it is a matching.
    real, fake: (n, d), or (n,) on the line. Returns (W1 in units of the points, s of shape (n,), int64).
    n = 512 takes 0.02 s, n = 2000 about a second. Raises ValueError when the counts differ, and as ``distances`` does.

    Source: Crouse, 2016, On implementing 2D rectangular assignment algorithms (SciPy's linear_sum_assignment).
    """
    costs = distances(real, fake)
    if costs.shape[0] != costs.shape[1]:
        raise ValueError(f"matching: wanted as many real points as fake ones; got {costs.shape[0]} and {costs.shape[1]}")
    rows, partner = linear_sum_assignment(costs.numpy())
    return float(costs.numpy()[rows, partner].mean()), torch.from_numpy(partner)


def _solved(costs: Tensor, sums, sides: np.ndarray, bounds, equal: bool) -> tuple[Tensor, Tensor]:
    """The cheapest x within its bounds with sums @ x equal to the sides, or at most the sides; and a price for each side.

    The costs may have any size; the sides must be of size one.
    """
    largest = costs.abs().max().item() or 1.0
    constraints = {"A_eq": sums, "b_eq": SIZE * sides} if equal else {"A_ub": sums, "b_ub": SIZE * sides}
    found = linprog(SIZE * (costs / largest).numpy(), **constraints, bounds=bounds, method="highs-ds", options=EXACTLY)
    if found.status != 0:  # cannot happen with masses that balance and finite costs; never pass on a wrong number
        raise RuntimeError(f"the linear programme was not solved: {found.message}")
    prices = np.array((found.eqlin if equal else found.ineqlin).marginals)
    return torch.from_numpy(found.x) / SIZE, torch.from_numpy(prices) * (largest / SIZE)


def _masses(values: Tensor, name: str) -> Tensor:
    masses = torch.as_tensor(values).detach().cpu().double()
    if masses.dim() != 1 or len(masses) == 0:
        raise ValueError(f"{name}: wanted probabilities of shape (n,); got shape {tuple(masses.shape)}")
    good = masses.isfinite() & (masses >= 0)
    if not good.all():
        raise ValueError(f"{name}: wanted finite masses of at least 0; got {masses[~good].tolist()[:6]} among {len(masses)}")
    if abs(masses.sum() - 1) > TOLERANCE:
        raise ValueError(f"{name}: wanted masses that sum to 1 (within {TOLERANCE}); got a total of {masses.sum():.6g}")
    return masses


def _points(values: Tensor, name: str) -> Tensor:
    points = torch.as_tensor(values).detach().cpu().double()
    if points.dim() not in (1, 2) or points.numel() == 0:
        raise ValueError(f"{name}: wanted points of shape (n, d) or (n,), at least one; got shape {tuple(points.shape)}")
    points = points[:, None] if points.dim() == 1 else points
    if not points.isfinite().all():
        raise ValueError(f"{name}: wanted finite coordinates; {int((~points.isfinite()).any(1).sum())} of {len(points)} points have others")
    return points
