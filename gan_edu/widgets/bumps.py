"""Two bumps that the reader moves, with the best discriminator and the divergences following in the page."""

import hashlib
import json
from dataclasses import dataclass
from html import escape
from math import pi, sqrt

import matplotlib.pyplot as plt
import numpy as np

from gan_edu.plots import density_panel
from gan_edu.widgets.frames import pixels, png_uris
from gan_edu.widgets.page import script, style

MEANS, STDS, PRIORS, STEP = (-5.0, 5.0), (0.2, 3.0), (0.05, 0.95), 0.05
PRESETS = {
    "equal": ((0.0, 1.0), (0.0, 1.0)),
    "barely touching": ((-1.5, 0.5), (1.5, 0.5)),  # three standard deviations each
    "far apart": ((-4.0, 0.5), (4.0, 0.5)),
    "same mean, wider": ((0.0, 0.7), (0.0, 1.8)),
}


@dataclass(frozen=True)
class TwoBumps:
    """A live figure; without JavaScript a picture of its start stays."""
    real: tuple[float, float]
    fake: tuple[float, float]
    prior: float | None

    def __repr__(self) -> str:
        share = "" if self.prior is None else f", share of real {self.prior:.2f}"
        return "Two bumps: data (mean {:.2f}, std {:.2f}), generated (mean {:.2f}, std {:.2f}){}".format(
            *self.real, *self.fake, share)

    def _repr_html_(self) -> str:
        values = {"real-mean": self.real[0], "real-std": self.real[1], "fake-mean": self.fake[0],
                  "fake-std": self.fake[1], "prior": 0.5 if self.prior is None else self.prior}
        name = hashlib.sha256(json.dumps([values, self.prior is None]).encode()).hexdigest()[:12]
        data = " ".join(f'data-{key}="{value}"' for key, value in values.items())
        return f"""{style("figure.css")}
{style("two_bumps.css")}
<figure class="gan-figure gan-bumps" id="two-bumps-{name}" data-two-bumps="{name}" {data}>
<figcaption>Move the bumps: the best discriminator and the divergences follow</figcaption>
{_fallback(self.real, self.fake, values["prior"], repr(self))}
<div data-part="live" hidden>
<div data-part="frame"><svg data-part="drawing" role="img" aria-label="{escape(repr(self))}"></svg></div>
<div class="gan-groups">
{_group("real", "data", "p", "data", values)}
{_group("fake", "generated", "p", "g", values)}
{_prior(self.prior)}</div>
<div class="gan-row"><button type="button" data-part="reset">Reset</button>
{_buttons()}</div>
{_table(self.prior is not None)}
<p class="gan-unseen" role="status" data-part="summary"></p>
</div>
{script("two_bumps.js", name, [_values(*preset) for preset in PRESETS.values()], using="svg.js")}
</figure>"""


def two_bumps(real: tuple[float, float] = (-1.0, 1.0), fake: tuple[float, float] = (1.5, 0.6),
              prior: float | None = None) -> TwoBumps:
    """Two normal densities that the reader moves; D*, V(D*), JS and both KL follow, computed in the page.

    D*(x) = prior p_data(x) / (prior p_data(x) + (1 - prior) p_g(x));
    V(D*) = 2 (prior E_data[log D*] + (1 - prior) E_g[log(1 - D*)]), which at prior 1/2 is 2 JS - 2 log 2.

    real, fake: (mean in -5..5, standard deviation in 0.2..3) at the start, rounded to steps of 0.05.
    prior: share of real pictures among those shown to D, 0.05..0.95, with a slider of its own; None: one half, no slider.
    Raises ValueError for a value outside its range.
    """
    for text, (mean, std) in (("real", real), ("fake", fake)):
        _inside(f"the mean of {text}", mean, MEANS)
        _inside(f"the standard deviation of {text}", std, STDS)
    if prior is not None:
        _inside("the prior", prior, PRIORS)
    return TwoBumps(_stepped(real), _stepped(fake), None if prior is None else _stepped((prior,))[0])


def _inside(what: str, value: float, limits: tuple[float, float]) -> None:
    if not limits[0] <= value <= limits[1]:
        raise ValueError(f"{what} must be from {limits[0]:g} to {limits[1]:g}, got {value}")


def _stepped(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(round(value / STEP) * STEP, 2) for value in values)


def _values(real: tuple[float, float], fake: tuple[float, float]) -> dict[str, float]:
    return {"real-mean": real[0], "real-std": real[1], "fake-mean": fake[0], "fake-std": fake[1]}


def _fallback(real: tuple[float, float], fake: tuple[float, float], prior: float, alt: str) -> str:
    """A picture of the start, for pages that run no script."""
    x = np.linspace(-9, 9, 721)
    log_p, log_q = (-((x - mean) / std) ** 2 / 2 - np.log(std * sqrt(2 * pi)) for mean, std in (real, fake))
    optimum = prior / (prior + (1 - prior) * np.exp(np.clip(log_q - log_p, -700, 700)))
    figure, ax = plt.subplots(figsize=(7.0, 3.5), dpi=100, layout="constrained")
    density_panel(ax, x, real=np.exp(log_p), fake=np.exp(log_q), optimum=optimum)
    return f'<img data-part="picture" src="{png_uris([pixels(figure)])[0]}" alt="{escape(alt)}" width="700" height="350">'


def _group(who: str, legend: str, letter: str, small: str, values: dict[str, float]) -> str:
    mean = _slider(f"{who}-mean", "mean", f"mean of the {legend} density", MEANS, values[f"{who}-mean"])
    std = _slider(f"{who}-std", "standard deviation", f"standard deviation of the {legend} density", STDS,
                  values[f"{who}-std"])
    return (f'<fieldset class="gan-{who}-group"><legend>{legend} <i>{letter}</i><sub>{small}</sub></legend>\n'
            f"{mean}\n{std}\n</fieldset>")


def _prior(prior: float | None) -> str:
    if prior is None:
        return ""
    slider = _slider("prior", "share of real", "share of real among what the discriminator sees", PRIORS, prior)
    return f'<fieldset class="gan-critic-group"><legend>shown to <i>D</i></legend>\n{slider}\n</fieldset>\n'


def _slider(key: str, text: str, spoken: str, limits: tuple[float, float], value: float) -> str:
    return (f'<label><span>{text} <b data-part="{key}-value">{value:.2f}</b></span><input data-part="{key}" type="range" '
            f'min="{limits[0]}" max="{limits[1]}" step="{STEP}" value="{value}" aria-label="{spoken}" autocomplete="off"></label>')


def _buttons() -> str:
    return "\n".join(f'<button type="button" data-part="preset-{i}">{text}</button>' for i, text in enumerate(PRESETS))


def _table(with_prior: bool) -> str:
    """The numbers that follow; each cell carries its full value in data-value."""
    floor = "2 JS &minus; 2 H(share)" if with_prior else "2 JS &minus; 2 log 2"
    p, q = "<i>p</i><sub>data</sub>", "<i>p</i><sub>g</sub>"
    rows = {"v": "<i>V</i>(<i>D</i>*)", "bound": floor, "js": "JS, in nats", "jsBits": "JS, in bits",
            "klRealFake": f"KL({p} &Vert; {q}), in nats", "klFakeReal": f"KL({q} &Vert; {p}), in nats"}
    return "<dl>" + "".join(f'<div><dt>{text}</dt><dd data-part="{key}"></dd></div>' for key, text in rows.items()) + "</dl>"
