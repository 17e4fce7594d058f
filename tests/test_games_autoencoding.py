"""Games for one: a world of one number, where everything a VAE should find is known, and variants that must be caught.

x ~ N(0, w^2 + std^2) is what the decoder z -> w z makes with z ~ N(0, 1) and normal noise of standard deviation std; then
p(z | x) is normal with mean w x / (w^2 + std^2) and variance std^2 / (w^2 + std^2), and at that code the bound is tight.
"""

import copy
import math
from functools import partial

import pytest
import torch
from helpers_games import Points, pictures, seeded
from torch import Tensor, nn
from torch.testing import assert_close

from gan_edu.games import Autoencoding, Variational
from gan_edu.games import autoencoding as room
from gan_edu.likelihoods import bernoulli_nll, gaussian_nll
from gan_edu.networks.autoencoder import conv_encoder
from gan_edu.networks.conv import dcgan_generator
from gan_edu.networks.mlp import linear, mlp
from gan_edu.training import Average, Diverged, train

W, STD = 1.5, 0.5
TOTAL = W**2 + STD**2


def scaled(weight: float, constant: float = 0.0) -> nn.Linear:
    layer = nn.Linear(1, 1)
    with torch.no_grad():
        layer.weight.fill_(weight)
        layer.bias.fill_(constant)
    return layer


class Posterior(nn.Module):
    """The exact p(z | x): its mean, and its log standard deviation with an error added to it."""

    def __init__(self, error: float = 0.0) -> None:
        super().__init__()
        self.error = error

    def forward(self, x: Tensor) -> Tensor:
        log_std = 0.5 * math.log(STD**2 / TOTAL) + self.error
        return torch.cat([W / TOTAL * x, torch.full_like(x, log_std)], dim=1)


def exact_game(kind=Variational, error: float = 0.0, **options):
    return kind(scaled(W), Posterior(error), partial(gaussian_nll, std=STD), seeded(3), **options)


def bound(game, x: float = 1.2, n: int = 200_000) -> float:
    with torch.no_grad():
        return sum(game.generator_terms(Points(torch.full((n, 1), x))).values()).item()


EXACT = 0.5 * 1.2**2 / TOTAL + 0.5 * math.log(2 * math.pi * TOTAL)  # -log p(1.2)


def tight_at_the_posterior(kind) -> None:
    assert abs(bound(exact_game(kind)) - EXACT) < 0.01, "at the exact posterior the bound must be -log p(x)"


def looser_elsewhere_by_the_divergence(kind) -> None:
    # KL(N(m, e^2 v) || N(m, v)) = (e^2 - 1)/2 - log e, here with e = exp(0.4)
    gap = 0.5 * (math.exp(0.8) - 1) - 0.4
    assert abs(bound(exact_game(kind, error=0.4)) - EXACT - gap) < 0.02, "the bound must be loose by KL(code || posterior)"


def the_code_is_noisy(kind) -> None:
    game, batch = exact_game(kind), Points(torch.full((8, 1), 1.2))
    first, second = (game.generator_terms(batch)["reconstruction"] for _ in range(2))
    assert first != second, "two draws of the code gave one reconstruction"


CHECKS = (tight_at_the_posterior, looser_elsewhere_by_the_divergence, the_code_is_noisy)


@pytest.mark.parametrize("check", CHECKS)
def test_the_game_keeps_what_a_vae_promises(check):
    check(Variational)


def negative_kl(mean, log_std):
    return -room_kl(mean, log_std)


def log_variance_kl(mean, log_std):
    return 0.5 * (log_std.exp() - 1 - log_std + mean.square()).sum(1)


def no_noise(mean, log_std, *, generator):
    return mean


def log_variance_noise(mean, log_std, *, generator):
    return room_draw(mean, log_std / 2, generator=generator)


room_kl, room_draw = room.gaussian_kl, room.draw_code


@pytest.mark.parametrize(("name", "variant", "caught_by"), [
    ("gaussian_kl", negative_kl, tight_at_the_posterior),
    ("gaussian_kl", log_variance_kl, tight_at_the_posterior),
    ("gaussian_kl", lambda mean, log_std: mean.new_zeros(len(mean)), tight_at_the_posterior),
    ("draw_code", no_noise, tight_at_the_posterior),
    ("draw_code", no_noise, the_code_is_noisy),
    ("draw_code", log_variance_noise, tight_at_the_posterior),
    ("draw_code", log_variance_noise, looser_elsewhere_by_the_divergence),
], ids=["sign of KL", "KL of a log variance", "no KL", "no noise, by the bound", "no noise", "noise of a log variance", "noise of a log variance, elsewhere"])  # fmt: skip
def test_a_wrong_vae_is_caught(monkeypatch, name, variant, caught_by):
    monkeypatch.setattr(room, name, variant)
    with pytest.raises(AssertionError):
        caught_by(Variational)


# by hand


def test_an_autoencoder_by_hand():
    # x = 1, 3; codes 2, 6; back: 1, 3 plus 0.5; squares 0.25
    game = Autoencoding(scaled(0.5, 0.5), scaled(2.0), lambda x, back: (x - back).square().sum(1))
    assert game.encode(torch.tensor([[1.0], [3.0]])).tolist() == [[2], [6]]
    assert game.generator_terms(Points(torch.tensor([[1.0], [3.0]])))["reconstruction"].item() == 0.25


def test_the_weight_of_the_divergence_multiplies_it_and_nothing_else():
    batch = Points(torch.full((4, 1), 1.2))
    once, twice = (exact_game(kl_weight=weight).generator_terms(batch) for weight in (1.0, 2.0))
    assert twice["kl"] == 2 * once["kl"] > 0 and twice["reconstruction"] == once["reconstruction"]
    assert exact_game(kl_weight=0.0).generator_terms(batch)["kl"] == 0


def test_both_likelihoods_fit_in():
    x = (pictures(4).x > 0).float()
    networks = [dcgan_generator(2, 8, 1, 4, generator=seeded()), conv_encoder(4, 8, 1, 4, generator=seeded(1))]
    for nll in (bernoulli_nll, partial(gaussian_nll, std=0.3)):
        terms = Variational(*networks, nll, seeded(2)).generator_terms(Points(x))
        assert terms["reconstruction"].isfinite() and terms["kl"] >= 0


# on the loop


def test_a_game_for_one_on_the_loop_agrees_with_one_by_hand_number_for_number():
    def fresh():
        rng = seeded()
        game = Variational(mlp(2, 3, (8,), generator=rng), mlp(3, 4, (8,), generator=rng), partial(gaussian_nll, std=0.5), seeded(9))
        return game, torch.optim.Adam([*game.G.parameters(), *game.encoder.parameters()], 1e-2)

    batches = [Points(torch.randn(16, 3, generator=seeded(i))) for i in range(5)]
    (game, optimizer), (other, by_hand) = fresh(), fresh()
    played = list(train(game, batches, optimizer))
    for batch, terms in zip(batches, played, strict=True):
        wanted = other.generator_terms(batch)
        by_hand.zero_grad()
        (wanted["reconstruction"] + wanted["kl"]).backward()
        by_hand.step()
        assert terms == {name: term.detach() for name, term in wanted.items()}
    for mine, theirs in zip([*game.G.parameters(), *game.encoder.parameters()], [*other.G.parameters(), *other.encoder.parameters()], strict=True):
        assert torch.equal(mine, theirs)


def test_training_finds_the_likeliest_world_and_its_bound():
    # data of variance 4; the best decoder has w^2 + std^2 = 4, and the bound is then the entropy of the data
    game = Variational(scaled(1.0), linear(1, 2, generator=seeded(4)), partial(gaussian_nll, std=STD), seeded(1))
    optimizer = torch.optim.Adam([*game.G.parameters(), *game.encoder.parameters()], 2e-2)
    data = (Points(2 * torch.randn(256, 1, generator=seeded(i))) for i in range(1200))
    average = Average(game.G, 0.95)
    for _ in train(game, data, optimizer, average=average):
        pass
    assert average.updates == 1200
    assert abs(average.network.weight.item() ** 2 + STD**2 - 4) < 0.4
    with torch.no_grad():
        found = sum(game.generator_terms(Points(2 * torch.randn(200_000, 1, generator=seeded(500)))).values()).item()
    assert abs(found - 0.5 * math.log(2 * math.pi * math.e * 4)) < 0.03


def test_players_and_optimizers_must_match():
    game = exact_game()
    optimizer = torch.optim.SGD(game.G.parameters(), 0.1)
    with pytest.raises(ValueError, match="no critic"):
        train(game, [], optimizer, copy.deepcopy(optimizer))
    for counts in ({"critic_steps": 2}, {"penalty_every": 4}):
        with pytest.raises(ValueError, match="must stay 1"):
            train(game, [], optimizer, **counts)


def test_a_game_follows_to_the_meta_device():
    game = Variational(dcgan_generator(4, generator=seeded()).to("meta"), conv_encoder(8, generator=seeded()).to("meta"), partial(gaussian_nll, std=0.5), torch.Generator())
    x = torch.empty(2, 3, 32, 32, device="meta")
    assert [part.shape for part in game.encode(x)] == [(2, 4), (2, 4)]
    alone = Autoencoding(game.G, conv_encoder(4, generator=seeded()).to("meta"), partial(gaussian_nll, std=0.5))
    assert alone.generator_terms(Points(x))["reconstruction"].device.type == "meta"


@pytest.mark.parametrize(("call", "message"), [
    (lambda: exact_game(kl_weight=-1.0), "kl_weight"),
    (lambda: exact_game(kl_weight=math.nan), "kl_weight"),
    (lambda: Variational(scaled(1), nn.Linear(1, 3), partial(gaussian_nll, std=1), seeded()).encode(torch.ones(2, 1)), r"\(2, 3\)"),
    (lambda: Autoencoding(scaled(1), scaled(1), lambda x, y: (x - y).square().mean()).generator_terms(Points(torch.ones(2, 1))), "each of 2 examples"),
    (lambda: Autoencoding(nn.Linear(1, 3), scaled(1), partial(gaussian_nll, std=1)).generator_terms(Points(torch.ones(2, 1))), r"\(2, 1\) and \(2, 3\)"),
    (lambda: Autoencoding(scaled(1), scaled(1), bernoulli_nll).generator_terms(Points(torch.full((2, 1), 1.5))), "0 or 1"),
], ids=["negative weight", "no number", "odd encoder", "one number for the batch", "decoder of another shape", "grey pixels"])  # fmt: skip
def test_bad_input_gets_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_code_that_is_no_number_is_named():
    game = Autoencoding(scaled(1), scaled(math.nan), lambda x, back: (x - back).square().sum(1))
    with pytest.raises(Diverged, match="step 1: reconstruction = nan"):
        list(train(game, [Points(torch.ones(2, 1))], torch.optim.SGD(game.G.parameters(), 0.1)))
