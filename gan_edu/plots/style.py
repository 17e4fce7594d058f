"""The one style of all figures, and the line of each actor.

Colours are from the palette of Okabe and Ito (2008, "Color Universal Design"), which stays
distinct under the common forms of colour blindness; line styles tell the actors apart in grey.
"""

import matplotlib.pyplot as plt

REAL = {"color": "#0072B2", "linestyle": "-", "linewidth": 2.4}
FAKE = {"color": "#D55E00", "linestyle": (0, (5, 1.5)), "linewidth": 2.4}
CRITIC = {"color": "#009E73", "linestyle": "-.", "linewidth": 2.4}
TRUTH = {"color": "#000000", "linestyle": "--", "linewidth": 1.8}

_STYLE = {
    "figure.figsize": (7.0, 3.5), "figure.dpi": 100, "savefig.dpi": 100, "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    # 14 points are 10 pixels on a phone that shows a 700-pixel figure 360 pixels wide
    "font.size": 14, "axes.titlesize": 14, "axes.labelsize": 14, "legend.fontsize": 14,
    "xtick.labelsize": 14, "ytick.labelsize": 14, "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": False,
    "axes.edgecolor": "#444444", "xtick.color": "#444444", "ytick.color": "#444444",
    "legend.frameon": False, "lines.linewidth": 2.2, "mathtext.fontset": "dejavusans",
}


def use_style() -> None:
    """Set the book's matplotlib style: 7 x 3.5 inches at 100 dots per inch, 14-point text, no box."""
    plt.rcParams.update(_STYLE)
