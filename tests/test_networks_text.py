"""The text encoder against a GRU written out, and what it refuses."""

import pytest
import torch
from helpers_games import seeded
from torch.testing import assert_close

from gan_edu.networks.text import TextEncoder
from gan_edu.worlds.captions import WORDS, tokens


def encoder(**options) -> TextEncoder:
    return TextEncoder(len(WORDS), **{"width": 8, "vectors": 5, "generator": seeded()} | options)


def test_it_is_a_gru_read_to_the_last_word():
    network = encoder()
    texts = ["blue hair, green eyes", "smiling"]
    w, u, b, c = (getattr(network.reader, name) for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"))
    for row, found in zip(tokens(texts), network(tokens(texts))):
        h = torch.zeros(8)
        for number in row[row > 0]:
            (r, z, n), (hr, hz, hn) = (w @ network.vectors.weight[number] + b).chunk(3), (u @ h + c).chunk(3)
            reset, keep = torch.sigmoid(r + hr), torch.sigmoid(z + hz)
            h = (1 - keep) * torch.tanh(n + reset * hn) + keep * h
        assert_close(found, h)


def test_padding_says_nothing():
    network = encoder()
    longer = torch.cat([tokens(["smiling"]), torch.zeros(1, 4, dtype=torch.int64)], dim=1)
    assert_close(network(longer), network(tokens(["smiling"])))


def test_order_counts():
    one, other = encoder()(tokens(["blue hair, green eyes", "green hair, blue eyes"]))
    assert (one - other).abs().max() > 1e-3


def test_first_weights_come_from_the_generator_alone():
    before = torch.get_rng_state()
    first, again = encoder(), encoder()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters()))
    assert torch.equal(torch.get_rng_state(), before)
    assert first.vectors.weight[0].abs().sum() == 0 and all(p.abs().max() <= 8**-0.5 for p in first.reader.parameters())


def test_it_learns_through_every_word():
    network = encoder()
    network(tokens(["blue hair, green eyes"])).sum().backward()
    used = network.vectors.weight.grad.abs().sum(1) > 0
    assert {WORDS[place - 1] for place in used.nonzero().flatten().tolist()} == {"blue", "hair", "green", "eyes"}


def test_on_meta():
    assert encoder().to("meta")(torch.zeros(3, 7, dtype=torch.int64, device="meta")).shape == (3, 8)


@pytest.mark.parametrize(("given", "message"), [
    (torch.ones(3, 4), "int64 of shape"),
    (torch.ones(3, dtype=torch.int64), "int64 of shape"),
    (torch.ones(3, 0, dtype=torch.int64), "int64 of shape"),
    (torch.tensor([[1, 99]]), f"from 1 to {len(WORDS)}.*1 to 99"),
    (torch.tensor([[1, -1]]), "from -1 to 1"),
    (torch.tensor([[0, 0]]), "every caption needs a word"),
    (torch.tensor([[1, 0, 2]]), "0 only after its last"),
])  # fmt: skip
def test_it_refuses(given, message):
    with pytest.raises(ValueError, match=message):
        encoder()(given)


@pytest.mark.parametrize("option", ["width", "vectors"])
def test_sizes_are_positive(option):
    with pytest.raises(ValueError, match=f"{option}=0"):
        encoder(**{option: 0})
