"""The loops that ``tools.bench_training`` compares: the book's, and two as their papers and common implementations write them."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from gan_edu.training import InMemory
from studies.faces_recipe import Pictures, Recipe, Run, networks

Loop = tuple[nn.Module, Iterator[object]]  # the network to sample from, and steps of G to be pulled one by one


def ours(x: Tensor, seed: int, recipe: Recipe) -> Loop:
    """Chapter 5's recipe in the book's loop."""
    run = Run(recipe, seed, InMemory(Pictures(x)))
    return run.average.network, run.go()


def ours_in_bf16(x: Tensor, seed: int, recipe: Recipe) -> Loop:
    """The same with the players' terms in bfloat16."""
    run = Run(recipe, seed, InMemory(Pictures(x)))
    return run.average.network, run.go(autocast=torch.bfloat16)


def dcgan(x: Tensor, seed: int, recipe: Recipe) -> Loop:
    """Radford, Metz and Chintala, 2015, arXiv 1511.06434, the loop as PyTorch's DCGAN tutorial has it."""
    draws = torch.Generator().manual_seed(seed)
    G, D = networks(replace(recipe, batch_norm=True, paper_weights=True), draws)
    return G, _dcgan_steps(G, D, x, draws, recipe)


def _dcgan_steps(G: nn.Module, D: nn.Module, x: Tensor, draws: torch.Generator, recipe: Recipe) -> Iterator[None]:
    criterion = nn.BCEWithLogitsLoss()
    optimizer_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
    while True:
        D.zero_grad()
        real = x[torch.randint(len(x), (recipe.batch,), generator=draws)]
        label = torch.full((recipe.batch,), 1.0)
        criterion(D(real).view(-1), label).backward()
        fake = G(torch.randn(recipe.batch, recipe.latent, generator=draws))
        label.fill_(0.0)
        criterion(D(fake.detach()).view(-1), label).backward()
        optimizer_d.step()
        G.zero_grad()
        label.fill_(1.0)
        criterion(D(fake).view(-1), label).backward()
        optimizer_g.step()
        yield


def wgan_gp(x: Tensor, seed: int, recipe: Recipe) -> Loop:
    """Gulrajani and others, 2017, arXiv 1704.00028, algorithm 1."""
    draws = torch.Generator().manual_seed(seed)
    G, D = networks(replace(recipe, batch_norm=False, first_weights=1.0), draws)
    return G, _wgan_gp_steps(G, D, x, draws, recipe)


def _wgan_gp_steps(G: nn.Module, D: nn.Module, x: Tensor, draws: torch.Generator, recipe: Recipe) -> Iterator[None]:
    optimizer_g = torch.optim.Adam(G.parameters(), lr=1e-4, betas=(0.0, 0.9))
    optimizer_d = torch.optim.Adam(D.parameters(), lr=1e-4, betas=(0.0, 0.9))
    while True:
        for _ in range(5):
            optimizer_d.zero_grad()
            real = x[torch.randint(len(x), (recipe.batch,), generator=draws)]
            fake = G(torch.randn(recipe.batch, recipe.latent, generator=draws)).detach()
            penalty = _gradient_penalty(D, real, fake, draws)
            (D(fake).mean() - D(real).mean() + 10 * penalty).backward()
            optimizer_d.step()
        optimizer_g.zero_grad()
        (-D(G(torch.randn(recipe.batch, recipe.latent, generator=draws))).mean()).backward()
        optimizer_g.step()
        yield


def _gradient_penalty(D: nn.Module, real: Tensor, fake: Tensor, draws: torch.Generator) -> Tensor:
    t = torch.rand(len(real), 1, 1, 1, generator=draws)
    mixed = (t * real + (1 - t) * fake).requires_grad_(True)
    logits = D(mixed)
    (slope,) = torch.autograd.grad(logits, mixed, torch.ones_like(logits), create_graph=True, retain_graph=True)
    return ((slope.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


OURS, DCGAN, WGAN_GP, BF16 = "ours", "DCGAN's loop", "WGAN-GP's loop", "ours, bfloat16"
LOOPS: dict[str, Callable[[Tensor, int, Recipe], Loop]] = {OURS: ours, DCGAN: dcgan, WGAN_GP: wgan_gp, BF16: ours_in_bf16}
CRITIC_STEPS = {OURS: 1, DCGAN: 1, WGAN_GP: 5, BF16: 1}
RIVALS = (DCGAN, WGAN_GP)
