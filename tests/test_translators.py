"""The stored translators: they are the records', they translate, and nothing is made up where they are missing."""

import hashlib

import pytest
import torch
from helpers_games import seeded

from gan_edu import translators
from gan_edu.readers import stored
from gan_edu.readers.faces import factors_read, reader
from gan_edu.recorded import recorded
from gan_edu.worlds import faces

FACTORS = faces.draw_factors(200, generator=seeded(8))


@pytest.mark.parametrize("identity", translators.IDENTITIES)
def test_the_weights_are_those_of_the_studys_record(identity):
    name = f"cycle-identity-{identity}"
    digest = hashlib.sha256((stored.SHIPPED / f"{name}.pt").read_bytes()).hexdigest()
    assert digest == recorded("12_rate")["sha256"][name]


def test_the_sketching_weights_are_those_of_the_studys_record():
    digest = hashlib.sha256((stored.SHIPPED / "cycle-sketches.pt").read_bytes()).hexdigest()
    assert digest == recorded("12_hidden")["sha256"]


def hair(x, style):
    return factors_read(reader(style).read(x)).hair_color


def test_portraits_and_anime():
    networks = translators.portraits_and_anime(5)
    x = faces.draw(FACTORS, "portrait", 32)
    anime = networks["there"](x)
    assert (hair(anime, "anime") == FACTORS.hair_color).float().mean() > 0.95
    assert (hair(networks["back"](anime), "portrait") == FACTORS.hair_color).float().mean() > 0.95
    assert not networks.training and not anime.requires_grad


def test_anime_and_sketches():
    networks = translators.anime_and_sketches()
    sketch = networks["there"](faces.draw(FACTORS, "anime", 32))
    assert (sketch - faces.draw(FACTORS, "sketch", 32)).abs().mean() < 0.15
    assert (hair(networks["back"](sketch), "anime") == FACTORS.hair_color).float().mean() > 0.95


def test_first_weights_come_from_the_generator():
    first, again, other = (translators.untaught(generator=seeded(seed))["there"][1].weight for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    networks = translators.untaught(generator=seeded())
    assert not torch.equal(networks["there"][1].weight, networks["back"][1].weight)


@pytest.mark.parametrize("identity", [2, -1, 0.5])
def test_only_trained_weights_can_be_asked_for(identity):
    with pytest.raises(ValueError, match=f"identity loss of weight 0, 1, 5; got {identity}"):
        translators.portraits_and_anime(identity)


@pytest.mark.parametrize("ask", [lambda: translators.portraits_and_anime(5), translators.anime_and_sketches])
def test_missing_weights_are_not_made_up(ask, tmp_path, monkeypatch):
    monkeypatch.setenv(stored.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(translators, "remembered", lambda name, network, build: stored.remembered(name, network, build, tmp_path))
    with pytest.raises(FileNotFoundError, match="did not come with the package; `make studies` with GAN_EDU_LONG=1"):
        ask()
    assert not list(tmp_path.iterdir())
