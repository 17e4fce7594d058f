"""What the measures compare: numbers that a network finds in examples."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from gan_edu.training.progress import progress


@torch.no_grad()
def features_of(examples: Tensor, extractor: Callable[[Tensor], Tensor], at_once: int = 256) -> Tensor:
    """What an extractor says of each example, in one row each: (n, d) float64 on the CPU.

    examples: (n, ...), n >= 1. extractor: any network or function from some examples to one row of numbers each,
    such as ``lambda x: reader.read(x).features``; it gets ``at_once`` examples at a time. A network is put into eval mode
    and left in the mode it was in: with batch norm in training mode a row would depend on its neighbours. (One that hides
    in a function is left as it is.) Rows with more axes are flattened. A bar tells the time left when it takes longer than
    three seconds.
    Raises ValueError for no examples, at_once < 1, and answers that are not one row of finite numbers for each example.
    """
    if examples.ndim < 1 or len(examples) == 0 or at_once < 1:
        raise ValueError(f"wanted at least one example and at_once >= 1; got {tuple(examples.shape)} and {at_once}")
    training = [module for module in extractor.modules() if module.training] if isinstance(extractor, nn.Module) else []
    for module in training:
        module.training = False
    try:
        parts = examples.split(at_once)
        return torch.cat([_rows(extractor(part), len(part)) for part in progress(parts, len(parts), "features")])
    finally:
        for module in training:
            module.training = True


def checked(name: str, features: Any, least: int = 2) -> Tensor:
    """Features as a tensor (n, d), a view where that is possible, with their own precision.

    Raises ValueError for another shape, fewer than ``least`` rows, and numbers that are not finite.
    """
    rows = torch.as_tensor(features).detach()
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ValueError(f"{name} must be features (n, d), got {tuple(rows.shape)}")
    if len(rows) < least:
        raise ValueError(f"{name} must have at least {least} rows, got {len(rows)}")
    if not rows.isfinite().all():
        raise ValueError(f"{name} must hold finite numbers, got {int((~rows.isfinite()).sum())} that are NaN or infinite")
    return rows


def pair(real: Any, fake: Any, least: int = 2) -> tuple[Tensor, Tensor]:
    """Two sets of features of the same width; ValueError as for ``checked``, and for different widths."""
    real, fake = checked("real", real, least), checked("fake", fake, least)
    if real.shape[1] != fake.shape[1]:
        raise ValueError(f"real and fake must have the same number of features, got {real.shape[1]} and {fake.shape[1]}")
    return real, fake


def _rows(answer: Any, count: int) -> Tensor:
    rows = answer.detach().cpu().double().flatten(1) if isinstance(answer, Tensor) and answer.ndim > 1 else None
    if rows is None or len(rows) != count or not rows.isfinite().all():
        raise ValueError(f"the extractor must give one row of finite numbers for each of {count} examples; got {_described(answer)}")
    return rows


def _described(answer: Any) -> str:
    if not isinstance(answer, Tensor):
        return type(answer).__name__
    return f"{tuple(answer.shape)}, {int((~answer.isfinite()).sum())} not finite"
