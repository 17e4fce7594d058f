"""The figure on the book's first page, twelve glyphs by the pen and twelve by the independent model: ``python -m tools.intro_figure``."""

from pathlib import Path

import torch
from torch import Tensor

from gan_edu.worlds import glyphs
from tools.records import write_atomically

FIGURE = Path(__file__).parent.parent / "book" / "_static" / "intro_glyphs.svg"
COUNT, SEED = 12, 0
CELL, GAP, BETWEEN = 9, 15, 20  # user units: a cell, the gap between pictures, the gap between the rows
DATA, GENERATED, PAPER, RULE = "#0072b2", "#d55e00", "#ffffff", "#8a8a8a"


def main() -> None:
    write_atomically(FIGURE, svg(pen(), machine()))


def pen() -> Tensor:
    """Glyphs from the grammar, one after the other: (12, 4, 4) bool, True for ink."""
    return glyphs.sample(COUNT, generator=torch.Generator().manual_seed(SEED)).x[:, 0] > 0


def machine() -> Tensor:
    """Pictures whose pixels are drawn independently with the grammar's own marginals: (12, 4, 4) bool."""
    chance = torch.rand(COUNT, glyphs.SIDE, glyphs.SIDE, generator=torch.Generator().manual_seed(SEED))
    return chance < glyphs.pixel_marginals()


def svg(above: Tensor, below: Tensor) -> str:
    """Two rows of pictures, the data's colour above and the generated colour below."""
    side = glyphs.SIDE * CELL
    width, height = COUNT * (side + GAP) - GAP + 2, 2 * side + BETWEEN + 2
    pictures = [
        _picture(ink, 1 + column * (side + GAP), 1 + row * (side + BETWEEN), colour)
        for row, (pictures, colour) in enumerate([(above, DATA), (below, GENERATED)])
        for column, ink in enumerate(pictures)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return "\n".join([head, *pictures, "</svg>"]) + "\n"


def _picture(ink: Tensor, left: int, top: int, colour: str) -> str:
    side = glyphs.SIDE * CELL
    frame = f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="{PAPER}" stroke="{RULE}" stroke-width="1"/>'
    cells = "".join(f"M{left + CELL * int(column)} {top + CELL * int(row)}h{CELL}v{CELL}h-{CELL}z" for row, column in ink.nonzero())
    return f'{frame}<path d="{cells}" fill="{colour}"/>'


if __name__ == "__main__":
    main()
