"""What can only be seen on an accelerator: everything stands on it, and the loop never makes the processor wait."""

from itertools import islice

import pytest
import torch
from checks_training import optimizers, small_game, some_batches
from helpers_games import Points, every_objective, pictures, seeded

from gan_edu.games import Game, normal, uniform
from gan_edu.networks.conv import dcgan_discriminator, dcgan_generator, paper_init, upsampling_generator
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import non_saturating, relativistic
from gan_edu.penalties import gradient_penalty, r1, r2, spectral
from gan_edu.training import (
    Average,
    Diverged,
    InMemory,
    adam,
    batches,
    best_device,
    linear_decay,
    load_checkpoint,
    save_checkpoint,
    train,
)
from gan_edu.worlds import mixtures

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device; this machine has none"),
]
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


@every_objective
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
        list(islice(train(game, kept, *pair), 4))  # at the end of its batches the loop reads the terms
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


# pictures


def picture_run(make=dcgan_generator, size: int = 16) -> dict:
    """A game of pictures with everything the loop can do, all of it on the GPU."""
    rng = on_the_gpu()
    G, D = make(8, size, 3, 8, generator=rng), dcgan_discriminator(size, 3, 8, batch_norm=False, generator=rng)
    game = Game(G, D, relativistic, normal(8, generator=rng), {r1: 0.5, r2: 0.5, gradient_penalty(generator=rng): 1.0})
    pair = adam(G, 1e-3), adam(D, 1e-3)
    schedules = [linear_decay(optimizer, 60) for optimizer in pair]
    world = InMemory(pictures(64, 3, size)).to("cuda")
    return {"game": game, "pair": pair, "average": Average(G), "schedules": schedules, "world": world, "rng": rng}


def played(run: dict, steps: int, **how):
    source = batches(run["world"], 16, steps, generator=run["rng"])
    how = {"average": run["average"], "schedules": run["schedules"], "penalty_every": 4} | how
    return train(run["game"], source, *run["pair"], 2, **how)


@pytest.mark.parametrize("make", [dcgan_generator, upsampling_generator])
@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_games_of_pictures_are_played_on_the_gpu(make, dtype):
    run = picture_run(make)
    terms = list(played(run, 8, autocast=dtype))
    assert all(term.is_cuda and term.isfinite() and term.dtype == torch.float32 for step in terms for term in step.values())
    assert all(p.is_cuda and p.dtype == torch.float32 for p in run["average"].network.parameters())
    assert run["game"].generate(4).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_a_loop_with_everything_in_it_never_waits_for_the_gpu(dtype):
    run = picture_run()
    list(played(run, 8, autocast=dtype))  # the first steps may allocate, choose kernels and so wait
    loop = played(run, 60, autocast=dtype)
    torch.cuda.set_sync_debug_mode("error")
    try:
        assert len(list(islice(loop, 49))) == 49  # the terms of 50 steps are read at once
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_divergence_is_noticed_within_fifty_steps():
    class Spoilt(Game):
        calls = 0

        def critic_terms(self, batch):
            self.calls += 1
            return {"critic": super().critic_terms(batch)["critic"] * (float("nan") if self.calls >= 7 else 1)}

    game = plane_game()
    game = Spoilt(game.G, game.D, game.objective, game.latent)
    done = []
    with pytest.raises(Diverged, match="training diverged at step 7: critic = nan"):
        done += (step for step in train(game, batches(mixtures.ring(), 8, 200, generator=on_the_gpu()), *optimizers(game)))
    assert game.calls == 50


def test_adam_is_fused_on_the_gpu_and_agrees_with_the_one_that_is_not():
    runs = []
    for fused in (True, False):
        network = mlp(3, 1, generator=on_the_gpu())
        optimizer = adam(network, 0.01) if fused else torch.optim.Adam(network.parameters(), 0.01, betas=(0.0, 0.99))
        assert bool(optimizer.param_groups[0]["fused"]) == fused
        for _ in range(5):
            optimizer.zero_grad()
            network(torch.ones(4, 3, device="cuda")).square().sum().backward()
            optimizer.step()
        runs.append([p.detach() for p in network.parameters()])
    for a, b in zip(*runs):
        torch.testing.assert_close(a, b)


def test_a_checkpoint_of_the_gpu_is_put_back_where_the_parts_are(tmp_path):
    run, other = picture_run(), picture_run()
    parts = lambda r: {"G": r["game"].G, "D": r["game"].D, "adam": r["pair"][0], "average": r["average"], "rng": r["rng"]}  # noqa: E731
    list(played(run, 6))
    save_checkpoint(tmp_path / "run.pt", 6, parts(run))
    assert load_checkpoint(tmp_path / "run.pt", parts(other)) == 6
    for name in ("G", "D"):
        there = getattr(other["game"], name).state_dict()
        assert all(value.is_cuda and torch.equal(value, there[key]) for key, value in getattr(run["game"], name).state_dict().items())
    assert torch.equal(torch.rand(3, generator=run["rng"], device="cuda"), torch.rand(3, generator=other["rng"], device="cuda"))
    assert all(term.isfinite() for step in played(other, 4) for term in step.values())
    with pytest.raises(ValueError, match="rng .*its state has shape"):
        load_checkpoint(tmp_path / "run.pt", {**parts(other), "rng": seeded()})


def test_networks_on_the_gpu_agree_with_those_on_the_cpu():
    G, D = dcgan_generator(8, 16, 3, 8, generator=seeded()), dcgan_discriminator(16, 3, 8, generator=seeded())
    z = torch.randn(8, 8, generator=seeded())
    wanted = D(G(z)).detach()
    found = D.cuda()(G.cuda()(z.cuda())).detach().cpu()
    torch.testing.assert_close(found, wanted, rtol=1e-2, atol=1e-2)  # convolutions there may round to TensorFloat-32


def test_weights_are_drawn_where_their_generator_lives_and_the_global_states_left_alone():
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    network = spectral(paper_init(dcgan_discriminator(16, 3, 8, generator=on_the_gpu()), on_the_gpu()))
    assert all(value.is_cuda for value in network.state_dict().values())
    InMemory(Points(torch.zeros(4, 1, device="cuda"))).sample(3, generator=on_the_gpu())
    assert torch.equal(torch.get_rng_state(), before[0]) and torch.equal(torch.cuda.get_rng_state(), before[1])


@pytest.mark.parametrize("penalty", [r1, r2])
def test_penalties_stay_float32_under_autocast(penalty):
    critic = dcgan_discriminator(16, 3, 8, batch_norm=False, generator=on_the_gpu())
    x = pictures(4, 3, 16).x.cuda()
    wanted = penalty(critic, x, x)
    with torch.autocast("cuda", torch.bfloat16):
        found = penalty(critic, x, x)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted)
