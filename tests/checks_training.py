"""What a right game and a right loop must satisfy: each check takes an implementation and raises AssertionError.

test_games and test_training call these on the package; test_sabotage and test_training_sabotage call them on wrong
variants as well.
"""

from collections.abc import Callable

import torch
from helpers_games import seeded
from torch.testing import assert_close

from gan_edu.games import Game, normal
from gan_edu.networks.mlp import mlp
from gan_edu.objectives import Objective, non_saturating
from gan_edu.worlds.mixtures import gaussian


def small_game(kind=Game, objective: Objective = non_saturating, seed: int = 0):
    """A game on the line whose latent draws from a generator of its own."""
    rng = seeded(seed)
    G, D = mlp(2, 1, (8,), generator=rng), mlp(1, 1, (8,), generator=rng)
    return kind(G, D, objective, normal(2, generator=seeded(seed + 100)))


def some_batches(count: int, size: int = 16) -> list:
    rng = seeded(1)
    return [gaussian(4, 0.5).sample(size, generator=rng) for _ in range(count)]


def optimizers(game, rate: float = 0.05) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    return torch.optim.SGD(game.G.parameters(), rate), torch.optim.SGD(game.D.parameters(), rate)


def weights(network: torch.nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def gradients(network: torch.nn.Module) -> list[torch.Tensor | None]:
    return [None if p.grad is None else p.grad.clone() for p in network.parameters()]


def same(first: list, second: list) -> bool:
    return all((a is None) == (b is None) and (a is None or torch.equal(a, b)) for a, b in zip(first, second, strict=True))


# games: kind(G, D, objective, latent)


def critic_terms_leave_the_generator_alone(kind) -> None:
    game = small_game(kind)
    sum(game.critic_terms(some_batches(1)[0]).values()).backward()
    assert gradients(game.G) == [None] * 4, "the critic's loss reached the generator's weights"
    assert all(gradient is not None for gradient in gradients(game.D))


def generator_terms_reach_the_generator(kind) -> None:
    game = small_game(kind)
    sum(game.generator_terms(some_batches(1)[0]).values()).backward()
    assert any(gradient is not None and (gradient != 0).any() for gradient in gradients(game.G))


def critic_hears_real_first(kind) -> None:
    """The critic's term by hand: real examples as real, fakes as fake, with the fakes drawn once."""
    game, twin, batch = small_game(kind), small_game(), some_batches(1)[0]
    wanted = non_saturating.critic(twin.D(batch.x), twin.D(twin.G(twin.latent(len(batch.x)))))
    assert_close(game.critic_terms(batch)["critic"], wanted)


def generator_draws_fresh_fakes(kind) -> None:
    drawn = []
    game = small_game(kind)
    latent = game.latent
    game.latent = lambda n: drawn.append(latent(n)) or drawn[-1]
    batch = some_batches(1)[0]
    game.critic_terms(batch)
    game.generator_terms(batch)
    assert len(drawn) == 2 and not torch.equal(*drawn), "each player's step needs latents of its own"
    assert [len(z) for z in drawn] == [len(batch.x)] * 2


def penalties_hear_real_first(kind) -> None:
    """A penalty is given D, the batch and as many fakes, drawn anew, and its value is weighed."""
    heard = []

    def told(critic, real, fake):
        heard.append((critic, real, fake))
        return critic(real).sum() * 0 + len(heard)

    game, batch = small_game(kind), some_batches(1)[0]
    game.penalties = {told: 0.5}
    drawn = []
    latent = game.latent
    game.latent = lambda n: drawn.append(latent(n)) or drawn[-1]
    game.critic_terms(batch)
    assert_close(game.penalty_terms(batch), {"told": torch.tensor(0.5)})
    ((critic, real, fake),) = heard
    assert critic is game.D and real is batch.x, "a penalty hears the real examples first"
    assert len(drawn) == 2 and torch.equal(fake, game.G(drawn[1]).detach()), "the penalty's fakes are not fresh ones"


def penalty_terms_leave_the_generator_alone(kind) -> None:
    game, batch = small_game(kind), some_batches(1)[0]
    game.penalties = {size_of_logits: 1.0}
    sum(game.penalty_terms(batch).values()).backward()
    assert gradients(game.G) == [None] * 4, "a penalty reached the generator's weights"
    assert all(gradient is not None for gradient in gradients(game.D)), "a penalty does not reach the critic's weights"


def size_of_logits(critic, real, fake):
    return critic(real).square().mean() + critic(fake).square().mean()


# loops: train(game, batches, optimizer_g, optimizer_d, critic_steps=1, *, penalty_every=1, average=None, schedules=(),
# autocast=None, first_step=1) -> iterator of dicts


class Watched(Game):
    """A game that notes, at each call, the state in which the loop calls it."""

    def __init__(self, *parts) -> None:
        super().__init__(*parts)
        self.log: list[tuple[str, list, list]] = []

    def critic_terms(self, batch):
        self.log.append(("critic", weights(self.G), weights(self.D)))
        assert all(p.requires_grad for p in self.D.parameters()), "the critic is frozen in its own step"
        return super().critic_terms(batch)

    def generator_terms(self, batch):
        self.log.append(("generator", weights(self.G), weights(self.D)))
        assert not any(p.requires_grad for p in self.D.parameters()), "the critic is not frozen in the generator's step"
        self.critic_gradients = gradients(self.D)
        return super().generator_terms(batch)


def loop_freezes_the_critic(train) -> None:
    game = small_game(Watched)
    for _ in train(game, some_batches(3), *optimizers(game)):
        assert all(p.requires_grad for p in game.D.parameters()), "the critic stays frozen after the generator's step"
        assert same(gradients(game.D), game.critic_gradients), "the generator's step wrote into the critic's gradients"


def loop_moves_one_player_at_a_time(train) -> None:
    game = small_game(Watched)
    list(train(game, some_batches(3), *optimizers(game)))
    log = [*game.log, ("end", weights(game.G), weights(game.D))]
    assert [who for who, _, _ in log] == ["critic", "generator"] * 3 + ["end"]
    for (who, g_before, d_before), (_, g_after, d_after) in zip(log, log[1:]):
        assert same(g_before, g_after) == (who == "critic"), f"the {who}'s step and the generator's weights"
        assert same(d_before, d_after) == (who == "generator"), f"the {who}'s step and the critic's weights"


def loop_restores_the_critic_after_an_error(train) -> None:
    class Broken(Game):
        def generator_terms(self, batch):
            raise RuntimeError("the generator's terms fail")

    game = small_game(Broken)
    try:
        list(train(game, some_batches(1), *optimizers(game)))
    except RuntimeError as error:
        assert "the generator's terms fail" in str(error)
    else:
        raise AssertionError("the loop swallowed the error")
    assert all(p.requires_grad for p in game.D.parameters()), "an error leaves the critic frozen"


def loop_counts_critic_steps(train) -> None:
    for k in (1, 2, 3, 5):
        game = small_game(Watched)
        terms = list(train(game, some_batches(7), *optimizers(game), critic_steps=k))
        wanted = []
        for step in range(1, 8):
            wanted += ["critic", "generator"] if step % k == 0 else ["critic"]
        assert [who for who, _, _ in game.log] == wanted
        assert [set(t) for t in terms] == [{"critic", "generator"} if s % k == 0 else {"critic"} for s in range(1, 8)]


def by_hand(game: Game, batches: list, optimizer_g, optimizer_d, critic_steps: int) -> list[dict[str, torch.Tensor]]:
    """Algorithm 1 of Goodfellow et al., 2014, spelled out with explicit gradients."""
    found = []
    for step, batch in enumerate(batches, start=1):
        fake = game.G(game.latent(len(batch.x))).detach()
        loss = game.objective.critic(game.D(batch.x), game.D(fake))
        terms = {"critic": loss.detach()}
        take_step(optimizer_d, loss, game.D)
        if step % critic_steps == 0:
            fake = game.G(game.latent(len(batch.x)))
            loss = game.objective.generator(game.D(batch.x), game.D(fake))
            terms["generator"] = loss.detach()
            take_step(optimizer_g, loss, game.G)
        found.append(terms)
    return found


def take_step(optimizer, loss: torch.Tensor, network: torch.nn.Module) -> None:
    found = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True)
    for parameter, gradient in zip(network.parameters(), found, strict=True):
        parameter.grad = gradient
    optimizer.step()


def loop_agrees_with_one_by_hand(
    train, objective: Objective = non_saturating, critic_steps: int = 1, optimizer: Callable = torch.optim.Adam
) -> None:
    ours, theirs = small_game(objective=objective), small_game(objective=objective)
    pair = lambda game: (optimizer(game.G.parameters(), lr=0.01), optimizer(game.D.parameters(), lr=0.02))  # noqa: E731
    found = list(train(ours, some_batches(6), *pair(ours), critic_steps))
    wanted = by_hand(theirs, some_batches(6), *pair(theirs), critic_steps)
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted):
        assert a.keys() == b.keys()
        assert all(torch.equal(a[name], b[name]) for name in a), "a term differs from the one computed by hand"
    assert same(weights(ours.G), weights(theirs.G)) and same(weights(ours.D), weights(theirs.D))


def loop_never_waits(train) -> None:
    """No number leaves its tensor inside the loop: on a GPU each such read makes the processor wait.

    Tensors on the meta device have no numbers, so whoever reads one is told.
    """
    game = small_game()
    game.G.to("meta"), game.D.to("meta")
    game.latent = lambda n: torch.zeros(n, 2, device="meta")
    batches = [type(batch)(*(part.to("meta") for part in batch)) for batch in some_batches(3)]
    try:
        terms = list(train(game, batches, *optimizers(game)))
    except (RuntimeError, NotImplementedError) as error:
        raise AssertionError("the loop read a number out of a tensor") from error
    for step in terms:
        assert all(isinstance(t, torch.Tensor) and not t.requires_grad and t.grad_fn is None for t in step.values())


class Priced(Game):
    """A game whose penalty is a quarter of D's last bias, so that its slope is 1/4; nothing else moves D."""

    calls = 0

    def penalty_terms(self, batch):
        self.calls += 1
        return {"price": 0.25 * self.D[-1].bias.sum()}

    def critic_terms(self, batch):
        return {"critic": 0 * super().critic_terms(batch)["critic"]}


def loop_keeps_the_sum_of_the_penalties(train) -> None:
    """Over 12 steps the penalty and what it does to D are the same, at each step or at every 2nd, 3rd, 4th, 6th."""
    for k in (1, 2, 3, 4, 6):
        game = small_game(Priced)
        start = game.D[-1].bias.item()
        terms = list(train(game, some_batches(12), *optimizers(game, rate=1e-3), penalty_every=k))
        assert game.calls == 12 // k, "a penalty is computed at steps where it is not used"
        assert ["price" in step for step in terms] == [step % k == 0 for step in range(1, 13)], "penalties at the wrong steps"
        moved = game.D[-1].bias.item() - start
        assert abs(moved - -12 * 1e-3 * 0.25) < 1e-6, f"with one penalty in {k} steps the critic moves by {moved}"
        total = sum(step["price"] for step in terms if "price" in step)
        assert abs(total / (12 * 0.25 * start) - 1) < 0.05, f"with one penalty in {k} steps they add up to {total}"


def loop_descends_penalties_with_the_critics_terms(train) -> None:
    """One step of D down both, by hand."""
    ours, theirs, batch = small_game(), small_game(), some_batches(1)[0]
    ours.penalties = theirs.penalties = {size_of_logits: 0.5}
    (terms,) = train(ours, [batch], *optimizers(ours))
    loss, penalty = theirs.critic_terms(batch)["critic"], theirs.penalty_terms(batch)["size_of_logits"]
    take_step(optimizers(theirs)[1], loss + penalty, theirs.D)
    assert same(weights(ours.D), weights(theirs.D))
    assert torch.equal(terms["critic"], loss.detach()) and torch.equal(terms["size_of_logits"], penalty.detach())


def loop_updates_the_average_after_the_generator(train) -> None:
    for k in (1, 3):
        game = small_game()
        seen = []

        class Watching:
            @staticmethod
            def update() -> None:
                seen.append(weights(game.G))

        wanted = [weights(game.G)]
        for step, _ in enumerate(train(game, some_batches(6), *optimizers(game), k, average=Watching), start=1):
            assert len(seen) == step // k, "the average is updated once after each of the generator's steps"
            wanted += [weights(game.G)] if step % k == 0 else []
        assert all(same(a, b) for a, b in zip(seen, wanted[1:], strict=True)), "the average sees the weights before the step"


def loop_advances_schedules_once_a_step(train) -> None:
    for k in (1, 3):
        game = small_game()
        pair = optimizers(game, rate=1.0)
        halved = [torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: 0.5**done) for optimizer in pair]
        rates = [rates_of(pair) for _ in train(game, some_batches(4), *pair, k, schedules=halved)]
        assert rates == [[0.5**step] * 2 for step in range(1, 5)], "schedules advance once a step, before it is yielded"


def rates_of(pair) -> list[float]:
    return [optimizer.param_groups[0]["lr"] for optimizer in pair]


def loop_counts_from_the_first_step(train) -> None:
    game = small_game()
    game.penalties = {size_of_logits: 0.5}
    terms = list(train(game, some_batches(6), *optimizers(game), 2, penalty_every=3, first_step=6))
    wanted = []
    for step in range(6, 12):
        wanted.append({"critic", *["generator"] * (step % 2 == 0), *["size_of_logits"] * (step % 3 == 0)})
    assert [set(step) for step in terms] == wanted, "a resumed run has another rhythm"


class Spoilt(Game):
    """A game in which one player's term is not finite from its third call on."""

    who, bad, calls = "critic", float("nan"), 0

    def spoil(self, who: str, terms: dict) -> dict:
        if who != self.who:
            return terms
        self.calls += 1
        return {name: value * self.bad for name, value in terms.items()} if self.calls >= 3 else terms

    def critic_terms(self, batch):
        return self.spoil("critic", super().critic_terms(batch))

    def generator_terms(self, batch):
        return self.spoil("generator", super().generator_terms(batch))


def loop_stops_at_a_bad_term(train, who: str = "critic", bad: float = float("nan")) -> None:
    game = small_game(Spoilt)
    game.who, game.bad = who, bad
    found = []
    try:
        for terms in train(game, some_batches(6), *optimizers(game)):
            found.append(terms)
    except ArithmeticError as error:
        assert f"training diverged at step 3: {who} = {bad}" in str(error), str(error)
    else:
        raise AssertionError("the loop went on with numbers that are none")
    assert len(found) == 2 and all(value.isfinite() for step in found for value in step.values())
