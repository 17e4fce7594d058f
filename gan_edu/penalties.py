"""What keeps a critic smooth: penalties on its slope, and two ways to bound it.

A penalty is a function ``(critic, real, fake) -> scalar``; its weight is the caller's: ``{r1: gamma / 2, r2: gamma / 2}``.
The slope is that of D's logit in its *input*, one gradient for each example, and it must itself be differentiable, so
that descending the penalty reaches D's weights (a gradient of a gradient).

Traps. With batch norm in D the logit of one example depends on the others, and "the slope at this example" stops
meaning what the formulas say: use a critic without it. With ReLU or LeakyReLU the slope is constant on each linear
piece, so D's biases get no gradient from any penalty here. Rounding hurts squared slopes most, so all are
computed in float32 or better, autocast or not.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

Critic: TypeAlias = Callable[[Tensor], Tensor]
Penalty: TypeAlias = Callable[[Critic, Tensor, Tensor], Tensor]


def slopes(critic: Critic, x: Tensor) -> Tensor:
    """The gradient of the critic's logit in its input, for each of the n examples; shape (n, numbers in an example).

    g_i = d D(x_i) / d x_i, from one backward pass through the sum of all logits: right because logit i depends on
    example i alone (with batch norm it does not). It can be differentiated again. Computed outside autocast, in
    float32 or, where x is, float64.
    """
    x = x.detach().to(torch.promote_types(x.dtype, torch.float32)).requires_grad_()
    with _without_autocast(x):
        (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return gradient.flatten(1)


def _without_autocast(x: Tensor) -> torch.autocast | nullcontext:
    # other devices either know no autocast (meta) or did not in the oldest torch allowed (mps)
    return torch.autocast(x.device.type, enabled=False) if x.device.type in ("cpu", "cuda") else nullcontext()


def r1(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """Mean squared slope at the real examples: D should be flat where the data are.

    R1 = E_real[ ||grad D(x)||^2 ]; the usual weight is gamma / 2. ``fake`` is not looked at.

    Source: Mescheder, Geiger and Nowozin, 2018, arXiv 1801.04406, equation 9.
    """
    return slopes(critic, real).square().sum(1).mean()


def r2(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """Mean squared slope at the fakes.

    R2 = E_fake[ ||grad D(x)||^2 ]; the usual weight is gamma / 2. ``real`` is not looked at.

    Source: Mescheder, Geiger and Nowozin, 2018, arXiv 1801.04406, equation 10; with R1 in every step: Huang et al.,
    2024, arXiv 2501.05441.
    """
    return slopes(critic, fake).square().sum(1).mean()


def gradient_penalty(*, generator: torch.Generator) -> Penalty:
    """The penalty of WGAN-GP: on segments between real and fake examples, slopes should have length 1.

    GP = E[ (||grad D(t x_fake + (1 - t) x_real)|| - 1)^2 ], t uniform on [0, 1), drawn anew *for each example*;
    the paper's weight is 10. With one t for the whole batch, each step would look at one spot of every segment only.

    What it does not do: bound the slope everywhere. It is soft, and acts on those segments alone, which move with G;
    between them, and beyond their ends, D may be as steep as it likes.

    generator: source of t. The returned penalty is named ``gradient_penalty``.
    The penalty raises ValueError when real and fake differ in shape.

    Source: Gulrajani et al., 2017, arXiv 1704.00028, equation 3.
    """

    def penalty(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        if real.shape != fake.shape:
            shapes = f"{tuple(real.shape)} and {tuple(fake.shape)}"
            raise ValueError(f"gradient_penalty: wanted one fake for each real example; got shapes {shapes}")
        t = torch.rand(len(real), *[1] * (real.dim() - 1), generator=generator, device=generator.device)
        mixed = torch.lerp(real, fake.to(real), t.to(real))
        # norm, not square().sum().sqrt(), whose own slope at a slope of zero is no number
        return (slopes(critic, mixed).norm(dim=1) - 1).square().mean()

    penalty.__name__ = penalty.__qualname__ = "gradient_penalty"
    return penalty


@torch.no_grad()
def clip(network: nn.Module, bound: float) -> None:
    """Move every weight of the network into [-bound, bound], in place: weight clipping (权重裁剪).

    What it does: it makes the network K-Lipschitz for *some* K that depends on depth, widths and bound, and that nobody
    knows; the critic's loss is then K times a distance at best. Deep networks with a small bound have slopes near 0.

    To clip after each step of the critic and before the generator's, as in the paper:
    ``optimizer_d.register_step_post_hook(lambda *_: clip(D, 0.01))``.
    Raises ValueError when the bound is not positive.

    Source: Arjovsky, Chintala and Bottou, 2017, arXiv 1701.07875, algorithm 1 (bound 0.01).
    """
    if not bound > 0:
        raise ValueError(f"weights are clipped to [-bound, bound]; wanted a positive bound, got {bound}")
    for parameter in network.parameters():
        parameter.clamp_(-bound, bound)


LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def spectral(network: nn.Module) -> nn.Module:
    """Divide the weights of every linear and convolutional layer by their largest singular value, from now on.

    W -> W / sigma(W): spectral normalisation (谱归一化), torch's own, with sigma from one step of power iteration at
    each forward pass in training. In place; the network is returned as well.

    What it does: the *product* of the layers is 1-Lipschitz if each layer and each activation is. ReLU, LeakyReLU and
    tanh are; batch norm, which divides by a standard deviation, is not. Nor quite are convolutions: torch normalises
    the kernel written as a matrix, and as a map of pictures the convolution can stretch by up to the square root of the
    number of outputs that an input pixel takes part in (2 for a 4x4 kernel with stride 2, 3 for 3x3 with stride 1).

    The power iteration starts from fixed numbers, so nothing is drawn; the global random state is left alone.
    Raises ValueError when the network has no such layer, or already has its weights reparametrised.

    Source: Miyato et al., 2018, arXiv 1802.05957; the factor for convolutions: Tsuzuku, Sato and Sugiyama, 2018,
    arXiv 1802.04034.
    """
    layers = [layer for layer in network.modules() if isinstance(layer, LAYERS)]
    if not layers or any(is_parametrized(layer) for layer in layers):
        found = f"{len(layers)} layers, some of them reparametrised" if layers else "none"
        raise ValueError(f"spectral: wanted linear or convolutional layers with plain weights; got {found}")
    with torch.random.fork_rng([layer.weight.device for layer in layers if layer.weight.is_cuda]):
        torch.manual_seed(0)
        for layer in layers:
            spectral_norm(layer)
    return network
