"""In-page figures in a real Chromium, from file://: what the reader presses, sees and hears, and the numbers."""

from math import log

import numpy as np
import pytest
from helpers_pages import axe, chromium, move, opened, part, timers_by_hand  # noqa: F401
from scipy.integrate import quad

from gan_edu.widgets import flipbook, two_bumps
pytestmark = pytest.mark.browser


def film(title="Film", shade=0):
    frames = [np.full((40, 80), shade + 60 * i, dtype=np.uint8) for i in range(4)]
    return flipbook(frames, [f"step {i}" for i in range(4)], [f"shade {i}" for i in range(4)], title, start=1)


def shown(figure):
    return figure.locator("img").get_attribute("alt"), figure.locator("output").inner_text()


# flipbook

def test_buttons_turn_the_pages_and_stop_at_the_ends(opened):
    figure = opened(film()).locator("figure")
    assert shown(figure) == ("shade 1", "step 1")
    first = figure.locator("img").get_attribute("src")
    part(figure, "next").click()
    assert shown(figure) == ("shade 2", "step 2")
    assert figure.locator("img").get_attribute("src") != first
    part(figure, "next").click()
    assert part(figure, "next").get_attribute("aria-disabled") == "true"
    for _ in range(3):
        part(figure, "previous").click()
    assert shown(figure) == ("shade 0", "step 0")
    assert part(figure, "previous").get_attribute("aria-disabled") == "true"


def test_keys_move_the_slider(opened):
    page = opened(film())
    slider = page.get_by_role("slider", name="Frame")
    slider.focus()
    for key, label in (("ArrowRight", "step 2"), ("End", "step 3"), ("Home", "step 0"), ("ArrowLeft", "step 0")):
        page.keyboard.press(key)
        assert shown(page.locator("figure"))[1] == label
        assert slider.get_attribute("aria-valuetext") == label


def test_the_keyboard_stays_on_a_button_at_its_end(opened):
    page = opened(film())
    part(page, "previous").focus()
    for _ in range(2):
        page.keyboard.press("Enter")
    assert shown(page.locator("figure")) == ("shade 0", "step 0")
    assert page.evaluate("document.activeElement.dataset.part") == "previous"


def test_play_runs_to_the_end_silently_and_pauses(opened):
    page = opened(film())
    figure = page.locator("figure")
    part(figure, "play").click()
    assert part(figure, "play").inner_text() == "Pause"
    assert figure.locator("output").get_attribute("aria-live") == "off"
    page.wait_for_function("document.querySelector('output').textContent === 'step 3'")
    page.wait_for_function("document.querySelector('[data-part=play]').textContent === 'Play'")
    assert figure.locator("output").get_attribute("aria-live") == "polite"
    part(figure, "play").click()  # from the end it begins again
    page.wait_for_function("document.querySelector('output').textContent === 'step 1'")
    part(figure, "play").click()
    held = shown(figure)
    page.wait_for_timeout(900)
    assert shown(figure) == held


def test_no_film_for_who_asks_for_less_motion(opened):
    figure = opened(film(), reduced_motion="reduce").locator("figure")
    assert part(figure, "play").is_hidden()
    part(figure, "next").click()
    assert shown(figure) == ("shade 2", "step 2")


def test_flipbooks_leave_each_other_alone(opened):
    page = opened(film(), film("Other", shade=5), film())  # the first stands in the page twice
    first, second, third = (page.locator("figure").nth(i) for i in range(3))
    part(second, "next").click()
    part(third, "previous").click()
    assert [shown(figure)[1] for figure in (first, second, third)] == ["step 1", "step 2", "step 0"]
    part(first, "next").click()  # one step, though a script of its name ran twice
    assert shown(first)[1] == "step 2"
    assert page.evaluate("Object.keys(window).filter((key) => /gan|flip|bump/i.test(key))") == []


def test_without_scripts_the_start_stands_alone(opened):
    page = opened(film(), two_bumps(), java_script_enabled=False)
    assert shown(page.locator("figure").first) == ("shade 1", "step 1")
    assert page.locator("button:visible, input:visible").count() == 0
    assert page.locator("img:visible").count() == 2


# two bumps

def oracle(real, fake, prior):
    """The six numbers by SciPy's adaptive quadrature and the closed form of KL between normal densities."""
    def log_density(x, mean, std):
        return -(((x - mean) / std) ** 2) / 2 - np.log(std * np.sqrt(2 * np.pi))

    def share(x):  # log of p and q over the mixture
        p, q = log_density(x, *real), log_density(x, *fake)
        mixture = np.logaddexp(np.log(prior) + p, np.log1p(-prior) + q)
        return p, q, p - mixture, q - mixture

    def js(x):
        p, q, over_p, over_q = share(x)
        return prior * np.exp(p) * over_p + (1 - prior) * np.exp(q) * over_q

    def v(x):
        p, q, over_p, over_q = share(x)
        return 2 * (prior * np.exp(p) * (over_p + log(prior)) + (1 - prior) * np.exp(q) * (over_q + np.log1p(-prior)))

    def kl(p, q):
        return log(q[1] / p[1]) + (p[1] ** 2 + (p[0] - q[0]) ** 2) / (2 * q[1] ** 2) - 0.5

    edges = sorted({mean + k * std for mean, std in (real, fake) for k in (-14, -3, 0, 3, 14)})

    def total(f):
        return sum(quad(f, a, b, epsabs=1e-12, epsrel=1e-12, limit=400)[0] for a, b in zip(edges, edges[1:], strict=False))

    nats = total(js)
    entropy = -prior * log(prior) - (1 - prior) * log(1 - prior)
    return {"v": total(v), "js": nats, "jsBits": nats / log(2), "bound": 2 * nats - 2 * entropy,
            "klRealFake": kl(real, fake), "klFakeReal": kl(fake, real)}


def read(figure):
    return {name: float(part(figure, name).get_attribute("data-value")) for name in ("v", "js", "jsBits", "bound", "klRealFake", "klFakeReal")}


POSITIONS = [
    ((-1.0, 1.0), (1.5, 0.6), 0.5),
    ((0.0, 1.0), (0.0, 1.0), 0.5),
    ((0.0, 0.7), (0.0, 1.8), 0.5),
    ((0.3, 0.2), (0.55, 0.2), 0.5),
    ((-5.0, 3.0), (5.0, 0.2), 0.5),
    ((-5.0, 0.2), (5.0, 0.2), 0.5),
    ((-1.0, 1.0), (1.5, 0.6), 0.95),
    ((2.0, 0.4), (1.0, 2.5), 0.05),
]


def test_numbers_agree_with_scipy(opened):
    figure = opened(two_bumps(prior=0.5)).locator("figure")
    for real, fake, prior in POSITIONS:
        move(figure, real_mean=real[0], real_std=real[1], fake_mean=fake[0], fake_std=fake[1], prior=prior)
        found = read(figure)
        for name, value in oracle(real, fake, prior).items():
            assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-9), (name, real, fake, prior)
            text = part(figure, name).inner_text().replace("\u2212", "-")
            assert float(text) == pytest.approx(value, abs=6e-5), (name, real, fake, prior)


def test_hand_values(opened):
    figure = opened(two_bumps(real=(0, 1), fake=(0, 1))).locator("figure")
    assert read(figure)["v"] == pytest.approx(-log(4), abs=1e-12)
    assert read(figure)["js"] == pytest.approx(0, abs=1e-12)
    move(figure, fake_mean=1)
    assert read(figure)["klRealFake"] == pytest.approx(0.5, abs=1e-12)  # unit Gaussians one apart
    part(figure, "preset-2").click()  # far apart
    assert read(figure)["jsBits"] == pytest.approx(1, abs=1e-9)


def heights(figure, kind):
    """The curve's points (x, y) in pixels."""
    path = figure.locator(f"path.gan-{kind}-line").get_attribute("d")
    return np.array([point.split() for point in path[1:].split("L")], dtype=float)


def test_optimal_discriminator_stays_true_where_both_densities_vanish(opened):
    figure = opened(two_bumps(real=(-5, 0.2), fake=(5, 0.2))).locator("figure")
    sharp = heights(figure, "critic")[:, 1]
    one, zero = sharp.min(), sharp.max()
    assert abs((sharp < (one + zero) / 2).mean() - 0.5) < 0.01  # changes sides half-way between the two
    move(figure, real_mean=0, fake_mean=0)
    even = heights(figure, "critic")[:, 1]
    np.testing.assert_allclose(even, (one + zero) / 2, atol=0.02)  # one half everywhere, 45 deviations out too


def test_curves_are_drawn_where_the_formula_says(opened):
    figure = opened(two_bumps(real=(-1, 1), fake=(1.5, 0.6))).locator("figure")
    x = np.linspace(-9, 9, 361)
    p, q = (np.exp(-(((x - m) / s) ** 2) / 2) / (s * np.sqrt(2 * np.pi)) for m, s in ((-1, 1), (1.5, 0.6)))
    baseline, ceiling = heights(figure, "real")[:, 1].max(), heights(figure, "critic")[:, 1].min()
    for kind, curve in (("real", p), ("fake", q)):  # the density scale ends at 1 for this start
        drawn = (baseline - heights(figure, kind)[:, 1]) / (baseline - ceiling)
        np.testing.assert_allclose(drawn, curve, atol=0.004)
    drawn = (baseline - heights(figure, "critic")[:, 1]) / (baseline - ceiling)
    seen = p + q > 1e-200
    np.testing.assert_allclose(drawn[seen], (p / (p + q))[seen], atol=0.004)


def test_keys_presets_and_reset(opened):
    page = opened(two_bumps())
    figure = page.locator("figure")
    slider = page.get_by_role("slider", name="mean of the generated density")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "1.55"
    assert part(figure, "fake-mean-value").inner_text() == "1.55"
    before = read(figure)
    page.get_by_role("button", name="equal").click()
    assert read(figure)["v"] == pytest.approx(-log(4), abs=1e-12)
    page.get_by_role("button", name="same mean, wider").click()
    assert slider.input_value() == "0"
    page.get_by_role("button", name="Reset").click()
    assert slider.input_value() == "1.5"
    assert read(figure) != before


def test_a_voice_hears_one_sentence_when_the_hand_rests(opened):
    page = opened(two_bumps())
    status = page.get_by_role("status")
    passed = timers_by_hand(page)
    move(page.locator("figure"), fake_mean=-1, fake_std=1)
    assert "mean \u22121.00" not in status.inner_text().split("Generated")[-1]
    passed(700)
    said = status.inner_text()
    assert said.endswith("The best discriminator says 0.50 at the centre of the data and 0.50 at the centre of the "
                         "generated bump. JS is 0.0000 nats, V(D*) is \u22121.3863.")
    assert page.get_by_role("img").get_attribute("aria-label") == said


# both

@pytest.mark.parametrize("width", [320, 390, 760])
def test_nothing_is_wider_than_the_screen(opened, width):
    page = opened(film(), two_bumps(prior=0.5), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_drawing_keeps_its_text_size_on_a_phone(opened):
    page = opened(two_bumps(), viewport={"width": 390, "height": 800})
    box = page.locator("svg").evaluate("(svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width")
    assert box == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(opened, axe, dark):
    page = opened(film(), film("Other", shade=5), two_bumps(), two_bumps(prior=0.3), dark=dark)
    assert axe(page) == []
