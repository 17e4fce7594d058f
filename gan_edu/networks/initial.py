"""First weights, drawn from a generator of one's own."""

from math import sqrt

import torch
from torch import nn


@torch.no_grad()
def drawn(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, generator: torch.Generator) -> nn.Module:
    """The layer, made on ``meta``, moved to the generator's device with the weights PyTorch would give it.

    Weights and biases are uniform on (-1/sqrt(k), 1/sqrt(k)), k the numbers in ``weight[0]``: the fan-in of a linear
    or convolutional layer (of a transposed convolution it is not one, but PyTorch counts so). Drawn from ``generator``,
    so that building a network neither reads nor moves the global random state.

    Source: LeCun, Bottou, Orr and Mueller, 1998, Efficient BackProp (the scale 1/sqrt(k)).
    """
    layer = layer.to_empty(device=generator.device)
    bound = 1 / sqrt(layer.weight[0].numel())
    for parameter in layer.parameters():
        parameter.uniform_(-bound, bound, generator=generator)
    return layer
