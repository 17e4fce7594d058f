"""Two equal shapes, one of which the reader slides away: what TV, JS and W1 tell, with the plan and its dual, in the page."""

import hashlib
import json
from dataclasses import dataclass
from html import escape
from math import log
from numbers import Real
from statistics import NormalDist

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from gan_edu.divergences import js, tv
from gan_edu.plots import FAKE, REAL, TRUTH, density_panel, label_line
from gan_edu.widgets.frames import pixels, png_uris
from gan_edu.widgets.page import script, style

SHAPES = {"boxes": "boxes", "bumps": "bell curves"}
FAR, STEP = 3.0, 0.05
LOW, HIGH = -3.5, 4.5  # of the axis drawn
CENTRE, STD = 0.5, 0.25  # of the bumps: 95 % of one lies where its box is, [0, 1]
PRESETS = {"on top": 0.0, "half-way": 0.5, "touching": 1.0, "just apart": 1.1, "far apart": 3.0}
W1_LINE, TV_LINE = TRUTH | {"linestyle": "-"}, TRUTH | {"color": "#b3b3b3", "linestyle": "-", "linewidth": 6}
DOTS = {"marker": "o", "linestyle": "none", "markersize": 4}


@dataclass(frozen=True)
class SlidingApart:
    """A live figure; without JavaScript a picture of its start stays."""
    shift: float
    shape: str

    def __repr__(self) -> str:
        (far,), (js_,), (tv_,) = _distances(self.shape, np.array([self.shift]))
        return (f"Sliding apart: two equal {SHAPES[self.shape]}, the generated one shifted by {self.shift:.2f} from the data; "
                f"W1 is {far:.2f}, JS {js_:.4f} nats, TV {tv_:.4f}")

    def _repr_html_(self) -> str:
        name = hashlib.sha256(json.dumps([self.shift, self.shape]).encode()).hexdigest()[:12]
        return f"""{style("figure.css")}
{style("sliding.css")}
<figure class="gan-figure gan-sliding" id="sliding-apart-{name}" data-sliding="{name}" data-shift="{self.shift}" data-shape="{self.shape}">
<figcaption>Slide the generated distribution away: JS goes blind, Wasserstein sees</figcaption>
{_fallback(self.shift, self.shape, repr(self))}
<div data-part="live" hidden>
<div data-part="frame"><svg data-part="drawing" role="img" aria-label="{escape(repr(self))}"></svg></div>
<div class="gan-groups">
{_slider(self.shift)}
{_radios(name, self.shape)}
</div>
<svg data-part="curves" role="img" aria-label="W1, TV and JS over the shift, a dot on each at the present one. W1 grows with the shift without end; TV flattens out at 1 and JS at log 2."></svg>
<div class="gan-row"><button type="button" data-part="reset">Reset</button>
{_buttons()}</div>
{_table()}
<p class="gan-unseen" role="status" data-part="summary"></p>
</div>
{script("sliding.js", name, _given(), using="svg.js")}
</figure>"""


def sliding_apart(shift: float = 1.5, shape: str = "boxes") -> SlidingApart:
    """Data that stand still and the same shape slid away by theta; W1, JS, TV, KL and two slopes follow, computed in the page.

    W1 = |theta| for both shapes. Boxes, uniform on [0, 1] and [theta, theta + 1]: TV = min(|theta|, 1), JS = TV log 2 and
    KL = inf but for theta = 0. Bumps of standard deviation s = 1/4: KL = theta^2 / (2 s^2), TV = 2 Phi(|theta| / (2 s)) - 1,
    d JS / d theta = theta / (2 s^2) times the integral of p_data p_g / (p_data + p_g). JS in nats, and in bits.
    Drawn as well: nine arrows of the monotone transport plan, and the best 1-Lipschitz function f, which climbs |theta|
    along each arrow; f is 0 at the data's centre.

    shift: theta at the start, -3..3, rounded to steps of 0.05; the reader moves it. shape: "boxes" or "bumps" at the start.
    Raises ValueError for a shift outside its range and for another shape.
    """
    if not isinstance(shift, Real) or not -FAR <= shift <= FAR:
        raise ValueError(f"the shift must be a number from {-FAR:g} to {FAR:g}, got {shift!r}")
    if shape not in tuple(SHAPES):
        raise ValueError(f'the shape must be "boxes" or "bumps", got {shape!r}')
    return SlidingApart(round(round(float(shift) / STEP) * STEP, 2), shape)


def _given() -> dict[str, object]:
    """What the script computes with."""
    return {"low": LOW, "high": HIGH, "centre": CENTRE, "std": STD, "far": FAR, "step": STEP, "presets": list(PRESETS.values()),
            "quantiles": {shape: _quantiles(shape) for shape in SHAPES}}


def _quantiles(shape: str) -> list[float]:
    """Of the data, at nine evenly spaced levels; those of the generated shape lie one shift further."""
    levels = [(i + 0.5) / 9 for i in range(9)]
    return levels if shape == "boxes" else [NormalDist(CENTRE, STD).inv_cdf(level) for level in levels]


def _density(shape: str, x: np.ndarray, shift: float) -> np.ndarray:
    if shape == "boxes":
        return ((x >= shift) & (x <= shift + 1)).astype(float)
    return np.exp(-(((x - CENTRE - shift) / STD) ** 2) / 2) / (STD * np.sqrt(2 * np.pi))


def _distances(shape: str, shifts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W1, JS in nats and TV at each shift."""
    far = np.abs(shifts)
    if shape == "boxes":
        return far, np.minimum(far, 1) * log(2), np.minimum(far, 1)
    x = np.linspace(CENTRE - FAR - 8 * STD, CENTRE + FAR + 8 * STD, 2001)
    real = _density(shape, x, 0.0)
    each = np.array([[distance(real, _density(shape, x, shift), x) for shift in shifts] for distance in (js, tv)])
    return far, each[0], each[1]


def _fallback(shift: float, shape: str, alt: str) -> str:
    """A picture of the start, for pages that run no script: densities, plan, potential, distances."""
    figure, (first, second, third, last) = plt.subplots(4, 1, figsize=(7.0, 7.4), dpi=100, layout="constrained", height_ratios=(3, 1.4, 2.4, 4))
    x = np.linspace(LOW, HIGH, 8001)  # so fine that the sides of a box are upright
    density_panel(first, x, real=_density(shape, x, 0.0), fake=_density(shape, x, shift))
    heads = np.array(_quantiles(shape))
    _arrows(second, heads, shift)
    ends = (min(0.0, shift), max(1.0, 1 + shift)) if shape == "boxes" else (LOW, HIGH)
    for places, style in ((x, TRUTH), (heads + shift, FAKE | DOTS), (heads, REAL | DOTS)):
        third.plot(places, np.sign(shift) * (CENTRE - np.clip(places, *ends)), **style)
    third.set(xlim=(LOW, HIGH), xlabel="$x$", ylabel="potential")
    first.set(xlabel="", xticklabels=[])
    _curves(last, shift, shape)
    alt = (f"{alt}. Four panels: both densities; nine arrows of the transport plan; the potential, along each arrow as much higher as the "
           "arrow is long; W1, TV and JS over the shift. W1 grows with the shift without end; TV flattens out at 1 and JS at log 2.")
    return f'<img data-part="picture" src="{png_uris([pixels(figure)])[0]}" alt="{escape(alt)}" width="700" height="740">'


def _arrows(ax: Axes, heads: np.ndarray, shift: float) -> None:
    rows = np.arange(len(heads))[::-1]
    ax.hlines(rows, heads, heads + shift, color="0.3", linewidth=1)
    ax.plot(heads + shift, rows, **FAKE | DOTS)
    ax.plot(heads, rows, **REAL | DOTS | {"marker": "<" if shift > 0 else ">"})
    ax.set(xlim=(LOW, HIGH), xticks=[], yticks=[], ylabel="plan")
    ax.spines[:].set_visible(False)


def _curves(ax: Axes, shift: float, shape: str) -> None:
    shifts = np.linspace(-FAR, FAR, 121)
    w1_, js_, tv_ = _distances(shape, shifts)
    ax.axhline(log(2), color="0.5", linewidth=1)
    for line, text, style, at in ((tv_, "TV", TV_LINE, 1.05), (w1_, "$W_1$", W1_LINE, 2.3), (js_, "JS", TRUTH, 0.1)):
        ax.plot(shifts, line, **style)
        ax.plot(shift, np.interp(shift, shifts, line), "o", color="black")
        label_line(ax, -1.9, at, text, TRUTH)
    ax.annotate("log 2", (FAR, log(2)), (8, 0), textcoords="offset points", va="center")
    ax.set(xlim=(-FAR, FAR), ylim=(0, FAR), xlabel="shift $\\theta$", ylabel="distance")


def _slider(shift: float) -> str:
    return ('<fieldset class="gan-fake-group"><legend>generated <i>p</i><sub>g</sub></legend>\n'
            f'<label><span>shift <i>&theta;</i> <b data-part="theta-value">{shift:.2f}</b></span><input data-part="theta" type="range" '
            f'min="{-FAR}" max="{FAR}" step="{STEP}" value="{shift}" aria-label="shift of the generated distribution" autocomplete="off"></label>\n</fieldset>')


def _radios(name: str, shape: str) -> str:
    each = "\n".join(f'<label><input data-part="{key}" type="radio" name="shape-{name}" value="{key}"{" checked" * (key == shape)} autocomplete="off">{text}</label>'
                     for key, text in SHAPES.items())
    return f'<fieldset class="gan-shape-group"><legend>both are</legend>\n{each}\n</fieldset>'


def _buttons() -> str:
    return "\n".join(f'<button type="button" data-part="preset-{i}">{text}</button>' for i, text in enumerate(PRESETS))


def _table() -> str:
    """The numbers that follow; each cell carries its full value in data-value."""
    p, q, w1 = "<i>p</i><sub>data</sub>", "<i>p</i><sub>g</sub>", "<i>W</i><sub>1</sub>"
    distances = {"w1": w1, "tv": "TV", "js": "JS, in nats", "jsBits": "JS, in bits",
                 "klRealFake": f"KL({p} &Vert; {q}), in nats", "klFakeReal": f"KL({q} &Vert; {p}), in nats"}
    slopes = {"w1Slope": f"slope of {w1} in <i>&theta;</i>", "jsSlope": "slope of JS in <i>&theta;</i>"}
    return f"{_rows(distances)}\n<p>What a generator that could only slide would be told:</p>\n{_rows(slopes)}"


def _rows(rows: dict[str, str]) -> str:
    return "<dl>" + "".join(f'<div><dt>{text}</dt><dd data-part="{key}"></dd></div>' for key, text in rows.items()) + "</dl>"
