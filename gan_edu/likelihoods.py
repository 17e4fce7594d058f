"""What a variational autoencoder descends: likelihoods of pixels, and the divergence of a code from its prior. In nats.

The encoder (编码器) gives each picture a mean m and a log *standard deviation* s for each number of its code; the code is
drawn as c = m + exp(s) e with e standard normal. (Others write exp(s / 2): their s is a log *variance*, and the
divergence has another form. Mixing the two is a common slip.)
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus


def draw_code(mean: Tensor, log_std: Tensor, *, generator: torch.Generator) -> Tensor:
    """c = m + exp(s) e, e standard normal, of the shape of ``mean``; gradients reach both m and s.

    Raises ValueError when the shapes differ.

    Source: Kingma and Welling, 2014, arXiv 1312.6114, section 2.4.
    """
    _same_shape("mean", mean, "log_std", log_std)
    noise = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
    return mean + log_std.exp() * noise


def gaussian_kl(mean: Tensor, log_std: Tensor) -> Tensor:
    """KL( N(m, exp(2 s)) || N(0, 1) ) of each example: 1/2 sum over the code of (exp(2 s) - 1 - 2 s + m^2).

    mean, log_std: (n, d). Returns (n,), in nats, at least 0, and 0 only for m = s = 0.
    Raises ValueError when the shapes differ.

    Source: Kingma and Welling, 2014, arXiv 1312.6114, appendix B (there in terms of the variance).
    """
    _same_shape("mean", mean, "log_std", log_std)
    return 0.5 * (torch.expm1(2 * log_std) - 2 * log_std + mean.square()).flatten(1).sum(1)


def bernoulli_nll(x: Tensor, logits: Tensor) -> Tensor:
    """-log p(x) of each example, its pixels independent, each ink (1) with probability sigmoid(logit): sum of softplus(l) - x l.

    x: (n, ...) with entries 0 or 1; logits: the same shape. Returns (n,), in nats, at least 0.
    Raises ValueError when the shapes differ or a pixel is neither 0 nor 1: on grey pixels the formula can be
    evaluated and is no likelihood, because it does not normalise (Loaiza-Ganem and Cunningham, 2019, arXiv 1907.06845).
    """
    _same_shape("x", x, "logits", logits)
    if not ((x == 0) | (x == 1)).all():
        raise ValueError("a Bernoulli likelihood needs pixels that are 0 or 1; grey ones need another likelihood")
    return (softplus(logits) - x * logits).flatten(1).sum(1)


def gaussian_nll(x: Tensor, mean: Tensor, std: float) -> Tensor:
    """-log p(x) of each example, its pixels independent and normal: sum of (x - mean)^2 / (2 std^2) + log std + log(2 pi) / 2.

    x, mean: (n, ...); std: one number for all pixels, above 0, in the units of x. Returns (n,), in nats; a density,
    so it may be negative. Raises ValueError when the shapes differ or std is not positive.
    """
    _same_shape("x", x, "mean", mean)
    if not std > 0:
        raise ValueError(f"a normal likelihood needs a positive standard deviation; got {std}")
    constant = math.log(std) + 0.5 * math.log(2 * math.pi)
    return ((x - mean).square() / (2 * std**2) + constant).flatten(1).sum(1)


def _same_shape(first: str, a: Tensor, second: str, b: Tensor) -> None:
    if a.shape != b.shape:
        raise ValueError(f"{first} and {second} must have one shape; got {tuple(a.shape)} and {tuple(b.shape)}")
