"""The device to train on, and the optimiser most GANs are trained with."""

import torch
from torch import nn


def best_device() -> torch.device:
    """The fastest device present: CUDA, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def adam(network: nn.Module, lr: float, betas: tuple[float, float] = (0.0, 0.99)) -> torch.optim.Adam:
    """Adam without momentum, the usual one for GANs; on CUDA all weights are moved by one kernel ("fused").

    The first beta is 0 because the other player moves: an average over past slopes points to where the loss used to
    fall. Make it after the network has been moved to its device.

    Source: Kingma and Ba, 2014, arXiv 1412.6980; for betas = (0, 0.99): Karras et al., 2017, arXiv 1710.10196.
    """
    weights = list(network.parameters())
    fused = all(weight.is_cuda for weight in weights)
    return torch.optim.Adam(weights, lr, betas=betas, fused=True if fused else None)
