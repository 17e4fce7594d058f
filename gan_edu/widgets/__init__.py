"""Pictures that answer back: flipbooks and live figures in the page, panels with a kernel."""

from gan_edu.widgets.bumps import TwoBumps, two_bumps
from gan_edu.widgets.flipbooks import Flipbook, flipbook
from gan_edu.widgets.kernel import Panel, TrainingPanel, controls, training_panel

__all__ = ["Flipbook", "Panel", "TrainingPanel", "TwoBumps", "controls", "flipbook", "training_panel", "two_bumps"]
