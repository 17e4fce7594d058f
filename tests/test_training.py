from typing import NamedTuple

import checks_training as checks
import pytest
import torch
from checks_training import optimizers, same, seeded, small_game, some_batches, weights
from torch import Tensor, nn
from torch.testing import assert_close

from gan_edu.divergences import w1_samples
from gan_edu.games import Game, normal
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import hinge, least_squares, minimax, non_saturating, relativistic, wasserstein
from gan_edu.training import batches, best_device, descend, train
from gan_edu.worlds import glyphs, mixtures

OBJECTIVES = {
    "minimax": minimax,
    "non_saturating": non_saturating,
    "least_squares": least_squares,
    "hinge": hinge,
    "wasserstein": wasserstein,
    "relativistic": relativistic,
}
every_objective = pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)


class Points(NamedTuple):
    x: Tensor


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


# batches


def test_batches_are_fresh_samples_of_the_world():
    found = list(batches(mixtures.gaussian(), 8, 3, generator=seeded()))
    rng = seeded()
    assert [len(batch.x) for batch in found] == [8, 8, 8]
    for batch in found:
        assert torch.equal(batch.x, mixtures.gaussian().sample(8, generator=rng).x)


def test_a_module_is_a_world_too():
    (batch,) = batches(glyphs, 4, 1, generator=seeded())
    assert batch.x.shape == (4, 1, 4, 4)


@pytest.mark.parametrize(("size", "steps"), [(0, 5), (5, 0), (-1, 5), (5, -1)])
def test_bad_batches_are_refused_before_the_first_draw(size, steps):
    with pytest.raises(ValueError, match=f"at least one step of at least one example; got steps={steps}, size={size}"):
        batches(mixtures.gaussian(), size, steps, generator=seeded())


# devices


@pytest.mark.parametrize(
    ("cuda", "mps", "wanted"), [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_the_best_device_is_the_fastest_present(monkeypatch, cuda, mps, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert best_device() == torch.device(wanted)


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
