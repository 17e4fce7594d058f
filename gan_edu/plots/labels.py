"""Labels that stand beside their lines."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from gan_edu.plots.arrays import Values, array

SIZE = 16  # points: the subscripts of a label are two thirds of that


def label_line(ax: Axes, x: Values, y: Values, text: str, style: dict,
               settled: bool = False) -> None:
    """Write `text` beside a line, in a darker shade of the line's colour.

    x, y: one point, where the text then stands centred just above; or the whole line as two equal
    arrays, and the place is then chosen so that the text covers as little as possible of what
    is already drawn. Draw every line and set the limits first.
    settled: True when the figure's layout is already computed, which saves the time to do it again.
    Raises ValueError when x and y differ in shape or hold no point.
    """
    x, y = array(x), array(y)
    if x.shape != y.shape or x.size == 0:
        raise ValueError(f"x and y must have one equal, non-empty shape, got {x.shape} and {y.shape}")
    words = ax.annotate(
        text, (x.flat[0], y.flat[0]), (0, 5), textcoords="offset points", ha="center", va="bottom",
        fontsize=SIZE, color=tuple(0.75 * c for c in to_rgb(style["color"])), annotation_clip=False, zorder=9,
        path_effects=[withStroke(linewidth=3, foreground="white")])
    words.set_in_layout(False)
    if x.ndim:
        if not settled:
            ax.figure.draw_without_rendering()
        _move_to_free_place(words, ax, np.column_stack([x, y]))


def _move_to_free_place(words: Annotation, ax: Axes, line: np.ndarray) -> None:
    """Move a label to that point of its line, above, below or beside, where it covers least."""
    box = words.get_window_extent()
    wide, high, frame = box.width, box.height, ax.get_window_extent()
    drawn, others, boxes = _drawn(ax, line, but=words)
    best = (np.inf, line[0], (0, 0))
    for point in line[np.linspace(0, len(line) - 1, 61).round().astype(int)]:
        at = ax.transData.transform(point)
        for side in ((0, 1), (1, 0), (-1, 0), (0, -1)):
            centre = at + np.array(side) * (wide / 2 + 8, high / 2 + 6)
            cost = 4 * (frame.y1 - centre[1]) / frame.height
            if cost < best[0]:  # what it covers can only make it worse
                cost += _cover(centre, wide, high, drawn, others, boxes, frame)
            if cost < best[0]:
                best = (cost, point, centre - at)
    words.xy = best[1]
    words.set_position(best[2] * 72 / ax.figure.dpi)
    words.set_va("center")


def _drawn(ax: Axes, own: np.ndarray, but: Annotation) -> tuple[np.ndarray, np.ndarray, list[Bbox]]:
    """Points in pixels, 2 apart, along all lines on this spot of the figure; those of other lines; boxes of all texts."""
    points, others, boxes = [np.empty((0, 2))], [np.empty((0, 2))], []
    for panel in ax.figure.axes:
        if not np.allclose(panel.get_position().bounds, ax.get_position().bounds):
            continue
        boxes += [t.get_window_extent() for t in panel.texts if t is not but and t.get_text()]
        for line in panel.lines:
            xy = line.get_xydata()[np.isfinite(line.get_xydata()).all(axis=1)]
            points.append(_along(line.get_transform().transform(xy)))
            if not (panel is ax and xy.shape == own.shape and np.allclose(xy, own)):
                others.append(points[-1])
    return np.concatenate(points), np.concatenate(others), boxes


def _along(corners: np.ndarray) -> np.ndarray:
    """Points 2 pixels apart on the path through these corners; none where there is no corner."""
    if len(corners) == 0:
        return corners
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(corners, axis=0).T))]
    return np.column_stack([np.interp(np.arange(0, length[-1] + 1, 2.0), length, corners[:, i]) for i in (0, 1)])


def _cover(centre: np.ndarray, wide: float, high: float, drawn: np.ndarray, others: np.ndarray, boxes: list[Bbox],
           frame: Bbox) -> float:
    """How much a text box here would cover of lines and texts, come near to other lines, or leave the axes."""
    covered = (np.abs(drawn - centre) < (wide / 2 + 4, high / 2 + 3)).all(axis=1).sum()
    near = (np.abs(others - centre) < (wide / 2 + 14, high / 2 + 14)).all(axis=1).sum()
    edges = Bbox.from_bounds(*(centre - (wide / 2 + 6, high / 2)), wide + 12, high)
    clash = sum(edges.overlaps(box) for box in boxes)
    outside = edges.x0 < frame.x0 or edges.x1 > frame.x1 or edges.y0 < frame.y0 or edges.y1 > frame.y1 + 4
    return covered + 0.1 * near + 200.0 * clash + 1000.0 * outside
