"""A small CycleGAN on 32x32 faces: what the studies of chapter 12 share."""

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_edu.games.cycle import Cycle, Domains, History, Translation, Unpaired, noisy
from gan_edu.networks.translation import patch_discriminator
from gan_edu.objectives import least_squares
from gan_edu.training import Average, InMemory, adam, batches, linear_decay, train
from gan_edu.translators import untaught
from gan_edu.worlds import faces

FACES, SEED_A, SEED_B, SEED_PAIRS = 4096, 1, 2, 4
SIZE = 32


class Pictures(NamedTuple):
    """A batch of one domain: x (n, 3, 32, 32) in [-1, 1]."""

    x: Tensor


@dataclass(frozen=True)
class Recipe:
    """What decides a run besides the two domains and the seed.

    strided: strided convolutions of the critic; 1: a logit sees 16x16 pixels, 2: 34x34, more than the picture.
    noise: standard deviation of what a translation suffers before its return. pairs: known pairs, weight ``paired``.
    """

    steps: int = 750
    batch: int = 8
    rate: float = 2e-3
    cycle: tuple[float, float] = (10.0, 10.0)
    identity: float = 0.0
    strided: int = 2
    critic_width: int = 32
    noise: float = 0.0
    pairs: int = 0
    paired: float = 10.0
    memory: float = 0.99


def settings(recipe: Recipe) -> dict:
    """The recipe's numbers, for a record."""
    return asdict(recipe)


Change = Callable[[faces.Factors, torch.Generator], faces.Factors]


def drawn(count: int, seed: int, style: str, change: Change | None = None) -> faces.Faces:
    """Random faces of one style, three channels in every style; ``change`` may draw some of their factors anew."""
    draws = torch.Generator().manual_seed(seed)
    factors = faces.draw_factors(count, generator=draws)
    factors = factors if change is None else change(factors, draws)
    return faces.Faces(pictured(factors, style), factors)


def pictured(factors: faces.Factors, style: str) -> Tensor:
    """These faces, (n, 3, 32, 32): styles without colour have three equal channels."""
    return faces.draw(factors, style, SIZE).expand(-1, 3, -1, -1).contiguous()


def domain(seed: int, style: str, change: Change | None = None) -> InMemory:
    """The pictures that a run learns from, without what is known of them."""
    return InMemory(Pictures(drawn(FACES, seed, style, change).x))


def portraits_and_anime(change_a: Change | None = None, change_b: Change | None = None) -> Domains:
    """Two sets of faces that have nobody in common."""
    return Domains(domain(SEED_A, "portrait", change_a), domain(SEED_B, "anime", change_b))


def anime_and_sketches() -> Domains:
    """One domain in colour, one without."""
    return Domains(domain(SEED_A, "anime"), domain(SEED_B, "sketch"))


@dataclass
class WithPairs:
    """A cycle game that knows a few pairs besides: weight (|there.G(a) - b| + |back.G(b) - a|) over all of them in each step."""

    game: Cycle
    pairs: Unpaired
    weight: float

    def __post_init__(self) -> None:
        self.G, self.D = self.game.G, self.game.D

    def critic_terms(self, batch: Unpaired) -> dict[str, Tensor]:
        return self.game.critic_terms(batch)

    def generator_terms(self, batch: Unpaired) -> dict[str, Tensor]:
        a, b = self.pairs
        apart = (self.G["there"](a) - b).abs().mean() + (self.G["back"](b) - a).abs().mean()
        return {**self.game.generator_terms(batch), "pairs": self.weight * apart}


def known_pairs(count: int) -> Unpaired:
    """The same people as portrait and as anime, hair colours in turn."""
    factors = faces.draw_factors(count, generator=torch.Generator().manual_seed(SEED_PAIRS))
    factors = factors._replace(hair_color=torch.arange(count) % faces.CATEGORIES["hair_color"])
    return Unpaired(pictured(factors, "portrait"), pictured(factors, "anime"))


def game_of(recipe: Recipe, draws: torch.Generator) -> Cycle | WithPairs:
    """The game before its first step."""
    generators = untaught(generator=draws)
    sides = []
    for name in ("there", "back"):
        critic = patch_discriminator(3, recipe.critic_width, recipe.strided, generator=draws)
        sides.append(Translation(generators[name], critic, least_squares, History(generator=draws)))
    transit = noisy(recipe.noise, generator=draws) if recipe.noise else None
    game = Cycle(*sides, recipe.cycle, recipe.identity, transit)
    return WithPairs(game, known_pairs(recipe.pairs), recipe.paired) if recipe.pairs else game


def trained(recipe: Recipe, seed: int, domains: Domains) -> nn.ModuleDict:
    """The averaged generators ``there`` and ``back`` after the recipe's steps."""
    draws = torch.Generator().manual_seed(seed)
    game = game_of(recipe, draws)
    optimizers = [adam(players, recipe.rate, betas=(0.5, 0.99)) for players in (game.G, game.D)]
    average, schedules = Average(game.G, recipe.memory), [linear_decay(optimizer, recipe.steps) for optimizer in optimizers]
    source = batches(domains, recipe.batch, recipe.steps, generator=draws)
    for _ in train(game, source, *optimizers, average=average, schedules=schedules, autocast=torch.bfloat16):
        pass
    return copy.deepcopy(average.network)
