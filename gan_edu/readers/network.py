"""The network that reads: pictures in, the factors of a world out."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_edu.networks.initial import drawn

FEATURES = 128
CHUNK = 1024  # pictures read at once, so that memory does not grow with their number


class Reading(NamedTuple):
    """What a reader says of n pictures.

    categories: name -> (n, k) probabilities, each row sums to one;
    quantities: name -> (n,) numbers, not clipped to the range that was taught;
    features: (n, 128) what the last hidden layer holds, for distances between sets of pictures.
    """

    categories: dict[str, Tensor]
    quantities: dict[str, Tensor]
    features: Tensor


class Reader(nn.Module):
    """Three strided convolutions, one hidden layer, and one linear answer for all factors.

    x -> a = A relu(B conv(x)); category i: softmax over its k entries of a; quantity j: low + (high - low)(a_j + 1) / 2.

    channels, size: of the pictures, (n, channels, size, size) in [-1, 1]; size a multiple of 8.
    categories: name -> number of answers; quantities: name -> (low, high), the range that is taught.
    width: channels after the first convolution. Raises ValueError for another size or nothing to read.
    """

    def __init__(
        self,
        channels: int,
        size: int,
        categories: Mapping[str, int],
        quantities: Mapping[str, tuple[float, float]],
        width: int = 24,
        *,
        generator: torch.Generator,
    ):
        super().__init__()
        if size < 8 or size % 8:
            raise ValueError(f"a reader halves the picture three times and needs a size that is a multiple of 8; got {size}")
        if not categories and not quantities:
            raise ValueError("a reader needs at least one category or quantity to read; got none")
        self.shape = (channels, size, size)
        self.categories, self.quantities = dict(categories), dict(quantities)
        widths = (channels, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for before, after in zip(widths, widths[1:]):
            layers += [drawn(nn.Conv2d(before, after, 4, 2, 1, device="meta"), generator), nn.LeakyReLU(0.1)]
        self.trunk = nn.Sequential(*layers, nn.Flatten()).to(memory_format=torch.channels_last)
        flat, answers = 4 * width * (size // 8) ** 2, sum(categories.values()) + len(quantities)
        self.hidden = drawn(nn.Linear(flat, FEATURES, device="meta"), generator)
        self.answer = drawn(nn.Linear(FEATURES, answers, device="meta"), generator)

    def features(self, x: Tensor) -> Tensor:
        """(n, channels, size, size) -> (n, 128), none below zero. Raises ValueError for pictures of another shape."""
        if x.ndim != 4 or x.shape[1:] != self.shape:
            raise ValueError(f"this reader reads pictures of shape (n, {', '.join(map(str, self.shape))}); got {tuple(x.shape)}")
        return torch.relu(self.hidden(self.trunk(x)))

    def forward(self, x: Tensor) -> Tensor:
        """All answers, unnormalised: (n, sum of k + number of quantities)."""
        return self.answer(self.features(x))

    def split(self, answers: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Answers cut into (category -> (n, k) logits, quantity -> (n,) in [-1, 1] on the taught range)."""
        parts = answers.split([*self.categories.values(), len(self.quantities)], dim=1)
        return dict(zip(self.categories, parts)), dict(zip(self.quantities, parts[-1].unbind(1)))

    @torch.no_grad()
    def read(self, x: Tensor) -> Reading:
        """Read n >= 1 pictures, in chunks, without gradients."""
        if len(x) == 0:
            raise ValueError("there are no pictures to read")
        features = torch.cat([self.features(chunk) for chunk in x.split(CHUNK)])
        logits, units = self.split(self.answer(features))
        quantities = {name: low + (high - low) * (units[name] + 1) / 2 for name, (low, high) in self.quantities.items()}
        return Reading({name: part.softmax(1) for name, part in logits.items()}, quantities, features)
