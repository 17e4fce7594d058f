"""Pictures that answer back: flipbooks and live figures in the page, panels with a kernel."""

from gan_edu.widgets.bumps import TwoBumps, two_bumps
from gan_edu.widgets.code_maps import CodeMap, code_map
from gan_edu.widgets.flipbooks import Flipbook, flipbook
from gan_edu.widgets.kernel import Panel, TrainingPanel, controls, training_panel
from gan_edu.widgets.sliding import SlidingApart, sliding_apart

__all__ = ["CodeMap", "Flipbook", "Panel", "SlidingApart", "TrainingPanel", "TwoBumps", "code_map", "controls", "flipbook", "sliding_apart",
           "training_panel", "two_bumps"]
