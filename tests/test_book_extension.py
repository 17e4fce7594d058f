"""The book's Sphinx extension on small books of its own: what it dresses, and what it warns of."""

import io
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from tools.records import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from gan_book import ledger, pages  # noqa: E402

CLAIM_MIME = "application/vnd.gan-edu.claim+json"
BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/a/b/blob/c/d.ipynb)"
PYPROJECT = '[tool.gan-edu]\nrepository = "someone/somewhere"\nrelease = "v9.9.9"\n'
CONF = """
extensions = ["myst_nb", "gan_book"]
master_doc = "index"
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_dmath_double_inline = True
suppress_warnings = ["mystnb.unknown_mime_type"]
html_theme = "basic"
"""


FRONT = "# Front\n\n```{toctree}\n:glob:\n\n**\n```"


class Book:
    """Pages built from texts and notebooks, and the warnings on the way."""

    def __init__(self, root: Path, files: dict[str, str | list]) -> None:
        self.root = root
        for name, content in {"conf.py": CONF, "pyproject.toml": PYPROJECT, "index.md": FRONT, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(notebook(content)), encoding="utf8")
        warnings = io.StringIO()
        with patch_docutils(), docutils_namespace():
            app = Sphinx(root, root, root / "out", root / "trees", "html", status=None, warning=warnings, freshenv=True)
            app.build()
        lines = re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue()).splitlines()
        self.warnings = "\n".join(line for line in lines if "unsupported theme option" not in line)  # the bare theme has no buttons

    def page(self, name: str) -> BeautifulSoup:
        return BeautifulSoup((self.root / "out" / f"{name}.html").read_text(encoding="utf8"), "html.parser")


@pytest.fixture
def book(tmp_path: Path):
    return lambda **files: Book(tmp_path, {name.replace("__", "/") + (".md" if isinstance(content, str) else ".ipynb"): content for name, content in files.items()})


def notebook(cells: list[dict]) -> dict:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 4}


def text(source: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, *outputs: dict, tags: tuple[str, ...] = ()) -> dict:
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source, "execution_count": 1, "outputs": list(outputs)}


def shown(**data: object) -> dict:
    return {"output_type": "display_data", "metadata": {}, "data": {name.replace("_", "/", 1): value for name, value in data.items()}}


def picture() -> dict:
    return shown(image_png="iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def claim(number: str, kind: str = "measured", value: float = 0.03, bound: float = 0.1) -> dict:
    record = {"id": number, "statement": f"at $p$ number {number} holds", "kind": kind, "relation": "at most", "value": value, "bound": bound, "margin": 0.07, "holds": True}
    html = f'<div class="gan-claim tex2jax_process" id="claim-{number.replace(".", "-")}">Claim {number} holds.</div>'
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": html, "text/plain": "Claim", CLAIM_MIME: record}}


def test_a_theorem_becomes_a_box_with_an_anchor(book):
    built = book(a="# A\n\n> **Theorem 4.1 (Best $D$).** It is *this*.\n>\n> And more.")
    box = built.page("a").select_one("div#theorem-4-1")
    assert built.warnings == "" and box["role"] == "group" and "gan-statement-box" in box["class"]
    title = built.page("a").find(id=box["aria-labelledby"])
    assert title.get_text().startswith("Theorem 4.1 (Best") and len(box.select("p")) == 2


@pytest.mark.parametrize("words, kind", [("Predict.", "predict"), ("Where introductions go wrong.", "myth"), ("Claim 4.3.", "claim"), ("Exercise 4.2 (code).", "exercise"), ("Definition 4.2.", "statement")])
def test_each_kind_of_box(book, words, kind):
    built = book(a=f"# A\n\n> **{words}** Text.", b=[text("# B"), code("claim", claim("4.3"))])
    assert built.warnings == "" and len(built.page("a").select(f".gan-box.gan-{kind}-box")) == 1


def test_a_plain_quotation_stays_one(book):
    page = book(a="# A\n\n> **Bold** words of somebody.\n\n> No bold words.").page("a")
    assert len(page.select("blockquote")) == 2 and not page.select(".gan-box")


def test_going_deeper_is_folded_under_its_title(book):
    page = book(a="# A\n\n> **Going deeper: where the log comes from.** From $x$.\n>\n> More.").page("a")
    fold = page.select_one("details.gan-deeper")
    assert fold.summary.get_text() == "Going deeper: where the log comes from" and "open" not in fold.attrs
    assert fold.select_one(".math") and len(fold.select("p")) == 2


def test_a_misspelt_kind_of_box_is_reported(book):
    assert "'Theroem 4.1.'" in book(a="# A\n\n> **Theroem 4.1.** Text.").warnings


def test_a_tagged_equation_has_number_and_anchor_but_no_tag(book):
    built = book(a="# A\n\nAs in\n$$D = \\frac{p}{p+q}. \\tag{4.1}$$\nso by (4.1).")
    equation = built.page("a").select_one("div.math#equation-4-1")
    assert built.warnings == "" and "tag" not in equation.get_text() and "(4.1)" in equation.select_one(".eqno").get_text()
    assert [p.get_text().strip() for p in built.page("a").select("section > p")] == ["As in", "so by (4.1)."]
    assert built.page("a").select_one('p a[href="#equation-4-1"]')


def test_words_become_links_across_pages(book):
    built = book(a="# A\n\n> **Theorem 4.1.** A.\n\n> **Theorem 4.2.** B.\n\n$$x \\tag{4.3}$$", b="# B\n\nTheorems 4.1 and 4.2 with (4.3), and Theorem 4.1.")
    links = [(link.get_text(), link["href"]) for link in built.page("b").select("section p a")]
    assert built.warnings == ""
    assert links == [("Theorems 4.1", "a.html#theorem-4-1"), ("4.2", "a.html#theorem-4-2"), ("(4.3)", "a.html#equation-4-3"), ("Theorem 4.1", "a.html#theorem-4-1")]


@pytest.mark.parametrize("kind", ["Theorem", "Exercise", "Figure", "Claim", "Definition"])
def test_a_reference_to_a_missing_number_warns(book, kind):
    assert f"there is no {kind} 4.9 to refer to" in book(a=f"# A\n\nSee {kind} 4.9.").warnings


def test_a_missing_equation_warns_where_the_chapter_numbers_equations(book):
    built = book(a="# A\n\n$$x \\tag{4.1}$$\n\nSee (4.2), but f(4.7) and (0.5) and (7.5) are numbers.")
    assert "there is no Equation 4.2" in built.warnings and built.warnings.count("WARNING") == 1


@pytest.mark.parametrize("source", ["> **Theorem 4.1.** A.\n\n> **Theorem 4.1.** B.", "$$x \\tag{4.1}$$\n\n$$y \\tag{4.1}$$"])
def test_a_number_given_twice_warns(book, source):
    assert "4.1 is numbered twice" in book(a=f"# A\n\n{source}").warnings


def test_a_number_given_twice_on_two_pages_warns(book):
    assert "numbered twice (also in a)" in book(a="# A\n\n> **Lemma 4.1.** A.", b="# B\n\n> **Lemma 4.1.** B.").warnings


def test_code_and_formulas_and_headings_are_not_touched(book):
    built = book(a="# A\n\n## On Theorem 4.1\n\n`Theorem 4.9` and $\\text{Theorem 4.9}$ and [Theorem 4.9](https://example.org).\n\n> **Theorem 4.1.** A.")
    assert built.warnings == ""


def test_a_solution_in_words_is_folded_and_its_markdown_rendered(book):
    built = book(a="# A\n\n<details><summary>Solution</summary>\n\nBy $x$ and *y*:\n\n- one\n\n</details>\n\nAfter.")
    fold = built.page("a").select_one("details.gan-solution")
    assert built.warnings == "" and fold.summary.get_text() == "Solution"
    assert fold.select_one(".math") and fold.em and fold.li and "After" not in fold.get_text()


def test_an_unclosed_solution_and_markdown_without_a_blank_line_warn(book):
    assert "unpaired '<details>" in book(a="# A\n\n<details><summary>Solution</summary>\n\nText.").warnings
    assert "leave a blank line" in book(a="# A\n\n<details><summary>Solution</summary>\nBy $x$.\n</details>").warnings


def test_a_caption_joins_its_picture_ahead_of_the_claims(book):
    built = book(a=[text("# A"), code("draw()", picture(), claim("4.1")), text("**Figure 4.1.** Two bumps."), text("See Figure 4.1 and Claim 4.1.")])
    figure = built.page("a").select_one("figure#figure-4-1")
    assert built.warnings == "" and figure.img and figure.figcaption.get_text().strip().startswith("Figure 4.1. Two bumps.")
    assert not figure.select(".gan-claim") and figure.find_next(class_="gan-claim")["id"] == "claim-4-1"
    assert {link["href"] for link in built.page("a").select("p a.reference")} == {"#figure-4-1", "#claim-4-1"}


def test_a_caption_without_a_picture_warns(book):
    assert "Figure 4.1: wanted a picture" in book(a="# A\n\nText.\n\n**Figure 4.1.** Nothing.").warnings


@pytest.mark.parametrize("tags, label, hidden, seen", [
    (("hide-input",), "Drawing code", ["draw()"], ["img"]),
    (("solution", "hide-cell"), "Solution in code", ["draw()"], []),
])
def test_folded_code(book, tags, label, hidden, seen):
    page = book(a=[text("# A"), code("draw()", picture(), tags=tags)]).page("a")
    fold = page.select_one("details.gan-fold")
    assert fold.summary.get_text() == label and all(word in fold.get_text() for word in hidden)
    assert len(page.select("details")) == 1 and bool(fold.img) == (not seen)


def test_the_badge_is_dropped_and_the_rest_of_its_cell_stays(book):
    page = book(a=[text(f"# A\n\nWords.\n\n{BADGE}")]).page("a")
    assert "Words." in page.get_text() and not page.select("img") and "colab" not in str(page.select_one("section"))


def record(**changes: object) -> str:
    entry = {"id": "4.1", "kind": "measured", "relation": "at most", "bound": 0.1, "values": [0.03, 0.08, None], "held": [True, True, False], "margin": 0.02, "margin_sd": 0.5}
    return json.dumps({"notebook": "04_the_game", "code": "x", "seeds": [10, 11, 12], "claims": [{**entry, **changes}]})


LEDGER = "# Ledger\n\n```{claims-ledger}\n```"


def test_the_ledger_reads_notebooks_and_records(tmp_path):
    built = Book(tmp_path, {"claims.md": LEDGER, "notebooks/04_the_game.ipynb": [text("# 4. The game"), code("claim", claim("4.1"), claim("4.2"))], "studies/sweeps/04_the_game.json": record()})
    page = built.page("claims")
    rows = [[cell.get_text().strip() for cell in row.select("td")] for row in page.select("tbody tr")]
    assert built.warnings == "" and page.h2.get_text().startswith("4. The game") and "swept over 3 seeds (10 to 12)" in page.get_text()
    assert rows[0][0] == "4.1" and rows[0][2:] == ["measured", "≤ 0.1", "0.08", "2 of 3", "0.5 sd"]
    assert rows[1][4:] == ["0.03 (one run)", "not swept yet", "–"]
    assert page.select_one("tbody a")["href"] == "notebooks/04_the_game.html#claim-4-1" and page.select_one("tbody .math")


def test_the_ledger_says_plainly_that_nothing_was_swept(book):
    page = book(claims=LEDGER, notebooks__04_the_game=[text("# 4. The game"), code("claim", claim("4.1"))]).page("claims")
    assert "not swept yet" in page.section.section.p.get_text()
    assert [cell.get_text().strip() for cell in page.select("th")] == ["Claim", "Statement", "Kind", "Wanted", "Stored run"]
    assert [cell.get_text().strip() for cell in page.select("tbody td")][2:] == ["measured", "≤ 0.1", "0.03"]


@pytest.mark.parametrize("relation, bound, words", [
    ("at least", 0.5, "≥ 0.5"), ("at most", 1e-9, "≤ 1e-09"), ("between", [0.25, 0.75], "0.25 to 0.75"),
    ("equal within 1e-09", 0.693147, "0.693 within 1e-09"), ("consistent with", 0.7, "a rate of 0.7"),
])
def test_the_ledger_says_what_was_wanted(relation, bound, words):
    assert ledger.wanted({"relation": relation, "bound": bound}) == words


def test_the_ledger_shows_a_value_that_broke_the_bound_as_the_worst(tmp_path):
    built = Book(tmp_path, {"claims.md": LEDGER, "notebooks/04_the_game.ipynb": [text("# 4"), code("claim", claim("4.1"))], "studies/sweeps/04_the_game.json": record(values=[0.01, 0.2, 0.05], held=[True, False, True], margin_sd=-1.0)})
    assert [cell.get_text().strip() for cell in built.page("claims").select("tbody td")][4:] == ["0.2", "2 of 3", "-1.0 sd"]


MODULE = '''"""What it is for.

- one; - two
"""
from .other import helper

CONSTANT = 3
"""How many, in steps."""


def js(real: float, fake: float, *, base: float = 2.718281828, tolerance: float = 1e-9, kind: str = "trapezoid") -> float:
    """Distance JS(p || q) = |p - q| * 2.

    real: a number_ with `code` and ``more``. Range [0, 1].
    Raises ValueError when wrong.

    Source: Lin, 1991, arXiv 1406.2661.
    """


def _hidden(): ...


class Pair:
    """Two of them."""

    left: int

    def total(self) -> int:
        """Sum of both."""
'''


def test_the_reference_shows_public_names_with_their_docstrings(tmp_path):
    built = Book(tmp_path, {"api.md": "# API\n\n```{module-reference}\npack.distances\npack\n```", "pack/distances.py": MODULE, "pack/__init__.py": '"""Pack."""\nfrom .distances import js\n'})
    section = built.page("api").select_one("section#pack-distances")
    assert built.warnings == "" and [name.get_text() for name in section.select(".gan-name")] == ["CONSTANT", "js", "Pair", "total"]
    words = section.get_text()
    assert "|p - q| * 2" in words and "_hidden" not in words and "How many, in steps." in words and "left: int" in words
    assert section.select_one('a[href="https://arxiv.org/abs/1406.2661"]') and 'kind: str=\'trapezoid\',\n)' in words
    assert "Raises ValueError when wrong." in [p.get_text() for p in section.select("p")]
    assert [name.get_text() for name in built.page("api").select("section#pack .gan-name")] == ["js"]


def test_the_reference_names_a_missing_module(book):
    assert "no module pack.nothing" in book(a="# API\n\n```{module-reference}\npack.nothing\n```").warnings


def test_the_one_setting(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf8")
    config = SimpleNamespace(html_theme_options={})
    pages.use_repository_setting(SimpleNamespace(srcdir=tmp_path), config)
    assert config.html_theme_options["repository_url"] == "https://github.com/someone/somewhere"
    assert config.html_theme_options["repository_branch"] == "v9.9.9"


@pytest.mark.parametrize("content, message", [(None, "wanted pyproject.toml"), ("[project]\nname = 'x'\n", "wanted repository and release"), ('[tool.gan-edu]\nrelease = "v1"\n', "wanted repository in")])
def test_a_missing_setting_is_named(tmp_path, content, message):
    if content is not None:
        (tmp_path / "pyproject.toml").write_text(content, encoding="utf8")
    with pytest.raises(Exception, match=message):
        pages.repository_setting(tmp_path)


def test_thebe_files_are_removed_and_others_kept():
    kept = SimpleNamespace(filename="book.js", attributes={})
    context = {"script_files": [kept, SimpleNamespace(filename="", attributes={"body": 'const THEBE_JS_URL = "thebe"'}), SimpleNamespace(filename="sphinx-thebe.js", attributes={})], "css_files": ["sphinx-thebe.css", "book.css"]}
    pages.remove_thebe_files(None, "a", "page.html", context, None)
    assert context == {"script_files": [kept], "css_files": ["book.css"]}
