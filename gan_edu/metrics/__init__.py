"""Numbers that compare generated examples with real ones; arguments in the order (real, fake), float64 inside."""

from gan_edu.metrics.legality import legal_share
from gan_edu.metrics.neighbours import PrecisionRecall, precision_recall
from gan_edu.metrics.spectrum import radial_power, sharpness

__all__ = ["PrecisionRecall", "legal_share", "precision_recall", "radial_power", "sharpness"]
