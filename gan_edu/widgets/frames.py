"""Frames of a flipbook as small PNG pictures that are the same at every run."""

import base64
import io
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

COLOURS = 64  # of one palette for all frames, so that nothing flickers
PICTURE = 2048  # frames with more colours are pictures, not drawings, and need more of them
PICTURE_COLOURS = 256


def pixels(frame: Figure | np.ndarray) -> np.ndarray:
    """A frame as (h, w, 3) uint8: a figure drawn at its own size and closed, or an array of bytes.

    An array may be (h, w) grey, (h, w, 3) or (h, w, 4); transparency is laid over white.
    Raises ValueError for anything else.
    """
    if isinstance(frame, Figure):
        canvas = FigureCanvasAgg(frame)
        canvas.draw()
        frame = np.array(canvas.buffer_rgba())
        plt.close(canvas.figure)
    frame = np.asarray(frame)
    if frame.dtype != np.uint8 or frame.size == 0 or not (frame.ndim == 2 or frame.ndim == 3 and frame.shape[2] in (3, 4)):
        raise ValueError("a frame must be a matplotlib Figure or a uint8 array (h, w), (h, w, 3) or (h, w, 4): "
                         f"got {frame.dtype} of shape {frame.shape}")
    if frame.ndim == 2:
        frame = np.repeat(frame[:, :, None], 3, axis=2)
    if frame.shape[2] == 4:
        opacity = frame[:, :, 3:] / 255
        frame = (frame[:, :, :3] * opacity + 255 * (1 - opacity)).round().astype(np.uint8)
    return frame


def png_uris(frames: Sequence[np.ndarray]) -> list[str]:
    """Equally large (h, w, 3) frames as data addresses of PNG pictures with one palette of at most 64 colours, 256 for pictures.

    A colour of the palette is the most frequent one of its kind, so white paper stays white and a
    line keeps its colour; other pixels take the nearest. Frames with more than 2,048 colours are pictures:
    their palette covers all colours evenly, so that a small blue eye stays blue. Raises ValueError for frames of different sizes.
    """
    sizes = {frame.shape for frame in frames}
    if len(sizes) != 1:
        raise ValueError(f"all frames must have one size, got (height, width, 3) of {sorted(sizes)}")
    packed = [(frame.astype(np.uint32) << (16, 8, 0)).sum(axis=2, dtype=np.uint32) for frame in frames]
    colours, index = np.unique(np.stack(packed), return_inverse=True)
    palette = _palette(colours, np.bincount(index.ravel()))
    nearest = _nearest(_rgb(colours), _rgb(palette))
    flat = _rgb(palette).astype(np.uint8).tobytes()
    return [_png(picture, flat) for picture in nearest[index.reshape(len(frames), *frames[0].shape[:2])]]


def _palette(colours: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """At most 64 of the packed colours: the most frequent one of each group found by median cut; or 256 that cover all."""
    if len(colours) <= COLOURS:
        return colours
    if len(colours) > PICTURE:
        return _covering(colours)
    row = Image.fromarray(_rgb(colours).astype(np.uint8)[None])
    group = np.asarray(row.quantize(COLOURS, method=Image.Quantize.MEDIANCUT))[0]
    order = np.lexsort((colours, -counts, group))
    return colours[order[np.unique(group[order], return_index=True)[1]]]


def _covering(colours: np.ndarray) -> np.ndarray:
    """256 packed colours spread over those given, each the mean of its neighbourhood."""
    colours = np.unique(colours & 0xFCFCFC | 0x020202)  # 64 shades a channel decide as well where to put 256, and far sooner
    row = Image.fromarray(_rgb(colours).astype(np.uint8)[None])
    spread = row.quantize(PICTURE_COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=3)
    palette = np.array(spread.getpalette(), dtype=np.uint32).reshape(-1, 3)[: len(spread.getcolors())]
    return (palette << np.array([16, 8, 0], dtype=np.uint32)).sum(axis=1, dtype=np.uint32)


def _nearest(colours: np.ndarray, palette: np.ndarray, at_once: int = 4096) -> np.ndarray:
    """For each colour the number of the palette's nearest one, the first if several are."""
    found = []
    for first in range(0, len(colours), at_once):
        part = colours[first : first + at_once]
        away = sum(np.abs(part[:, None, channel] - palette[None, :, channel]) for channel in range(3))
        found.append(away.argmin(axis=1))
    return np.concatenate(found).astype(np.uint8)


def _rgb(packed: np.ndarray) -> np.ndarray:
    return (packed[:, None] >> np.array([16, 8, 0], dtype=np.uint32) & 255).astype(np.int16)


def _png(picture: np.ndarray, palette: bytes) -> str:
    """An indexed (h, w) picture as a data address; written without time or other chunks."""
    image = Image.frombytes("P", picture.shape[::-1], picture.tobytes())
    image.putpalette(palette)
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
