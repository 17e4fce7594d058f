"""Numbers to draw, from wherever they come."""

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

Values = ArrayLike | Tensor


def array(values: Values) -> np.ndarray:
    """The values as a float array in main memory; a tensor may sit on any device and carry a gradient."""
    return np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values, dtype=float)
