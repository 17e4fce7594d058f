"""Two shapes sliding apart, without a browser: what it starts with, what stays without a script, what is refused."""

import base64
import io
import json
import re
from math import log
from statistics import NormalDist

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers_figures import styled  # noqa: F401
from PIL import Image

from gan_edu.widgets import sliding_apart
from gan_edu.widgets.page import script
from gan_edu.widgets.sliding import _distances

STATES = [(0.0, "boxes"), (1.5, "boxes"), (-3.0, "boxes"), (0.0, "bumps"), (0.5, "bumps"), (-3.0, "bumps")]


def soup(*arguments):
    return BeautifulSoup(sliding_apart(*arguments)._repr_html_(), "html.parser")


def given(page):
    """The values that the script is called with."""
    text = page.script.string
    return json.loads(text[text.rindex('", {"low"') + 3 : -2])


def picture(page):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(page.img["src"].split(",")[1]))).convert("RGB")).astype(int)


def test_it_is_the_same_at_every_run_and_another_for_another_start():
    first, again = sliding_apart()._repr_html_(), sliding_apart()._repr_html_()
    assert first == again
    assert len({soup(*state).figure["id"] for state in STATES[1:4]}) == 3
    assert plt.get_fignums() == []


def test_it_starts_where_it_is_told():
    page = soup(-1.02, "bumps")
    assert float(page.find("input", type="range")["value"]) == float(page.figure["data-shift"]) == -1.0
    assert page.figure["data-shape"] == "bumps"
    assert [(radio["value"], radio.has_attr("checked")) for radio in page.find_all("input", type="radio")] == [("boxes", False), ("bumps", True)]
    assert page.find(attrs={"data-part": "live"}).has_attr("hidden")  # dead controls are not shown
    assert (soup().figure["data-shift"], soup().figure["data-shape"]) == ("1.5", "boxes")


def test_every_control_has_a_name():
    page = soup()
    assert page.find("input", type="range")["aria-label"] == "shift of the generated distribution"
    assert [radio.parent.text for radio in page.find_all("input", type="radio")] == ["boxes", "bell curves"]
    assert [button.text for button in page.find_all("button")] == ["Reset", "on top", "half-way", "touching", "just apart", "far apart"]


def test_the_arrows_stand_at_quantiles_of_the_data():
    levels = (np.arange(9) + 0.5) / 9
    found = given(soup())["quantiles"]
    np.testing.assert_allclose(found["boxes"], levels, rtol=0, atol=1e-12)
    np.testing.assert_allclose([NormalDist(0.5, 0.25).cdf(x) for x in found["bumps"]], levels, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("shift", "shape"), STATES)
def test_a_picture_stays_without_a_script(shift, shape):
    page = soup(shift, shape)
    drawn = picture(page)
    assert drawn.shape[:2] == (int(page.img["height"]), int(page.img["width"])) == (740, 700)
    for colour in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)):
        assert (np.abs(drawn - colour).sum(axis=2) < 40).sum() > 100
    alt = page.img["alt"]
    assert alt.startswith(repr(sliding_apart(shift, shape))) and "W1 grows with the shift without end; TV flattens out at 1 and JS at log 2." in alt


def columns(drawn, colour):
    """Middle of what the densities' panel shows in this colour, in pixels from the left."""
    return np.nonzero(np.abs(drawn[70:170] - colour).sum(axis=2) < 40)[1].mean()


def test_the_picture_shows_the_generated_shape_on_its_side():
    for shift in (-1.5, 1.5):
        drawn = picture(soup(shift, "bumps"))
        assert np.sign(columns(drawn, (0xD5, 0x5E, 0x00)) - columns(drawn, (0x00, 0x72, 0xB2))) == np.sign(shift)


@pytest.mark.parametrize("shift", [-3.0, -0.4, 0.0, 0.05, 1.0, 2.0])
def test_the_distances_of_the_picture(shift):
    (far,), (js,), (tv,) = _distances("boxes", np.array([shift]))
    assert (far, tv, js) == pytest.approx((abs(shift), min(abs(shift), 1), min(abs(shift), 1) * log(2)), abs=1e-12)
    (far,), (js,), (tv,) = _distances("bumps", np.array([shift]))
    assert (far, tv) == pytest.approx((abs(shift), 2 * NormalDist().cdf(2 * abs(shift)) - 1), abs=1e-4)
    assert tv**2 / 2 - 1e-4 <= js <= tv * log(2) + 1e-4  # Pinsker's bound, and that of Lin


def test_it_asks_nobody_and_stays_small():
    html = sliding_apart()._repr_html_()
    assert len(html) < 60_000
    addresses = re.findall(r"https?://[^\"'\s)]+", re.sub(r"base64,[\w+/=]+", "", html))
    assert set(addresses) <= {"http://www.w3.org/2000/svg"}  # the name of SVG, which nobody fetches


def test_in_plain_text():
    assert repr(sliding_apart()) == ("Sliding apart: two equal boxes, the generated one shifted by 1.50 from the data; "
                                     "W1 is 1.50, JS 0.6931 nats, TV 1.0000")
    assert repr(sliding_apart(-0.5, "bumps")) == ("Sliding apart: two equal bell curves, the generated one shifted by -0.50 from the data; "
                                                  "W1 is 0.50, JS 0.3368 nats, TV 0.6827")


def test_a_script_is_handed_all_that_it_uses():
    both = script("flipbook.js", "a", using=("mlp.js", "svg.js"))
    assert both.index("})(// The network that") < both.index("}), // What the drawings") and both.endswith('})(), "a");</script>')
    assert script("flipbook.js", "a", using="svg.js") == script("flipbook.js", "a", using=("svg.js",))


@pytest.mark.parametrize(("arguments", "complaint"), [
    ((3.05,), "the shift must be a number from -3 to 3, got 3.05"),
    ((float("nan"),), "the shift must be a number from -3 to 3, got nan"),
    (("1",), "the shift must be a number from -3 to 3, got '1'"),
    ((None,), "got None"),
    ((1.0, "box"), "the shape must be \"boxes\" or \"bumps\", got 'box'"),
    ((1.0, ["boxes"]), r"the shape must be .*, got \['boxes'\]"),
])
def test_it_refuses(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        sliding_apart(*arguments)
