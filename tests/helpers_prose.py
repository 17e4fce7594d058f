"""What the tests of the prose pages share."""

from math import pi, sqrt
from pathlib import Path

import torch

BOOK = Path(__file__).parent.parent / "book"


def says(page: str, *sentences: str) -> None:
    """Fail unless the page holds each sentence, line breaks aside."""
    text = " ".join((BOOK / page).read_text(encoding="utf8").split())
    for sentence in sentences:
        assert sentence in text, f"book/{page} no longer says: {sentence}"


def normal(x: torch.Tensor, mean: float) -> torch.Tensor:
    """The density of a unit Gaussian."""
    return torch.exp(-((x - mean) ** 2) / 2) / sqrt(2 * pi)
