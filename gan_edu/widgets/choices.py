"""Menus of words, and the picture that belongs to what was chosen: all made beforehand, in any page that shows HTML."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import prod

import numpy as np

from gan_edu.widgets.frames import pixels, png_uris
from gan_edu.widgets.page import script, style

SHOWN = 3  # screen pixels for each pixel of a picture
COLUMNS = 16  # pictures in a row of the sheet


@dataclass(frozen=True)
class Choices:
    """Menus and one picture for each combination, all in one sheet; without JavaScript the start's picture stays."""

    title: str
    menus: tuple[tuple[str, tuple[str, ...]], ...]
    sheet: str  # data address of all pictures, COLUMNS in a row
    alts: tuple[str, ...]
    size: tuple[int, int]  # width, height of one picture in its own pixels
    start: tuple[int, ...]

    def __repr__(self) -> str:
        return f"Choices: {self.title} ({len(self.alts)} pictures)"

    def _repr_html_(self) -> str:
        content = json.dumps(self.alts, ensure_ascii=False).replace("</", "<\\/")
        name = hashlib.sha256(f"{self.title}{self.menus}{self.start}{content}{self.sheet}".encode()).hexdigest()[:12]
        place = 0
        for (_, words), chosen in zip(self.menus, self.start):
            place = place * len(words) + chosen
        width, height = (SHOWN * side for side in self.size)
        rows = -(-len(self.alts) // COLUMNS)
        position = f"{-width * (place % COLUMNS)}px {-height * (place // COLUMNS)}px"
        look = f"width:{width}px;height:{height}px;background-size:{width * COLUMNS}px {height * rows}px;background-position:{position}"
        return f"""{style("figure.css")}{style("choices.css")}
<figure class="gan-figure gan-choices" id="choices-{name}" data-choices="{name}" data-columns="{COLUMNS}">
<figcaption>{escape(self.title)}</figcaption>
<div class="gan-row" data-part="menus" hidden>{"".join(map(_menu, self.menus, self.start))}</div>
<div class="gan-scroll"><div data-part="picture" role="img" aria-label="{escape(self.alts[place])}" style="{look};background-image:url({self.sheet})"></div></div>
<output data-part="label" aria-live="polite">{escape(self.alts[place])}</output>
<script type="application/json" data-part="alts">{content}</script>
{script("choices.js", name)}
</figure>"""


def _menu(menu: tuple[str, tuple[str, ...]], chosen: int) -> str:
    name, words = menu
    options = "".join(f'<option{" selected" if place == chosen else ""}>{escape(word)}</option>' for place, word in enumerate(words))
    return f'<label>{escape(name)}<select autocomplete="off">{options}</select></label>'


def choices(
    pictures: Sequence[np.ndarray], menus: Mapping[str, Sequence[str]], alts: Sequence[str], title: str, start: Sequence[int] = ()
) -> Choices:
    """A picture for each combination of words that the reader chooses from menus, in the static page as in a notebook.

    pictures: uint8 arrays (h, w), (h, w, 3) or (h, w, 4), all of one size, one for each combination, the last menu
    changing fastest. menus: name of each menu -> its words. alts: what each picture shows, for who does not see it.
    start: the words chosen at first, one place for each menu; by default the first of each.
    Raises ValueError for no menu or an empty one, counts that differ, an empty text, a start out of range, sizes that differ.
    """
    counts = [len(words) for words in menus.values()]
    if not counts or min(counts) < 1:
        raise ValueError(f"wanted at least one menu with at least one word in each; got {dict(zip(menus, counts))}")
    if not len(pictures) == len(alts) == prod(counts):
        raise ValueError(f"wanted {prod(counts)} pictures and alts, one for each combination; got {len(pictures)} and {len(alts)}")
    if not all(text.strip() for text in (title, *menus, *alts, *(word for words in menus.values() for word in words))):
        raise ValueError("the title, every menu, word and alt must hold a text; at least one is empty")
    start = tuple(start) or (0,) * len(counts)
    if len(start) != len(counts) or not all(0 <= chosen < count for chosen, count in zip(start, counts)):
        raise ValueError(f"start must be a place in each of {len(counts)} menus of {counts} words; got {start}")
    tiles = [pixels(picture) for picture in pictures]
    if len({tile.shape for tile in tiles}) != 1:
        raise ValueError(f"all pictures must have one size, got (height, width, 3) of {sorted({tile.shape for tile in tiles})}")
    height, width = tiles[0].shape[:2]
    blank = np.full_like(tiles[0], 255)
    rows = [tiles[first : first + COLUMNS] for first in range(0, len(tiles), COLUMNS)]
    rows[-1] = rows[-1] + [blank] * (COLUMNS - len(rows[-1]))
    (sheet,) = png_uris([np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)])
    return Choices(title, tuple((name, tuple(words)) for name, words in menus.items()), sheet, tuple(alts), (width, height), start)
