import checks_training as checks
import pytest
import torch
from checks_training import optimizers, same, small_game, some_batches, weights
from helpers_games import OBJECTIVES, Points, every_objective, pictures, seeded
from torch import nn
from torch.testing import assert_close

from gan_edu.divergences import w1_samples
from gan_edu.games import Game, normal
from gan_edu.networks.conv import dcgan_discriminator, dcgan_generator
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import non_saturating, relativistic
from gan_edu.penalties import gradient_penalty, r1
from gan_edu.training import Average, Diverged, batches, descend, train
from gan_edu.worlds import mixtures

# one step


def test_a_step_by_hand():
    # terms w^2 + 3 w at w = 2 have slope 7; a step of 0.1 leads to 1.3
    w = nn.Parameter(torch.tensor(2.0))
    w.grad = torch.tensor(100.0)
    found = descend(torch.optim.SGD([w], 0.1), {"square": w**2, "line": 3 * w})
    assert_close(w.detach(), torch.tensor(1.3))
    assert_close(found, {"square": torch.tensor(4.0), "line": torch.tensor(6.0)})
    assert not any(term.requires_grad for term in found.values())


def test_two_steps_do_not_add_up_their_gradients():
    w = nn.Parameter(torch.tensor(0.0))
    optimizer = torch.optim.SGD([w], 1.0)
    for _ in range(3):
        descend(optimizer, {"line": w})
    assert_close(w.detach(), torch.tensor(-3.0))


# the loop


@every_objective
@pytest.mark.parametrize("critic_steps", [1, 2, 3])
def test_the_loop_agrees_with_one_by_hand_number_for_number(objective, critic_steps):
    checks.loop_agrees_with_one_by_hand(train, objective, critic_steps)


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.RMSprop, torch.optim.AdamW])
def test_the_loop_takes_any_optimizer(optimizer):
    checks.loop_agrees_with_one_by_hand(train, optimizer=optimizer)


def test_the_critic_is_frozen_in_the_generators_step_only():
    checks.loop_freezes_the_critic(train)


def test_one_player_moves_at_a_time():
    checks.loop_moves_one_player_at_a_time(train)


def test_the_critic_is_free_again_after_an_error():
    checks.loop_restores_the_critic_after_an_error(train)


def test_a_critic_needs_an_optimizer_of_its_own():
    game = small_game()
    with pytest.raises(ValueError, match="wanted an optimizer_d"):
        train(game, some_batches(1), optimizers(game)[0])


def test_critic_steps_are_counted_per_generator_step():
    checks.loop_counts_critic_steps(train)


def test_no_number_is_read_out_of_a_tensor_and_terms_are_detached():
    checks.loop_never_waits(train)


def test_a_part_of_the_critic_that_was_frozen_stays_frozen():
    game = small_game()
    game.D[0].requires_grad_(False)
    before = weights(game.D[0])
    list(train(game, some_batches(3), *optimizers(game)))
    assert [p.requires_grad for p in game.D.parameters()] == [False, False, True, True]
    assert same(weights(game.D[0]), before)


def test_the_caller_may_stop_at_any_step_and_go_on_later():
    whole, parts = small_game(), small_game()
    list(train(whole, some_batches(5), *optimizers(whole)))
    pair, queue = optimizers(parts), iter(some_batches(5))
    for step, _ in enumerate(train(parts, queue, *pair), start=1):
        assert all(p.requires_grad for p in parts.D.parameters())
        if step == 2:
            break
    list(train(parts, queue, *pair))
    assert same(weights(whole.G), weights(parts.G)) and same(weights(whole.D), weights(parts.D))


def test_the_loop_is_lazy_one_batch_a_step():
    taken = []
    source = (taken.append(batch) or batch for batch in some_batches(3))
    game = small_game()
    steps = train(game, source, *optimizers(game))
    assert len(taken) == 0
    next(steps)
    assert len(taken) == 1


def test_no_batches_no_steps():
    game = small_game()
    before = weights(game.G)
    assert list(train(game, [], *optimizers(game))) == []
    assert same(weights(game.G), before)


def test_yielded_terms_keep_their_values_while_training_goes_on():
    game = small_game()
    steps = train(game, some_batches(3), *optimizers(game))
    first = next(steps)
    kept = {name: term.clone() for name, term in first.items()}
    list(steps)
    assert_close(first, kept)


def test_the_loop_plays_any_object_with_the_right_parts():
    class Regression:
        """A game with one player and a half: G fits a line, D a constant, both with two terms."""

        def __init__(self) -> None:
            self.G, self.D = nn.Linear(1, 1), nn.Linear(1, 1)

        def critic_terms(self, batch):
            return {"fit": (self.D(batch.x) - 1).square().mean(), "size": 0.1 * self.D.weight.square().sum()}

        def generator_terms(self, batch):
            return {"gap": (self.G(batch.x) - self.D(batch.x)).square().mean()}

    game = Regression()
    first, *_, last = train(game, some_batches(50), *optimizers(game, rate=0.01))
    assert set(last) == {"fit", "size", "gap"} and last["fit"] < first["fit"]


def test_training_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    game = small_game()
    list(train(game, batches(mixtures.gaussian(), 8, 3, generator=seeded()), *optimizers(game)))
    assert torch.equal(torch.get_rng_state(), before)


def test_equal_seeds_give_equal_runs():
    runs = []
    for _ in range(2):
        game = small_game()
        terms = list(train(game, batches(mixtures.ring(), 8, 5, generator=seeded()), *plane(game)))
        runs.append((terms, weights(game.G)))
    assert_close(runs[0][0], runs[1][0], rtol=0, atol=0)
    assert same(runs[0][1], runs[1][1])


def plane(game: Game) -> tuple:
    """The game's networks exchanged for ones in the plane; their optimisers."""
    rng = seeded()
    game.G, game.D = mlp(2, 2, (8,), generator=rng), mlp(2, 1, (8,), generator=rng)
    return optimizers(game)


@every_objective
def test_the_loop_runs_on_the_meta_device(objective):
    rng = seeded()
    G, D = mlp(2, 2, generator=rng).to("meta"), mlp(2, 1, generator=rng).to("meta")
    game = Game(G, D, objective, lambda n: torch.randn(n, 2, device="meta"))
    terms = list(train(game, [Points(torch.zeros(8, 2, device="meta"))] * 2, *optimizers(game)))
    assert len(terms) == 2 and {t.device.type for step in terms for t in step.values()} == {"meta"}


@pytest.mark.parametrize("critic_steps", [0, -1])
def test_bad_critic_steps_are_refused_before_the_first_step(critic_steps):
    game = small_game()
    with pytest.raises(ValueError, match=f"wanted at least 1, got {critic_steps}"):
        train(game, some_batches(1), *optimizers(game), critic_steps)


# penalties in some steps


def test_penalties_come_at_every_so_many_steps_and_their_sum_stays():
    checks.loop_keeps_the_sum_of_the_penalties(train)


def test_penalties_join_the_critics_descent():
    checks.loop_descends_penalties_with_the_critics_terms(train)


def test_a_game_without_penalties_needs_no_method_for_them():
    class Bare:
        def __init__(self) -> None:
            game = small_game()
            self.G, self.D = game.G, game.D
            self.critic_terms, self.generator_terms = game.critic_terms, game.generator_terms

    bare, game = Bare(), small_game()
    found = list(train(bare, some_batches(4), *optimizers(bare), penalty_every=2))
    assert_close(found, list(train(game, some_batches(4), *optimizers(game))), rtol=0, atol=0)


def test_without_penalties_the_number_of_steps_between_them_changes_nothing():
    runs = []
    for every in (1, 4):
        game = small_game()
        runs.append(list(train(game, some_batches(5), *optimizers(game), penalty_every=every)))
    assert_close(*runs, rtol=0, atol=0)


# the average, schedules, the first step's number


def test_the_average_follows_each_step_of_the_generator():
    checks.loop_updates_the_average_after_the_generator(train)


def test_schedules_advance_once_a_step():
    checks.loop_advances_schedules_once_a_step(train)


def test_a_schedule_of_a_generator_that_rests_at_first_warns_nobody(recwarn):
    checks.loop_advances_schedules_once_a_step(train)
    assert [str(warning.message) for warning in recwarn] == []


def test_the_first_steps_number_keeps_the_rhythm():
    checks.loop_counts_from_the_first_step(train)


# precision


def conv_game(dtypes: list, penalties=(), size: int = 8) -> Game:
    """A game of pictures that notes in which precision its critic answers."""
    rng = seeded()
    G, D = dcgan_generator(4, size, 1, 8, generator=rng), dcgan_discriminator(size, 1, 8, batch_norm=False, generator=rng)
    D.register_forward_hook(lambda module, inputs, logits: dtypes.append(logits.dtype))
    return Game(G, D, relativistic, normal(4, generator=rng), dict(penalties))


def test_autocast_is_for_the_terms_and_not_for_the_penalties():
    dtypes = []
    game = conv_game(dtypes, {r1: 0.5, gradient_penalty(generator=seeded()): 1.0})
    terms = list(train(game, [pictures(6)] * 2, *optimizers(game), penalty_every=2, autocast=torch.bfloat16))
    half, full = torch.bfloat16, torch.float32
    assert dtypes == [half, half, half, half, half, half, full, full, half, half]
    assert {value.dtype for step in terms for value in step.values()} == {full}
    assert {p.dtype for network in (game.G, game.D) for p in network.parameters()} == {full}
    assert not torch.is_autocast_enabled()


def test_autocast_changes_the_numbers_a_little_and_the_penalties_not_at_all():
    runs = []
    for dtype in (None, torch.bfloat16):
        game = conv_game([], {r1: 0.5})
        (terms,) = train(game, [pictures(6)], *optimizers(game), autocast=dtype)
        runs.append(terms)
    assert torch.equal(runs[0]["r1"], runs[1]["r1"])
    assert_close(runs[0]["critic"], runs[1]["critic"], rtol=0.02, atol=0)
    assert not torch.equal(runs[0]["critic"], runs[1]["critic"])


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, "bfloat16"])
def test_other_precisions_are_refused(dtype):
    game = small_game()
    with pytest.raises(ValueError, match="autocast: wanted torch.bfloat16 or None, got"):
        train(game, some_batches(1), *optimizers(game), autocast=dtype)


# divergence


@pytest.mark.parametrize("who", ["critic", "generator"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_term_that_is_not_finite_stops_training_at_its_step(who, bad):
    checks.loop_stops_at_a_bad_term(train, who, bad)


def test_a_penalty_that_is_not_finite_stops_training():
    def rooted(critic, real, fake):
        return (0 * critic(real)).sum() / 0

    game = small_game()
    game.penalties = {rooted: 1.0}
    with pytest.raises(Diverged, match="training diverged at step 2: rooted = nan"):
        list(train(game, some_batches(3), *optimizers(game), penalty_every=2))


def test_a_run_with_a_rate_far_too_high_is_told_when_it_diverged():
    game = small_game(objective=OBJECTIVES["least_squares"])
    with pytest.raises(Diverged, match="training diverged at step [0-9]+: .* go on from the last checkpoint") as caught:
        list(train(game, some_batches(100), *optimizers(game, rate=1e3)))
    assert isinstance(caught.value, ArithmeticError)


# networks of pictures


def test_a_game_of_pictures_on_the_meta_device():
    game = conv_game([], {r1: 0.5, gradient_penalty(generator=seeded()): 1.0})
    game.G.to("meta"), game.D.to("meta")
    game.latent = lambda n: torch.zeros(n, 4, device="meta")
    average = Average(game.G)
    terms = list(train(game, [Points(torch.zeros(4, 1, 8, 8, device="meta"))] * 2, *optimizers(game), average=average))
    assert {value.device.type for step in terms for value in step.values()} == {"meta"} and average.updates == 2


@pytest.mark.parametrize("n", [0, 1])
def test_a_batch_too_small_for_batch_norm_stops_with_a_clear_error(n):
    game = conv_game([])
    words = ["a game needs at least one example in the batch; got 0", "batch norm in training needs at least 2 examples in a batch; got 1"]
    with pytest.raises(ValueError, match=words[n]):
        list(train(game, [pictures(n)], *optimizers(game)))


@pytest.mark.parametrize("name", ["penalty_every", "first_step"])
@pytest.mark.parametrize("value", [0, -2])
def test_bad_counts(name, value):
    game = small_game()
    with pytest.raises(ValueError, match=f"{name}.* at least 1, got {value}"):
        train(game, some_batches(1), *optimizers(game), **{name: value})


# outcome


def distance_after_training(seed: int, steps: int = 300) -> float:
    """W1 between fresh data and fresh fakes after a game on N(4, 0.5^2) from N(0, 1), its rates falling to zero."""
    rng = seeded(seed)
    world = mixtures.gaussian(4, 0.5)
    G, D = mlp(1, 1, (), generator=rng), mlp(1, 1, (32,), activation=nn.Tanh, generator=rng)
    game = Game(G, D, non_saturating, normal(1, generator=rng))
    pair = [torch.optim.Adam(network.parameters(), lr=0.05, betas=(0.0, 0.9)) for network in (G, D)]
    for step, _ in enumerate(train(game, batches(world, 128, steps, generator=rng), *pair), start=1):
        for optimizer in pair:
            optimizer.param_groups[0]["lr"] = 0.05 * (1 - step / steps)
    with torch.no_grad():
        return w1_samples(world.sample(2000, generator=rng).x, game.generate(2000))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_game_on_the_line_is_won_by_nobody(seed):
    # some 3.5 to 4.5 before training; over eight seeds at most 0.056 after it
    assert distance_after_training(seed) < 0.2
