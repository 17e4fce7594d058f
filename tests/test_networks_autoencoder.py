import pytest
import torch
from helpers_games import pictures, seeded
from torch import nn

from gan_edu.networks.autoencoder import Autoencoder, MeanAndSpread, conv_encoder
from gan_edu.networks.conv import SIZES, dcgan_generator


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("batch_norm", [True, False])
def test_encoders_give_codes_of_every_size_of_picture(size, batch_norm):
    c = conv_encoder(5, size, 1, 4, batch_norm=batch_norm, generator=seeded())(pictures(3, 1, size).x)
    assert c.shape == (3, 5) and c.isfinite().all() and c.std() > 0
    assert conv_encoder(5, size, 1, 4, batch_norm=batch_norm, generator=torch.Generator("cpu").manual_seed(0))(pictures(3, 1, size).x).equal(c)


def test_an_autoencoder_is_the_decoder_after_the_encoder():
    encoder, decoder = conv_encoder(2, 8, 1, 4, generator=seeded()), dcgan_generator(2, 8, 1, 4, generator=seeded(1))
    both, x = Autoencoder(encoder, decoder).eval(), pictures(4, 1, 8).x
    assert both(x).shape == x.shape and torch.equal(both(x), decoder(encoder(x)))
    assert {id(parameter) for parameter in both.parameters()} == {id(parameter) for network in (encoder, decoder) for parameter in network.parameters()}


def test_it_learns_to_rebuild_what_it_is_shown():
    both = Autoencoder(conv_encoder(4, 8, 1, 8, generator=seeded()), dcgan_generator(4, 8, 1, 8, generator=seeded(1)))
    x, optimizer = pictures(16, 1, 8).x.clamp(-0.9, 0.9), torch.optim.Adam(both.parameters(), 3e-3)
    errors = []
    for _ in range(60):
        error = (both(x) - x).square().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < 0.6 * errors[0]


def test_mean_and_spread_are_the_two_halves():
    h = torch.arange(12.0).reshape(2, 6)
    mean, log_std = MeanAndSpread()(h)
    assert mean.tolist() == [[0, 1, 2], [6, 7, 8]] and log_std.tolist() == [[3, 4, 5], [9, 10, 11]]
    both = nn.Sequential(conv_encoder(6, 8, 1, 4, generator=seeded()), MeanAndSpread())(pictures(2, 1, 8).x)
    assert [part.shape for part in both] == [(2, 3), (2, 3)]


def test_every_network_follows_to_the_meta_device():
    x = torch.empty(2, 3, 32, 32, device="meta")
    both = Autoencoder(conv_encoder(8, generator=seeded()), dcgan_generator(8, generator=seeded())).to("meta")
    assert both(x).shape == x.shape and both(x).device.type == "meta"


@pytest.mark.parametrize(("call", "message"), [
    (lambda: conv_encoder(0, generator=seeded()), "outputs=0"),
    (lambda: conv_encoder(2, 12, generator=seeded()), "size=12"),
    (lambda: MeanAndSpread()(torch.zeros(2, 5)), r"\(2, 5\)"),
    (lambda: conv_encoder(2, 8, 1, 4, generator=seeded())(torch.zeros(2, 3, 8, 8)), r"\(n, 1, 8, 8\)"),
    (lambda: conv_encoder(2, 8, 1, 4, batch_norm=False, generator=seeded())(torch.zeros(0, 1, 8, 8)), "at least one"),
], ids=["no code", "size", "odd", "channels", "empty"])  # fmt: skip
def test_bad_input_gets_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
