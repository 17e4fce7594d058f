"""The conditional game by hand, its three kinds of pairs, its equilibria, and variants that must be caught."""

from typing import NamedTuple

import pytest
import torch
from helpers_games import every_objective, needs_one_hot_on_meta, seeded
from helpers_sabotage import two_tests
from torch import Tensor, nn
from torch.testing import assert_close

from gan_edu.games import normal
from gan_edu.games.conditional import Conditional, always_wrong, shuffled
from gan_edu.networks.conditional import ConcatenatingDiscriminator, ConditionalGenerator, OneHot
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import non_saturating, wasserstein
from gan_edu.penalties import r1, r2
from gan_edu.training import batches, train


class Labelled(NamedTuple):
    x: Tensor
    condition: Tensor


class Table(nn.Module):
    """A network that adds a number for each label: x + values[c]."""

    def __init__(self, *values: float) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.tensor(values))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return x + self.values[condition].unsqueeze(1)


def by_hand(**options) -> tuple[Conditional, Labelled]:
    """G(z, c) = 3 + (10, 20)[c], D(x, c) = x + (1, 2)[c]; reals are 0: right pairs score 1 and 2, G's 14 and 25, mismatched 2 and 1."""
    game = Conditional(Table(10.0, 20.0), Table(1.0, 2.0), wasserstein, lambda n: torch.full((n, 1), 3.0), **options)
    return game, Labelled(torch.zeros(2, 1), torch.tensor([0, 1]))


def test_without_mismatched_pairs_by_hand():
    game, batch = by_hand()
    assert_close(game.generate(torch.tensor([1, 0, 0])), torch.tensor([[23.0], [13.0], [13.0]]))
    assert_close(game.critic_terms(batch), {"critic": torch.tensor(19.5 - 1.5)})
    assert_close(game.generator_terms(batch), {"generator": torch.tensor(-19.5)})


def test_with_mismatched_pairs_by_hand():
    game, batch = by_hand(share=0.25, mismatch=lambda condition: torch.zeros_like(condition))
    # right 1 and 2, generated 14 and 25, mismatched (asked for label 0) 1 and 1
    assert_close(game.critic_terms(batch), {"critic": torch.tensor(0.75 * (19.5 - 1.5) + 0.25 * (1 - 1.5))})
    assert_close(game.generator_terms(batch), {"generator": torch.tensor(-19.5)})


def small(kind=Conditional, objective=non_saturating, seed=0, **options):
    rng = seeded(seed)
    embed = OneHot((2,))
    G = ConditionalGenerator(embed, mlp(1 + 2, 1, (8,), generator=rng))
    D = ConcatenatingDiscriminator(embed, mlp(1 + 2, 1, (8,), generator=rng))
    return kind(G, D, objective, normal(1, generator=seeded(5)), **options)


BATCH = Labelled(torch.randn(16, 1, generator=seeded(1)), torch.randint(2, (16,), generator=seeded(2)))


@every_objective
def test_the_terms_are_the_objectives(objective):
    game, twin = small(objective=objective), small(objective=objective)
    right = twin.D(*BATCH)
    fake = twin.D(twin.generate(BATCH.condition), BATCH.condition)
    assert_close(game.critic_terms(BATCH)["critic"], objective.critic(right, fake))
    fake = twin.D(twin.generate(BATCH.condition), BATCH.condition)
    assert_close(game.generator_terms(BATCH)["generator"], objective.generator(right, fake))


def test_the_cross_entropy_of_three_kinds_of_pairs():
    game, twin = small(share=0.5, mismatch=lambda condition: 1 - condition), small()
    right, wrong = twin.D(*BATCH).sigmoid(), twin.D(BATCH.x, 1 - BATCH.condition).sigmoid()
    fake = twin.D(twin.generate(BATCH.condition), BATCH.condition).sigmoid()
    wanted = -right.log().mean() - ((1 - fake).log().mean() + (1 - wrong).log().mean()) / 2
    assert_close(game.critic_terms(BATCH)["critic"], wanted)


def test_the_critics_terms_leave_the_generator_alone_and_the_generators_reach_it():
    game = small(share=0.5, mismatch=shuffled(generator=seeded()))
    game.critic_terms(BATCH)["critic"].backward()
    assert all(p.grad is None for p in game.G.parameters()) and all(p.grad is not None for p in game.D.parameters())
    game.generator_terms(BATCH)["generator"].backward()
    assert all(p.grad is not None for p in game.G.parameters())


def test_penalties_see_the_condition_held_fixed():
    game, twin = small(penalties={r1: 0.5, r2: 0.25}), small()
    found = game.penalty_terms(BATCH)
    fake = twin.generate(BATCH.condition).detach()
    wanted = {
        "r1": 0.5 * r1(lambda x: twin.D(x, BATCH.condition), BATCH.x, fake),
        "r2": 0.25 * r2(lambda x: twin.D(x, BATCH.condition), BATCH.x, fake),
    }
    assert_close(found, wanted)
    assert small().penalty_terms(BATCH) == {}


# mismatches


def test_shuffled_keeps_the_conditions_and_breaks_the_pairs():
    condition = torch.arange(500)
    found = shuffled(generator=seeded())(condition)
    assert torch.equal(found.sort().values, condition) and (found == condition).sum() < 10
    words = torch.arange(12).reshape(4, 3)
    assert sorted(shuffled(generator=seeded())(words).tolist()) == words.tolist()


def test_always_wrong_is_always_wrong_and_otherwise_fair():
    condition = torch.arange(4).repeat(3000)
    found = always_wrong(4, generator=seeded())(condition)
    assert (found != condition).all() and ((found >= 0) & (found < 4)).all()
    assert torch.bincount((found - condition) % 4, minlength=4)[1:].float().div(12_000).sub(1 / 3).abs().max() < 0.02


def test_mismatches_follow_their_generator():
    condition = torch.arange(50) % 5
    for make in (lambda seed: shuffled(generator=seeded(seed)), lambda seed: always_wrong(5, generator=seeded(seed))):
        assert torch.equal(make(0)(condition), make(0)(condition)) and not torch.equal(make(0)(condition), make(1)(condition))


# sabotage


class TheWrongPairsAsRight(Conditional):
    def critic_terms(self, batch):
        right = self._logits(batch.x, batch.condition)
        mismatched = self._logits(batch.x, self.mismatch(batch.condition))
        with torch.no_grad():
            fake = self.generate(batch.condition)
        return {"critic": self.objective.critic(torch.cat([right, mismatched]), self._logits(fake, batch.condition))}


class MismatchedOnlyInName(Conditional):
    def critic_terms(self, batch):
        return Conditional(self.G, self.D, self.objective, self.latent).critic_terms(batch)


class TheConditionDropped(Conditional):
    def _logits(self, x, condition):
        return self.D(x, torch.zeros_like(condition))


class AskedForSomethingElse(Conditional):
    def generate(self, condition):
        return self.G(self.latent(len(condition)), condition.roll(1))


class TheLabelInTheLatent(Conditional):
    """The condition reaches G through z and not through its own entrance."""

    def generate(self, condition):
        return self.G(self.latent(len(condition)) + 3 * condition.unsqueeze(1), torch.zeros_like(condition))


def mismatched_pairs_are_pushed_down(kind) -> None:
    game = small(kind, share=0.5, mismatch=lambda condition: 1 - condition)
    wrong = game.D(BATCH.x, 1 - BATCH.condition)
    (slope,) = torch.autograd.grad(wrong.mean(), list(game.D.parameters())[-1:])
    game.D.zero_grad()
    game.critic_terms(BATCH)["critic"].backward()
    # the last bias hears every pair once: right pairs pull up by 1 - D(x, c), generated and mismatched ones push down by half
    twin = small()
    right, mismatched = twin.D(*BATCH).sigmoid(), twin.D(BATCH.x, 1 - BATCH.condition).sigmoid()
    fake = twin.D(twin.generate(BATCH.condition), BATCH.condition).sigmoid()
    wanted = (fake.mean() + mismatched.mean()) / 2 - (1 - right).mean()
    assert_close(list(game.D.parameters())[-1].grad, wanted.detach().reshape(1) * slope)


def the_condition_reaches_the_critic(kind) -> None:
    game = small(kind)
    first = game._logits(BATCH.x, BATCH.condition)
    assert (first - game._logits(BATCH.x, 1 - BATCH.condition)).abs().max() > 1e-4


def the_generator_does_what_it_is_asked(kind) -> None:
    game, twin = small(kind), small()
    assert_close(game.generate(BATCH.condition), twin.G(twin.latent(16), BATCH.condition))


test_passes, test_is_caught = two_tests(
    [
        (mismatched_pairs_are_pushed_down, Conditional, (TheWrongPairsAsRight, MismatchedOnlyInName)),
        (the_condition_reaches_the_critic, Conditional, (TheConditionDropped,)),
        (the_generator_does_what_it_is_asked, Conditional, (AskedForSomethingElse, TheLabelInTheLatent)),
    ],
    lambda part: part.__name__,
)


# played


class Bumps:
    """Label 0: normal around -2; label 1: around 2; standard deviation 0.5."""

    def sample(self, n: int, *, generator: torch.Generator) -> Labelled:
        label = torch.randint(2, (n,), generator=generator)
        return Labelled(4.0 * label.unsqueeze(1) - 2 + 0.5 * torch.randn(n, 1, generator=generator), label)


def played(**options) -> list[float]:
    rng, game = seeded(3), small(penalties={r1: 0.05}, **options)
    optimizers = [torch.optim.Adam(network.parameters(), 5e-3, betas=(0.0, 0.99)) for network in (game.G, game.D)]
    for _ in train(game, batches(Bumps(), 128, 600, generator=rng), *optimizers):
        pass
    with torch.no_grad():
        return [game.generate(torch.full((500,), label)).mean().item() for label in (0, 1)]


def test_the_loop_plays_it():
    low, high = played()
    assert abs(low + 2) < 0.7 and abs(high - 2) < 0.7
    low, high = played(share=0.5, mismatch=always_wrong(2, generator=seeded(9)))
    assert abs(low + 2) < 0.7 and abs(high - 2) < 0.7


def test_a_critic_that_is_not_told_lets_the_labels_be_ignored():
    class Deaf(Conditional):
        def _logits(self, x, condition):
            return self.D(x, torch.zeros_like(condition))

    # which label gets which bump, if any, is left to the first weights
    found = [played(kind=Deaf, seed=seed) for seed in range(4)]
    assert any(abs(high - 2) > 0.7 or abs(low + 2) > 0.7 for low, high in found)


# refusals


@pytest.mark.parametrize("options", [{"share": 1.0, "mismatch": abs}, {"share": -0.1, "mismatch": abs}, {"share": 0.5}, {"share": float("nan"), "mismatch": abs}])
def test_a_share_is_a_share(options):
    with pytest.raises(ValueError, match="share must be at least 0 and below 1"):
        small(**options)


@pytest.mark.parametrize("call", ["critic_terms", "generator_terms", "penalty_terms"])
def test_one_condition_for_each_example(call):
    with pytest.raises(ValueError, match="one condition for each of 16 examples; got 15"):
        getattr(small(penalties={r1: 1.0}), call)(Labelled(BATCH.x, BATCH.condition[:15]))


def test_penalties_need_names():
    with pytest.raises(ValueError, match="__name__ of its own"):
        small(penalties={lambda critic, real, fake: 0: 1.0, (lambda critic, real, fake: 1): 1.0})


def test_a_wrong_label_needs_a_choice():
    with pytest.raises(ValueError, match="at least two labels.*count=1"):
        always_wrong(1, generator=seeded())


@needs_one_hot_on_meta
def test_on_meta():
    game = small()
    game.G.to("meta"), game.D.to("meta")
    game.latent = lambda n: torch.zeros(n, 1, device="meta")
    batch = Labelled(*(part.to("meta") for part in BATCH))
    assert game.critic_terms(batch)["critic"].is_meta and game.generator_terms(batch)["generator"].is_meta
