"""The stored generators: they are there, they draw what the study measured, and nothing is made up where they are missing."""

import hashlib

import pytest
import torch
from helpers_games import seeded

from gan_edu import contestants
from gan_edu.contestants import LATENT, NAMES, contestant, drawn_by, stored_as, untaught
from gan_edu.readers import stored
from gan_edu.recorded import recorded


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_are_those_of_the_studys_record(name):
    wanted = recorded("14_contest")["contestants"][name]["sha256"]
    assert hashlib.sha256((stored.SHIPPED / f"{stored_as(name)}.pt").read_bytes()).hexdigest() == wanted


@pytest.mark.parametrize("name", NAMES)
def test_each_draws_pictures_and_is_left_alone(name):
    network = contestant(name)
    x = drawn_by(network, 3, generator=seeded(0))
    assert x.shape == (3, 3, 32, 32) and x.abs().max() <= 1 and x.std() > 0.1
    assert not network.training and not any(weights.requires_grad for weights in network.parameters())


def test_only_the_autoencoder_has_codes_of_its_own():
    own = [name for name in NAMES if not torch.equal(contestant(name)[0].weight, torch.eye(LATENT))]
    assert own == ["autoencoder"]


def test_drawing_does_not_depend_on_the_chunks_and_repeats_itself():
    network = contestant("GAN, 4000 steps")
    many, again = (drawn_by(network, 501, generator=seeded(1)) for _ in range(2))
    z = torch.randn(501, LATENT, generator=seeded(1))
    assert torch.equal(many, again) and many.shape[0] == 501
    torch.testing.assert_close(many[-1:], network(z[-1:]), atol=1e-5, rtol=0)


def test_before_training_the_noise_goes_in_as_it_is():
    z = torch.randn(4, LATENT, generator=seeded(2))
    assert torch.equal(untaught()[0](z), z)


def test_file_names_are_plain_and_different():
    files = [stored_as(name) for name in NAMES]
    assert len(set(files)) == len(NAMES) and all(set(file) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for file in files)


def test_bad_input_gets_one_clear_error(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="wanted one of 'autoencoder', .*; got 'StyleGAN'"):
        contestant("StyleGAN")
    with pytest.raises(ValueError, match="at least one picture, got n=0"):
        drawn_by(untaught(), 0, generator=seeded(0))
    monkeypatch.setenv(stored.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(contestants, "stored_as", lambda name: "contest-nobody")
    with pytest.raises(FileNotFoundError, match="weights of 'autoencoder' did not come with the package; `make studies`"):
        contestant("autoencoder")
    assert not list(tmp_path.iterdir())
