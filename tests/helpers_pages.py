"""In-page figures opened in a real Chromium, from file://, and their parts."""

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
