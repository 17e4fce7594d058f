"""The cycle by hand, its buffer, what it reaches and what it leaves alone, and variants that must be caught."""

from typing import NamedTuple

import pytest
import torch
from helpers_games import every_objective, seeded
from helpers_sabotage import two_tests
from torch import Tensor, nn
from torch.testing import assert_close

from gan_edu.games.cycle import Cycle, Domains, History, Translation, Unpaired, noisy
from gan_edu.networks.mlp import mlp
from gan_edu.networks.translation import patch_discriminator, small_translator
from gan_edu.objectives import least_squares, wasserstein
from gan_edu.training import InMemory, batches, train


class Pictures(NamedTuple):
    x: Tensor


class Line(nn.Module):
    """x -> slope x + start."""

    def __init__(self, slope: float, start: float) -> None:
        super().__init__()
        self.slope, self.start = nn.Parameter(torch.tensor(slope)), nn.Parameter(torch.tensor(start))

    def forward(self, x: Tensor) -> Tensor:
        return self.slope * x + self.start


def constant(value: float) -> Tensor:
    return torch.full((2, 1, 1, 1), value)


def by_hand(**options) -> tuple[Cycle, Unpaired]:
    """there: x + 1 and critic 2 x; back: 2 x and critic -x; a = 1, b = 5. So there(a) = 2 and back(b) = 10."""
    there = Translation(Line(1.0, 1.0), Line(2.0, 0.0), wasserstein)
    back = Translation(Line(2.0, 0.0), Line(-1.0, 0.0), wasserstein)
    return Cycle(there, back, **options), Unpaired(constant(1.0), constant(5.0))


def test_the_critics_by_hand():
    game, batch = by_hand()
    # D_there: real b = 5 scores 10, fake 2 scores 4; D_back: real a = 1 scores -1, fake 10 scores -10
    assert_close(game.critic_terms(batch), {"critic_there": torch.tensor(4.0 - 10), "critic_back": torch.tensor(-10.0 + 1)})


def test_the_generators_by_hand():
    game, batch = by_hand(cycle=3.0, identity=0.5)
    wanted = {
        "there": -4.0,
        "back": 10.0,
        "cycle_a": 3 * abs(2 * 2 - 1),
        "cycle_b": 3 * abs(10 + 1 - 5),
        "identity_a": 0.5 * abs(2 * 1 - 1),
        "identity_b": 0.5 * abs(5 + 1 - 5),
    }
    assert_close(game.generator_terms(batch), {name: torch.tensor(float(value)) for name, value in wanted.items()})


def test_terms_of_weight_zero_are_not_computed():
    game, batch = by_hand(cycle=0.0)
    assert list(game.generator_terms(batch)) == ["there", "back"]
    game, batch = by_hand(cycle=(0.0, 2.0))
    assert_close(game.generator_terms(batch)["cycle_b"], torch.tensor(2 * 6.0))
    assert list(game.generator_terms(batch)) == ["there", "back", "cycle_b"]
    game, batch = by_hand()
    assert list(game.generator_terms(batch)) == ["there", "back", "cycle_a", "cycle_b"] and game.cycles == (10, 10)


def small(kind=Cycle, objective=least_squares, seed=0, make=Translation, **options) -> Cycle:
    rng = seeded(seed)
    sides = [make(small_translator(1, 4, generator=rng), patch_discriminator(1, 4, 1, generator=rng), objective) for _ in range(2)]
    return kind(*sides, **options)


BATCH = Unpaired(*(torch.rand(4, 1, 8, 8, generator=seeded(seed)) * 2 - 1 for seed in (1, 2)))


@every_objective
def test_the_adversarial_terms_are_the_objectives(objective):
    game, twin = small(objective=objective), small(objective=objective)
    (G, F), (D_b, D_a) = twin.G.values(), twin.D.values()
    found = game.critic_terms(BATCH) | game.generator_terms(BATCH)
    assert_close(found["critic_there"], objective.critic(D_b(BATCH.b), D_b(G(BATCH.a))))
    assert_close(found["critic_back"], objective.critic(D_a(BATCH.a), D_a(F(BATCH.b))))
    assert_close(found["there"], objective.generator(D_b(BATCH.b), D_b(G(BATCH.a))))
    assert_close(found["back"], objective.generator(D_a(BATCH.a), D_a(F(BATCH.b))))


def test_perfect_translations_pay_nothing_for_the_cycle():
    there, back = Translation(Line(-1.0, 0.0), Line(1.0, 0.0), wasserstein), Translation(Line(-1.0, 0.0), Line(1.0, 0.0), wasserstein)
    terms = Cycle(there, back, identity=1.0).generator_terms(BATCH)
    assert terms["cycle_a"] == 0 and terms["cycle_b"] == 0
    assert_close(terms["identity_a"], 2 * BATCH.a.abs().mean())  # the sign is wrong, and only the identity minds


def test_what_happens_to_a_translation_before_its_return():
    game, twin = small(transit=lambda x: x / 2), small()
    (G, F), found, plain = twin.G.values(), game.generator_terms(BATCH), twin.generator_terms(BATCH)
    assert_close(found["cycle_a"], 10 * (F(G(BATCH.a) / 2) - BATCH.a).abs().mean())
    assert_close(found["cycle_b"], 10 * (G(F(BATCH.b) / 2) - BATCH.b).abs().mean())
    assert_close((found["there"], found["back"]), (plain["there"], plain["back"]))  # the critics see it as it was


def test_noise():
    x = torch.linspace(-1, 1, 20_000)
    found = noisy(0.1, generator=seeded())(x) - x
    assert abs(found.mean()) < 0.003 and abs(found.std() - 0.1) < 0.002
    assert_close(noisy(0.1, generator=seeded())(x), noisy(0.1, generator=seeded())(x))
    assert_close(noisy(0.0, generator=seeded())(x), x)
    for std in (-0.1, float("nan")):
        with pytest.raises(ValueError, match="standard deviation of at least 0"):
            noisy(std, generator=seeded())


def test_the_players_are_named():
    game = small()
    assert list(game.G) == ["there", "back"] and game.G["there"] is game.there.G and game.D["back"] is game.back.D


def grads(network: nn.Module) -> list[bool]:
    return [parameter.grad is not None and bool(parameter.grad.abs().sum() > 0) for parameter in network.parameters()]


# the buffer


def numbered(start: int, count: int) -> Tensor:
    return torch.arange(start, start + count, dtype=torch.float32).reshape(count, 1, 1, 1)


def test_a_buffer_that_fills_passes_everything_on():
    history = History(10, generator=seeded())
    assert_close(history(numbered(0, 6)), numbered(0, 6))
    assert_close(history(numbered(6, 4)), numbered(6, 4))


def test_a_full_buffer_shows_half_new_and_half_old_and_forgets_what_it_showed():
    history, shown = History(50, generator=seeded()), []
    for start in range(0, 4000, 8):
        shown += history(numbered(start, 8)).flatten().tolist()
    assert len(shown) == 4000 and len(set(shown[50:])) == 3950  # the first 50 were shown while they were remembered; none after that twice
    late = [place - value for place, value in enumerate(shown) if place >= 50]
    assert min(late) == 0 and abs(sum(age == 0 for age in late) / len(late) - 0.5) < 0.03
    # a remembered picture stays for 2 x 50 pictures on average
    old = [age for age in late if age > 0]
    assert abs(sum(old) / len(old) - 100) < 10


def test_a_buffer_keeps_copies_without_gradient():
    history = History(2, generator=seeded())
    fakes = torch.ones(2, 1, 1, 1, requires_grad=True)
    assert not history(fakes).requires_grad
    with torch.no_grad():
        fakes.zero_()
    shown = torch.cat([history(torch.full((2, 1, 1, 1), 7.0)) for _ in range(9)]).flatten().tolist()
    assert set(shown) == {1.0, 7.0}


def test_a_buffer_follows_its_generator():
    first, same, other = (History(5, generator=seeded(seed)) for seed in (0, 0, 1))
    for history in (first, same, other):
        history(numbered(0, 40))
    assert_close(first(numbered(40, 20)), same(numbered(40, 20)))
    assert not torch.equal(first(numbered(60, 20)), other(numbered(60, 20)))


def test_the_critic_sees_the_buffer_and_the_generator_does_not():
    shown = []

    def recall(fakes):
        shown.append(fakes)
        return torch.zeros_like(fakes)

    game, twin = small(), small()
    game.there.recall = recall
    game.generator_terms(BATCH)
    assert shown == []
    D = twin.D["there"]
    assert_close(game.critic_terms(BATCH)["critic_there"], least_squares.critic(D(BATCH.b), D(torch.zeros_like(BATCH.a))))
    assert len(shown) == 1


# sabotage


class OneSided(Cycle):
    def generator_terms(self, batch):
        terms = super().generator_terms(batch)
        terms.pop("cycle_b", None)
        return terms


class CutInTheMiddle(Cycle):
    """The cycle's slope stops between the two generators."""

    def generator_terms(self, batch):
        terms = super().generator_terms(batch)
        in_b, in_a = self.there.G(batch.a).detach(), self.back.G(batch.b).detach()
        terms["cycle_a"] = self.cycles[0] * (self.back.G(in_b) - batch.a).abs().mean()
        terms["cycle_b"] = self.cycles[0] * (self.there.G(in_a) - batch.b).abs().mean()
        return terms


class NotDetached(Translation):
    """The critic's step reaches the generator."""

    def critic_loss(self, real, source):
        return self.objective.critic(self.D(real), self.D(self.G(source)))


class SwappedCritics(Cycle):
    """D_back, which should know a, is fed with b."""

    def critic_terms(self, batch):
        return {"critic_there": self.there.critic_loss(batch.a, batch.a), "critic_back": self.back.critic_loss(batch.b, batch.b)}


class IdentityOfTheWrongDomain(Cycle):
    """Asks both generators to leave alone what they should translate."""

    def generator_terms(self, batch):
        terms = super().generator_terms(batch)
        terms["identity_a"] = self.identity * (self.there.G(batch.a) - batch.a).abs().mean()
        terms["identity_b"] = self.identity * (self.back.G(batch.b) - batch.b).abs().mean()
        return terms


class Stuck(History):
    """A buffer that never changes."""

    def _exchanged(self, fake):
        if len(self._kept) < self.size:
            return super()._exchanged(fake)
        return fake if self._draw(2) == 0 else self._kept[self._draw(self.size)]


class OnlyNew(History):
    def _exchanged(self, fake):
        return fake


def both_ways_round_are_held(kind) -> None:
    game = small(kind, identity=1.0)
    (G, F), found = game.G.values(), game.generator_terms(BATCH)
    assert_close(found["cycle_a"], 10 * (F(G(BATCH.a)) - BATCH.a).abs().mean())
    assert "cycle_b" in found
    assert_close(found["cycle_b"], 10 * (G(F(BATCH.b)) - BATCH.b).abs().mean())
    assert_close(found["identity_b"], (G(BATCH.b) - BATCH.b).abs().mean())
    assert_close(found["identity_a"], (F(BATCH.a) - BATCH.a).abs().mean())


def the_cycle_teaches_both_generators(kind) -> None:
    for term in ("cycle_a", "cycle_b"):
        game = small(kind)
        game.generator_terms(BATCH)[term].backward()
        assert all(any(grads(network)) for network in game.G.values())


def the_critics_leave_the_generators_alone(make) -> None:
    game = small(make=make)
    sum(game.critic_terms(BATCH).values()).backward()
    assert not any(grads(game.G)) and all(any(grads(network)) for network in game.D.values())


def each_critic_knows_one_domain(kind) -> None:
    game, seen = small(kind), {"there": [], "back": []}
    for name, network in game.D.items():
        network.register_forward_pre_hook(lambda _, given, name=name: seen[name].append(given[0]))
    game.critic_terms(BATCH)
    assert torch.equal(seen["there"][0], BATCH.b) and torch.equal(seen["back"][0], BATCH.a)


def the_buffer_changes(kind) -> None:
    history = kind(20, generator=seeded())
    shown = [history(numbered(start, 10)).flatten() for start in range(0, 400, 10)]
    late = torch.cat(shown[-10:])
    assert ((late >= 20) & (late < 300)).any() and len(late.unique()) == len(late)


test_passes, test_is_caught = two_tests(
    [
        (both_ways_round_are_held, Cycle, (OneSided, IdentityOfTheWrongDomain)),
        (the_cycle_teaches_both_generators, Cycle, (CutInTheMiddle,)),
        (the_critics_leave_the_generators_alone, Translation, (NotDetached,)),
        (each_critic_knows_one_domain, Cycle, (SwappedCritics,)),
        (the_buffer_changes, History, (Stuck, OnlyNew)),
    ],
    lambda part: part.__name__,
)


# played


class Uniform:
    """Numbers from ``low`` to ``low + 1``, as pictures of one pixel."""

    def __init__(self, low: float) -> None:
        self.low = low

    def sample(self, n: int, *, generator: torch.Generator) -> Pictures:
        return Pictures(self.low + torch.rand(n, 1, generator=generator))


def test_the_loop_plays_it():
    rng = seeded(3)

    def side() -> Translation:
        return Translation(mlp(1, 1, (16,), generator=rng), mlp(1, 1, (16,), generator=rng), least_squares, History(generator=rng))

    game = Cycle(side(), side(), cycle=10.0)
    optimizers = [torch.optim.Adam(network.parameters(), 5e-3, betas=(0.5, 0.99)) for network in (game.G, game.D)]
    domains = Domains(Uniform(-0.9), Uniform(-0.1))
    for _ in train(game, batches(domains, 64, 500, generator=rng), *optimizers):
        pass
    a = Uniform(-0.9).sample(500, generator=rng).x
    with torch.no_grad():
        there = game.there.G(a)
        back = game.back.G(there)
    assert abs(there.mean() - 0.4) < 0.2 and (back - a).abs().mean() < 0.1


# domains and refusals


def test_domains_draw_both_independently():
    found = Domains(InMemory(Pictures(numbered(0, 100) / 100)), InMemory(Pictures(numbered(0, 100) / 100))).sample(64, generator=seeded())
    assert found.a.shape == found.b.shape == (64, 1, 1, 1) and not torch.equal(found.a, found.b)
    again = Domains(InMemory(Pictures(numbered(0, 100) / 100)), InMemory(Pictures(numbered(0, 100) / 100))).sample(64, generator=seeded())
    assert torch.equal(found.a, again.a) and torch.equal(found.b, again.b)


class Fixed:
    def __init__(self, x: Tensor) -> None:
        self.x = x

    def sample(self, n: int, *, generator: torch.Generator) -> Pictures:
        return Pictures(self.x)


PLAIN = torch.linspace(-1, 1, 12).reshape(3, 1, 2, 2)


@pytest.mark.parametrize(("other", "message"), [
    (torch.zeros(3, 3, 2, 2), r"agree in the shape and type .* got \(3, 1, 2, 2\) torch.float32 and \(3, 3, 2, 2\) torch.float32"),
    (PLAIN[:2], r"\(2, 1, 2, 2\)"),
    (PLAIN.double(), "torch.float64"),
    (PLAIN[:0], "wanted pictures of both domains; got 3 and 0"),
    ((PLAIN + 1) / 2, r"wanted pictures in \[-1, 1\] from both domains; got \[-1.00, 1.00\] and \[0.00, 1.00\]"),
    (127.5 * (PLAIN + 1), r"and \[0.00, 255.00\]"),
    (PLAIN * float("nan"), "nan"),
])  # fmt: skip
def test_domains_that_do_not_go_together(other, message):
    with pytest.raises(ValueError, match=message):
        Domains(Fixed(PLAIN), Fixed(other)).sample(3, generator=seeded())
    with pytest.raises(ValueError, match="domains"):
        Domains(Fixed(other), Fixed(PLAIN)).sample(3, generator=seeded())


@pytest.mark.parametrize("call", ["critic_terms", "generator_terms"])
def test_a_batch_must_fit(call):
    with pytest.raises(ValueError, match=r"agree in the shape .* \(4, 1, 8, 8\) .* \(4, 1, 4, 4\)"):
        getattr(small(), call)(Unpaired(BATCH.a, torch.zeros(4, 1, 4, 4)))


@pytest.mark.parametrize("options", [{"cycle": -1.0}, {"identity": -0.1}, {"cycle": float("nan")}, {"cycle": (1.0, -1.0)}, {"cycle": (1.0, 1.0, 1.0)}])
def test_weights_are_not_negative(options):
    with pytest.raises(ValueError, match="weights are at least 0"):
        small(**options)


@pytest.mark.parametrize("size", [0, -3])
def test_a_buffer_of_nothing(size):
    with pytest.raises(ValueError, match=f"at least one picture; got size={size}.*recall=None"):
        History(size, generator=seeded())


def test_a_buffer_of_another_shape():
    history = History(4, generator=seeded())
    history(torch.zeros(2, 1, 8, 8))
    with pytest.raises(ValueError, match=r"shape \(1, 8, 8\); got \(3, 8, 8\)"):
        history(torch.zeros(2, 3, 8, 8))


def test_on_meta():
    game = small(identity=1.0)
    game.G.to("meta"), game.D.to("meta")
    batch = Unpaired(*(part.to("meta") for part in BATCH))
    for terms in (game.critic_terms(batch), game.generator_terms(batch)):
        assert all(value.is_meta for value in terms.values())
