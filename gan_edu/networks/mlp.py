"""Multilayer perceptrons, initialised from a generator of their own."""

from collections.abc import Callable, Sequence
from math import sqrt

import torch
from torch import nn
from torch.nn.utils import skip_init


def linear(inputs: int, outputs: int, *, generator: torch.Generator) -> nn.Linear:
    """One affine layer, x -> W x + b, with W and b uniform on (-1/sqrt(inputs), 1/sqrt(inputs)).

    These are PyTorch's own defaults for ``nn.Linear``, but drawn from ``generator``,
    so that building a network neither reads nor moves the global random state.

    Source: LeCun, Bottou, Orr and Mueller, 1998, Efficient BackProp (the scale 1/sqrt(inputs)).
    """
    layer = skip_init(nn.Linear, inputs, outputs, device=generator.device)
    bound = 1 / sqrt(inputs)
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


def mlp(
    inputs: int,
    outputs: int,
    hidden: Sequence[int] = (64, 64),
    activation: Callable[[], nn.Module] = nn.ReLU,
    *,
    generator: torch.Generator,
) -> nn.Sequential:
    """A multilayer perceptron from (n, inputs) to (n, outputs), its last layer affine.

    x -> A_k s(A_{k-1} ... s(A_1 x)), with A_i affine and s the activation.

    hidden: widths of the hidden layers, in units; empty for a single affine layer.
    generator: source of the initial weights; its device is the network's device.
    Raises ValueError when a width is not a positive integer.

    Source: Goodfellow, Bengio and Courville, 2016, Deep Learning, chapter 6.
    """
    widths = [inputs, *hidden, outputs]
    if any(type(width) is not int or width < 1 for width in widths):
        raise ValueError(f"an MLP needs widths that are positive integers; got {widths}")
    layers: list[nn.Module] = []
    for before, after in zip(widths, widths[1:]):
        layers += [linear(before, after, generator=generator), activation()]
    return nn.Sequential(*layers[:-1])
