"""Where mass goes: a transport plan as a picture between its two distributions."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from gan_edu.plots.arrays import Values, array
from gan_edu.plots.style import FAKE, REAL


def plan_map(plan: Values, x: Values, unit: str = "") -> Figure:
    """Draw a plan as a heat map: from a place of the generated mass (down) to a place of the data (across).

    plan: (n, n), mass moved between real place i and fake place j, not negative. x: (n,), the increasing places, evenly
    spaced, for both. The row sums (data, blue) stand above, the column sums (generated, orange) at the left. What lies
    on the dotted diagonal stays where it is. unit: of x, for the axes. Raises ValueError when the shapes differ.
    """
    plan, x = array(plan), array(x)
    if x.ndim != 1 or plan.shape != (len(x), len(x)) or len(x) < 2:
        raise ValueError(f"plan_map: wanted a plan (n, n) over n >= 2 places x; got shapes {plan.shape} and {x.shape}")
    figure, axes = plt.subplots(2, 2, figsize=(6.0, 5.4), width_ratios=[1, 4], height_ratios=[1, 4], layout="constrained")
    step, name = x[1] - x[0], f" ({unit})" if unit else ""
    ends = (x[0] - step / 2, x[-1] + step / 2)
    axes[0, 0].axis("off")
    axes[0, 1].bar(x, plan.sum(1), step, color=REAL["color"])
    axes[0, 1].set(xlim=ends, xticks=[], ylabel="data")
    axes[1, 0].barh(x, plan.sum(0), step, color=FAKE["color"])
    axes[1, 0].set(ylim=ends, yticks=[], xlabel="generated")
    axes[1, 0].invert_xaxis()
    # the square root of the mass: a journey of a hundredth of the largest is still a tenth as dark
    axes[1, 1].imshow(np.sqrt(np.maximum(plan.T, 0)), cmap="Greys", origin="lower", extent=(*ends, *ends), aspect="auto")
    axes[1, 1].plot(ends, ends, color="#666666", linewidth=1, linestyle=":")
    axes[1, 1].set(xlabel=f"to $x$ of the data{name}", ylabel=f"from $x$ of the generated{name}")
    axes[1, 1].yaxis.set_label_position("right")
    axes[1, 1].yaxis.tick_right()
    for ax in (axes[0, 1], axes[1, 0]):
        ax.set(**({"yticks": []} if ax is axes[0, 1] else {"xticks": []}))
    return figure
