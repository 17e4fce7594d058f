"""Menus and their pictures: what the page holds before any script runs, and what is refused."""

import json

import numpy as np
import pytest
from bs4 import BeautifulSoup

from gan_edu.widgets.choices import choices

MENUS = {"hair": ("any", "red", "blue"), "eyes": ("any", "green")}
ALTS = [f"{hair} hair, {eyes} eyes" for hair in MENUS["hair"] for eyes in MENUS["eyes"]]


def made(**changes):
    pictures = [np.full((4, 6), 40 * place, dtype=np.uint8) for place in range(6)]
    return choices(**{"pictures": pictures, "menus": MENUS, "alts": ALTS, "title": "Faces"} | changes)


def soup(figure) -> BeautifulSoup:
    return BeautifulSoup(figure._repr_html_(), "html.parser")


def test_the_start_is_shown_without_a_script():
    page = soup(made(start=(2, 1)))
    picture = page.select_one('[data-part="picture"]')
    assert picture["aria-label"] == "blue hair, green eyes" == page.select_one("output").text
    assert "background-position:-90px 0px" in picture["style"] and "width:18px;height:12px" in picture["style"]
    assert page.select_one('[data-part="menus"]').has_attr("hidden")
    assert [select.select_one("option[selected]").text for select in page.select("select")] == ["blue", "green"]


def test_every_menu_and_word_is_there():
    page = soup(made())
    assert [[option.text for option in select.select("option")] for select in page.select("select")] == [list(words) for words in MENUS.values()]
    assert [label.contents[0] for label in page.select("label")] == list(MENUS)
    assert json.loads(page.select_one('script[type="application/json"]').text) == ALTS


def test_the_sheet_holds_every_picture_in_its_place():
    import base64
    import io

    from PIL import Image

    sheet = made().sheet
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet.split(",")[1]))).convert("L"))
    assert picture.shape == (4, 6 * 16)
    assert [int(picture[2, 6 * place + 3]) for place in range(6)] == [0, 40, 80, 120, 160, 200]


def test_the_same_at_every_run_and_another_for_other_content():
    first = made()._repr_html_()
    assert first == made()._repr_html_() and first != made(title="Others")._repr_html_() != made(start=(1, 0))._repr_html_()


def test_it_asks_nobody_and_survives_any_text():
    text = soup(made(alts=[*ALTS[:-1], "</script><b>& \" '"], start=(2, 1), title="<i>"))
    assert text.select_one("b") is None and text.select_one("i") is None and "http" not in str(text.select_one("figure"))


def test_in_plain_text():
    assert repr(made()) == "Choices: Faces (6 pictures)"


@pytest.mark.parametrize(("changes", "complaint"), [
    ({"menus": {}}, "at least one menu"),
    ({"menus": {"hair": ()}}, "at least one word"),
    ({"alts": ALTS[:5]}, "wanted 6 pictures and alts, one for each combination; got 6 and 5"),
    ({"menus": {"hair": ("any", "red"), "eyes": ("any", "green")}}, "wanted 4 pictures"),
    ({"title": " "}, "must hold a text"),
    ({"alts": [*ALTS[:5], ""]}, "must hold a text"),
    ({"start": (0,)}, "a place in each of 2 menus"),
    ({"start": (3, 0)}, "start must be a place"),
    ({"pictures": [np.zeros((4, 6), np.uint8)] * 5 + [np.zeros((4, 5), np.uint8)]}, "one size"),
    ({"pictures": [np.zeros((4, 6))] * 6}, "uint8"),
])  # fmt: skip
def test_it_refuses(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        made(**changes)
