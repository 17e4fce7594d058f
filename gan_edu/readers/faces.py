"""A reader of faces: which factors made this picture."""

from collections.abc import Iterator

import torch
from torch import Tensor

from gan_edu.readers.lessons import teach
from gan_edu.readers.network import Reader, Reading
from gan_edu.readers.stored import remembered
from gan_edu.worlds import faces as world

SIZE = 32
STEPS = 1500
BATCH = 128
POOL = 24_576  # faces drawn for the lessons


def reader(style: str = "anime") -> Reader:
    """The reader of 32x32 faces in one style. Ready to use, weights fixed.

    Categories and quantities are those of worlds.faces: CATEGORIES, RANGES. In the style "sketch", which shows
    no colour, the colours read mean nothing. Raises ValueError for an unknown style.
    """
    return remembered(f"faces-{style}", untaught(style), lambda network: teach_faces(network, style))


def untaught(style: str = "anime") -> Reader:
    """The same network before its lessons."""
    if style not in world.STYLES:
        raise ValueError(f"style must be one of {', '.join(world.STYLES)}, got {style!r}")
    generator = torch.Generator().manual_seed(1)
    return Reader(world.CHANNELS[style], SIZE, world.CATEGORIES, world.RANGES, generator=generator)


def teach_faces(network: Reader, style: str = "anime", steps: int = STEPS) -> Reader:
    """Teach it on faces drawn for the purpose."""
    return teach(network, _lessons(style, torch.Generator().manual_seed(2)), steps)


def factors_read(reading: Reading) -> world.Factors:
    """The most likely category of each kind, and each quantity, clipped to its range."""
    categories = {name: part.argmax(1) for name, part in reading.categories.items()}
    quantities = {name: reading.quantities[name].clamp(*limits) for name, limits in world.RANGES.items()}
    return world.Factors(**categories, **quantities)


def _lessons(style: str, generator: torch.Generator) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    pool = world.sample(POOL, generator=generator, style=style, size=SIZE)
    truth = pool.factors._asdict()
    while True:
        chosen = torch.randint(POOL, (BATCH,), generator=generator)
        x = pool.x[chosen]
        noise = 0.1 * torch.rand(BATCH, 1, 1, 1, generator=generator) * torch.randn(x.shape, generator=generator)
        yield x + noise, {name: value[chosen] for name, value in truth.items()}
