"""Labels that stand beside their lines."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from gan_edu.plots.arrays import Values, array


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
        color=tuple(0.75 * c for c in to_rgb(style["color"])), annotation_clip=False, zorder=9,
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
    drawn, boxes = _drawn_points(ax, but=words)
    best = (np.inf, line[0], (0, 0))
    for point in line[np.linspace(0, len(line) - 1, 61).round().astype(int)]:
        at = ax.transData.transform(point)
        for side in ((0, 1), (1, 0), (-1, 0), (0, -1)):
            centre = at + np.array(side) * (wide / 2 + 8, high / 2 + 6)
            cost = _cover(centre, wide, high, drawn, boxes, frame) + 4 * (frame.y1 - centre[1]) / frame.height
            if cost < best[0]:
                best = (cost, point, centre - at)
    words.xy = best[1]
    words.set_position(best[2] * 72 / ax.figure.dpi)
    words.set_va("center")


def _drawn_points(ax: Axes, but: Annotation) -> tuple[np.ndarray, list[Bbox]]:
    """Points in pixels, some 2 apart, along all lines on this spot of the figure; boxes of all texts."""
    points, boxes = [np.empty((0, 2))], []
    for panel in ax.figure.axes:
        if not np.allclose(panel.get_position().bounds, ax.get_position().bounds):
            continue
        boxes += [t.get_window_extent() for t in panel.texts if t is not but and t.get_text()]
        for line in panel.lines:
            xy = line.get_transform().transform(line.get_xydata())
            xy = xy[np.isfinite(xy).all(axis=1)]
            if len(xy):
                length = np.r_[0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
                along = np.arange(0, length[-1] + 1, 2.0)
                points.append(np.column_stack([np.interp(along, length, xy[:, i]) for i in (0, 1)]))
    return np.concatenate(points), boxes


def _cover(centre: np.ndarray, wide: float, high: float, drawn: np.ndarray, boxes: list[Bbox], frame: Bbox) -> float:
    """How much a text box here would cover or crowd: lines, other texts, the edge of the axes."""
    away = np.abs(drawn - centre) - (wide / 2, high / 2)
    covered, crowded = ((away < gap).all(axis=1).sum() for gap in (3, 14))
    edges = Bbox.from_bounds(*(centre - (wide / 2 + 6, high / 2)), wide + 12, high)
    clash = sum(edges.overlaps(box) for box in boxes)
    outside = edges.x0 < frame.x0 or edges.x1 > frame.x1 or edges.y0 < frame.y0 or edges.y1 > frame.y1 + 4
    return covered + 0.1 * crowded + 200.0 * clash + 1000.0 * outside
