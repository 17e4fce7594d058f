"""Densities and discriminators over one axis, and the stages of the game."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gan_edu.plots.arrays import Values, array
from gan_edu.plots.labels import label_line
from gan_edu.plots.style import CRITIC, FAKE, REAL, TRUTH


def density_panel(ax: Axes, x: Values, real: Values | None = None, fake: Values | None = None,
                  discriminator: Values | None = None, optimum: Values | None = None,
                  top: float | None = None) -> None:
    """Draw p_data (blue), p_g (orange), a discriminator (green) and the optimal one (black) over one axis.

    x: (m,) grid. real, fake: densities on it, on the left scale. discriminator, optimum: values in
    [0, 1], on a scale of their own at the right; nan leaves a gap. Every curve is labelled directly.
    top: highest density shown, to give several panels one scale; by default what the curves need.
    Raises ValueError when a curve has not the shape of x.
    """
    x = array(x)
    densities = _curves(x, [(real, "$p_{data}$", REAL), (fake, "$p_g$", FAKE)])
    judges = _curves(x, [(optimum, "$D^*$", TRUTH), (discriminator, "$D$", CRITIC)])
    right = _plot(ax, x, densities, judges, top)
    ax.figure.draw_without_rendering()
    _label(ax, x, densities)
    _label(right, x, judges)


def _curves(x: np.ndarray, candidates: list) -> list:
    """The given curves as arrays, each with its label and style; a wrong shape is refused."""
    given = [(array(y), text, style) for y, text, style in candidates if y is not None]
    for y, text, _ in given:
        if x.ndim != 1 or y.shape != x.shape:
            raise ValueError(f"the curve {text} must have the shape of the grid x, (m,): got {y.shape} and {x.shape}")
    return given


def _plot(ax: Axes, x: np.ndarray, densities: list, judges: list, top: float | None) -> Axes:
    """Draw the curves without their labels; returns the axis of the judges."""
    for y, _, style in densities:
        ax.plot(x, y, **style)
    ax.set(xlim=(x.min(), x.max()), xlabel="$x$")
    if densities:
        ax.set_ylim(0, top or 1.2 * max(np.nanmax(y) for y, _, _ in densities))
        ax.set_ylabel("density")
    right = _judge_axis(ax, own=not densities) if judges else ax
    for y, _, style in judges:
        right.plot(x, y, **style)
    return right


def _label(ax: Axes, x: np.ndarray, curves: list) -> None:
    """Label the curves, whose layout is settled."""
    for y, text, style in curves:
        seen = np.isfinite(y)
        label_line(ax, x[seen], y[seen], text, style, settled=True)


def _judge_axis(ax: Axes, own: bool) -> Axes:
    """The axis on which a discriminator is drawn: 0 to 1, at the right unless it is alone."""
    right = ax if own else ax.twinx()
    right.set(ylim=(0, 1.2), yticks=(0, 0.5, 1), ylabel="$D(x)$")
    right.spines["left" if own else "right"].set_visible(True)
    return right


def game_panels(x: Values, real: Values, fakes: Sequence[Values], discriminators: Sequence[Values],
                z: Values, generated: Sequence[Values], titles: Sequence[str]) -> Figure:
    """Draw stages of the game: densities and D above, arrows from noise z to x = G(z) below.

    x: (m,) grid. real: (m,) density of the data. fakes, discriminators: for each stage (m,) density
    of the generated and (m,) values of D in [0, 1]. z: (k,) places in noise. generated: for each
    stage (k,) places G(z). Arrows crowd where p_g is high.
    Raises ValueError when the stages differ in number.
    Source of the idea: Goodfellow et al. 2014, arXiv:1406.2661, figure 1.
    """
    counts = [len(part) for part in (fakes, discriminators, generated, titles)]
    if len(set(counts)) != 1 or counts[0] == 0:
        raise ValueError(f"fakes, discriminators, generated and titles must be of one length, at least 1: got {counts}")
    rows, columns = -(-counts[0] // 2), min(2, counts[0])
    figure, axes = plt.subplots(2 * rows, columns, figsize=(6.0, 3.3 * rows), squeeze=False,
                                height_ratios=[2.2, 1] * rows, layout="constrained")
    x, top = array(x), 1.2 * max(np.nanmax(array(curve)) for curve in (real, *fakes))
    drawn = []
    for stage, (fake, judge, places, title) in enumerate(zip(fakes, discriminators, generated, titles, strict=True)):
        above, below = axes[2 * (stage // 2):2 * (stage // 2) + 2, stage % 2]
        densities = _curves(x, [(real, "$p_{data}$", REAL), (fake, "$p_g$", FAKE)])
        judges = _curves(x, [(judge, "$D$", CRITIC)])
        right = _plot(above, x, densities, judges, top)
        _arrows(below, x, array(z), array(places))
        above.set(title=title, xlabel="")
        _hide_scale(above, stage % 2 > 0)
        _hide_scale(right, stage % 2 < columns - 1)
        drawn += [(above, densities), (right, judges)]
    figure.draw_without_rendering()
    for axis, curves in drawn:
        _label(axis, x, curves)
    return figure


def _hide_scale(ax: Axes, hidden: bool) -> None:
    """Take the numbers off a vertical scale inside a row: that of the densities stands at its left end, that of D at its right."""
    if hidden:
        ax.set(ylabel="", yticklabels=[])


def _arrows(ax: Axes, x: np.ndarray, z: np.ndarray, places: np.ndarray) -> None:
    """Two parallel lines, noise z below and x above, with an arrow from each z to its G(z)."""
    if z.ndim != 1 or z.shape != places.shape:
        raise ValueError(f"z and G(z) must both have the shape (k,): got {z.shape} and {places.shape}")
    low, high = x.min(), x.max()
    margin = 0.12 * (high - low)
    feet = np.interp(z, (z.min(), z.max()), (low + margin, high - margin))
    ax.set(xlim=(low, high), ylim=(0, 1), xticks=[], yticks=[0.06, 0.94], yticklabels=["$z$", "$x$"])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.hlines([0.06, 0.94], low, high, color="#444444", linewidth=1.2)
    for foot, place in zip(feet, places, strict=True):
        if low <= place <= high:
            ax.annotate("", (place, 0.94), (foot, 0.06), arrowprops={
                "arrowstyle": "-|>", "mutation_scale": 8, "color": FAKE["color"], "linewidth": 1.1,
                "shrinkA": 0, "shrinkB": 0})
