"""The map of codes without a browser: the network written down, what is refused, what stays without a script."""

import base64
import io
import json
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from helpers_figures import styled  # noqa: F401
from PIL import Image
from torch import nn

from gan_edu.networks.mlp import mlp
from gan_edu.widgets import code_map
from gan_edu.widgets.exported import exported
from gan_edu.widgets.page import script

SIMPLE = {"relu": lambda x: np.maximum(x, 0), "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def decoder(hidden=(16, 16), activation=nn.ReLU, side=8):
    body = mlp(2, side * side, hidden, activation, generator=generator())
    return nn.Sequential(body, nn.Tanh(), nn.Unflatten(1, (1, side, side)))


def made(n=40, **changes):
    arguments = {"decoder": decoder(), "codes": torch.randn(n, 2, generator=generator(1)), "labels": torch.arange(n) % 10,
                 "title": "Codes of digits"}
    return code_map(**arguments | changes)


def computed(layers, x):
    """What the written network gives, in numpy."""
    for layer in layers:
        if layer["kind"] == "linear":
            numbers = np.frombuffer(base64.b64decode(layer["weights"]), dtype="<f4").astype(float)
            size = layer["inputs"] * layer["outputs"]
            assert len(numbers) == size + layer["outputs"]
            x = x @ numbers[:size].reshape(layer["outputs"], layer["inputs"]).T + numbers[size:]
        elif layer["kind"] == "leaky_relu":
            x = np.where(x > 0, x, layer["slope"] * x)
        else:
            x = SIMPLE[layer["kind"]](x)
    return x


def content(page):
    """The values that the script is called with."""
    text = page.find_all("script")[-1].string
    return json.loads(text[text.rindex('", {"layers"') + 3 : -2])


# the network written down

@pytest.mark.parametrize("activation", [nn.ReLU, lambda: nn.LeakyReLU(0.2), nn.Tanh, nn.Sigmoid])
def test_a_written_network_computes_the_same(activation):
    network = decoder(activation=activation).double()  # of float32 weights, so that only the writing is compared
    x = torch.randn(50, 2, generator=generator(2), dtype=torch.float64)
    layers = json.loads(json.dumps(exported(network)))
    with torch.no_grad():
        np.testing.assert_allclose(computed(layers, x.numpy()), network(x).flatten(1).numpy(), rtol=0, atol=1e-12)
        np.testing.assert_allclose(computed(layers, x.numpy()), network.float()(x.float()).flatten(1).numpy(), rtol=0, atol=1e-6)


def test_weights_written_the_other_way_round_would_be_noticed():
    network = decoder(hidden=(16, 16))
    turned = decoder(hidden=(16, 16))
    with torch.no_grad():
        turned[0][2].weight.copy_(network[0][2].weight.T)
        x = torch.randn(50, 2, generator=generator(2))
        assert np.abs(computed(exported(turned), x.numpy()) - network(x).flatten(1).numpy()).max() > 1e-2


def test_a_layer_without_bias_and_one_that_stands_twice():
    activation = nn.Tanh()
    network = nn.Sequential(nn.Flatten(), nn.Linear(2, 3, bias=False), activation, nn.Sequential(nn.Linear(3, 3), activation))
    assert [layer["kind"] for layer in exported(network)] == ["linear", "tanh", "linear", "tanh"]
    x = torch.randn(5, 2, generator=generator())
    np.testing.assert_allclose(computed(exported(network), x.numpy()), network(x).detach().numpy(), rtol=0, atol=1e-6)


def spoiled():
    layer = nn.Linear(2, 3)
    nn.init.constant_(layer.weight, float("nan"))
    return layer


class Doubling(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


@pytest.mark.parametrize(("network", "complaint"), [
    (nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.GELU())), r"layer 1\.0 \(GELU\) cannot be exported"),
    (nn.Sequential(nn.Linear(2, 4), nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 1, 1)), r"layer 2 \(Conv2d\) cannot"),
    (nn.Sequential(Doubling(2, 3)), r"layer 0 \(Doubling\) cannot"),
    (nn.Sequential(nn.ReLU(), nn.Tanh()), "at least one Linear layer, got 2 layers without"),
    (nn.Sequential(), "at least one Linear layer, got 0"),
    (nn.Sequential(spoiled()), r"the weights of layer 0 \(Linear\) must be finite, 6 of 9 are not"),
    (nn.Sequential(nn.Linear(2, 4), nn.Unflatten(1, (2, 2)), nn.Linear(2, 2)), "layer 2 must take the 4 numbers .* it takes 2"),
])
def test_another_network_is_refused(network, complaint):
    with pytest.raises(ValueError, match=complaint):
        exported(network)


# the figure

def test_code_map_is_the_same_at_every_run_and_another_for_other_content():
    first, again, other = made()._repr_html_(), made()._repr_html_(), made(title="Others")._repr_html_()
    assert first == again
    assert BeautifulSoup(first, "html.parser").figure["id"] != BeautifulSoup(other, "html.parser").figure["id"]
    assert plt.get_fignums() == []


def test_a_picture_stays_without_a_script():
    page = BeautifulSoup(made()._repr_html_(), "html.parser")
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(page.img["src"].split(",")[1]))).convert("L"))
    assert picture.shape == (int(page.img["height"]), int(page.img["width"])) == (350, 700)
    assert (picture[:, :350] < 100).mean() > 0.005 and (picture[:, 400:690] < 200).mean() > 0.1  # marks; pictures
    assert page.img["alt"].startswith("Codes of digits. Left, 40 codes drawn as their labels; right, the pictures decoded at 9 by 9")
    assert page.find(attrs={"data-part": "live"}).has_attr("hidden")
    assert BeautifulSoup(made(alt="Digits <apart>")._repr_html_(), "html.parser").img["alt"] == "Digits <apart>"


def test_the_grid_that_stays_shows_the_decoder_right_side_up():
    rising = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Unflatten(1, (1, 2, 2)))
    with torch.no_grad():  # ink where the second number is high
        rising[0].weight.copy_(torch.tensor([[0.0, 5.0]] * 4))
        rising[0].bias.zero_()
    uri = made(decoder=rising, codes=torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), labels=[0, 1]).picture
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("L"))
    right = picture[:, 420:680]
    assert (right[20:120] < 100).mean() > 0.2 and (right[180:270] < 100).mean() < 0.02


def test_a_large_map_stays_small_and_asks_nobody():
    html = made(1300, decoder=decoder((128, 128)))._repr_html_()
    assert len(html) < 250_000
    addresses = re.findall(r"https?://[^\"'\s)]+", re.sub(r"base64,[\w+/=]+", "", html))
    assert set(addresses) <= {"http://www.w3.org/2000/svg"}  # the name of SVG, which nobody fetches


def test_marks_are_thinned_evenly_and_rounded():
    codes = torch.randn(1300, 2, generator=generator(1))
    marks = content(BeautifulSoup(made(1300, codes=codes)._repr_html_(), "html.parser"))["marks"]
    assert len(marks) == 300
    wanted = np.linspace(0, 1299, 300).round().astype(int)
    np.testing.assert_allclose([mark[:2] for mark in marks], codes[wanted], atol=5.1e-4)
    assert [mark[2] for mark in marks] == (wanted % 10).tolist()
    assert len(made(7).marks) == 7


@pytest.mark.parametrize("stretch", [1e-3, 1.0, 37.0, 4e4])
def test_the_map_reaches_a_tenth_beyond_the_codes_on_one_scale(stretch):
    codes = torch.tensor([[-1.0, 0.0], [2.0, 0.5], [0.0, -0.5]]) * stretch
    map_ = made(codes=codes, labels=[0, 1, 2])
    (x0, x1), (y0, y1) = map_.limits
    assert x1 - x0 == pytest.approx(y1 - y0, rel=1e-9)
    np.testing.assert_allclose([x0, x1, y0, y1], np.array([-1.3, 2.3, -1.8, 1.8]) * stretch, atol=1.01 * map_.step)
    assert 200 <= (x1 - x0) / map_.step <= 500
    np.testing.assert_allclose(np.array([x0, x1, y0, y1]) / map_.step, np.round(np.array([x0, x1, y0, y1]) / map_.step), atol=1e-6)


def test_codes_that_are_all_one_still_have_a_map():
    (x0, x1), (y0, y1) = made(codes=torch.full((3, 2), 0.5), labels=[1, 1, 1]).limits
    assert (x0, x1) == (y0, y1) == pytest.approx((-0.5, 1.5))


def test_it_starts_where_it_is_told():
    page = BeautifulSoup(made(start=(0.5, -1.2))._repr_html_(), "html.parser")
    assert [float(slider["value"]) for slider in page.find_all("input")] == [0.5, -1.2]
    assert content(page)["start"] == [0.5, -1.2]


def test_names_stand_in_a_legend_and_survive_any_text():
    names = ["</script><b>"] + [f"a thing {i}" for i in range(1, 10)]
    page = BeautifulSoup(made(names=names, title="<i>&")._repr_html_(), "html.parser")
    assert page.find("b", string="</script>") is None and page.figcaption.text == "<i>&"
    assert "0: </script><b>, 1: a thing 1" in page.figure.text
    assert content(page)["names"] == names
    assert "0: a 0" not in made()._repr_html_()


def test_it_takes_a_decoder_of_another_precision_and_arrays():
    codes = np.random.default_rng(0).normal(size=(5, 2))
    assert made(decoder=decoder().double(), codes=codes, labels=np.arange(5)).side == 8


def test_in_plain_text():
    assert repr(made()) == "Code map: Codes of digits (40 codes, pictures of 8 x 8)"


def test_a_script_is_handed_the_function_it_uses():
    assert script("flipbook.js", "a").endswith('})("a");</script>')
    both = script("flipbook.js", "a", using="mlp.js")
    assert "})(// The network that" in both and both.endswith('}), "a");</script>')


@pytest.mark.parametrize(("changes", "complaint"), [
    ({"codes": torch.zeros(40, 3)}, r"codes must have the shape \(n, 2\), n >= 1: got \(40, 3\)"),
    ({"codes": torch.zeros(0, 2), "labels": []}, r"got \(0, 2\)"),
    ({"codes": torch.full((40, 2), float("inf"))}, "codes must be finite: 40 of 40 are not"),
    ({"labels": torch.zeros(39)}, r"one label for each of the 40 codes is needed, got labels of shape \(39,\)"),
    ({"labels": torch.full((40,), 10)}, "integers from 0 to 9, got 10"),
    ({"labels": torch.full((40,), 0.5)}, "integers from 0 to 9, got 0.5"),
    ({"title": " "}, "the title must hold a text"),
    ({"names": ["a 0"]}, "names must be ten texts"),
    ({"names": [""] * 10}, "names must be ten texts"),
    ({"start": (0.0, 99.0)}, r"the start must lie on the map, \(.*\) by \(.*\); got \(0.0, 99.0\)"),
    ({"start": (float("nan"), 0.0)}, "the start must lie on the map"),
    ({"decoder": nn.Sequential(nn.Linear(3, 64), nn.Unflatten(1, (1, 8, 8)))}, "codes of 2 numbers, its first layer takes 3"),
    ({"decoder": mlp(2, 64, generator=generator())}, r"square pictures of one channel, .* got \(81, 64\)"),
    ({"decoder": nn.Sequential(nn.Linear(2, 64), nn.Unflatten(1, (1, 4, 16)))}, r"got \(81, 1, 4, 16\)"),
    ({"decoder": nn.Sequential(nn.Linear(2, 48), nn.Unflatten(1, (3, 4, 4)))}, r"got \(81, 3, 4, 4\)"),
    ({"decoder": nn.Sequential(nn.Linear(2, 64), nn.GELU())}, r"layer 1 \(GELU\) cannot be exported"),
])
def test_code_map_refuses(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        made(**changes)
