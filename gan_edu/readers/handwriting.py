"""A judge of small handwritten digits, for a world that has no rule to say what a digit is."""

import torch
from torch import Tensor

from gan_edu.readers.digits import reader, training_and_held_out
from gan_edu.readers.network import Reader

CONFIDENCE = 0.9
KEPT = 0.95  # share of held-out real digits that each limit of distance lets pass


class Handwriting:
    """Says which 8x8 pictures are digits: readable, and near one that somebody wrote.

    legal(x): the reader is sure (a probability of at least 0.9) which digit it is, and the nearest training digit is as
    near as 95 of 100 held-out digits are to theirs, in pixels and in the reader's features. Each limit is the 0.95
    quantile of those distances, so the judge is fixed by real digits alone. Pixels refuse what is scattered or smeared,
    features what is half one digit and half another.

    It cannot tell a copy of a training digit from a new one, nor a smooth average from handwriting: ask for
    ``metrics.precision_recall`` and ``metrics.sharpness`` too.
    """

    def __init__(self, network: Reader | None = None) -> None:
        self.network = network or reader()
        training, held_out = training_and_held_out()
        self._known = self._places(training.x)
        self.limits = tuple(torch.quantile(away, KEPT).item() for away in self._distances(held_out.x))

    def legal(self, x: Tensor) -> Tensor:
        """(n, 1, 8, 8) in [-1, 1], n >= 1 -> (n,) bool. Raises ValueError for other shapes."""
        sure = self.network.read(x).categories["digit"].amax(1) >= CONFIDENCE
        near = [away <= limit for away, limit in zip(self._distances(x), self.limits, strict=True)]
        return sure & near[0] & near[1]

    def _distances(self, x: Tensor) -> list[Tensor]:
        return [torch.cdist(mine, known).amin(1) for mine, known in zip(self._places(x), self._known, strict=True)]

    def _places(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.flatten(1), self.network.read(x).features
