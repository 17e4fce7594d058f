"""The stored generators that can be asked: they are the records', they obey, and nothing is made up where they are missing."""

import hashlib

import pytest
import torch
from helpers_games import seeded

from gan_edu import askable
from gan_edu.readers import stored
from gan_edu.readers.faces import factors_read, reader
from gan_edu.recorded import recorded
from gan_edu.worlds import captions

PAIRS = torch.cartesian_prod(torch.arange(8), torch.arange(4))


@pytest.mark.parametrize(("weights", "study"), [("asked-by-words", "10_words"), ("asked-by-labels", "10_rate")])
def test_the_weights_are_those_of_the_studys_record(weights, study):
    digest = hashlib.sha256((stored.SHIPPED / f"{weights}.pt").read_bytes()).hexdigest()
    assert digest == recorded(study)["sha256"]


def test_by_labels():
    network = askable.by_labels()
    x = askable.asked(network, PAIRS, generator=seeded())
    read = factors_read(reader("anime").read(x))
    assert x.shape == (32, 3, 32, 32) and not network.training
    assert torch.stack([read.hair_color, read.eye_color], 1).eq(PAIRS).all(1).sum() >= 31


def test_by_words():
    texts = ["ginger hair and violet eyes", "golden-eyed, turquoise hair"] * 20
    network = askable.by_words()
    x = askable.asked(network, captions.tokens(texts), generator=seeded())
    assert x.shape == (40, 3, 32, 32) and x.abs().max() <= 1 and not network.training
    read = factors_read(reader("anime").read(x))
    for text, place in zip(texts[:2], (slice(0, None, 2), slice(1, None, 2))):
        one = type(read)(*(value[place] for value in read))
        assert captions.fits(one, captions.meaning(text)).float().mean() > 0.9, text


def test_asking_repeats_itself_and_does_not_depend_on_the_chunks():
    network = askable.untaught_by_labels(generator=seeded(1)).eval()
    labels = PAIRS.repeat(16, 1)[:501]
    many, again = (askable.asked(network, labels, generator=seeded(2)) for _ in range(2))
    z = torch.randn(501, askable.LATENT, generator=seeded(2))
    assert torch.equal(many, again)
    torch.testing.assert_close(many[-1:], network(z[-1:], labels[-1:]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("make", [askable.untaught_by_labels, askable.untaught_by_words])
def test_first_weights_come_from_the_generator(make):
    first, again, other = (make(generator=seeded(s)).body[1].weight for s in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("ask", [askable.by_labels, askable.by_words])
def test_missing_weights_are_not_made_up(ask, tmp_path, monkeypatch):
    monkeypatch.setenv(stored.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(askable, "remembered", lambda name, network, build: stored.remembered(name, network, build, tmp_path))
    with pytest.raises(FileNotFoundError, match="did not come with the package; `make studies` with GAN_EDU_LONG=1"):
        ask()
    assert not list(tmp_path.iterdir())
