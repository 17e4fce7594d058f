"""Two shapes sliding apart in a real Chromium: numbers against the package, plan and dual in step, the reader's hand."""

from itertools import combinations
from math import inf, isnan, log, nan
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers_pages import axe, chromium, contrasts, move, opened, part, timers_by_hand  # noqa: F401
from scipy.integrate import quad
from torch import nn

from gan_edu import divergences
from gan_edu.widgets import code_map, sliding_apart, two_bumps
from gan_edu.widgets.sliding import CENTRE, HIGH, LOW, PRESETS, STD

pytestmark = pytest.mark.browser

SHAPES = ("boxes", "bumps")
THETAS = [-3.0, -2.35, -1.05, -1.0, -0.95, -0.5, -0.05, 0.0, 0.05, 0.3, 0.95, 1.0, 1.05, 1.5, 2.2, 3.0]
LEVELS = (np.arange(9) + 0.5) / 9


def place(figure, shape, theta):
    part(figure, shape).check()
    move(figure, theta=theta)


def read(figure):
    cells = figure.evaluate("(figure) => [...figure.querySelectorAll('dd')].map((cell) => [cell.dataset.part, cell.dataset.value])")
    return {key: float(value) for key, value in cells}


def text(figure, key):
    return part(figure, key).inner_text().replace("\u2212", "-")


# the numbers

def slope(f, x, h=1e-3):
    """By a five-point difference."""
    return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h)


def remainder(theta):
    """log 2 - JS of two bumps, by quadrature of a positive integrand: no digit is lost however near JS is to log 2."""
    d = abs(theta) / STD
    edges = (-30, -12, -6, -3, 0, 3, 6, 12, 30)

    def integrand(u):
        return np.exp(-((u + d / 2) ** 2) / 2) / np.sqrt(2 * np.pi) * np.logaddexp(0, d * u)

    return sum(quad(integrand, a, b, epsabs=0, epsrel=1e-13, limit=400)[0] for a, b in zip(edges, edges[1:], strict=False))


def wanted_of_boxes(theta):
    """Boxes as twenty cells each, which the shifts never cut."""
    cells = np.arange(-60, 80)
    real, fake = (torch.tensor(((cells >= first) & (cells < first + 20)) / 20) for first in (0, round(20 * theta)))
    middles = torch.tensor((cells + 0.5) / 20)
    kink = theta == 0 or abs(theta) == 1
    js = divergences.js(real, fake)
    return {"w1": divergences.w1_samples(middles[real > 0], middles[fake > 0]), "tv": divergences.tv(real, fake),
            "js": js, "jsBits": divergences.to_bits(js),
            "klRealFake": divergences.kl(real, fake), "klFakeReal": divergences.kl(fake, real),
            "jsSlope": nan if kink else np.sign(theta) * log(2) if abs(theta) < 1 else 0.0, "w1Slope": np.sign(theta) if theta else nan}


def wanted_of_bumps(theta):
    x = torch.linspace(-5, 6, 40_001, dtype=torch.float64)
    real, fake = (torch.exp(-(((x - mean) / STD) ** 2) / 2) / (STD * (2 * np.pi) ** 0.5) for mean in (CENTRE, CENTRE + theta))
    js = divergences.js(real, fake, x)
    return {"w1": divergences.w1(real, fake, x), "tv": divergences.tv(real, fake, x), "js": js, "jsBits": divergences.to_bits(js),
            "klRealFake": divergences.kl(real, fake, x), "klFakeReal": divergences.kl(fake, real, x),
            "jsSlope": -slope(remainder, theta) if theta else 0.0, "w1Slope": np.sign(theta) if theta else nan}


WANTED = {"boxes": wanted_of_boxes, "bumps": wanted_of_bumps}


def check_numbers(figure, shape, thetas=THETAS):
    for theta in thetas:
        place(figure, shape, theta)
        found, wanted = read(figure), WANTED[shape](theta)
        assert found.keys() == wanted.keys()
        for key, value in wanted.items():
            assert found[key] == pytest.approx(value, rel=1e-6, abs=1e-6, nan_ok=True), (key, shape, theta)
        if wanted["jsSlope"]:
            assert found["jsSlope"] == pytest.approx(wanted["jsSlope"], rel=1e-6, abs=0, nan_ok=True), (shape, theta)


@pytest.mark.parametrize("shape", SHAPES)
def test_numbers_agree_with_the_package(opened, shape):
    check_numbers(opened(sliding_apart()).locator("figure"), shape)


def test_boxes_exactly(opened):
    figure = opened(sliding_apart()).locator("figure")
    for theta in THETAS:
        place(figure, "boxes", theta)
        found = read(figure)
        assert (found["w1"], found["tv"], found["js"]) == (abs(theta), min(abs(theta), 1), min(abs(theta), 1) * log(2))


def test_bumps_far_apart_are_told_a_little_and_boxes_nothing(opened):
    figure = opened(sliding_apart(3.0)).locator("figure")
    assert (read(figure)["jsSlope"], text(figure, "jsSlope"), text(figure, "w1Slope")) == (0.0, "0.0000", "1.0000")
    part(figure, "bumps").check()
    assert 1e-8 < read(figure)["jsSlope"] < 1e-7
    assert text(figure, "jsSlope") == "3.7 × 10⁻⁸"
    move(figure, theta=-3)
    assert text(figure, "jsSlope") == "-3.7 × 10⁻⁸"


def test_what_is_shown_is_the_number(opened):
    figure = opened(sliding_apart()).locator("figure")
    for shape in SHAPES:
        for theta in (-2.35, -0.3, 0.05, 0.5):
            place(figure, shape, theta)
            for key, value in read(figure).items():
                if value != inf and (abs(value) >= 5e-5 or value == 0):
                    assert float(text(figure, key)) == pytest.approx(value, abs=5.1e-5), (key, shape, theta)


def test_a_kink_has_no_slope_and_infinity_is_a_word(opened):
    page = opened(sliding_apart(0.0))
    figure = page.locator("figure")
    for theta, shape, kinks in ((0, "boxes", {"jsSlope", "w1Slope"}), (1, "boxes", {"jsSlope"}), (-1, "boxes", {"jsSlope"}),
                                (0.95, "boxes", set()), (0, "bumps", {"w1Slope"}), (1, "bumps", set())):
        place(figure, shape, theta)
        assert {key for key, value in read(figure).items() if isnan(value)} == kinks
        assert all(text(figure, key) == "none: a kink" for key in kinks)
        endless = 2 if shape == "boxes" and theta else 0
        assert page.get_by_role("img", name="infinite").count() == endless
        assert [text(figure, key) for key in ("klRealFake", "klFakeReal")].count("\u221e") == endless


# what is drawn

def arrows(figure):
    """foot, head, f at the foot, f at the head, of each."""
    kinds = ("foot", "head", "foot-f", "head-f")
    return np.array(figure.evaluate(f"(figure) => [...figure.querySelectorAll('.gan-arrow')].map((arrow) => {list(kinds)}.map((kind) => Number(arrow.getAttribute('data-' + kind))))")).T


def path_of(figure, kind):
    drawn = figure.locator(f"path.gan-{kind}").get_attribute("d")
    return np.array([point.split() for point in drawn.rstrip("Z")[1:].split("L")], dtype=float).T


def circles(figure, selector):
    return np.array(figure.evaluate("(figure, selector) => [...figure.querySelectorAll(selector)].map((c) => [c.cx.baseVal.value, c.cy.baseVal.value])", selector)).T


def quantiles(shape):
    normal = torch.distributions.Normal(CENTRE, STD)
    return LEVELS if shape == "boxes" else normal.icdf(torch.tensor(LEVELS)).numpy()


def check_in_step(figure, shape, thetas=THETAS):
    """The plan is the monotone one, and the potential climbs along each of its arrows by the arrow's length."""
    for theta in thetas:
        place(figure, shape, theta)
        foot, head, low, high = arrows(figure)
        np.testing.assert_allclose(head, quantiles(shape), rtol=0, atol=1e-6)
        np.testing.assert_allclose(foot, quantiles(shape) + theta, rtol=0, atol=1e-6)
        np.testing.assert_allclose(high - low, np.full(9, abs(theta)), rtol=0, atol=1e-6)


def check_dual(figure, shape, thetas=(-2.0, -0.5, 0.3, 1.0, 2.2)):
    """The drawn potential is 1-Lipschitz, and what it gains between the two distributions is W1."""
    for theta in thetas:
        place(figure, shape, theta)
        foot, head, low, high = arrows(figure)
        dots = circles(figure, "circle[r]:not(.gan-now)")[:, -18:]  # on the potential: feet, then heads
        to_x, to_f = (np.polyfit(pixels, values, 1) for pixels, values in zip(dots, (np.r_[foot, head], np.r_[low, high]), strict=True))
        line_x, line_f = (np.polyval(scale, pixels) for scale, pixels in zip((to_x, to_f), path_of(figure, "truth-line"), strict=True))
        assert (line_x[0], line_x[-1]) == pytest.approx((LOW, HIGH), abs=0.02)
        assert np.all(np.abs(np.diff(line_f)) <= np.abs(np.diff(line_x)) + 0.02)
        middles = quantiles(shape)[None] if shape == "bumps" else (np.arange(1000)[None] + 0.5) / 1000
        gain = np.interp(middles, line_x, line_f).mean() - np.interp(middles + theta, line_x, line_f).mean()
        assert gain == pytest.approx(abs(theta), abs=0.02)
        assert np.interp(CENTRE, line_x, line_f) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_plan_and_dual_are_in_step(opened, shape):
    figure = opened(sliding_apart()).locator("figure")
    check_in_step(figure, shape)
    check_dual(figure, shape)


def test_the_potential_is_flat_where_nothing_must_cross(opened):
    figure = opened(sliding_apart(0.0)).locator("figure")
    for shape in SHAPES:
        place(figure, shape, 0.0)
        assert np.ptp(path_of(figure, "truth-line")[1]) == 0
    place(figure, "boxes", 1.5)
    heights = path_of(figure, "truth-line")[1]
    assert heights[0] == heights[1] < heights[2] == heights[3]  # in pixels from the top: high on the data's side


def test_arrows_point_from_the_generated_to_the_data(opened):
    figure = opened(sliding_apart()).locator("figure")
    for theta in (-1.5, -0.05, 0.05, 1.5):
        place(figure, "bumps", theta)
        foot, head, _, _ = arrows(figure)
        tips = figure.evaluate("(figure) => [...figure.querySelectorAll('path.gan-head')].map((tip) => { const box = tip.getBBox(); return [box.x, box.x + box.width]; })")
        shafts = figure.evaluate("(figure) => [...figure.querySelectorAll('path.gan-shaft')].map((shaft) => { const box = shaft.getBBox(); return [box.x, box.x + box.width]; })")
        assert np.all(np.sign(np.mean(tips, axis=1) - np.mean(shafts, axis=1)) == np.sign(head - foot))


def test_densities_are_drawn_where_they_are(opened):
    figure = opened(sliding_apart()).locator("figure")
    for shape in SHAPES:
        for theta in (-2.0, 0.0, 1.5):
            place(figure, shape, theta)
            foot, _, _, _ = arrows(figure)
            to_pixels = np.polyfit(foot, circles(figure, ".gan-arrow .gan-foot")[0], 1)
            for who, shift in (("real", 0.0), ("fake", theta)):
                x, y = path_of(figure, f"{who}-line")
                assert (x.min() + x.max()) / 2 == pytest.approx(np.polyval(to_pixels, CENTRE + shift), abs=0.2)
                assert np.ptp(x) == pytest.approx(to_pixels[0] * (1 if shape == "boxes" else 8 * STD), abs=0.2)
                area = (y.max() - (y[1:] + y[:-1]) / 2) @ np.diff(x)
                peak = 1 if shape == "boxes" else 1 / (STD * np.sqrt(2 * np.pi))
                assert area == pytest.approx(to_pixels[0] * np.ptp(y) / peak, rel=0.01)  # both hold a mass of one


@pytest.mark.parametrize("shape", SHAPES)
def test_curves_and_dots_are_the_distances(opened, shape):
    figure = opened(sliding_apart()).locator("figure")
    place(figure, shape, 1.3)
    curves = {key: path_of(figure, f"{key}-line") for key in ("w1", "tv", "js")}
    x, y = curves["w1"]
    assert len(x) == 121
    theta = 6 * (x - x[0]) / (x[-1] - x[0]) - 3
    per_pixel = 3 / (y.max() - y.min())
    np.testing.assert_allclose((y.max() - y) * per_pixel, np.abs(theta), atol=0.01)
    wanted = [WANTED["boxes"](round(one, 2)) if shape == "boxes" else {"tv": torch.erf(torch.tensor(abs(one) / STD / 8**0.5)).item(), "js": log(2) - remainder(one)} for one in theta[::4]]
    for key in ("tv", "js"):
        np.testing.assert_allclose(((y.max() - curves[key][1]) * per_pixel)[::4], [one[key] for one in wanted], atol=0.01)
    for now in (-2.2, 0.0, 0.95, 3.0):
        place(figure, shape, now)
        for key, value in read(figure).items():
            if key in curves:
                dot = circles(figure, f".gan-now[data-of={key}]")[:, 0]
                np.testing.assert_allclose((6 * (dot[0] - x[0]) / (x[-1] - x[0]) - 3, (y.max() - dot[1]) * per_pixel), (now, value), atol=0.02)
    limit = path_of(figure, "limit")[1]
    np.testing.assert_allclose((y.max() - limit) * per_pixel, log(2), atol=0.01)


# would the checks notice?

WRONG = [
    ("(centre - limited(x, left, right))", "(limited(x, left, right) - centre)", check_in_step),
    ("(centre - limited(x, left, right))", "2 * (centre - limited(x, left, right))", check_dual),
    ("[Math.min(0, theta), Math.max(1, 1 + theta)]", "[0, 1]", check_in_step),
    ("foot: head + state.theta", "foot: head - state.theta", check_in_step),
    ("js: apart * Math.LN2", "js: apart", check_numbers),
    ("Math.sign(theta) * Math.LN2 : 0", "Math.LN2 : 0", check_numbers),
    ("const kink = theta === 0 || Math.abs(theta) === 1", "const kink = theta === 0", check_numbers),
    ("theta === 0 ? 0 : Infinity", "0", check_numbers),
    ("w1: Math.abs(theta)", "w1: Math.min(1, Math.abs(theta))", check_numbers),
    ("(Math.LN2 - softplus)", "(1 - softplus)", check_numbers),
    ("theta / (4 * std * std)", "theta / (2 * std * std)", check_numbers),
    ("Math.exp(-d * d / 8)", "Math.exp(-d * d / 4)", check_numbers),
    ("kl = d * d / 2", "kl = d * d", check_numbers),
    ("between(d / 2)", "between(d)", check_numbers),
]


@pytest.mark.parametrize(("right", "wrong", "check"), WRONG, ids=[wrong for _, wrong, _ in WRONG])
def test_a_wrong_script_is_noticed(opened, right, wrong, check):
    html = sliding_apart()._repr_html_()
    assert html.count(right) == 1
    figure = opened(SimpleNamespace(_repr_html_=lambda: html.replace(right, wrong))).locator("figure")
    caught = 0
    for shape in SHAPES:
        try:
            check(figure, shape, (-1.0, -0.5, 0.3, 2.2))
        except AssertionError:
            caught += 1
    assert caught


# the hand

def test_keys_presets_and_reset(opened):
    page = opened(sliding_apart(0.5))
    figure = page.locator("figure")
    slider = page.get_by_role("slider", name="shift of the generated distribution")
    slider.focus()
    for key, shift in (("ArrowRight", "0.55"), ("ArrowLeft", "0.50"), ("Home", "\u22123.00"), ("ArrowLeft", "\u22123.00"), ("End", "3.00")):
        page.keyboard.press(key)
        assert slider.get_attribute("aria-valuetext") == part(figure, "theta-value").inner_text() == shift
    assert read(figure)["w1"] == 3
    page.get_by_role("radio", name="boxes").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="bell curves").is_checked() and read(figure)["klRealFake"] == pytest.approx(72)
    for name, theta in PRESETS.items():
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
        assert float(slider.input_value()) == read(figure)["w1"] == theta
        assert page.get_by_role("radio", name="bell curves").is_checked()
    page.get_by_role("button", name="Reset").click()
    assert slider.input_value() == "0.5" and page.get_by_role("radio", name="boxes").is_checked()
    assert read(figure)["js"] == pytest.approx(log(2) / 2)


def test_all_slider_places_are_hundredths(opened):
    figure = opened(sliding_apart(-3.0)).locator("figure")
    found = []
    for _ in range(121):
        found.append(read(figure)["w1"])
        part(figure, "theta").press("ArrowRight")
    np.testing.assert_array_equal(found, np.abs(np.round(np.arange(121) / 20 - 3, 2)))


def test_a_voice_hears_one_sentence_when_the_hand_rests(opened):
    page = opened(sliding_apart())
    status, figure = page.get_by_role("status"), page.locator("figure")
    passed = timers_by_hand(page)
    assert status.inner_text() == ""  # nothing has been moved yet
    move(figure, theta=-2)
    passed(400)
    move(figure, theta=-0.5)
    passed(400)
    assert status.inner_text() == ""
    passed(150)
    said = ("The generated box lies 0.50 to the left of the data: W1 is 0.5000 with slope \u22121.0000; "
            "JS is 0.3466 nats with slope \u22120.6931; TV is 0.5000.")
    assert status.inner_text() == said
    assert part(figure, "drawing").get_attribute("aria-label") == (
        f"{said} Nine arrows of length 0.50 lead from generated to data, and the potential f climbs as much along each.")
    place(figure, "bumps", 0)
    passed(600)
    assert status.inner_text() == ("The generated bump lies on the data: W1 is 0.0000 with no slope, for it has a kink here; "
                                   "JS is 0.0000 nats with slope 0.0000; TV is 0.0000.")


# the page

def test_figures_leave_each_other_alone(opened):
    page = opened(sliding_apart(), sliding_apart(shape="bumps"), sliding_apart())  # the first stands in the page twice
    first, second, third = (page.locator("figure").nth(i) for i in range(3))
    move(second, theta=1)
    part(third, "bumps").check()
    move(third, theta=-1)
    assert [read(figure)["w1"] for figure in (first, second, third)] == [1.5, 1, 1]
    assert [part(figure, "bumps").is_checked() for figure in (first, second, third)] == [False, True, True]
    assert [part(figure, "boxes").is_checked() for figure in (first, second, third)] == [True, False, False]


def test_live_figures_share_their_helpers_and_leave_nothing_behind(opened):
    decoder = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Unflatten(1, (1, 2, 2)))
    others = code_map(decoder, torch.eye(2), [0, 1], "Codes"), two_bumps()
    page = opened(sliding_apart(), *others, two_bumps(prior=0.3))
    drawn = page.evaluate("[...document.querySelectorAll('svg')].map((svg) => svg.childElementCount)")
    assert len(drawn) == 5 and min(drawn) > 5
    empty = opened()
    assert page.evaluate("Object.keys(window)") == empty.evaluate("Object.keys(window)")


def test_the_slider_keeps_its_colour_beside_other_figures(opened):
    page = opened(sliding_apart(), two_bumps())
    colours = page.evaluate("[...document.querySelectorAll('.gan-fake-group input')].map((slider) => getComputedStyle(slider).accentColor)")
    assert set(colours) == {"rgb(213, 94, 0)"} and len(colours) == 3


def test_without_scripts_the_picture_stands_alone(opened):
    page = opened(sliding_apart(), java_script_enabled=False)
    assert page.locator("img:visible").count() == 1
    assert page.locator("button:visible, input:visible, svg:visible").count() == 0


@pytest.mark.parametrize("width", [320, 360, 390, 760])
def test_nothing_is_wider_than_the_screen_and_text_keeps_its_size(opened, width):
    page = opened(sliding_apart(), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    scales = page.evaluate("[...document.querySelectorAll('svg')].map((svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)")
    assert scales == pytest.approx([1, 1], abs=0.02)
    sizes = page.evaluate("[...document.querySelectorAll('svg text, svg tspan')].map((node) => parseFloat(getComputedStyle(node).fontSize))")
    assert min(sizes) >= 12


def test_the_drawings_follow_the_width_of_the_page(opened):
    page = opened(sliding_apart())
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("[...document.querySelectorAll('svg')].every((svg) => svg.viewBox.baseVal.width < 390)")


BOXES = """(svg) => [...svg.querySelectorAll('text')].map((node) => {
    const box = node.getBoundingClientRect();
    return [node.textContent, box.left, box.top, box.right, box.bottom];
})"""
POINTS = """(svg) => [...svg.querySelectorAll('.gan-line, .gan-now')].flatMap((line) => {
    const to = line.getScreenCTM(), length = line.getTotalLength();
    return Array.from({ length: 150 }, (_, i) => line.getPointAtLength(i * length / 149)).map((p) => [p.x * to.a + to.e, p.y * to.d + to.f]);
})"""


@pytest.mark.parametrize("width", [360, 760])
def test_labels_cover_no_line_and_no_other_label(opened, width):
    page = opened(sliding_apart(), viewport={"width": width, "height": 1200})
    figure = page.locator("figure")
    for shape in SHAPES:
        for theta in sorted({*PRESETS.values(), *(-value for value in PRESETS.values()), 1.5}):
            place(figure, shape, theta)
            for svg in (part(figure, "drawing"), part(figure, "curves")):
                inside = svg.bounding_box()
                labels = svg.evaluate(BOXES)
                points = np.array(svg.evaluate(POINTS))
                for one, other in combinations(labels, 2):
                    apart = one[3] <= other[1] or other[3] <= one[1] or one[4] - 2 <= other[2] or other[4] - 2 <= one[2]
                    assert apart, (shape, theta, one, other)  # a box is higher than its letters
                for name, left, top, right, bottom in labels:
                    assert inside["x"] - 1 <= left and right <= inside["x"] + inside["width"] + 1, (shape, theta, name)
                    covered = (points > (left, top + 3)) & (points < (right, bottom - 3))
                    assert not covered.all(axis=1).any(), (shape, theta, name)


@pytest.mark.parametrize("dark", [False, True])
def test_everything_stands_out_from_the_page(opened, dark):
    page = opened(sliding_apart(), dark=dark)
    found = page.evaluate("""[...document.querySelectorAll('svg text, .gan-foot, .gan-head, .gan-now')].map((node) => getComputedStyle(node).fill)
        .concat([...document.querySelectorAll('.gan-line:not(.gan-tv-line)')].map((node) => getComputedStyle(node).stroke))""")
    assert len(set(found)) >= 5 and contrasts(page, found).min() > 3


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(opened, axe, dark):
    page = opened(sliding_apart(), sliding_apart(0.5, "bumps"), sliding_apart(), dark=dark)
    assert axe(page) == []
