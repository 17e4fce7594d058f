"""Figures of the book: one style, one colour for each actor, labels beside the lines."""

from gan_edu.plots.densities import density_panel, game_panels
from gan_edu.plots.labels import label_line
from gan_edu.plots.pictures import picture_grid
from gan_edu.plots.plans import plan_map
from gan_edu.plots.style import CRITIC, FAKE, REAL, TRUTH, use_style

__all__ = ["CRITIC", "FAKE", "REAL", "TRUTH", "density_panel", "game_panels", "label_line", "picture_grid", "plan_map",
           "use_style"]
