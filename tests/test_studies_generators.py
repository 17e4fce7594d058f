"""The studies of chapter 2: every arm runs, a run is decided by its seed, records have their form."""

from dataclasses import replace

import pytest
import torch
from helpers_games import Points, seeded
from helpers_studies import script
from torch.testing import assert_close

from gan_edu.networks.mlp import mlp
from studies.generators import Lessons, normal_codes, taught_by_copying, taught_by_discriminator, taught_by_likelihood
from tools.studies import RESULTS
from tools.records import read_record

FEW = Lessons(steps=3)


def points(count: int) -> list[Points]:
    return [Points(torch.randn(16, 2, generator=seeded(i))) for i in range(count)]


def taught(teacher: str, seed: int = 0) -> torch.nn.Module:
    rng = seeded(seed)
    G = mlp(2, 2, (8,), generator=rng)
    if teacher == "copying":
        return taught_by_copying(G, mlp(2, 2, (8,), generator=rng), points(3), FEW)
    if teacher == "likelihood":
        return taught_by_likelihood(G, mlp(2, 4, (8,), generator=rng), points(3), FEW, 0.3, rng)
    return taught_by_discriminator(G, mlp(2, 1, (8,), generator=rng), points(3), FEW, 2, 0.3, rng)


@pytest.mark.parametrize("teacher", ["copying", "likelihood", "discriminator"])
def test_each_teacher_moves_the_decoder_and_its_seed_decides_where_to(teacher):
    first, again, other = ([p.detach() for p in taught(teacher, seed).parameters()] for seed in (0, 0, 1))
    start = list(mlp(2, 2, (8,), generator=seeded()).parameters())
    assert all(map(torch.equal, first, again)) and not all(map(torch.equal, first, other))
    assert not all(torch.equal(a, b) for a, b in zip(first, start, strict=True))


def test_fitted_codes_have_the_mean_and_covariance_of_the_codes():
    codes = torch.randn(4000, 3, generator=seeded(1)) @ torch.tensor([[2.0, 0, 0], [1, 1, 0], [0, 0.5, 0.3]]) + torch.tensor([1.0, 2, 3])
    fitted = normal_codes(codes, 200_000, seeded(2))
    assert_close(fitted.mean(0), codes.mean(0), atol=0.03, rtol=0)
    assert_close(torch.cov(fitted.T), torch.cov(codes.T), atol=0.06, rtol=0.02)


@pytest.mark.parametrize("std", [0.3, None], ids=["VAE", "GAN"])
def test_an_arm_of_the_study_of_digits_runs(std):
    study = script("02_capacity")
    found = study.scores(8, std, 1, FEW)
    assert found.keys() == {"legal", "sharpness", "precision", "recall"} and found == study.scores(8, std, 1, FEW)
    assert 0 <= found["legal"] <= 1 and found["sharpness"] > 0


@pytest.mark.parametrize("arm", ["autoencoder", "VAE, std 0.2", "GAN"])
def test_an_arm_of_the_study_of_faces_runs(arm):
    study = script("02_faces")
    small = replace(study.RECIPE, steps=2, width=2, latent=4, batch=4)
    found = study.scores(arm, 1, small, Lessons(2), 50)
    assert found["sharpness"] > 0 and 0 <= found["legal"] <= 1 and found["frechet"] > 0


@pytest.mark.parametrize("path", sorted(RESULTS.glob("02_*.json")), ids=lambda path: path.stem)
def test_stored_records_have_their_form(path):
    results, study = read_record(path)["results"], script(path.stem)
    assert results["seeds"] == list(study.SEEDS) and path.stat().st_size < 20_000
    if path.stem == "02_faces":
        assert results["arms"].keys() == study.ARMS.keys() and results["samples"] >= 2000
        assert all(len(values) == len(study.SEEDS) for arm in results["arms"].values() for values in arm.values())
    else:
        assert len(results["arms"]) == len(study.STDS) * len(study.WIDTHS) + len(study.GAN_WIDTHS)
        assert all(len(arm["legal"]) == len(study.SEEDS) for arm in results["arms"])
