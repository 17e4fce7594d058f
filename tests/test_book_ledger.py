"""The claims ledger, the package's reference and the one setting, on small books of their own."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers_book import PYPROJECT, Book, claim, code, text

from gan_book import ledger, pages  # found once helpers_book is imported


@pytest.fixture
def book(tmp_path: Path):
    return lambda **files: Book(tmp_path, {name.replace("__", "/") + (".md" if isinstance(content, str) else ".ipynb"): content for name, content in files.items()})


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
    ("equal within 1e-09", 0.693147, "0.693 within 1e-09"), ("equal within 1e-09", 7812.0, "7,812 within 1e-09"), ("at most", "inf", "≤ inf"), ("consistent with", 0.7, "a rate of 0.7"),
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
