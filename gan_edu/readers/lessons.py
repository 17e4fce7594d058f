"""How a reader is taught: pictures whose factors are known."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from gan_edu.readers.network import Reader
from gan_edu.training import descend


def lesson_terms(reader: Reader, x: Tensor, truth: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What a reader descends: cross-entropy of each category (nats), mean squared error of each quantity.

    Quantities are compared on the taught range scaled to [-1, 1]. x: (n, c, h, w); truth: name -> (n,).
    """
    logits, units = reader.split(reader(x))
    terms = {name: cross_entropy(part, truth[name]) for name, part in logits.items()}
    for name, (low, high) in reader.quantities.items():
        wanted = 2 * (truth[name] - low) / (high - low) - 1
        terms[name] = (units[name] - wanted).square().mean()
    return terms


def teach(reader: Reader, lessons: Iterable[tuple[Tensor, Mapping[str, Tensor]]], steps: int, lr: float = 2e-3) -> Reader:
    """Adam on ``steps`` lessons (pictures, truth), its rate falling to zero along half a cosine. Returns the reader.

    lr_t = lr (1 + cos(pi t / steps)) / 2.
    Source: Loshchilov and Hutter, 2017, arXiv 1608.03983 (the cosine).
    """
    optimizer = torch.optim.Adam(reader.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _, (x, truth) in zip(range(steps), lessons):
        descend(optimizer, lesson_terms(reader, x, truth))
        schedule.step()
    return reader.requires_grad_(False).eval()
