"""Which classes a generator makes, by what a reader reads."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

TOLERANCE = 1e-4  # of each row's sum: float32 softmax of many classes strays by less


class ClassCoverage(NamedTuple):
    """found: how many classes. sure: share of the examples read with confidence. shares: (classes,), of all examples, sum ``sure``."""

    found: int
    sure: float
    shares: Tensor


def class_coverage(probabilities: Any, *, sure: float = 0.9, least: float = 0.1) -> ClassCoverage:
    """Count the classes that are made, and the examples that are read as any.

    An example is read when its largest probability is at least ``sure``; a class is found when at least ``least`` times its
    fair share, 1 / classes, of all examples is read as it.

    probabilities: (n, classes), n >= 1, from a classifier's softmax. What the classifier never saw it may still be sure of:
    this counts classes and does not judge examples.
    Raises ValueError for other shapes, rows that are no probabilities, and sure or least outside (0, 1].

    Source: the count of modes of stacked digits in Metz, Poole, Pfau and Sohl-Dickstein, 2016, arXiv 1611.02163.
    """
    rows = probability_rows(probabilities)
    if not 0 < sure <= 1 or not 0 < least <= 1:
        raise ValueError(f"wanted sure and least in (0, 1], got {sure} and {least}")
    largest, label = rows.max(1)
    read = largest >= sure
    counts = torch.bincount(label[read], minlength=rows.shape[1]).double()
    enough = (1 - 1e-12) * least * len(rows) / rows.shape[1]  # exactly enough is enough, whatever the last digit
    return ClassCoverage(int((counts >= enough).sum()), read.double().mean().item(), counts / len(rows))


def probability_rows(probabilities: Any) -> Tensor:
    """Rows of probabilities as a float64 tensor (n, classes) on the CPU; ValueError when they are something else."""
    rows = torch.as_tensor(probabilities).detach().cpu().double()
    if rows.ndim != 2 or not rows.numel():
        raise ValueError(f"probabilities must have the shape (n, classes), got {tuple(rows.shape)}")
    if not (rows.isfinite().all() and (rows >= 0).all() and ((rows.sum(1) - 1).abs() <= TOLERANCE).all()):
        raise ValueError("each row must be probabilities: finite, at least 0 and with the sum 1; are these logits?")
    return rows
