"""Measure the metrics: ``python -m tools.bench_metrics`` prints seconds beside the usual way, and memory at 50,000 examples."""

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from scipy import linalg
from torch import Tensor

from gan_edu.metrics.frechet import frechet_distance
from gan_edu.metrics.kernel import kernel_distance


def features(n: int, width: int, scale: float, generator: torch.Generator) -> Tensor:
    """Correlated float32 features, as a network gives them."""
    mixing = torch.randn(width, width, generator=generator) / width**0.5
    return scale * torch.randn(n, width, generator=generator) @ mixing


def by_root_of_the_product(real: Tensor, fake: Tensor) -> float:
    """The Frechet distance as most packages compute it: two covariances and the root of their product."""
    real, fake = real.double().numpy(), fake.double().numpy()
    shift = real.mean(0) - fake.mean(0)
    first, second = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    return float(shift @ shift + np.trace(first) + np.trace(second) - 2 * np.trace(linalg.sqrtm(first @ second)).real)


def timed(work: Callable[[], float]) -> tuple[float, float]:
    """Its value and its seconds."""
    started = time.perf_counter()
    value = work()
    return value, time.perf_counter() - started


def compared(n: int, width: int, rounds: int, generator: torch.Generator) -> tuple[list[float], list[float], float]:
    """Seconds of ours and of the usual way, in turns, and the largest relative difference of the values."""
    real, fake = features(n, width, 1.0, generator), features(n, width, 1.2, generator)
    ours, usual, apart = [], [], 0.0
    for _ in range(rounds):
        mine, mine_seconds = timed(lambda: frechet_distance(real, fake).value)
        theirs, their_seconds = timed(lambda: by_root_of_the_product(real, fake))
        ours.append(mine_seconds)
        usual.append(their_seconds)
        apart = max(apart, abs(mine / theirs - 1))
    return ours, usual, apart


def peak_gigabytes() -> float:
    """Most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)


def main() -> int:
    generator = torch.Generator().manual_seed(0)
    print("| what | measured |\n|---|---|")
    for width in (128, 2048):
        ours, usual, apart = compared(10_000, width, 2, generator)
        ratio = min(usual) / min(ours)
        print(f"| Frechet distance, 10,000 x {width} | {min(ours):.2f} s, by the root of the product {min(usual):.2f} s, {ratio:.1f} times; values {apart:.0e} apart |", flush=True)
    real, fake = features(50_000, 2048, 1.0, generator), features(50_000, 2048, 1.2, generator)
    _, spent = timed(lambda: frechet_distance(real, fake).value)
    print(f"| Frechet distance, 50,000 x 2048 | {spent:.1f} s, peak {peak_gigabytes():.1f} GB, inputs and the above included |", flush=True)
    _, spent = timed(lambda: kernel_distance(real, fake, 1000, generator=generator).value)
    print(f"| kernel distance, 50,000 x 2048, blocks of 1,000 | {spent:.1f} s, peak {peak_gigabytes():.1f} GB |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
