"""The contest's study: every contestant trains by its own recipe, is kept and read again; the record has its form."""

from dataclasses import replace

import pytest
import torch
from helpers_games import seeded
from helpers_studies import script
from torch import nn

from gan_edu import contestants
from gan_edu.contestants import NAMES
from gan_edu.readers import stored
from studies.faces_recipe import Recipe, face_pictures

SMALL = replace(Recipe(), steps=2, batch=4)


@pytest.fixture
def study(monkeypatch):
    found = script("14_contest")
    pool = face_pictures(64)
    for module in (found, __import__("studies.faces_recipe", fromlist=["_"])):
        monkeypatch.setattr(module, "face_pictures", lambda count=64: pool)
    return found


def weights(network: nn.Module) -> list[torch.Tensor]:
    return [tensor.clone() for tensor in network.state_dict().values()]


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(map(torch.equal, weights(one), weights(other)))


@pytest.mark.parametrize("name", NAMES)
def test_each_is_trained_and_decided_by_its_recipe_alone(study, name):
    first, again, longer = (study.trained(name, replace(SMALL, steps=steps)) for steps in (2, 2, 3))
    assert same(first, again) and not same(first, longer)
    assert not first.training


def test_no_two_are_taught_alike(study):
    found = [study.trained(name, SMALL) for name in NAMES if name != "GAN, 300 steps"]
    assert not any(same(a, b) for i, a in enumerate(found) for b in found[:i])


def test_the_fitted_codes_have_the_mean_and_covariance_of_those_found(study):
    found = torch.randn(5000, 32, generator=seeded(0)) @ torch.randn(32, 32, generator=seeded(1)) + 3
    layer = nn.Linear(32, 32)
    study.fit(layer, found)
    torch.testing.assert_close(layer.bias.detach(), found.mean(0))
    torch.testing.assert_close(layer.weight @ layer.weight.T, torch.cov(found.T), rtol=1e-3, atol=1e-3)


def test_what_is_kept_is_what_was_scored(study, tmp_path, monkeypatch):
    for module in (study, stored):
        monkeypatch.setattr(module, "SHIPPED", tmp_path)
    monkeypatch.setattr(contestants, "contestant", lambda name: stored.remembered(contestants.stored_as(name), contestants.untaught(), pytest.fail, tmp_path))
    found = study.kept("autoencoder", SMALL, samples=20)
    assert set(found) == {"legal", "hair_color", "least_hair_color", "frechet", "sha256"} and len(found["sha256"]) == 64
    assert {file.name for file in tmp_path.iterdir()} == {"contest-autoencoder.pt", "contest-autoencoder.json"}


def test_the_record(study, monkeypatch):
    monkeypatch.setattr(study, "judges", lambda: None)
    monkeypatch.setattr(study, "side_by_side", lambda file, function, jobs: [f"{function} {name}" for (name,) in jobs])
    record = study.main()
    assert list(record["contestants"]) == list(NAMES) and all(value == f"kept {name}" for name, value in record["contestants"].items())
    assert set(record["steps"]) == set(NAMES)
