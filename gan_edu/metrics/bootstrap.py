"""How far a measure would swing if the sample were another."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gan_edu.training.progress import progress


class Interval(NamedTuple):
    """value: of the samples themselves. low, high: ends of the interval. Units of the measure."""

    value: float
    low: float
    high: float


def bootstrap(
    measure: Callable[..., float], *samples: Tensor, rounds: int = 200, level: float = 0.95, generator: torch.Generator
) -> Interval:
    """Percentile interval: the measure on samples drawn from the samples, with replacement, again and again.

    Ends: the (1 - level)/2 and (1 + level)/2 quantiles of measure(samples') over ``rounds`` draws.

    measure: from as many tensors as there are samples to a number, such as ``lambda real, fake: frechet_distance(real, fake).value``.
    samples: each (n, ...), n >= 2, drawn from apart. level in (0, 1).
    Drawing with replacement repeats examples. A mean does not mind. A measure that is biased at finite n is biased once
    more in each draw, so that its interval may lie beside its value (the Frechet distance); one that leaves out pairs of
    an example with itself meets them again (the kernel distance); and an example repeated is its own neighbour
    (precision, recall, coverage). For those draw fresh samples instead.
    Raises ValueError for no sample, n < 2, rounds < 2, level outside (0, 1), and a measure that is not a finite number.

    Source: Efron, 1979, Bootstrap methods: another look at the jackknife.
    """
    if not samples or min(len(sample) for sample in samples) < 2:
        raise ValueError(f"wanted samples of at least two examples, got {[len(sample) for sample in samples]}")
    if rounds < 2 or not 0 < level < 1:
        raise ValueError(f"wanted rounds >= 2 and 0 < level < 1, got rounds={rounds}, level={level}")
    value = float(measure(*samples))
    drawn = [float(measure(*(_again(sample, generator) for sample in samples))) for _ in progress(range(rounds), rounds, "draws")]
    found = torch.tensor([value, *drawn], dtype=torch.float64)
    if not found.isfinite().all():
        raise ValueError("the measure must be a finite number on the samples and on each draw")
    low, high = found[1:].quantile(torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)).tolist()
    return Interval(value, low, high)


def _again(sample: Tensor, generator: torch.Generator) -> Tensor:
    return sample[torch.randint(len(sample), (len(sample),), generator=generator).to(sample.device)]
