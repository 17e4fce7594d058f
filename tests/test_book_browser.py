"""The built pages in a real browser, from files: no request leaves, no error, readable by axe, nothing wider than a phone."""

from collections.abc import Callable, Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tools.records import ROOT

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
EXCUSED = {"label-content-name-mismatch", "region"}  # the theme's own: search and colour mode buttons, the bar around them
LOCAL = ("file", "data", "blob", "about")
CUT_OFF = """() => [...document.querySelectorAll('.bd-article *')]
    .filter((part) => part.getBoundingClientRect().right > 361 && !part.closest('mjx-assistive-mml, .headerlink, svg'))
    .filter((part) => {
        for (let up = part.parentElement; up; up = up.parentElement)
            if (getComputedStyle(up).overflowX !== 'visible' && up.getBoundingClientRect().right <= 361) return false;
        return true;
    })
    .map((part) => part.outerHTML.slice(0, 120))"""
# Ten thousand parts of formulas and code would take axe minutes; the boxes around them keep their sizes.
THIN_OUT = """() => {
    for (const formula of document.querySelectorAll('mjx-container')) {
        const { width, height } = formula.firstElementChild.getBoundingClientRect();
        const blank = document.createElement('span');
        blank.style.cssText = `display: inline-block; width: ${width}px; height: ${height}px`;
        formula.replaceChildren(blank);
    }
    for (const code of document.querySelectorAll('div.highlight pre')) code.textContent = code.textContent;
}"""
UNFOLD = "document.querySelectorAll('.bd-article details').forEach((fold) => (fold.open = true))"
OUT_OF_REACH = """() => [...document.querySelectorAll('.bd-article *')]
    .filter((part) => part.clientWidth && part.scrollWidth > part.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(part).overflowX))
    .filter((part) => part.tabIndex < 0 && !part.querySelector('a[href], button, input, [tabindex="0"]'))
    .map((part) => part.outerHTML.slice(0, 120))"""
CODE_CONTRASTS = """() => {
    const rgb = (colour) => colour.match(/[0-9.]+/g).map(Number);
    const light = (colour) => rgb(colour).slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (part) => { while ((rgb(getComputedStyle(part).backgroundColor)[3] ?? 1) === 0) part = part.parentElement; return getComputedStyle(part).backgroundColor; };
    const found = {};
    for (const token of document.querySelectorAll('.bd-article div.highlight pre span')) {
        const pair = [getComputedStyle(token).color, behind(token)];
        const [low, high] = pair.map(light).sort((a, b) => a - b);
        found[pair.join(' on ')] = (high + 0.05) / (low + 0.05);
    }
    return found;
}"""
pytestmark = pytest.mark.browser


def page_names() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
    return [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]


@pytest.fixture(scope="module")
def browser(chromium_path: str, need: Callable) -> Iterator[object]:
    need("the package playwright", find_spec("playwright"))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """One page in a fresh context that lets nothing out, with what it asked for and complained about."""

    def __init__(self, browser: object, address: str, width: int = 1280, scheme: str = "light") -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.context.route("**/*", self._guard)
        self.page = self.context.new_page()
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(address)
        self.page.evaluate("async () => { if (window.MathJax) await MathJax.startup.promise; }")

    def _guard(self, route: object) -> None:
        if urlsplit(route.request.url).scheme in LOCAL:
            route.continue_()
        else:
            self.asked.append(route.request.url)
            route.abort()

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *error: object) -> None:
        self.context.close()


@pytest.fixture
def visit(browser: object, built_book: Path):
    return lambda name, **settings: Visit(browser, (built_book / f"{name}.html").as_uri(), **settings)


@pytest.fixture(scope="session")
def axe_source(need: Callable) -> str:
    need("the package axe-playwright-python", find_spec("axe_playwright_python"))
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf8")


@pytest.mark.parametrize("name", page_names())
def test_quiet_and_typeset(visit, name):
    with visit(name) as seen:
        assert seen.asked == [] and seen.complaints == []
        formulas = seen.page.locator(".math, .gan-claim:has-text('$')").count()
        assert seen.page.locator(".math:not(:has(mjx-container))").count() == 0
        assert seen.page.locator("mjx-container [data-mjx-error], mjx-merror").count() == 0
        assert (seen.page.locator("mjx-container").count() > 0) == (formulas > 0)
        assert "$" not in " ".join(seen.page.locator(".gan-claim").all_inner_texts())


def violations(seen: Visit, axe_source: str, rules: list[str] | None = None) -> list[tuple[str, str, str]]:
    """What axe finds with everything unfolded. The insides of formulas are MathJax's; colours of code have a test of their own."""
    seen.page.evaluate(UNFOLD)
    seen.page.evaluate(THIN_OUT)
    seen.page.evaluate(axe_source)
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = seen.page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [(fault["id"], node["html"][:200], node["failureSummary"][:300]) for fault in found if fault["id"] not in EXCUSED for node in fault["nodes"]]


@pytest.mark.parametrize("name", [*page_names(), "search"])
def test_axe_finds_nothing(visit, axe_source, name):
    with visit(name) as seen:
        assert seen.page.evaluate("document.documentElement.dataset.theme") == "light"
        assert violations(seen, axe_source) == []


@pytest.mark.parametrize("name", page_names())
def test_axe_finds_no_faint_text_in_the_dark(visit, axe_source, name):
    with visit(name, scheme="dark") as seen:
        assert seen.page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert violations(seen, axe_source, ["color-contrast", "link-in-text-block"]) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_code_stands_out(visit, scheme):
    with visit("notebooks/04_the_game", scheme=scheme) as seen:
        contrasts = seen.page.evaluate(CODE_CONTRASTS)
    assert len(contrasts) >= 5 and {colours: ratio for colours, ratio in contrasts.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("name", page_names())
def test_no_page_is_wider_than_a_phone(visit, name):
    with visit(name, width=360) as seen:
        seen.page.evaluate(UNFOLD)
        seen.page.wait_for_timeout(200)  # what unfolds is measured after the event
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 360
        assert seen.page.evaluate(CUT_OFF) == []
        assert seen.page.evaluate(OUT_OF_REACH) == [], "scrolls, but not by keyboard"


def test_search_finds_from_a_file(browser, built_book):
    address = (built_book / "search.html").as_uri() + "?q=optimal+discriminator"
    with Visit(browser, address) as seen:
        # hits appear one after the other: wait for the one that is wanted, not for the first
        seen.page.locator('#search-results ul.search li a[href*="notebooks/04_the_game.html"]').first.wait_for(timeout=10_000)
        assert seen.asked == [] and seen.complaints == []


def test_the_search_dialog_opens_and_leads_to_hits(visit):
    with visit("book/intro") as seen:
        seen.page.keyboard.press("Control+k")
        field = seen.page.locator("dialog[open] input[type=search], .search-button__search-container input").first
        field.fill("discriminator")
        field.press("Enter")
        seen.page.wait_for_url("**/search.html?q=discriminator*")


def test_a_link_to_something_folded_opens_it(visit):
    with visit("notebooks/04_the_game") as seen:
        folded = seen.page.locator("details.gan-fold [id]").first
        name = folded.get_attribute("id", timeout=2000)
        assert not folded.is_visible()
        seen.page.evaluate(f"location.hash = '#{name}'")
        folded.wait_for(state="visible", timeout=2000)


def test_the_keyboard_opens_a_solution(visit):
    with visit("notebooks/04_the_game") as seen:
        fold = seen.page.locator("details.gan-solution").first
        fold.locator("> summary").focus()
        seen.page.keyboard.press("Enter")
        assert fold.evaluate("(fold) => fold.open")


def test_the_colour_mode_button_changes_the_mode(visit):
    with visit("book/intro") as seen:
        before = seen.page.evaluate("document.documentElement.dataset.theme")
        for _ in range(2):
            seen.page.locator("button.theme-switch-button:visible").first.click()
        seen.page.wait_for_function(f"document.documentElement.dataset.theme !== '{before}' || document.documentElement.dataset.mode !== 'auto'")
