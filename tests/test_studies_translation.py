"""The studies of chapter 12: every arm trains, is decided by its seed and recipe, and is scored as it says."""

from dataclasses import replace

import pytest
import torch
from helpers_games import seeded
from helpers_studies import script
from torch import nn

from gan_edu.games.cycle import Cycle, Domains
from gan_edu.training import InMemory
from gan_edu.translators import untaught
from gan_edu.worlds import faces
from studies import translation_recipe as ways
from studies import translation_score
from studies.translation_recipe import Pictures, Recipe, WithPairs, drawn, game_of, known_pairs, pictured, settings, trained
from studies.translation_score import agreement, apart, correlation, score, translated

SMALL = Recipe(steps=2, batch=2)
CYCLES, HIDDEN, RATE = "12_cycles", "12_hidden", "12_rate"


@pytest.fixture(autouse=True)
def few_faces(monkeypatch):
    monkeypatch.setattr(ways, "FACES", 16)
    monkeypatch.setattr(translation_score, "SAMPLES", 60)


def domains() -> Domains:
    return Domains(*(InMemory(Pictures(drawn(16, seed, style).x)) for seed, style in ((1, "portrait"), (2, "anime"))))


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


@pytest.mark.parametrize("change", [
    {"steps": 3}, {"batch": 3}, {"rate": 1e-3}, {"cycle": (10.0, 0.0)}, {"cycle": (0.0, 10.0)}, {"identity": 5.0}, {"strided": 1},
    {"critic_width": 16}, {"noise": 0.4}, {"pairs": 2}, {"memory": 0.05},
])  # fmt: skip
def test_a_run_is_decided_by_its_recipe_and_seed(change):
    first = trained(SMALL, 0, domains())
    assert same(first, trained(SMALL, 0, domains())) and not same(first, trained(SMALL, 1, domains()))
    assert not same(first, trained(replace(SMALL, **change), 0, domains()))


def test_the_game_is_the_papers():
    game = game_of(replace(SMALL, identity=5.0), seeded())
    assert isinstance(game, Cycle) and game.cycles == (10, 10) and game.identity == 5 and game.transit is None
    assert game.there.recall.size == 50 and game.there.recall is not game.back.recall
    assert same(game.G, untaught(generator=seeded()))


def test_pairs_are_the_same_people():
    pairs = known_pairs(8)
    game = game_of(replace(SMALL, pairs=8), seeded())
    batch = domains().sample(2, generator=seeded())
    terms = game.generator_terms(batch)
    wanted = (game.G["there"](pairs.a) - pairs.b).abs().mean() + (game.G["back"](pairs.b) - pairs.a).abs().mean()
    assert isinstance(game, WithPairs)
    torch.testing.assert_close(terms["pairs"], 10 * wanted)
    assert set(terms) - {"pairs"} == set(game.game.generator_terms(batch)) and set(game.critic_terms(batch)) == {"critic_there", "critic_back"}


def test_nobody_is_in_both_domains():
    found = ways.portraits_and_anime()
    a, b = (drawn(16, seed, "portrait").factors for seed in (ways.SEED_A, ways.SEED_B))
    assert found.a.examples.x.shape == found.b.examples.x.shape == (16, 3, 32, 32)
    assert not (a.turn[:, None] == b.turn[None]).any()
    sketches = ways.anime_and_sketches().b.examples.x
    assert torch.equal(sketches[:, 0], sketches[:, 2])


def test_the_changed_domains():
    study = script(CYCLES)
    factors = faces.draw_factors(20_000, generator=seeded())
    shares = torch.bincount(study.uncommon(factors, seeded(1)).hair_color, minlength=8) / 20_000
    assert (shares - torch.tensor(study.SHARES)).abs().max() < 0.015 and sum(study.SHARES) == pytest.approx(1)
    turned = study.turned(factors, seeded(1)).turn
    assert (turned >= 0).all() and torch.equal(turned, factors.turn.abs()) and (factors.turn < 0).any()


# scores


class Truly(nn.Module):
    """Translates truly: looks the face up by its picture."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def forward(self, x):
        return self.y[torch.cdist(x.flatten(1), self.x.flatten(1)).argmin(1)]


def test_a_true_translation_scores_as_one_and_a_permuted_one_is_found_out():
    test = drawn(150, 3, "portrait")
    anime = pictured(test.factors, "anime")
    swap = torch.tensor([1, 0, 2, 3, 4, 5, 7, 6])
    wrong = pictured(test.factors._replace(hair_color=swap[test.factors.hair_color]), "anime")
    right = score(nn.ModuleDict({"there": Truly(test.x, anime), "back": Truly(anime, test.x)}), test)
    assert right["hair"] == right["eyes"] == right["hair_returned"] == 1 and right["legal"] > 0.95 and right["apart"] == right["return_error"] == 0
    assert min(right[name] for name in ("length", "turn", "tilt", "mouth_shape", "mouth_open", "background", "skin")) > 0.97
    found = score(nn.ModuleDict({"there": Truly(test.x, wrong), "back": Truly(wrong, test.x)}), test)
    kept = (swap[test.factors.hair_color] == test.factors.hair_color).float().mean().item()
    assert found["hair"] == pytest.approx(kept, abs=1e-4) and found["hair_best"] == 1 and found["hair_map"] == swap.tolist()
    assert found["hair_returned"] == 1 and found["return_error"] == 0 and found["apart"] > 0.01


def test_agreement_by_hand():
    found = agreement("eyes", torch.tensor([0, 0, 1, 1, 2]), torch.tensor([1, 1, 0, 0, 0]), 3)
    assert found == {"eyes": 0.0, "eyes_best": 0.8, "eyes_map": [1, 0, 0]}


def test_correlation_and_distance_by_hand():
    x = torch.tensor([0.0, 1.0, 2.0])
    assert correlation(x, 3 - 2 * x) == -1 and correlation(x, torch.ones(3)) == 0
    assert apart(torch.zeros(2, 1), torch.tensor([[1.0], [-2.0]])) == 1.5


def test_translated_does_not_depend_on_the_chunks():
    network = untaught(generator=seeded())["there"]
    x = drawn(300, 3, "portrait").x
    torch.testing.assert_close(translated(network, x)[-1:], network(x[-1:]).detach(), atol=1e-5, rtol=0)


def test_the_score_of_sketches(monkeypatch):
    study = script(HIDDEN)
    monkeypatch.setattr(study, "SAMPLES", 60)
    test = drawn(study.SAMPLES, study.TEST_SEED, "anime")
    true = pictured(test.factors, "sketch")
    found = study.score(nn.ModuleDict({"there": Truly(test.x, true), "back": Truly(true, test.x)}))
    assert found["sketch_apart"] == found["coloured"] == 0 and found["hair"][0] == found["hair_true_sketch"] == found["hair_grey"] == 1
    assert found["return_error"][0] == 0 and len(found["hair"]) == len(study.LEVELS)


# the scripts


def test_every_arm_of_the_cycles_trains():
    study, found = script(CYCLES), {}
    assert len(study.ARMS) == 14
    for name in study.ARMS:
        for seed in study.ARMS[name][2]:
            found.setdefault((name, seed), None)
    name = "same unequal shares"
    one = study.scores(name, 1, steps=1)
    assert study.scores(name, 1, steps=1) == one
    record = study.record({job: one for job in found})
    assert set(record["arms"]) == set(study.ARMS) and record["shares_apart"] == pytest.approx(0.305)
    assert len(record["arms"]["no identity"]["hair"]) == 10 and len(record["arms"]["no cycle"]["hair"]) == 3


def test_the_rate_study_keeps_one_seeds_weights(tmp_path, monkeypatch):
    study = script(RATE)
    monkeypatch.setattr(study, "SAMPLES", 15)
    monkeypatch.setattr(study, "SHIPPED", tmp_path)
    study.scores(5, 1, steps=1)
    assert not list(tmp_path.iterdir())
    found = {(identity, study.KEPT): study.scores(identity, study.KEPT, steps=1) for identity in (0, 1, 5)}
    assert len(list(tmp_path.glob("*.pt"))) == 3
    record = study.record(found)
    assert set(record["arms"]) == {"identity 0", "identity 1", "identity 5"} and len(record["arms"]["identity 5"]["length_by_hair"][0]) == 8


def test_the_hidden_study_keeps_one_runs_weights(tmp_path, monkeypatch):
    study = script(HIDDEN)
    monkeypatch.setattr(study, "SAMPLES", 60)
    monkeypatch.setattr(study, "SHIPPED", tmp_path)
    one = study.scores(*study.KEPT, steps=1)
    assert len(list(tmp_path.glob("*.pt"))) == 1
    study.scores("cycle from sketches", study.SEEDS[0], steps=1)
    assert len(list(tmp_path.glob("*.pt"))) == 1
    record = study.record({(name, seed): one for name in study.ARMS for seed in study.SEEDS})
    assert set(record["arms"]) == {"plain", "noise of 6 levels", "noise of 51 levels", "cycle from sketches"}


@pytest.mark.parametrize("name", [CYCLES, HIDDEN, RATE])
def test_they_are_long(name, monkeypatch):
    monkeypatch.delenv("GAN_EDU_LONG", raising=False)
    assert "twenty minutes" in script(name).unmet()
    assert settings(Recipe())["steps"] == 750
