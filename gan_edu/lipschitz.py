"""How steep a critic really is: every linear piece of a small ReLU network, and so its exact Lipschitz constant.

A network of linear layers with ReLU or LeakyReLU between them is affine wherever no neuron changes its sign. Going
through the layers, each piece found so far is cut where a neuron of the next layer, affine on that piece, is 0. On a box
the Lipschitz constant (利普希茨常数) is then the length of the longest gradient of any piece. With one or two inputs all
pieces can be listed; with many there are too many, and to find the constant is NP-hard.

Exact means: up to float64's rounding, for the function of real numbers that the weights define, in the box asked for.
Nothing is said of what lies outside. So that rounding alone makes no pieces, a neuron cuts one only if it goes beyond
TOLERANCE on both sides of 0, in units of the numbers summed to give it: a millionth of what float32 would round. In
the plane, pieces smaller than SLIVER of the box are left out.

Source: the pieces: Montufar et al., 2014, arXiv 1402.1869; such cuts in the plane: Humayun et al., 2023, arXiv
2302.12828; the constant: Jordan and Dimakis, 2020, arXiv 2003.01219; NP-hard: Scaman and Virmaux, 2018, arXiv 1805.10965.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from math import inf, isinf
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

TOLERANCE = 1e-13  # float64 rounds by 1e-16 of each number; some hundred of them are summed, in a few layers
SLIVER = 1e-18  # of the box's area: a square of side 1e-9 in one of side 1

Bounds: TypeAlias = float | Sequence[float] | Tensor


class Pieces(NamedTuple):
    """A piecewise linear function of one number: its k - 1 breakpoints, increasing, and the slopes of its k pieces."""

    breaks: Tensor
    slopes: Tensor


class Regions(NamedTuple):
    """The k linear regions of a function of two numbers.

    polygons: the corners of each in order, counterclockwise, (m, 2) with m of its own. gradients: (k, 2). areas: (k,).
    """

    polygons: list[Tensor]
    gradients: Tensor
    areas: Tensor


def line_pieces(critic: nn.Module, low: float = -inf, high: float = inf) -> Pieces:
    """Every breakpoint of a critic of one number between low and high, and its slope on each piece.

    On a piece a layer's neurons are a_j x + c_j, so each of them adds at most one breakpoint, x = -c_j / a_j.

    The bounds may be infinite. A breakpoint is where the *critic's* slope changes: a neuron that nothing listens to
    adds none. Spectral norms are those of evaluation mode; the critic is not changed. All in float64.
    Raises ValueError when the critic is not made of nn.Linear, nn.ReLU and nn.LeakyReLU in nn.Sequential, has more than
    one input or output or weights that are not finite, or when low is not below high.

    Source: as for the module.
    """
    low, high = _bounds(low, high, 1)
    pieces, size = _pieces(critic, np.stack([low, high]), _cut_segment)
    starts = np.array([ends[0, 0] for ends, _ in pieces])
    slopes = np.array([affine.gradient[0, 0] for _, affine in pieces])
    changes = np.abs(np.diff(slopes)) > TOLERANCE * size.gradient[0, 0]
    return Pieces(torch.from_numpy(starts[1:][changes]), torch.from_numpy(slopes[np.append(True, changes)]))


def plane_pieces(critic: nn.Module, low: Bounds, high: Bounds) -> Regions:
    """Every linear region of a critic of two numbers in a box, as a convex polygon, with its gradient.

    On a region a layer's neurons are a_j . x + c_j, so each of them cuts it along one line at most, a_j . x = -c_j. One
    hidden layer of n neurons makes at most 1 + n + n (n - 1) / 2 regions.

    low, high: opposite corners of the box, as two numbers each, or one for both coordinates; finite. The areas sum to
    the box's, but for slivers. Neighbours differ in the sign of a neuron, and may still have the same gradient.
    A critic with three hidden layers of 64 has some 15,000 regions, and they take two seconds.
    Errors and the rest as for ``line_pieces``, with two inputs.

    Source: as for the module; the number of regions: Zaslavsky, 1975, Facing up to arrangements.
    """
    low, high = _bounds(low, high, 2)
    if not np.isfinite([low, high]).all():
        raise ValueError(f"plane_pieces: wanted a finite box; got corners {low.tolist()} and {high.tolist()}")
    (left, bottom), (right, top) = low, high
    box = np.array([[left, bottom], [right, bottom], [right, top], [left, top]])
    pieces, _ = _pieces(critic, box, _cut_polygon)
    regions = [(polygon, affine.gradient[0], _area(polygon)) for polygon, affine in pieces]
    polygons, gradients, areas = zip(*[region for region in regions if region[2] > SLIVER * _area(box)])
    gradients, areas = torch.from_numpy(np.array(gradients)), torch.from_numpy(np.array(areas))
    return Regions([torch.from_numpy(polygon) for polygon in polygons], gradients, areas)


def steepest(critic: nn.Module, low: Bounds, high: Bounds) -> float:
    """The exact Lipschitz constant of a critic of one or two numbers on a box, in the critic's units per unit of x.

    K = max over the linear pieces of ||gradient||, which is the least K with |f(x) - f(y)| <= K ||x - y|| on the box.

    Arguments and errors as for ``line_pieces`` with one input (infinite bounds allowed) and ``plane_pieces`` with two;
    ValueError with more. For the whole plane take a box large enough to meet every region.

    Source: Jordan and Dimakis, 2020, arXiv 2003.01219, theorem 1.
    """
    inputs = _layers(critic)[0].weight.shape[1]
    if inputs == 1:
        return line_pieces(critic, low, high).slopes.abs().max().item()
    if inputs == 2:
        return plane_pieces(critic, low, high).gradients.norm(dim=1).max().item()
    raise ValueError(f"steepest: wanted a critic with 1 or 2 inputs; got {inputs} (for more there is layer_product)")


def layer_product(critic: nn.Module) -> float:
    """The usual bound on the Lipschitz constant, everywhere: each layer stretches its input by its spectral norm at most.

    K <= product over the layers of sigma(W) max(1, |leak|), sigma being the largest singular value.

    Equality needs each layer to hand on the very direction that the next one stretches most, and all neurons on.
    Any number of inputs and outputs. Other errors as for ``line_pieces``.

    Source: Szegedy et al., 2013, arXiv 1312.6199, section 4.3.
    """
    return float(np.prod([np.linalg.norm(layer.weight, 2) * max(1.0, abs(layer.leak)) for layer in _layers(critic)]))


class _Affine(NamedTuple):
    """x -> gradient x + offset: what n neurons are on one piece; (n, inputs) and (n,)."""

    gradient: np.ndarray
    offset: np.ndarray


class _Layer(NamedTuple):
    """x -> s(weight x + bias), with s(t) = t for t > 0 and leak t otherwise; without activation the leak is 1."""

    weight: np.ndarray
    bias: np.ndarray
    leak: float


# (corners, affine before activation, its size) -> for each part, its corners and which neurons are positive there
_Cut: TypeAlias = Callable[[np.ndarray, _Affine, _Affine], Iterator[tuple[np.ndarray, np.ndarray]]]


def _pieces(critic: nn.Module, box: np.ndarray, cut: _Cut) -> tuple[list[tuple[np.ndarray, _Affine]], _Affine]:
    """(corners, affine) of each piece in the box, and the size of the numbers that were summed (all signs positive)."""
    layers, inputs = _layers(critic), box.shape[1]
    ends = layers[0].weight.shape[1], layers[-1].weight.shape[0]
    if ends != (inputs, 1):
        raise ValueError(f"wanted a critic with inputs and outputs {(inputs, 1)}; got {ends}")
    size = _Affine(np.eye(inputs), np.zeros(inputs))
    pieces = [(box, size)]
    for weight, bias, leak in layers:
        size = _after(np.abs(weight), np.abs(bias), size)
        pieces = [(corners, _after(weight, bias, affine)) for corners, affine in pieces]
        if leak != 1:
            pieces = [part for piece in pieces for part in _bent(*piece, leak, size, cut)]
    return pieces, size


def _after(weight: np.ndarray, bias: np.ndarray, affine: _Affine) -> _Affine:
    return _Affine(weight @ affine.gradient, weight @ affine.offset + bias)


def _bent(
    corners: np.ndarray, affine: _Affine, leak: float, size: _Affine, cut: _Cut
) -> Iterator[tuple[np.ndarray, _Affine]]:
    for part, positive in cut(corners, affine, size):
        slope = np.where(positive, 1.0, leak)
        yield part, _Affine(slope[:, None] * affine.gradient, slope * affine.offset)


def _cut_segment(ends: np.ndarray, affine: _Affine, size: _Affine) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    (left, right), slope = ends[:, 0], affine.gradient[:, 0]
    with np.errstate(all="ignore"):  # a flat neuron's zero is infinite or NaN, which is not between the ends
        zeros = -affine.offset / slope
        margins = TOLERANCE * (size.gradient[:, 0] * np.abs(zeros) + size.offset) / np.abs(slope)
    cuts = [left, right]
    for i in np.flatnonzero((left < zeros) & (zeros < right)):
        if min(abs(zeros[i] - place) for place in cuts) > margins[i]:
            cuts.append(zeros[i])
    cuts.sort()
    for start, end in zip(cuts, cuts[1:]):
        yield np.array([[start], [end]]), slope * _between(start, end) + affine.offset > 0


def _between(start: float, end: float) -> float:
    start = 2 * min(end, 0.0) - 1 if isinf(start) else start
    end = 2 * max(start, 0.0) + 1 if isinf(end) else end
    return (start + end) / 2


def _cut_polygon(corners: np.ndarray, affine: _Affine, size: _Affine) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    margins = TOLERANCE * (size.gradient @ np.abs(corners).max(0) + size.offset)
    values = corners @ affine.gradient.T + affine.offset  # (corners, neurons)
    parts = [np.hstack([values, corners])]  # cut together, since values are affine on the piece as well
    for i in np.flatnonzero((values.max(0) > margins) & (values.min(0) < -margins)):
        parts = [half for part in parts for half in _halves(part, part[:, i], margins[i])]
    for part in parts:
        values = part[:, :-2]
        yield part[:, -2:].copy(), values.max(0) > -values.min(0)


def _halves(polygon: np.ndarray, values: np.ndarray, margin: float) -> list[np.ndarray]:
    """The parts of a convex polygon on either side of the line where an affine function, given at its corners, is 0."""
    if values.max() <= margin or values.min() >= -margin:
        return [polygon]
    above, below = [], []
    for i, value in enumerate(values):
        before = values[i - 1]  # the corner before the first is the last
        if min(before, value) < -margin and max(before, value) > margin:
            crossing = polygon[i - 1] + before / (before - value) * (polygon[i] - polygon[i - 1])
            above.append(crossing), below.append(crossing)
        if value >= -margin:
            above.append(polygon[i])
        if value <= margin:
            below.append(polygon[i])
    return [np.array(above), np.array(below)]


def _area(polygon: np.ndarray) -> float:
    x, y = (polygon - polygon[0]).T
    before = np.arange(len(x)) - 1
    return float(x[before] @ y - y[before] @ x) / 2


def _bounds(low: Bounds, high: Bounds, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    sides = [np.asarray(side, dtype=np.float64) for side in (low, high)]
    if any(side.shape not in ((), (inputs,)) for side in sides) or not np.all(sides[0] < sides[1]):
        wanted = "low below high" if inputs == 1 else "low below high, each one number or two"
        raise ValueError(f"wanted {wanted}; got {low} and {high}")
    return np.broadcast_to(sides[0], inputs), np.broadcast_to(sides[1], inputs)


def _layers(critic: nn.Module) -> list[_Layer]:
    """Float64 copies of the critic's layers, as they are in evaluation mode."""
    modules = _flat(copy.deepcopy(critic).eval()) if isinstance(critic, nn.Module) else [critic]
    pairs = list(zip([None, *modules], modules))
    bends = [isinstance(module, (nn.ReLU, nn.LeakyReLU)) and isinstance(before, nn.Linear) for before, module in pairs]
    if not modules or not all(bend or isinstance(module, nn.Linear) for module, bend in zip(modules, bends)):
        got = ", ".join(type(module).__name__ for module in modules) or "nothing"
        raise ValueError(f"wanted nn.Linear layers, each followed by nn.ReLU, nn.LeakyReLU or nothing; got {got}")
    layers = []
    for module, bend in zip(modules, bends):
        if bend:
            layers[-1] = layers[-1]._replace(leak=getattr(module, "negative_slope", 0.0))
        else:
            bias = torch.zeros(module.out_features) if module.bias is None else module.bias
            weight, bias = (numbers.detach().cpu().double().numpy() for numbers in (module.weight, bias))
            layers.append(_Layer(weight, bias, 1.0))
    if not all(np.isfinite(numbers).all() for layer in layers for numbers in layer):
        raise ValueError("wanted finite weights; got NaN or infinite ones")
    return layers


def _flat(module: nn.Module) -> list[nn.Module]:
    return [part for child in module for part in _flat(child)] if type(module) is nn.Sequential else [module]
