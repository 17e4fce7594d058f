"""Menus in a real Chromium: each combination shows its picture and says so."""

import numpy as np
import pytest
from helpers_pages import axe, chromium, opened, part  # noqa: F401

from gan_edu.widgets.choices import choices

pytestmark = pytest.mark.browser

HAIR, EYES = ("any", *(f"hair {i}" for i in range(1, 9))), ("any", "blue", "green")


def made(title="Faces"):
    pictures = [np.full((4, 6), 9 * place, dtype=np.uint8) for place in range(27)]
    return choices(pictures, {"Hair": HAIR, "Eyes": EYES}, [f"shade {9 * place}" for place in range(27)], title, start=(1, 1))


def shade(page, figure) -> int:
    """The grey that is really on the screen in the middle of the picture."""
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(part(figure, "picture").screenshot())).convert("L")
    return picture.getpixel((picture.size[0] // 2, picture.size[1] // 2))


def test_every_combination_shows_its_own_picture(opened):
    page = opened(made())
    figure = page.locator("figure")
    menus = figure.locator("select")
    assert part(figure, "label").inner_text() == "shade 36" and abs(shade(page, figure) - 36) <= 1
    for hair, eyes in ((0, 0), (8, 2), (5, 1), (2, 2)):  # in both rows of the sheet
        menus.nth(0).select_option(index=hair)
        menus.nth(1).select_option(index=eyes)
        wanted = 9 * (3 * hair + eyes)
        assert part(figure, "label").inner_text() == f"shade {wanted}" == part(figure, "picture").get_attribute("aria-label")
        assert abs(shade(page, figure) - wanted) <= 1


def test_by_keyboard(opened):
    page = opened(made())
    page.locator("select").nth(1).focus()
    page.keyboard.press("ArrowDown")
    assert part(page.locator("figure"), "label").inner_text() == "shade 45"


def test_two_figures_leave_each_other_alone(opened):
    page = opened(made("One"), made("Two"))
    one, two = page.locator("figure").nth(0), page.locator("figure").nth(1)
    two.locator("select").nth(0).select_option(index=0)
    assert part(one, "label").inner_text() == "shade 36" and part(two, "label").inner_text() == "shade 9"


def test_without_scripts_the_start_stays(opened):
    page = opened(made(), java_script_enabled=False)
    figure = page.locator("figure")
    assert abs(shade(page, figure) - 36) <= 1 and not part(figure, "menus").is_visible()


@pytest.mark.parametrize("settings", [{}, {"dark": True}, {"viewport": {"width": 360, "height": 700}}], ids=["light", "dark", "phone"])
def test_nothing_is_wrong_for_any_reader(opened, axe, settings):
    page = opened(made(), **settings)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
