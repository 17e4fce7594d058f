import pytest
import torch
from helpers_games import pictures, seeded
from torch import nn

from gan_edu.networks.autoencoder import conv_encoder
from gan_edu.networks.conv import SIZES, dcgan_generator


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("batch_norm", [True, False])
def test_encoders_give_codes_of_every_size_of_picture(size, batch_norm):
    c = conv_encoder(5, size, 1, 4, batch_norm=batch_norm, generator=seeded())(pictures(3, 1, size).x)
    assert c.shape == (3, 5) and c.isfinite().all() and c.std() > 0
    assert conv_encoder(5, size, 1, 4, batch_norm=batch_norm, generator=seeded())(pictures(3, 1, size).x).equal(c)


def test_every_network_follows_to_the_meta_device():
    x = torch.empty(2, 3, 32, 32, device="meta")
    both = nn.Sequential(conv_encoder(8, generator=seeded()), dcgan_generator(8, generator=seeded())).to("meta")
    assert both(x).shape == x.shape and both(x).device.type == "meta"


@pytest.mark.parametrize(("call", "message"), [
    (lambda: conv_encoder(0, generator=seeded()), "outputs=0"),
    (lambda: conv_encoder(2, 12, generator=seeded()), "size=12"),
    (lambda: conv_encoder(2, 8, 1, 4, generator=seeded())(torch.zeros(2, 3, 8, 8)), r"\(n, 1, 8, 8\)"),
    (lambda: conv_encoder(2, 8, 1, 4, batch_norm=False, generator=seeded())(torch.zeros(0, 1, 8, 8)), "at least one"),
], ids=["no code", "size", "channels", "empty"])  # fmt: skip
def test_bad_input_gets_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
