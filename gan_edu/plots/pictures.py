"""Pictures side by side."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from gan_edu.plots.arrays import Values, array


def picture_grid(pictures: Values, columns: int, titles: Sequence[str] | None = None,
                 vmin: float = -1.0, vmax: float = 1.0, scale: float | None = None) -> Figure:
    """Draw pictures in rows, every pixel a sharp square, all on one grey scale.

    pictures: (n, 1, h, w) grey or (n, 3, h, w) colour, n >= 1; vmin is drawn black (each colour
    off), vmax white (each colour full), values beyond are clipped. titles: one above each picture.
    scale: width of a picture in inches; by default the row fills 7 inches, at most 1.2 each.
    Raises ValueError for another shape, nan, columns < 1, titles of another number, vmin >= vmax.
    """
    pictures = array(pictures)
    _check(pictures, columns, titles, vmin, vmax)
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    width = scale or min(1.2, 7.0 / columns)
    height = width * pictures.shape[2] / pictures.shape[3] + (0.34 if titles else 0.0)
    figure, axes = plt.subplots(rows, columns, figsize=(columns * width, rows * height), squeeze=False, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.0, hspace=0.0)
    light = np.clip((pictures - vmin) / (vmax - vmin), 0, 1).transpose(0, 2, 3, 1)
    for index, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if index < len(light):
            ax.imshow(light[index], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            ax.set_title(titles[index] if titles else "", loc="center", pad=3)
    return figure


def _check(pictures: np.ndarray, columns: int, titles: Sequence[str] | None, vmin: float, vmax: float) -> None:
    if pictures.ndim != 4 or pictures.shape[1] not in (1, 3) or pictures.size == 0:
        raise ValueError(f"pictures must have the shape (n, 1, h, w) or (n, 3, h, w), n >= 1: got {pictures.shape}")
    if np.isnan(pictures).any():
        raise ValueError(f"pictures must hold numbers: {int(np.isnan(pictures).sum())} pixels are nan")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    if titles is not None and len(titles) != len(pictures):
        raise ValueError(f"one title for each of the {len(pictures)} pictures is needed, got {len(titles)}")
    if not vmin < vmax:
        raise ValueError(f"vmin must be below vmax, got {vmin} and {vmax}")
