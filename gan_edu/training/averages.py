"""An average over training of a network's weights: it wanders less than the network does."""

import copy

import torch
from torch import nn


class Average:
    """A copy of a network whose weights are an exponential moving average (指数移动平均) of the network's.

    After update number t = 1, 2, ...:

        average <- d_t average + (1 - d_t) weights,  d_t = min(decay, t / (9 + t))

    so that the memory is about 1 / (1 - decay) updates long (200 at 0.995), but never much longer than a ninth of the
    updates so far: the untrained weights are forgotten within the first few. Buffers, such as the running means and
    variances of batch norm, are copied as they are: they belong to the network's weights, not to the average's, so take
    them anew before sampling (``torch.optim.swa_utils.update_bn``).

    network: the averaged copy, for sampling. It is in ``eval`` mode, collects no gradients and stays on the device on
    which the network was when the average was made.
    decay: between 0 (the copy follows at once) and 1 (excluded). Raises ValueError for others.

    Source: Polyak and Juditsky, 1992, Acceleration of stochastic approximation by averaging; for GANs Yazici et al.,
    2018, arXiv 1806.04498. The rule for the first updates is that of TensorFlow's ``ExponentialMovingAverage``.
    """

    def __init__(self, network: nn.Module, decay: float = 0.995) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"an average needs a decay of at least 0 and below 1; got {decay}")
        self.decay = decay
        self.updates = 0
        self.network = copy.deepcopy(network).requires_grad_(False).eval()
        self._followed = network

    @torch.no_grad()
    def update(self) -> None:
        """Take in the network's weights as they are now, and copy its buffers."""
        self.updates += 1
        decay = min(self.decay, self.updates / (9 + self.updates))
        for mean, weight in zip(self.network.parameters(), self._followed.parameters(), strict=True):
            mean.lerp_(weight, 1 - decay)
        for kept, buffer in zip(self.network.buffers(), self._followed.buffers(), strict=True):
            kept.copy_(buffer)

    def state_dict(self) -> dict:
        """What a checkpoint keeps: the averaged copy and the number of updates."""
        return {"updates": self.updates, "network": self.network.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        """Go on from what ``state_dict`` gave; the decay stays this average's own."""
        self.network.load_state_dict(state["network"])
        self.updates = state["updates"]
