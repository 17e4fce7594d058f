"""The recipe of chapter 5 as one value, and a run of it that can be broken off: what the studies of faces share."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from gan_edu.games import Game, normal
from gan_edu.networks.conv import dcgan_discriminator, dcgan_generator, paper_init
from gan_edu.objectives import Objective, relativistic
from gan_edu.penalties import r1, r2
from gan_edu.training import Average, InMemory, adam, batches, linear_decay, train
from gan_edu.worlds import faces

FACES = 8192
FACES_SEED = 5


class Pictures(NamedTuple):
    """A batch with nothing but pictures, (n, c, size, size) in [-1, 1]."""

    x: Tensor


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run besides the pictures and the seed.

    rate, betas: Adam's, for both players. flat, floor: of the linear decay; floor 1 is none.
    memory: decay of the average. gamma: R1 and R2 each weigh gamma / 2, every penalty_every steps; 0 is no penalty.
    weight_decay, first_weights: of the generator; first_weights multiplies all but batch norm's at the start.
    batch_norm: in the discriminator. paper_weights: the DCGAN paper's first weights, in both networks, instead.
    """

    steps: int = 4000
    width: int = 24
    latent: int = 32
    channels: int = 3
    batch: int = 32
    rate: float = 3e-3
    betas: tuple[float, float] = (0.0, 0.99)
    flat: float = 0.5
    floor: float = 0.05
    memory: float = 0.995
    gamma: float = 1.0
    penalty_every: int = 16
    weight_decay: float = 0.2
    first_weights: float = 0.1
    batch_norm: bool = False
    paper_weights: bool = False
    objective: Objective = relativistic
    generator: Callable[..., nn.Module] = dcgan_generator


def settings(recipe: Recipe) -> dict[str, float | list[float]]:
    """The recipe's numbers, for a record."""
    plain = {name: list(value) if name == "betas" else value for name, value in asdict(recipe).items()}
    return {name: value for name, value in plain.items() if name not in ("objective", "generator")}


@lru_cache(maxsize=1)
def face_pictures(count: int = FACES) -> InMemory:
    """Anime faces of 32x32 pixels, the same ones in every run."""
    x = faces.sample(count, generator=torch.Generator().manual_seed(FACES_SEED)).x
    return InMemory(Pictures(x.contiguous(memory_format=torch.channels_last)))


def networks(recipe: Recipe, generator: torch.Generator) -> tuple[nn.Module, nn.Module]:
    """The two players before their first step."""
    G = recipe.generator(recipe.latent, 32, recipe.channels, recipe.width, generator=generator)
    D = dcgan_discriminator(32, recipe.channels, recipe.width, batch_norm=recipe.batch_norm, generator=generator)
    if recipe.paper_weights:
        return paper_init(G, generator), paper_init(D, generator)
    with torch.no_grad():
        for layer in G.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
                for weights in layer.parameters():
                    weights *= recipe.first_weights
    return G, D


class Run:
    """One run of a recipe: ``parts`` is all that changes as it goes on, for checkpoints; ``go`` yields each step's number."""

    def __init__(self, recipe: Recipe, seed: int, pictures: InMemory) -> None:
        self.recipe, self._pictures, self._draws = recipe, pictures, torch.Generator().manual_seed(seed)
        self.G, self._D = networks(recipe, self._draws)
        decay = {"lr": recipe.rate, "betas": recipe.betas, "weight_decay": recipe.weight_decay}
        self._optimizers = [torch.optim.AdamW(self.G.parameters(), **decay), adam(self._D, recipe.rate, recipe.betas)]
        self._schedules = [linear_decay(optimizer, recipe.steps, recipe.flat, recipe.floor) for optimizer in self._optimizers]
        self.average = Average(self.G, recipe.memory)
        self.parts = {"G": self.G, "D": self._D, "average": self.average, "draws": self._draws}
        self.parts |= dict(zip(("optimizer_g", "optimizer_d"), self._optimizers))
        self.parts |= dict(zip(("schedule_g", "schedule_d"), self._schedules))

    def go(self, done: int = 0, autocast: torch.dtype | None = None) -> Iterator[int]:
        """Train from step ``done`` + 1 to the recipe's last."""
        recipe = self.recipe
        weights = {r1: recipe.gamma / 2, r2: recipe.gamma / 2} if recipe.gamma else {}
        game = Game(self.G, self._D, recipe.objective, normal(recipe.latent, generator=self._draws), weights)
        source = islice(batches(self._pictures, recipe.batch, recipe.steps, generator=self._draws), recipe.steps - done)
        loop = train(
            game,
            source,
            *self._optimizers,
            penalty_every=recipe.penalty_every,
            average=self.average,
            schedules=self._schedules,
            autocast=autocast,
            first_step=done + 1,
        )
        for step, _ in enumerate(loop, start=done + 1):
            yield step


def settled(network: nn.Module, latent: int, seed: int, batches: int = 10) -> nn.Module:
    """A copy in ``eval`` mode whose batch norm has the means and variances that belong to its weights as they are."""
    draws, ready = torch.Generator().manual_seed(seed), copy.deepcopy(network)
    update_bn((torch.randn(200, latent, generator=draws) for _ in range(batches)), ready)
    return ready.eval()


@torch.no_grad()
def painted(network: nn.Module, latent: int, count: int, seed: int) -> Tensor:
    """count pictures by the settled copy of a generator, which itself is left as it was."""
    ready = settled(network, latent, seed + 1)
    z = torch.randn(count, latent, generator=torch.Generator().manual_seed(seed))
    return torch.cat([ready(part) for part in z.split(500)])
