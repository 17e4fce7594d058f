"""The Inception score: how sure a classifier is, and of how many classes."""

from typing import Any, NamedTuple

import torch

from gan_edu.metrics.classes import probability_rows


class InceptionScore(NamedTuple):
    """score: mean over the parts, from 1 to the number of classes. spread: standard deviation over the parts (0 for one)."""

    score: float
    spread: float


def inception_score(probabilities: Any, parts: int = 1, *, generator: torch.Generator | None = None) -> InceptionScore:
    """Two to the power of the mutual information, in bits, between an example and the class read in it.

        exp( mean over x of KL( p(y|x) || p(y) ) ),   p(y) = mean over x of p(y|x)

    1 when all examples are read alike; the number of classes when each is read with certainty and all equally often. It
    never looks at real data and does not see what goes on inside a class.

    probabilities: (n, classes), each row from one classifier's softmax, sums 1. parts: the rows are dealt into so many
    parts of nearly equal size and scored apart; every part then sees fewer examples, and the mean falls. They are shuffled
    first: rows sorted by class would have parts of one class. generator is needed when parts > 1.
    Raises ValueError for other shapes, parts < 1 or more than rows, probabilities that are not, and a missing generator.

    Source: Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, 2016, arXiv 1606.03498 (there: 10 parts of 5,000).
    """
    rows = probability_rows(probabilities)
    if not 1 <= parts <= len(rows):
        raise ValueError(f"wanted 1 <= parts <= {len(rows)} rows, got parts={parts}")
    if parts > 1:
        if generator is None:
            raise ValueError("the rows are shuffled before they are dealt into parts; pass a torch.Generator")
        rows = rows[torch.randperm(len(rows), generator=generator)]
    scores = torch.stack([_score(part) for part in rows.tensor_split(parts)])
    return InceptionScore(scores.mean().item(), scores.std(correction=0).item())


def _score(rows: torch.Tensor) -> torch.Tensor:
    entropy = torch.special.entr  # -p log p, 0 at 0
    return (entropy(rows.mean(0)).sum() - entropy(rows).sum(1).mean()).exp()
