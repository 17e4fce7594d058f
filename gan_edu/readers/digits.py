"""A reader of real handwriting: which of the ten digits, on scikit-learn's 8x8 pictures."""

from collections.abc import Iterator

import torch
from torch import Tensor

from gan_edu.readers.lessons import teach
from gan_edu.readers.network import Reader
from gan_edu.readers.stored import remembered
from gan_edu.worlds import digits as world

HELD_OUT = 500
STEPS = 600
BATCH = 128


def training_and_held_out() -> tuple[world.Digits, world.Digits]:
    """The 1,297 digits the reader is taught on and the 500 it never sees; always the same ones."""
    return world.split(world.bundled(), HELD_OUT, torch.Generator().manual_seed(0))


def reader() -> Reader:
    """The reader of 8x8 digits, one category ``digit`` with ten answers. Ready to use, weights fixed."""
    return remembered("digits", untaught(), teach_digits)


def untaught() -> Reader:
    """The same network before its lessons."""
    return Reader(1, 8, {"digit": 10}, {}, width=32, generator=torch.Generator().manual_seed(1))


def teach_digits(network: Reader, steps: int = STEPS) -> Reader:
    """Teach it on the training digits, each lesson slightly shaken (noise of a tenth of the range)."""
    return teach(network, _lessons(torch.Generator().manual_seed(2)), steps)


def _lessons(generator: torch.Generator) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    training, _ = training_and_held_out()
    while True:
        x, y = world.sample(BATCH, generator=generator, digits=training)
        yield x + 0.2 * torch.randn(x.shape, generator=generator), {"digit": y}
