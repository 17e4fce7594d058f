"""Networks that are told what is wanted: a condition (条件) beside the latent, or beside the picture.

A condition comes as a tensor with one row for each example: labels, words, or numbers that another network found. What turns it
into a vector is the network's ``embed``: ``OneHot`` here, ``networks.text.TextEncoder`` for words, ``nn.Identity`` for
features that are vectors already.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot


class OneHot(nn.Module):
    """Labels as vectors of zeros and ones: (n, k) int64 -> (n, sum of counts) float32, or (n,) for a single kind of label.

    Kind i of counts[i] labels has counts[i] places, of which the one of its label is 1 and the others 0.
    counts: how many labels each kind has. device: where the vectors are wanted.
    Raises ValueError when a count is below 1; when called, for other shapes or types and for labels out of range.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        super().__init__()
        if len(counts) < 1 or min(counts) < 1:
            raise ValueError(f"wanted at least one label of each kind; got counts {tuple(counts)}")
        self.counts = tuple(counts)

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return sum(self.counts)

    def forward(self, labels: Tensor) -> Tensor:
        columns = labels.unsqueeze(1) if labels.ndim == 1 else labels
        if columns.ndim != 2 or columns.shape[1] != len(self.counts) or columns.dtype != torch.int64:
            raise ValueError(f"labels must be int64 of shape (n, {len(self.counts)}); got {labels.dtype} of shape {tuple(labels.shape)}")
        if not labels.is_meta:
            self._check(columns)
        return torch.cat([one_hot(column, count) for column, count in zip(columns.unbind(1), self.counts)], dim=1).float()

    def _check(self, columns: Tensor) -> None:
        wrong = (columns < 0) | (columns >= torch.tensor(self.counts, device=columns.device))
        if bool(wrong.any()):
            row, kind = (int(place[0]) for place in wrong.nonzero(as_tuple=True))
            raise ValueError(f"label {int(columns[row, kind])} in row {row} is out of range: kind {kind} has labels 0 to {self.counts[kind] - 1}")


class ConditionalGenerator(nn.Module):
    """A generator that is told what is wanted: x = body([z, embed(condition)]).

    embed: from conditions to vectors (n, e). body: any generator that takes latent + e numbers.
    Called with z (n, latent) and a condition with n rows; ValueError when the numbers of rows differ.

    Source: Mirza and Osindero, 2014, arXiv 1411.1784.
    """

    def __init__(self, embed: nn.Module, body: nn.Module) -> None:
        super().__init__()
        self.embed, self.body = embed, body

    def forward(self, z: Tensor, condition: Tensor) -> Tensor:
        _check_rows("latents", z, condition)
        return self.body(torch.cat([z, self.embed(condition)], dim=1))


class ConcatenatingDiscriminator(nn.Module):
    """A discriminator that gets the condition as further inputs: D(x, c) = body([x, embed(c)]).

    Beside a vector the embedded condition is a longer vector; beside a picture each of its numbers becomes a channel that has
    this number at every pixel. body: any discriminator that takes so many more inputs or channels.
    Called with x (n, ...) and a condition with n rows; ValueError when the numbers of rows differ.

    Source: Mirza and Osindero, 2014, arXiv 1411.1784; as channels: Reed et al., 2016, arXiv 1605.05396.
    """

    def __init__(self, embed: nn.Module, body: nn.Module) -> None:
        super().__init__()
        self.embed, self.body = embed, body

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        _check_rows("pictures", x, condition)
        vector = self.embed(condition)
        planes = vector.reshape(*vector.shape, *[1] * (x.ndim - 2)).expand(-1, -1, *x.shape[2:])
        return self.body(torch.cat([x, planes.to(x)], dim=1))


class ProjectionDiscriminator(nn.Module):
    """A discriminator that compares: D(x, c) = a . f(x) + b + (V embed(c)) . g(x), with f(x) the features of the picture.

    The first part asks whether the picture is real, whatever was wanted; the inner product asks whether it is what
    was wanted. g(x) is f(x); of pictures, whose features are maps, the mean of each map: a colour is wanted, not a place.
    If p(c | x) is a softmax of g, and the generator's is another, the logarithm of their ratio has just this form
    (but for a number that depends on c alone).

    embed: from conditions to vectors (n, width). body: from pictures or vectors to a logit, ending in an affine layer,
    whose inputs are the features f; an ``nn.Flatten`` before it shows that they are maps.
    V starts at zero: the discriminator begins as one without a condition. Random weights would be an opinion about
    labels that nobody has yet, and cost much of the training to unlearn. V has no bias, because b is one.
    Called with x (n, ...) and a condition with n rows; ValueError when the numbers of rows differ; when made, for a body that
    does not end in an affine layer with one output.

    Source: Miyato and Koyama, 2018, arXiv 1802.05637, equation 5 (there f = g is the sum of each map, and V random).
    """

    def __init__(self, embed: nn.Module, width: int, body: nn.Sequential) -> None:
        super().__init__()
        last = body[-1]
        if not isinstance(last, nn.Linear) or last.out_features != 1:
            raise ValueError(f"the body must end in an affine layer with one output; got {last}")
        maps = isinstance(body[-2], nn.Flatten)
        self.embed, self.features, self.realness = embed, body[: -2 if maps else -1], last
        self.wanted = nn.Linear(width, _maps(body) if maps else last.in_features, bias=False, device=last.weight.device)
        nn.init.zeros_(self.wanted.weight)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        _check_rows("pictures", x, condition)
        features = self.features(x)
        means = features.flatten(2).mean(2) if features.ndim > 2 else features
        return self.realness(features.flatten(1)) + (self.wanted(self.embed(condition)) * means).sum(1, keepdim=True)


def _maps(body: nn.Sequential) -> int:
    return [layer for layer in body if isinstance(layer, nn.Conv2d)][-1].out_channels


def _check_rows(what: str, given: Tensor, condition: Tensor) -> None:
    if len(given) != len(condition):
        raise ValueError(f"wanted one condition for each of {len(given)} {what}; got {len(condition)}")
