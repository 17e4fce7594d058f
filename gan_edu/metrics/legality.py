"""How many generated examples a judge lets pass."""

from collections.abc import Callable

import torch
from torch import Tensor


@torch.no_grad()
def legal_share(fake: Tensor, legal: Callable[[Tensor], Tensor], at_once: int = 1024) -> float:
    """Share of the examples that are legal, in [0, 1]: mean over i of [legal(fake_i)].

    fake: (n, ...), n >= 1. legal: from some examples to a bool each, such as ``worlds.glyphs.legal`` or
    ``lambda x: judge(x, reader).legal``; it is asked about ``at_once`` examples at a time.
    With n examples a share p is known to about sqrt(p (1 - p) / n).
    Raises ValueError for no examples, numbers that are not finite, and answers that are not one bool an example.
    """
    if len(fake) == 0 or not fake.isfinite().all():
        raise ValueError(f"wanted at least one example, all of finite numbers; got {tuple(fake.shape)}, {int((~fake.isfinite()).sum())} of them not finite")
    passed = 0
    for part in fake.split(at_once):
        verdict = legal(part)
        if verdict.shape != part.shape[:1] or verdict.dtype != torch.bool:
            raise ValueError(f"legal must give a bool for each of {len(part)} examples; got {verdict.dtype} of shape {tuple(verdict.shape)}")
        passed += int(verdict.sum())
    return passed / len(fake)
