"""Games for one: a decoder that learns beside an encoder, without a critic.

``G`` is the decoder, a generator like any other. ``training.train`` plays such a game with one optimiser, which must hold
the parameters of the encoder and of the decoder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor, nn

from gan_edu.games.adversarial import Batch
from gan_edu.likelihoods import draw_code, gaussian_kl

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass
class Autoencoding:
    """An autoencoder (自编码器): descend the mean over the batch of loss(x, G(encoder(x))).

    encoder: from pictures (n, ...) to codes (n, code). G: back.
    loss: from pictures and what the decoder makes of their codes to one number an example, (n,), such as
    ``likelihoods.gaussian_nll`` with its standard deviation fixed.
    Raises ValueError when the loss gives another shape.

    Source: Rumelhart, Hinton and Williams, 1986, Learning internal representations by error propagation.
    """

    G: nn.Module
    encoder: nn.Module
    loss: Loss

    def encode(self, x: Tensor) -> Tensor:
        """The codes of pictures: (n, ...) -> (n, code)."""
        return self.encoder(x)

    def generator_terms(self, batch: Batch) -> dict[str, Tensor]:
        """What encoder and decoder descend together on this batch."""
        return {"reconstruction": _mean(self.loss, batch.x, self.G(self.encode(batch.x)))}


@dataclass
class Variational:
    """A variational autoencoder (变分自编码器, VAE): the code of x is drawn from N(m(x), exp(2 s(x))), and pays for its distance from N(0, 1).

    Descend the mean over the batch of

        nll(x, G(m + exp(s) e)) + kl_weight KL( N(m, exp(2 s)) || N(0, 1) ),   e standard normal;

    with kl_weight 1 this is minus the evidence lower bound (证据下界, ELBO) on log p(x), in nats.

    encoder: from pictures (n, ...) to (n, 2 code): the means m, then the log standard deviations s.
    nll: -log p(x | code) of each example, from pictures and what the decoder makes of the code; (n,), in nats.
    generator: source of the noise e. kl_weight: at least 0.
    Raises ValueError for another kl_weight, for an encoder with an odd number of outputs, and when nll gives another shape.

    Source: Kingma and Welling, 2014, arXiv 1312.6114; with another weight Higgins et al., 2017, beta-VAE.
    """

    G: nn.Module
    encoder: nn.Module
    nll: Loss
    generator: torch.Generator
    kl_weight: float = 1.0

    def __post_init__(self) -> None:
        if not (isfinite(self.kl_weight) and self.kl_weight >= 0):
            raise ValueError(f"kl_weight must be a finite number of at least 0; got {self.kl_weight}")

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and log standard deviations of the codes of pictures: (n, ...) -> (n, code), (n, code)."""
        both = self.encoder(x)
        if both.ndim != 2 or both.shape[1] % 2:
            raise ValueError(f"the encoder must give a mean and a log standard deviation for each number of the code, (n, 2 code); got {tuple(both.shape)}")
        mean, log_std = both.to(torch.promote_types(both.dtype, torch.float32)).chunk(2, dim=1)
        return mean, log_std

    def generator_terms(self, batch: Batch) -> dict[str, Tensor]:
        """What encoder and decoder descend together on this batch."""
        mean, log_std = self.encode(batch.x)
        code = draw_code(mean, log_std, generator=self.generator)
        return {
            "reconstruction": _mean(self.nll, batch.x, self.G(code)),
            "kl": self.kl_weight * gaussian_kl(mean, log_std).mean(),
        }


def _mean(loss: Loss, x: Tensor, decoded: Tensor) -> Tensor:
    # like a critic's logits, what comes in half precision (autocast) is summed in float32
    losses = loss(x, decoded.to(torch.promote_types(decoded.dtype, torch.float32)))
    if losses.shape != x.shape[:1]:
        raise ValueError(f"the loss must give one number for each of {len(x)} examples; got the shape {tuple(losses.shape)}")
    return losses.mean()
