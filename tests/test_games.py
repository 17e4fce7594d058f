from functools import partial
from math import pi, sqrt

import checks_training as checks
import pytest
import torch
from checks_training import gradients, small_game, some_batches
from helpers_games import Points, every_objective, seeded
from scipy.stats import kstest
from torch import nn
from torch.testing import assert_close

from gan_edu.games import Game, normal, uniform
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import hinge, wasserstein
from gan_edu.penalties import gradient_penalty, r1, r2
from gan_edu.worlds import glyphs, mixtures

LATENTS = {"normal": normal, "uniform": uniform}
every_latent = pytest.mark.parametrize("latent", LATENTS.values(), ids=LATENTS)


# latents


@every_latent
def test_latents_are_n_rows_of_dim_numbers(latent):
    z = latent(3, generator=seeded())(5)
    assert z.shape == (5, 3) and z.dtype == torch.float32 and not z.requires_grad


@every_latent
def test_latents_follow_their_generator_and_nothing_else(latent):
    before = torch.get_rng_state()
    first, again, other = (latent(2, generator=seeded(s))(4) for s in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)
    draw = latent(2, generator=seeded())
    assert not torch.equal(draw(4), draw(4))


@pytest.mark.parametrize(("latent", "law"), [(normal, "norm"), (uniform, "uniform")])
def test_latents_are_distributed_as_they_say(latent, law):
    z = latent(4, generator=seeded())(2000)
    assert kstest(z.flatten().double().numpy(), law).pvalue > 0.001
    assert (torch.corrcoef(z.T) - torch.eye(4)).abs().max() < 4.5 / sqrt(2000)


@every_latent
def test_seeded_values_are_pytorchs_own(latent):
    wanted = {normal: torch.randn, uniform: torch.rand}[latent](4, 2, generator=seeded())
    assert torch.equal(latent(2, generator=seeded())(4), wanted)


@every_latent
@pytest.mark.parametrize("dim", [0, -2])
def test_latents_need_a_dimension(latent, dim):
    with pytest.raises(ValueError, match=f"a latent needs at least one number; got dim={dim}"):
        latent(dim, generator=seeded())


# games


def by_hand() -> tuple[Game, Points]:
    """G(z) = 2 z + 1 with z = 3 always, D(x) = x / 7: fakes are 7, their logits 1; reals are 0, their logits 0."""
    G, D = nn.Linear(1, 1), nn.Linear(1, 1)
    with torch.no_grad():
        G.weight.fill_(2.0), G.bias.fill_(1.0), D.weight.fill_(1 / 7), D.bias.fill_(0.0)
    return Game(G, D, wasserstein, lambda n: torch.full((n, 1), 3.0)), Points(torch.zeros(4, 1))


def test_a_game_by_hand():
    game, batch = by_hand()
    assert_close(game.generate(2), torch.full((2, 1), 7.0))
    assert_close(game.critic_terms(batch), {"critic": torch.tensor(1.0)})
    assert_close(game.generator_terms(batch), {"generator": torch.tensor(-1.0)})


def test_gradients_by_hand():
    game, batch = by_hand()
    game.generator_terms(batch)["generator"].backward()
    # d(-D(G(z)))/dW = -z / 7, and /db = -1 / 7
    assert_close(game.G.weight.grad, torch.tensor([[-3 / 7]]))
    assert_close(game.G.bias.grad, torch.tensor([-1 / 7]))


def test_the_critics_terms_leave_the_generator_alone():
    checks.critic_terms_leave_the_generator_alone(Game)


def test_the_generators_terms_reach_the_generator():
    checks.generator_terms_reach_the_generator(Game)


def test_the_critic_hears_real_first():
    checks.critic_hears_real_first(Game)


def test_each_player_meets_fresh_fakes():
    checks.generator_draws_fresh_fakes(Game)


@every_objective
def test_terms_are_the_objectives_on_the_games_logits(objective):
    game, twin, batch = small_game(objective=objective), small_game(objective=objective), some_batches(1)[0]
    real, fake = twin.D(batch.x), twin.D(twin.generate(16))
    assert_close(game.critic_terms(batch), {"critic": objective.critic(real, fake)})
    fake = twin.D(twin.generate(16))
    assert_close(game.generator_terms(batch), {"generator": objective.generator(real, fake)})


@every_objective
def test_terms_are_named_scalars_that_can_be_descended(objective):
    game, batch = small_game(objective=objective), some_batches(1)[0]
    for terms, network in ((game.critic_terms(batch), game.D), (game.generator_terms(batch), game.G)):
        assert all(isinstance(name, str) and term.shape == () for name, term in terms.items())
        sum(terms.values()).backward()
        assert any(gradient is not None and (gradient != 0).any() for gradient in gradients(network))


@every_objective
def test_games_run_on_the_meta_device(objective):
    rng = seeded()
    G, D = mlp(2, 2, generator=rng).to("meta"), mlp(2, 1, generator=rng).to("meta")
    game = Game(G, D, objective, lambda n: torch.randn(n, 2, device="meta"))
    batch = Points(torch.zeros(8, 2, device="meta"))
    for terms in (game.critic_terms(batch), game.generator_terms(batch)):
        assert {term.device.type for term in terms.values()} == {"meta"}


def test_a_game_takes_pictures_as_well_as_points():
    rng = seeded()
    G = nn.Sequential(mlp(3, 16, generator=rng), nn.Unflatten(1, (1, 4, 4)))
    D = nn.Sequential(nn.Flatten(), mlp(16, 1, generator=rng))
    batch = glyphs.sample(8, generator=rng)
    game = Game(G, D, hinge, normal(3, generator=rng))
    assert game.generate(5).shape == (5, 1, 4, 4)
    assert game.critic_terms(batch)["critic"].isfinite() and game.generator_terms(batch)["generator"].isfinite()


def test_playing_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    game, batch = small_game(), some_batches(1)[0]
    game.critic_terms(batch), game.generator_terms(batch)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_batch_is_left_as_it_was():
    game, batch = small_game(), some_batches(1)[0]
    before = batch.x.clone()
    game.critic_terms(batch), game.generator_terms(batch)
    assert torch.equal(batch.x, before) and not batch.x.requires_grad


@pytest.mark.parametrize("play", [Game.critic_terms, Game.generator_terms])
def test_an_empty_batch_is_an_error(play):
    with pytest.raises(ValueError, match="a game needs at least one example in the batch; got 0"):
        play(small_game(), Points(torch.zeros(0, 1)))


# penalties


def test_penalties_by_hand():
    game, batch = by_hand()
    game.penalties = {r1: 0.5, r2: 2.0, gradient_penalty(generator=seeded()): 10.0}
    # D's slope is 1/7 everywhere
    wanted = {"r1": 0.5 / 49, "r2": 2 / 49, "gradient_penalty": 10 * (6 / 7) ** 2}
    assert_close(game.penalty_terms(batch), {name: torch.tensor(value) for name, value in wanted.items()})


def test_a_penalty_hears_the_real_first_and_fresh_fakes():
    checks.penalties_hear_real_first(Game)


def test_penalties_leave_the_generator_alone_and_reach_the_critic():
    checks.penalty_terms_leave_the_generator_alone(Game)


def test_a_game_without_penalties_draws_nothing_for_them():
    game = small_game()
    game.latent = None
    assert game.penalty_terms(some_batches(1)[0]) == {}


def test_games_do_not_share_their_penalties():
    assert small_game().penalties is not small_game().penalties


def test_penalties_of_an_empty_batch_are_an_error():
    game = small_game()
    game.penalties = {r1: 1.0}
    with pytest.raises(ValueError, match="a game needs at least one example in the batch; got 0"):
        game.penalty_terms(Points(torch.zeros(0, 1)))


def test_each_penalty_needs_a_name_of_its_own():
    def critic(critic, real, fake):
        return r1(critic, real, fake)

    rng = seeded()
    for bad in ({critic: 1.0}, {gradient_penalty(generator=rng): 1.0, gradient_penalty(generator=rng): 2.0}, {partial(r1): 1.0}):
        with pytest.raises(ValueError, match="each penalty needs a __name__ of its own, other than critic and generator; got"):
            Game(nn.Linear(1, 1), nn.Linear(1, 1), hinge, normal(1, generator=rng), bad)


# precision


@every_objective
def test_logits_of_half_precision_are_judged_in_float32(objective):
    class Half(nn.Module):
        def forward(self, x):
            return (1000 * x).bfloat16()

    game, batch = small_game(objective=objective), some_batches(1)[0]
    game.D = Half()
    for terms in (game.critic_terms(batch), game.generator_terms(batch)):
        assert {value.dtype for value in terms.values()} == {torch.float32}


def test_logits_of_float64_stay_as_they_are():
    game, batch = small_game(), some_batches(1)[0]
    game.G.double(), game.D.double()
    latent = game.latent
    game.latent = lambda n: latent(n).double()
    assert game.critic_terms(Points(batch.x.double()))["critic"].dtype == torch.float64


# mathematics: what the generator is told


def test_the_generator_is_moved_along_the_slope_of_the_critic():
    # d/dtheta of -E[D(G(z))] = -E[D'(G(z)) dG/dtheta]: G never sees a real example, only D's slope at its fakes
    rng = seeded()
    G, D = nn.Linear(1, 1), mlp(1, 1, activation=nn.Tanh, generator=rng)
    z = torch.randn(6, 1, generator=rng)
    game = Game(G, D, wasserstein, lambda n: z)
    game.generator_terms(Points(torch.full((6, 1), 4.0)))["generator"].backward()
    x = G(z).detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x)
    assert_close(G.bias.grad, -slope.mean(0))
    assert_close(G.weight.grad, -(slope * z).mean(0, keepdim=True))


def test_pushed_forward_density_is_latent_density_over_slope():
    # |G'(z)| = p_z(z) / p_g(G(z)) for the affine generator of N(4, 0.5^2)
    z = torch.linspace(-2, 2, 9, dtype=torch.float64)
    latent_density = (-z.square() / 2).exp() / sqrt(2 * pi)
    assert_close(latent_density / mixtures.gaussian(4, 0.5).density(4 + 0.5 * z), torch.full_like(z, 0.5))
