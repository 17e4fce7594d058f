"""A map of codes on which the reader moves a point, while the page decodes it to a picture."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from torch import Tensor, nn

from gan_edu.plots.arrays import Values, array
from gan_edu.widgets.exported import exported
from gan_edu.widgets.frames import pixels, png_uris
from gan_edu.widgets.page import script, style

DIGITS = ("a 0", "a 1", "a 2", "a 3", "a 4", "a 5", "a 6", "a 7", "an 8", "a 9")
# "muted" of Paul Tol (2021, "Colour schemes"), which stays distinct under colour blindness, and grey; digits that look alike are kept apart
COLOURS = ("#332288", "#CC6677", "#44AA99", "#DDCC77", "#117733", "#AA4499", "#777777", "#88CCEE", "#882255", "#999933")
MARKS, ACROSS = 300, 9
AXES = ("first number of the code", "second number of the code")


@dataclass(frozen=True)
class CodeMap:
    """A live figure; without JavaScript the map beside a grid of decoded pictures stays."""
    title: str
    layers: list[dict[str, object]]
    marks: list[tuple[float, float, int]]  # a code and its label
    limits: tuple[tuple[float, float], tuple[float, float]]
    step: float
    start: tuple[float, float]
    side: int
    names: tuple[str, ...]
    picture: str
    alt: str

    def __repr__(self) -> str:
        return f"Code map: {self.title} ({len(self.marks)} codes, pictures of {self.side} x {self.side})"

    def _repr_html_(self) -> str:
        content = {"layers": self.layers, "marks": self.marks, "limits": self.limits, "step": self.step, "start": self.start,
                   "places": _places(self.step), "side": self.side, "names": self.names, "colours": COLOURS, "axes": AXES}
        name = hashlib.sha256(json.dumps([self.title, self.alt, self.picture, content]).encode()).hexdigest()[:12]
        legend = "" if self.names == DIGITS else f'<p>{escape(", ".join(f"{i}: {text}" for i, text in enumerate(self.names)))}</p>\n'
        return f"""{style("figure.css")}
{style("code_map.css")}
<figure class="gan-figure gan-codes" id="code-map-{name}" data-code-map="{name}">
<figcaption>{escape(self.title)}</figcaption>
<img data-part="picture" src="{self.picture}" alt="{escape(self.alt)}" width="700" height="350">
<div data-part="live" hidden>
<div class="gan-pair">
<div data-part="frame"><svg data-part="map" role="img" aria-label="Map of the codes, each drawn as its label"></svg><div data-part="field"></div></div>
<div class="gan-decoded"><canvas data-part="decoded" width="{self.side}" height="{self.side}" role="img" aria-label="The picture decoded from the point"></canvas>
<p data-part="code"></p></div>
</div>
<div class="gan-row">
{self._slider("first", 0)}
{self._slider("second", 1)}
<button type="button" data-part="reset">Reset</button>
</div>
<p class="gan-unseen" role="status" data-part="summary"></p>
</div>
{legend}{script("code_map.js", name, content, using=("mlp.js", "svg.js"))}
</figure>"""

    def _slider(self, key: str, axis: int) -> str:
        (low, high), value, places = self.limits[axis], self.start[axis], _places(self.step)
        return (f'<label><span>{key} number <b data-part="{key}-value">{value:.{places}f}</b></span><input data-part="{key}" type="range" '
                f'min="{low}" max="{high}" step="{self.step}" value="{value}" aria-label="{AXES[axis]}" autocomplete="off"></label>')


def code_map(decoder: nn.Module, codes: Values, labels: Values, title: str, names: Sequence[str] | None = None,
             start: tuple[float, float] = (0.0, 0.0), alt: str | None = None) -> CodeMap:
    """A map of two-number codes; the reader drags a point over it, and the page itself decodes the point.

    decoder: from (n, 2) to pictures (n, 1, side, side) in [-1, 1], ink high, of layers that ``exported`` knows.
    codes: (n, 2), the codes of the training pictures. labels: (n,) integers 0..9; each code is drawn as its label, at most
    300 of them, evenly over their order. The map reaches 10 % beyond the codes, with one scale on both axes.
    names: what the ten labels are, with an article ("a shirt"), for the legend and the voice; None: digits.
    start: the point at first, rounded to a step of the sliders. alt: what the picture that stays without JavaScript shows.
    Raises ValueError for a decoder, codes, labels, names or a start of another kind, and for an empty title.
    """
    codes, labels = array(codes), array(labels)
    names = DIGITS if names is None else tuple(names)
    _check(codes, labels, title, names)
    layers = _layers(decoder)
    limits, step = _limits(codes)
    for value, (low, high) in zip(start, limits, strict=True):
        if not low <= value <= high:
            raise ValueError(f"the start must lie on the map, {limits[0]} by {limits[1]}; got {tuple(start)}")
    grid = _decoded(decoder, limits)
    chosen = np.linspace(0, len(codes) - 1, min(MARKS, len(codes))).round().astype(int)
    digits = max(3, _places(step) + 1)
    marks = [(round(float(x), digits), round(float(y), digits), int(label)) for (x, y), label in zip(codes[chosen], labels[chosen], strict=True)]
    alt = alt or (f"{title}. Left, {len(marks)} codes drawn as their labels; right, the pictures decoded at {ACROSS} by {ACROSS} places of the same map.")
    return CodeMap(title, layers, marks, limits, step, tuple(_stepped(value, step) for value in start), grid.shape[-1], names,
                   _fallback(marks, limits, grid), alt)


def _check(codes: np.ndarray, labels: np.ndarray, title: str, names: tuple[str, ...]) -> None:
    if codes.ndim != 2 or codes.shape[1] != 2 or len(codes) == 0:
        raise ValueError(f"codes must have the shape (n, 2), n >= 1: got {codes.shape}")
    if not np.isfinite(codes).all():
        raise ValueError(f"codes must be finite: {int((~np.isfinite(codes)).any(axis=1).sum())} of {len(codes)} are not")
    if labels.shape != codes.shape[:1]:
        raise ValueError(f"one label for each of the {len(codes)} codes is needed, got labels of shape {labels.shape}")
    if not np.isin(labels, range(10)).all():
        raise ValueError(f"labels must be integers from 0 to 9, got {labels[~np.isin(labels, range(10))][0]:g}")
    if not title.strip():
        raise ValueError("the title must hold a text, it is empty")
    if len(names) != 10 or not all(name.strip() for name in names):
        raise ValueError(f"names must be ten texts, one for each label, none empty: got {names}")


def _layers(decoder: nn.Module) -> list[dict[str, object]]:
    layers = exported(decoder)
    first = next(layer for layer in layers if layer["kind"] == "linear")
    if first["inputs"] != 2:
        raise ValueError(f"the decoder must take codes of 2 numbers, its first layer takes {first['inputs']}")
    return layers


def _limits(codes: np.ndarray) -> tuple[tuple[tuple[float, float], tuple[float, float]], float]:
    """Ends of both axes, equally far apart and on steps of the sliders, and that step: 1, 2 or 5 times a power of ten."""
    low, high = codes.min(axis=0), codes.max(axis=0)
    width = 1.2 * (high - low).max() or 2.0
    power = floor(log10(width / 500))
    step = next(round(times * 10.0**power, 15) for times in (1, 2, 5, 10) if times * 10.0**power >= width / 500)
    steps = ceil(width / step)
    firsts = [round(centre / step - steps / 2) for centre in (low + high) / 2]
    return tuple((_stepped(first * step, step), _stepped((first + steps) * step, step)) for first in firsts), step


def _places(step: float) -> int:
    return max(2, -floor(log10(step) + 1e-9))


def _stepped(value: float, step: float) -> float:
    return round(round(float(value) / step) * step, _places(step))


def _decoded(decoder: nn.Module, limits: tuple[tuple[float, float], ...]) -> np.ndarray:
    """The pictures at the centres of 9 x 9 equal parts of the map, from its upper left corner row by row: (81, side, side)."""
    x, y = (low + (high - low) * (np.arange(ACROSS) + 0.5) / ACROSS for low, high in limits)
    places = np.stack(np.meshgrid(x, y[::-1]), axis=-1).reshape(-1, 2)
    with torch.no_grad():
        pictures: Tensor = decoder(torch.as_tensor(places).to(next(decoder.parameters())))
    if pictures.ndim != 4 or pictures.shape[1] != 1 or pictures.shape[2] != pictures.shape[3]:
        raise ValueError(f"the decoder must give square pictures of one channel, (n, 1, side, side): got {tuple(pictures.shape)}")
    return array(pictures)[:, 0]


def _fallback(marks: list[tuple[float, float, int]], limits: tuple[tuple[float, float], ...], grid: np.ndarray) -> str:
    """The map beside the grid, for pages that run no script."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.0, 3.5), dpi=100, layout="constrained")
    for x, y, label in marks:
        left.text(x, y, str(label), color=tuple(0.65 * c for c in to_rgb(COLOURS[label])), fontsize=8, ha="center", va="center")
    side = grid.shape[-1] + 2  # a pixel of paper around each picture
    paper = np.pad(grid, ((0, 0), (1, 1), (1, 1)), constant_values=-1.0).reshape(ACROSS, ACROSS, side, side)
    right.imshow(paper.transpose(0, 2, 1, 3).reshape(ACROSS * side, -1), cmap="gray_r", vmin=-1, vmax=1,
                 extent=(*limits[0], *limits[1]), interpolation="nearest")
    for ax in (left, right):
        _axes(ax, limits)
    left.set_ylabel("second number")
    return png_uris([pixels(figure)])[0]


def _axes(ax: Axes, limits: tuple[tuple[float, float], ...]) -> None:
    ax.set(xlim=limits[0], ylim=limits[1], aspect="equal", xlabel="first number")
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(nbins=5)
