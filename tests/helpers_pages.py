"""In-page figures opened in a real Chromium, from file://, and their parts."""

import re
from collections.abc import Callable
from importlib.resources import files
from importlib.util import find_spec

import numpy as np
import pytest

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def chromium(chromium_path):
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """Opens HTML as a page of its own; at the end nothing may have been requested, logged or thrown."""
    contexts, troubles = [], []

    def opening(*parts, dark=False, **settings):
        colours = "background: #121212; color: #eee; color-scheme: dark" if dark else "background: white; color: black"
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(f'<!doctype html><html lang="en" style="{colours}"><head><meta charset="utf-8"><title>Figures</title>'
                        '<meta name="viewport" content="width=device-width"></head>'
                        f"<body><main><h1>Figures</h1>{''.join(part._repr_html_() for part in parts)}</main></body></html>")
        context = chromium.new_context(**{"viewport": {"width": 800, "height": 900}} | settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or troubles.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opening
    for context in contexts:
        context.close()
    assert not troubles, troubles  # pytest tells no difference outside test files


def part(figure, name):
    return figure.locator(f'[data-part="{name}"]')


def move(figure, **values):
    for name, value in values.items():
        part(figure, name.replace("_", "-")).evaluate("(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', {bubbles: true})); }", value)


def timers_by_hand(page) -> Callable[[int], None]:
    """From now on time passes for the page's timers only when the returned function says how many milliseconds.

    Not ``page.clock.pause_at``: on a busy machine its timers now and then ran off by themselves. A timer set before that the
    page calls off later is called off as ever; left alone it would speak in the middle of a test, half a second after the
    page was opened.
    """
    page.evaluate("""() => {
        let now = 0, last = 1e9;
        const waiting = new Map(), callOff = window.clearTimeout.bind(window);
        window.setTimeout = (act, wait) => { waiting.set(++last, [now + wait, act]); return last; };
        window.clearTimeout = (timer) => waiting.delete(timer) || callOff(timer);
        window.passed = (time) => {
            now += time;
            for (const [timer, [due, act]] of [...waiting].filter(([, [due]]) => due <= now)) { waiting.delete(timer); act(); }
        };
    }""")
    return lambda milliseconds: page.evaluate("(time) => window.passed(time)", milliseconds)


@pytest.fixture(scope="session")
def axe(need) -> Callable:
    """axe(page): the rules that axe-core finds broken, each with the elements that break it."""
    need("the package axe-playwright-python", find_spec("axe_playwright_python"))
    source = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf8")

    def findings(page) -> list[tuple[str, list[str]]]:
        page.evaluate(source)
        return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in page.evaluate("axe.run()")["violations"]]

    return findings


def contrasts(page, colours: list[str]) -> np.ndarray:
    """How far each colour, as the browser gives it, stands out from the page: from 1 (not at all) to 21."""
    paper = _luminance(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    light = np.array([_luminance(colour) for colour in colours])
    return (np.maximum(light, paper) + 0.05) / (np.minimum(light, paper) + 0.05)


def _luminance(colour: str) -> float:
    """Of rgb(...) in bytes or color(srgb ...) in shares."""
    numbers = np.array([float(number) for number in re.findall(r"[\d.]+", colour)[:3]]) / (1 if colour.startswith("color") else 255)
    return np.where(numbers <= 0.04045, numbers / 12.92, ((numbers + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
