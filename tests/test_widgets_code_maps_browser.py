"""The map of codes in a real Chromium: the network computed in the page against torch, and the reader's hand."""

import json

import numpy as np
import pytest
import torch
from helpers_pages import axe, chromium, contrasts, move, opened, part, timers_by_hand  # noqa: F401
from torch import nn

from gan_edu.networks.mlp import mlp
from gan_edu.widgets import code_map

pytestmark = pytest.mark.browser

CODES = torch.tensor([[-2.0, -1.0], [2.0, 1.5], [1.0, 0.0], [0.0, 1.0]])
LABELS = [4, 8, 3, 0]


def decoder(activation=nn.ReLU, hidden=(32, 32), seed=0):
    body = mlp(2, 64, hidden, activation, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for weights in body.parameters():
            weights *= 2  # sharper than at the start, as trained networks are
    return nn.Sequential(body, nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))


def made(**changes):
    return code_map(**{"decoder": decoder(), "codes": CODES, "labels": LABELS, "title": "Codes", "start": (0.5, -0.5)} | changes)


def code_of(figure):
    return json.loads(figure.get_attribute("data-code"))


def output_of(figure):
    return np.array(json.loads(figure.get_attribute("data-output")))


def wanted(network, code):
    with torch.no_grad():
        return network(torch.tensor([code])).flatten().numpy()


def screen(page, map_, code):
    """Where a code lies on the screen, by the frame of the map."""
    box = part(page, "field").bounding_box()
    (x0, x1), (y0, y1) = map_.limits
    return box["x"] + (code[0] - x0) / (x1 - x0) * box["width"], box["y"] + (y1 - code[1]) / (y1 - y0) * box["height"]


def pixels(page):
    return np.array(part(page, "decoded").evaluate("(c) => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)")).reshape(8, 8, 4)


# the numbers

def differences(page, map_, network):
    """Largest difference from torch at each of 25 codes, the corners of the map among them."""
    figure, found = page.locator("figure"), []
    for x in np.linspace(*map_.limits[0], 5):
        for y in np.linspace(*map_.limits[1], 5):
            move(figure, first=x, second=y)
            code = code_of(figure)
            np.testing.assert_allclose(code, (x, y), atol=map_.step / 2 + 1e-9)
            found.append(np.abs(output_of(figure) - wanted(network, code)).max())
    return np.array(found)


@pytest.mark.parametrize("activation", [nn.ReLU, lambda: nn.LeakyReLU(0.2), nn.Tanh, nn.Sigmoid], ids=["relu", "leaky", "tanh", "sigmoid"])
def test_the_page_computes_what_torch_computes(opened, activation):
    network = decoder(activation)
    map_ = made(decoder=network)
    found = differences(opened(map_), map_, network)
    assert len(found) == 25 and found.max() < 1e-5


def test_turned_weights_would_be_noticed(opened):
    network, turned = decoder(), decoder()
    with torch.no_grad():
        turned[0][2].weight.copy_(network[0][2].weight.T)
    map_ = made(decoder=turned)
    assert differences(opened(map_), map_, network).min() > 1e-2


def test_a_network_as_large_as_the_books(opened):
    network = decoder(hidden=(128, 128))
    map_ = made(decoder=network)
    assert differences(opened(map_), map_, network).max() < 1e-5


def test_the_picture_is_the_output_ink_dark(opened):
    page = opened(made(), dark=True)
    shades = pixels(page)
    assert (shades[:, :, 3] == 255).all() and (shades[:, :, :1] == shades[:, :, :3]).all()
    np.testing.assert_allclose(shades[:, :, 0], 255 * (1 - output_of(page.locator("figure")).reshape(8, 8)) / 2, atol=0.51)
    box = part(page, "decoded").bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=0.5) and box["width"] >= 180


# the hand

def test_a_click_jumps_and_a_drag_follows(opened):
    map_ = made()
    page = opened(map_)
    figure = page.locator("figure")
    first = part(page, "decoded").screenshot()
    page.mouse.click(*screen(page, map_, (1.0, 1.0)))
    np.testing.assert_allclose(code_of(figure), (1.0, 1.0), atol=2 * map_.step)
    assert part(page, "decoded").screenshot() != first
    page.mouse.move(*screen(page, map_, (-1.5, -0.5)))
    np.testing.assert_allclose(code_of(figure), (1.0, 1.0), atol=2 * map_.step)  # let go, it stays
    page.mouse.down()
    for code in ((-1.0, 0.0), (0.0, 0.5)):
        page.mouse.move(*screen(page, map_, code))
        np.testing.assert_allclose(code_of(figure), code, atol=2 * map_.step)
    page.mouse.move(5000, -5000)  # beyond the map it stays at the edge
    assert code_of(figure) == [map_.limits[0][1], map_.limits[1][1]]
    page.mouse.up()
    assert part(figure, "first").input_value() == f"{map_.limits[0][1]:g}"


def test_another_button_or_the_margin_moves_nothing(opened):
    map_ = made()
    page = opened(map_)
    x, y = screen(page, map_, (1.0, 1.0))
    page.mouse.click(x, y, button="right")
    page.mouse.click(part(page, "map").bounding_box()["x"] + 3, y)
    assert code_of(page.locator("figure")) == [0.5, -0.5]


def test_a_finger_drags_the_point_and_not_the_page(opened):
    map_ = made()
    page = opened(map_, made(title="Below"), viewport={"width": 390, "height": 500}, has_touch=True, is_mobile=True)
    figure = page.locator("figure").first
    hand = page.context.new_cdp_session(page)

    def touch(kind, *points):
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    (x, low), (_, high) = screen(figure, map_, (1.0, -1.0)), screen(figure, map_, (1.0, 1.0))
    touch("touchStart", (x, low))
    for share in np.linspace(0.1, 1, 10):
        touch("touchMove", (x, low + share * (high - low)))
    touch("touchEnd")
    page.wait_for_function("JSON.parse(document.querySelector('figure').dataset.code)[1] > 0.9")
    np.testing.assert_allclose(code_of(figure), (1.0, 1.0), atol=2 * map_.step)
    assert page.evaluate("window.scrollY") == 0


def test_keys_on_the_sliders_and_reset(opened):
    map_ = made()
    page = opened(map_)
    figure = page.locator("figure")
    for name, key, code in (("first number of the code", "ArrowRight", [0.5 + map_.step, -0.5]),
                            ("second number of the code", "ArrowDown", [0.5 + map_.step, -0.5 - map_.step])):
        slider = page.get_by_role("slider", name=name)
        slider.focus()
        page.keyboard.press(key)
        assert code_of(figure) == pytest.approx(code, abs=1e-9)
    assert slider.get_attribute("aria-valuetext") == part(figure, "second-value").inner_text() == "\u22120.51"
    assert part(figure, "code").inner_text() == "code (0.51, \u22120.51)"
    page.get_by_role("button", name="Reset").click()
    assert code_of(figure) == [0.5, -0.5]
    assert part(figure, "code").inner_text() == "code (0.50, \u22120.50)"
    np.testing.assert_allclose(output_of(figure), wanted(decoder(), [0.5, -0.5]), atol=1e-5)


def test_the_handle_lies_on_the_code(opened):
    map_ = made()
    page = opened(map_)
    for code in ((0.5, -0.5), (-2.0, 1.0)):
        move(page.locator("figure"), first=code[0], second=code[1])
        ring = page.locator(".gan-ring").bounding_box()
        np.testing.assert_allclose((ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2), screen(page, map_, code), atol=1)


def test_every_code_is_drawn_as_its_label_where_it_lies(opened):
    map_ = made()
    page = opened(map_)
    marks = page.locator(".gan-marks text")
    assert marks.all_text_contents() == [str(label) for label in LABELS]
    for mark, code in zip(marks.all(), CODES.tolist(), strict=True):
        box = mark.bounding_box()
        np.testing.assert_allclose((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), screen(page, map_, code), atol=2.5)


# the voice

def test_a_voice_hears_one_sentence_when_the_hand_rests(opened):
    page = opened(made())
    status, figure = page.get_by_role("status"), page.locator("figure")
    passed = timers_by_hand(page)
    assert status.inner_text() == ""  # nothing has been moved yet
    move(figure, first=0.5, second=0.0)
    passed(400)
    move(figure, first=0.9)
    passed(400)
    assert status.inner_text() == ""
    passed(150)
    assert status.inner_text() == "Code (0.90, 0.00). The nearest code drawn on the map belongs to a 3, 0.10 away."
    move(figure, first=2.0, second=1.25)
    passed(600)
    assert status.inner_text() == "Code (2.00, 1.25). The nearest code drawn on the map belongs to an 8, 0.25 away."


def test_the_voice_uses_the_names(opened):
    page = opened(made(names=[f"a </script>thing {i}" for i in range(10)]))
    passed = timers_by_hand(page)
    move(page.locator("figure"), first=0.0, second=1.0)
    passed(600)
    assert page.get_by_role("status").inner_text().endswith("belongs to a </script>thing 0, 0.00 away.")


def test_map_and_picture_say_where_the_point_is(opened):
    page = opened(made())
    move(page.locator("figure"), first=-1.0, second=0.0)
    assert page.get_by_role("img", name="Map of 4 codes, each drawn as its label; the point is at (\u22121.00, 0.00)").count() == 1
    assert page.get_by_role("img", name="Picture of 8 by 8 pixels decoded from the code (\u22121.00, 0.00)").count() == 1


# the page

@pytest.mark.parametrize("width", [320, 390, 600, 760])
def test_nothing_is_wider_than_the_screen_and_text_keeps_its_size(opened, width):
    page = opened(made(names=["a sneaker"] * 10), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert part(page, "map").evaluate("(svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width") == pytest.approx(1, abs=0.02)
    assert part(page, "decoded").bounding_box()["width"] >= 180


def test_the_map_follows_the_width_of_the_page(opened):
    map_ = made()
    page = opened(map_)
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.querySelector('svg').viewBox.baseVal.width < 390")
    page.mouse.click(*screen(page, map_, (1.0, 1.0)))
    np.testing.assert_allclose(code_of(page.locator("figure")), (1.0, 1.0), atol=3 * map_.step)


def test_maps_leave_each_other_alone(opened):
    page = opened(made(), made(title="Other"), made())  # the first stands in the page twice
    first, second, third = (page.locator("figure").nth(i) for i in range(3))
    move(second, first=1.0)
    move(third, first=-1.0)
    assert [code_of(figure)[0] for figure in (first, second, third)] == [0.5, 1.0, -1.0]
    assert page.evaluate("Object.keys(window).filter((key) => /gan|code_?map|mlp/i.test(key))") == []


def test_without_scripts_the_picture_stands_alone(opened):
    page = opened(made(), java_script_enabled=False)
    assert page.locator("img:visible").count() == 1
    assert page.locator("button:visible, input:visible, svg:visible, canvas:visible").count() == 0


@pytest.mark.parametrize("dark", [False, True])
def test_everything_stands_out_from_the_page(opened, dark):
    codes = torch.stack([torch.arange(10.0), torch.arange(10.0)], dim=1)
    page = opened(made(codes=codes, labels=range(10), start=(3.0, 3.0)), dark=dark)
    found = page.evaluate("""[...document.querySelectorAll('svg text')].map((node) => getComputedStyle(node).fill)
        .concat(['.gan-cross', '.gan-halo', '.gan-ring'].map((name) => getComputedStyle(document.querySelector(name)).stroke))""")
    assert len(set(found)) >= 11 and contrasts(page, found).min() > 3


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(opened, axe, dark):
    page = opened(made(), made(title="Other", names=["a sneaker"] * 10), dark=dark)
    assert axe(page) == []
