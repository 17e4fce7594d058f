"""What can only be seen on an accelerator: everything stands on it, and the loop never makes the processor wait."""

import pytest
import torch
from checks_training import optimizers, seeded, small_game, some_batches

from gan_edu.games import Game, normal, uniform
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import hinge, least_squares, minimax, non_saturating, relativistic, wasserstein
from gan_edu.training import batches, best_device, train
from gan_edu.worlds import mixtures

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device; this machine has none"),
]
OBJECTIVES = [minimax, non_saturating, least_squares, hinge, wasserstein, relativistic]
WORLDS = [mixtures.gaussian(), mixtures.ring(), mixtures.box(0, 1), mixtures.spiral()]


def on_the_gpu(seed: int = 0) -> torch.Generator:
    return torch.Generator(device="cuda").manual_seed(seed)


def plane_game(objective=non_saturating) -> Game:
    rng = on_the_gpu()
    return Game(mlp(2, 2, generator=rng), mlp(2, 1, generator=rng), objective, normal(2, generator=rng))


def test_the_best_device_is_the_gpu():
    assert best_device().type == "cuda"


@pytest.mark.parametrize("world", WORLDS)
def test_worlds_sample_where_their_generator_lives(world):
    points = world.sample(100, generator=on_the_gpu())
    assert points.x.is_cuda and points.component.is_cuda and points.x.dtype == torch.float32
    assert torch.equal(points.x, world.sample(100, generator=on_the_gpu()).x)
    assert (world.density(points.x) > 0).all()


def test_networks_and_latents_are_built_where_their_generator_lives():
    assert all(p.is_cuda for p in mlp(2, 1, generator=on_the_gpu()).parameters())
    assert normal(2, generator=on_the_gpu())(4).is_cuda and uniform(2, generator=on_the_gpu())(4).is_cuda


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_games_are_played_on_the_gpu(objective):
    game = plane_game(objective)
    source = batches(mixtures.ring(), 32, 3, generator=on_the_gpu())
    terms = list(train(game, source, *optimizers(game)))
    assert all(term.is_cuda and term.isfinite() for step in terms for term in step.values())


def test_the_loop_never_waits_for_the_gpu():
    game = plane_game()
    kept = list(batches(mixtures.ring(), 32, 4, generator=on_the_gpu()))
    pair = optimizers(game)
    list(train(game, kept[:1], *pair))  # the first step may allocate and so wait
    torch.cuda.set_sync_debug_mode("error")
    try:
        list(train(game, kept[1:], *pair))
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_the_gpu_agrees_with_the_cpu_from_equal_weights():
    here, there = small_game(), small_game()
    there.G.cuda(), there.D.cuda()
    latent = there.latent
    there.latent = lambda n: latent(n).cuda()
    moved = [type(batch)(*(part.cuda() for part in batch)) for batch in some_batches(5)]
    found = list(train(there, moved, *optimizers(there)))
    wanted = list(train(here, some_batches(5), *optimizers(here)))
    for a, b in zip(found, wanted):
        torch.testing.assert_close({k: v.cpu() for k, v in a.items()}, b, rtol=1e-4, atol=1e-5)


def test_sampling_on_the_gpu_leaves_the_global_random_states_alone():
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    mixtures.ring().sample(10, generator=on_the_gpu())
    mlp(2, 1, generator=on_the_gpu())
    assert torch.equal(torch.get_rng_state(), before[0]) and torch.equal(torch.cuda.get_rng_state(), before[1])


def test_equal_seeds_give_equal_numbers_on_the_cpu_whatever_the_gpu_did():
    on_the_gpu(5)
    assert torch.equal(normal(2, generator=seeded())(3), torch.randn(3, 2, generator=seeded()))
