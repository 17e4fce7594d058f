"""Chapter 5's recipe with a condition for both players: what the studies of chapter 10 share."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from gan_edu.askable import COLORS, LATENT, STATE, WIDTH, asked
from gan_edu.games import normal
from gan_edu.games.conditional import Conditional, Mismatch
from gan_edu.networks.conditional import ConcatenatingDiscriminator, ConditionalGenerator, OneHot, ProjectionDiscriminator
from gan_edu.networks.conv import dcgan_discriminator
from gan_edu.networks.initial import drawn
from gan_edu.networks.text import TextEncoder
from gan_edu.objectives import relativistic
from gan_edu.penalties import r1, r2
from gan_edu.training import Average, InMemory, adam, batches, linear_decay, train
from gan_edu.worlds import captions, faces
from gan_edu.worlds.captions import WORDS

FACES, FACES_SEED, CAPTIONS_SEED = 8192, 5, 6


class Told(NamedTuple):
    """A batch: pictures (n, 3, 32, 32) and what is true of each."""

    x: Tensor
    condition: Tensor


@dataclass(frozen=True)
class Recipe:
    """What decides a run besides the examples, the judge and the seed; as chapter 5's but for rate, gamma and penalty_every.

    share, mismatch: of the third kind of pairs; ``mismatch(generator=draws)`` makes them.
    """

    steps: int = 2000
    batch: int = 32
    rate: float = 2e-3
    gamma: float = 0.3
    penalty_every: int = 8
    memory: float = 0.995
    weight_decay: float = 0.2
    first_weights: float = 0.1
    share: float = 0.0
    mismatch: Callable[..., Mismatch] | None = None


def settings(recipe: Recipe) -> dict[str, float]:
    """The recipe's numbers, for a record."""
    return {name: value for name, value in vars(recipe).items() if name not in ("mismatch", "share")}


@lru_cache(maxsize=1)
def portraits(count: int = FACES) -> faces.Faces:
    """The faces that all runs learn from."""
    found = faces.sample(count, generator=torch.Generator().manual_seed(FACES_SEED))
    return found._replace(x=found.x.contiguous(memory_format=torch.channels_last))


def labels_of(factors: faces.Factors) -> Tensor:
    """Hair and eye colour as labels, (n, 2)."""
    return torch.stack([factors.hair_color, factors.eye_color], 1)


def labelled() -> InMemory:
    """The faces with their two colours."""
    return InMemory(Told(portraits().x, labels_of(portraits().factors)))


def captioned() -> InMemory:
    """The faces with one caption each, written once."""
    written = captions.describe(portraits().factors, generator=torch.Generator().manual_seed(CAPTIONS_SEED))
    return InMemory(Told(portraits().x, captions.tokens(written)))


Judge = Callable[[torch.Generator], nn.Module]


def concatenating(draws: torch.Generator) -> nn.Module:
    """The labels as constant channels beside the picture."""
    embed = OneHot(COLORS)
    return ConcatenatingDiscriminator(embed, dcgan_discriminator(32, 3 + embed.width, WIDTH, batch_norm=False, generator=draws))


def projecting(draws: torch.Generator) -> ProjectionDiscriminator:
    """The package's projection: the mean of each map, compared with a vector that starts at zero."""
    embed = OneHot(COLORS)
    return ProjectionDiscriminator(embed, embed.width, _body(draws))


def random_start(draws: torch.Generator) -> ProjectionDiscriminator:
    """The same with PyTorch's random first weights for the vectors."""
    network = projecting(draws)
    network.wanted = drawn(nn.Linear(network.wanted.in_features, network.wanted.out_features, bias=False, device="meta"), draws)
    return network


def every_place(draws: torch.Generator) -> ProjectionDiscriminator:
    """The same with all places of all maps compared, and not their means."""
    return _flat(projecting(draws))


def every_place_random_start(draws: torch.Generator) -> ProjectionDiscriminator:
    """Both: as one would write it down first."""
    network = _flat(projecting(draws))
    network.wanted = drawn(nn.Linear(network.wanted.in_features, network.wanted.out_features, bias=False, device="meta"), draws)
    return network


def _flat(network: ProjectionDiscriminator) -> ProjectionDiscriminator:
    network.features = nn.Sequential(*network.features, nn.Flatten())
    network.wanted = nn.Linear(network.wanted.in_features, network.realness.in_features, bias=False)
    nn.init.zeros_(network.wanted.weight)
    return network


class Deaf(nn.Module):
    """A discriminator that is not told the condition."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return self.body(x)


def deaf(draws: torch.Generator) -> Deaf:
    """The picture alone."""
    return Deaf(_body(draws))


def reading_words(draws: torch.Generator) -> ProjectionDiscriminator:
    """Projection on the state of a text encoder of its own."""
    return ProjectionDiscriminator(TextEncoder(len(WORDS), STATE, generator=draws), STATE, _body(draws))


def _body(draws: torch.Generator) -> nn.Sequential:
    return dcgan_discriminator(32, 3, WIDTH, batch_norm=False, generator=draws)


def trained(recipe: Recipe, seed: int, examples: InMemory, generator: Callable[..., ConditionalGenerator], judge: Judge) -> ConditionalGenerator:
    """The averaged generator after the recipe's steps, its batch norm settled on requests like those of the examples."""
    draws = torch.Generator().manual_seed(seed)
    G, D = generator(generator=draws), judge(draws)
    _shrunk(G.body, recipe.first_weights)
    groups = [{"params": list(G.body.parameters()), "weight_decay": recipe.weight_decay}]
    if words := list(G.embed.parameters()):
        groups.append({"params": words, "weight_decay": 0.0})
    optimizers = [torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.0, 0.99)), adam(D, recipe.rate)]
    mismatch = recipe.mismatch(generator=draws) if recipe.mismatch else None
    penalties = {r1: recipe.gamma / 2, r2: recipe.gamma / 2}
    game = Conditional(G, D, relativistic, normal(LATENT, generator=draws), penalties, recipe.share, mismatch)
    average, schedules = Average(G, recipe.memory), [linear_decay(optimizer, recipe.steps) for optimizer in optimizers]
    source = batches(examples, recipe.batch, recipe.steps, generator=draws)
    for _ in train(game, source, *optimizers, penalty_every=recipe.penalty_every, average=average, schedules=schedules):
        pass
    return settled(average.network, examples, seed)


@torch.no_grad()
def _shrunk(body: nn.Module, factor: float) -> None:
    for layer in body.modules():
        if isinstance(layer, (nn.Linear, nn.ConvTranspose2d)):
            for weights in layer.parameters():
                weights *= factor


class _Pairs(nn.Module):
    """A conditional generator that takes its two inputs as one pair, as ``update_bn`` gives them."""

    def __init__(self, network: ConditionalGenerator) -> None:
        super().__init__()
        self.network = network

    def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
        return self.network(*pair)


def settled(network: ConditionalGenerator, examples: InMemory, seed: int, batches: int = 10) -> ConditionalGenerator:
    """A copy in ``eval`` mode whose batch norm has the means and variances that belong to its weights."""
    draws, ready = torch.Generator().manual_seed(seed + 1), _Pairs(copy.deepcopy(network))
    # a list of one pair: update_bn takes the first element of a list or tuple for the input
    update_bn(([(torch.randn(200, LATENT, generator=draws), examples.sample(200, generator=draws).condition)] for _ in range(batches)), ready)
    return ready.network.eval()


def drawn_for(network: ConditionalGenerator, condition: Tensor, seed: int) -> Tensor:
    """A picture for each row of the condition."""
    return asked(network, condition, generator=torch.Generator().manual_seed(seed + 2))
