"""A flipbook: precomputed frames that the reader turns, in any page that shows HTML."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from matplotlib.figure import Figure

from gan_edu.widgets.frames import pixels, png_uris
from gan_edu.widgets.page import script, style


@dataclass(frozen=True)
class Flipbook:
    """Frames with a slider, buttons and a text for each frame; without JavaScript the start frame stays."""
    title: str
    pages: tuple[dict[str, str], ...]  # each: src, alt, label
    size: tuple[int, int]  # width, height in pixels
    start: int
    slider: str

    def __repr__(self) -> str:
        return f"Flipbook: {self.title} ({len(self.pages)} frames)"

    def _repr_html_(self) -> str:
        content = json.dumps(self.pages, ensure_ascii=False).replace("</", "<\\/")
        name = hashlib.sha256(f"{self.title}{self.slider}{self.start}{content}".encode()).hexdigest()[:12]
        page, title, last = self.pages[self.start], escape(self.title), len(self.pages) - 1
        return f"""{style("figure.css")}
<figure class="gan-figure" id="flipbook-{name}" data-flipbook="{name}" data-start="{self.start}">
<figcaption>{title}</figcaption>
<img data-part="picture" src="{page["src"]}" alt="{escape(page["alt"])}" width="{self.size[0]}" height="{self.size[1]}">
<output data-part="label" aria-live="polite">{escape(page["label"])}</output>
<div class="gan-row" data-part="controls" hidden>
<button type="button" data-part="previous" aria-label="Previous frame">&#8249;</button>
<button type="button" data-part="next" aria-label="Next frame">&#8250;</button>
<button type="button" data-part="play">Play</button>
<label>{escape(self.slider)}<input data-part="slider" type="range" min="0" max="{last}" step="1" value="{self.start}" autocomplete="off"></label>
</div>
<script type="application/json" data-part="pages">{content}</script>
{script("flipbook.js", name)}
</figure>"""


def flipbook(frames: Sequence[Figure | np.ndarray], labels: Sequence[str], alts: Sequence[str], title: str,
             start: int = 0, slider: str = "Frame") -> Flipbook:
    """Frames that the reader turns with a slider, buttons or the keyboard, in the static page as in a notebook.

    frames: matplotlib figures (closed here) or uint8 arrays (h, w), (h, w, 3) or (h, w, 4), n >= 1, all of one
    size in pixels. labels: a short text for each, such as "step 300". alts: what each frame shows, for who does not
    see it. title: what the film is about. start: the frame shown first, 0 <= start < n. slider: what the slider moves.
    Raises ValueError for counts that differ, no frame, an empty text, a start out of range, sizes that differ.
    """
    counts = (len(frames), len(labels), len(alts))
    if len(set(counts)) != 1 or counts[0] == 0:
        raise ValueError("as many labels and alts as frames are needed, at least one of each: "
                         f"got {counts[0]} frames, {counts[1]} labels, {counts[2]} alts")
    if not all(text.strip() for text in (title, slider, *labels, *alts)):
        raise ValueError("the title, the slider, every label and every alt must hold a text; at least one is empty")
    if not 0 <= start < len(frames):
        raise ValueError(f"start must be a frame from 0 to {len(frames) - 1}, got {start}")
    pictures = [pixels(frame) for frame in frames]
    pages = tuple({"src": src, "alt": alt, "label": label}
                  for src, alt, label in zip(png_uris(pictures), alts, labels, strict=True))
    height, width = pictures[0].shape[:2]
    return Flipbook(title, pages, (width, height), start, slider)
