"""The studies of chapter 10: every arm trains, is decided by its seed and recipe, and is scored as it says."""

from dataclasses import replace

import pytest
import torch
from helpers_games import seeded
from helpers_studies import script

from gan_edu import askable
from gan_edu.games.conditional import shuffled
from gan_edu.worlds import captions, faces
from studies import conditional_recipe as ways
from studies.conditional_recipe import Recipe, captioned, drawn_for, labelled, labels_of, reading_words, settings, settled, trained
from studies.conditional_score import QUANTITIES, least_spread, obeyed, score

SMALL = Recipe(steps=3, batch=4, penalty_every=2)
JUDGES = (ways.projecting, ways.random_start, ways.every_place, ways.every_place_random_start, ways.concatenating, ways.deaf)


@pytest.fixture(autouse=True)
def few_faces(monkeypatch):
    pool = ways.portraits.__wrapped__(64)
    monkeypatch.setattr(ways, "portraits", lambda: pool)


def same(one, other) -> bool:
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.__name__)
def test_a_run_is_decided_by_its_recipe_and_seed(judge):
    run = lambda recipe, seed: trained(recipe, seed, labelled(), askable.untaught_by_labels, judge)  # noqa: E731
    first = run(SMALL, 0)
    assert same(first, run(SMALL, 0)) and not same(first, run(SMALL, 1)) and not same(first, run(replace(SMALL, steps=4), 0))
    assert not first.training
    mismatched = run(replace(SMALL, share=0.5, mismatch=shuffled), 0)
    assert not same(first, mismatched) or judge is ways.deaf


def test_words_are_learnt_too():
    before = askable.untaught_by_words(generator=seeded(3))
    after = trained(SMALL, 3, captioned(), askable.untaught_by_words, reading_words)
    assert not torch.equal(before.embed.reader.weight_ih_l0, after.embed.reader.weight_ih_l0)


def test_no_two_judges_are_alike():
    x, labels = labelled().examples
    found = []
    for judge in JUDGES:
        D = judge(seeded(5))
        with torch.no_grad():
            for parameter in D.parameters():
                parameter.add_(0.05)
        found.append(D(x, labels))
    assert not any(torch.allclose(a, b) for i, a in enumerate(found) for b in found[:i])


def test_where_the_judges_start():
    x, labels = labelled().examples
    other = labels.roll(1, 0)
    for judge, told in zip(JUDGES, (False, True, False, True, True, False)):
        D = judge(seeded(5))
        assert ((D(x, labels) - D(x, other)).abs().max() > 1e-5) == told, judge.__name__


def test_a_settled_copy_leaves_the_network_alone():
    network = askable.untaught_by_labels(generator=seeded(1))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    ready = settled(network, labelled(), seed=0)
    assert network.training and not ready.training and all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not torch.equal(ready.body[3].running_mean, network.body[3].running_mean)


def test_captions_belong_to_their_faces():
    words = [" ".join(captions.WORDS[number - 1] for number in row if number) for row in captioned().examples.condition.tolist()]
    factors = ways.portraits().factors
    assert all(captions.fits(faces.Factors(*(value[i : i + 1] for value in factors)), captions.meaning(text)).item() for i, text in enumerate(words))


def test_settings_are_numbers():
    assert settings(SMALL)["steps"] == 3 and all(isinstance(value, (int, float)) for value in settings(SMALL).values())


# scores


def test_real_faces_get_what_they_asked_for():
    real = faces.sample(400, generator=seeded(11))
    found, read = score(real.x, real.factors)
    assert found["legal"] > 0.95 and found["both"] > 0.98 and found["spread"] > 0.85 and found["frechet"] < 10
    assert found["both"] <= min(found["hair"], found["eyes"])
    texts = captions.describe(real.factors, generator=seeded(12))
    assert obeyed(texts, read)["all"] > 0.8
    others = faces.Factors(*(value.roll(1) for value in read))
    assert obeyed(texts, others)["hair_color"] < 0.3


def test_obeyed_by_hand():
    read = faces.draw_factors(4, generator=seeded())._replace(hair_color=torch.tensor([3, 3, 0, 0]), eye_color=torch.tensor([0, 1, 0, 1]))
    read = read._replace(length=torch.tensor([0.1, 0.1, 0.9, 0.9]), mouth_shape=torch.tensor([0.9, 0.9, -0.9, 0.9]))
    found = obeyed(["red hair, smiling", "long red hair", "blue eyes, sad", "red hair"], read)
    assert found["hair_color"] == pytest.approx(2 / 3, abs=1e-3) and found["length"] == 0.0
    assert found["eye_color"] == 1.0 and found["mouth"] == 1.0 and found["all"] == 0.5


def test_spread_by_hand():
    real = faces.draw_factors(500, generator=seeded())
    assert least_spread(real, real, QUANTITIES) == pytest.approx(1)
    assert least_spread(real._replace(turn=real.turn / 4), real, QUANTITIES) == pytest.approx(0.25)


# studies


@pytest.fixture
def labels():
    return script("10_labels")


def test_every_arm_is_scored(labels):
    found = labels.scores("not told", 400, SMALL, samples=40)
    assert set(found) == {"legal", "hair", "eyes", "both", "spread", "frechet", "seconds"}


def test_held_out_pairs_are_never_seen_and_alone_asked_for(labels, monkeypatch):
    seen = labels.seen_pairs().examples.condition
    assert not labels.held_out(seen).any() and len(seen) < 64
    pairs = torch.cartesian_prod(torch.arange(8), torch.arange(4))
    assert labels.held_out(pairs).sum() == 8 and all(labels.held_out(pairs[pairs[:, 1] == eyes]).sum() == 2 for eyes in range(4))
    assert all(labels.held_out(pairs[pairs[:, 0] == hair]).sum() == 1 for hair in range(8))
    asked = []
    monkeypatch.setattr(labels, "drawn_for", lambda network, condition, seed: asked.append(condition) or drawn_for(network, condition, seed))
    labels.scores(labels.HELD_OUT, 400, SMALL, samples=40)
    assert labels.held_out(asked[0]).all() and len(asked[0]) > 20


def test_the_record_of_labels(labels, monkeypatch):
    monkeypatch.setattr(labels, "side_by_side", lambda file, function, jobs: [{"legal": seed, "both": name} for name, seed in jobs])
    record = labels.main()
    assert list(record["arms"]) == [*labels.ARMS, labels.HELD_OUT] and record["arms"]["not told"] == {"legal": [400, 401], "both": ["not told"] * 2}


def test_words_are_scored_and_the_wanted_weights_kept(tmp_path, monkeypatch):
    study = script("10_words")
    monkeypatch.setattr(study, "SHIPPED", tmp_path)
    for name, seed in (("mismatched pairs", 410), study.KEPT):
        found = study.scores(name, seed, SMALL, samples=60)
        assert (tmp_path / "asked-by-words.pt").exists() == ((name, seed) == study.KEPT)
    assert {"legal", "spread", "all", "hair_color", "short_hair", "long_hair", "seconds"} <= set(found)
    monkeypatch.setattr(study, "side_by_side", lambda file, function, jobs: [{"legal": seed} for name, seed in jobs])
    record = study.main()
    assert set(record["arms"]) == set(study.ARMS) and len(record["sha256"]) == 64


def test_the_rate_is_scored_seed_by_seed(tmp_path, monkeypatch):
    study = script("10_rate")
    monkeypatch.setattr(study, "SHIPPED", tmp_path)
    study.scores(study.KEPT, SMALL, samples=40)
    monkeypatch.setattr(study, "side_by_side", lambda file, function, jobs: [{"legal": seed} for (seed,) in jobs])
    record = study.main()
    assert record["arms"] == {"projection": {"legal": list(study.SEEDS)}} and len(study.SEEDS) == 10




# what a conditional GAN's examples are worth


@pytest.fixture(scope="module")
def augmentation():
    return script("10_augmentation")


class Best(torch.nn.Module):
    """The classifier with the least error, from the density itself; turned: its opposite."""

    def __init__(self, means: torch.Tensor, std: float, turned: bool = False) -> None:
        super().__init__()
        self.means, self.std, self.turned = means, std, turned

    def forward(self, x):
        bumps = torch.exp(-(x.double()[:, None] - self.means).square().sum(2) / (2 * self.std**2))
        both = torch.stack([bumps[:, 0::2].sum(1), bumps[:, 1::2].sum(1)], 1)
        return -both if self.turned else both


def test_errors_are_computed_over_the_plane(augmentation):
    best = Best(augmentation.WORLD.means, 0.5)
    assert augmentation.error_of(best) == pytest.approx(augmentation.bayes_error(), abs=1e-9)
    assert augmentation.error_of(Best(augmentation.WORLD.means, 0.5, turned=True)) == pytest.approx(1 - augmentation.bayes_error(), abs=1e-9)
    sample = augmentation.drawn(200_000, seeded(0))
    wrong = (best(sample.x).argmax(1) != sample.condition).double().mean().item()
    assert wrong == pytest.approx(augmentation.bayes_error(), abs=4 * (0.125 * 0.875 / 200_000) ** 0.5)


def test_classes_alternate_on_the_ring(augmentation):
    sample = augmentation.drawn(4000, seeded(1))
    assert sample.condition.double().mean().item() == pytest.approx(0.5, abs=0.03) and set(sample.condition.tolist()) == {0, 1}


def test_every_arm_has_an_error_and_lessons_help(augmentation, monkeypatch):
    monkeypatch.setattr(augmentation, "GAN_STEPS", 3)
    found = augmentation.errors(128, 0)
    assert tuple(found) == augmentation.ARMS and all(augmentation.bayes_error() - 1e-3 < error < 0.7 for error in found.values())
    assert found["real and more real"] < found["real alone"] < 0.35
    assert augmentation.errors(128, 0) == found != augmentation.errors(128, 1)


def test_fakes_are_asked_for_as_the_real_ones_are_labelled(augmentation, monkeypatch):
    monkeypatch.setattr(augmentation, "GAN_STEPS", 2)
    real = augmentation.drawn(64, seeded(2))
    only_ones = augmentation.Labelled(real.x, torch.ones_like(real.condition))
    made = augmentation.fakes(only_ones, seeded(3))
    assert made.x.shape == (augmentation.ADDED, 2) and not made.x.requires_grad and (made.condition == 1).all()


def test_the_record_of_augmentation(augmentation, monkeypatch):
    monkeypatch.setattr(augmentation, "side_by_side", lambda file, function, jobs: [{arm: seed for arm in augmentation.ARMS} for _, seed in jobs])
    record = augmentation.main()
    assert len(record["arms"]) == 18 and record["arms"]["32 real: fakes alone"] == {"error": list(augmentation.SEEDS)}
    assert record["bayes_error"] == pytest.approx(0.1256, abs=1e-4)
