"""The book's Sphinx extension on small books of its own: what it dresses, and what it warns of."""

from pathlib import Path

import pytest

from helpers_book import BADGE, Book, claim, code, picture, text


@pytest.fixture
def book(tmp_path: Path):
    return lambda **files: Book(tmp_path, {name.replace("__", "/") + (".md" if isinstance(content, str) else ".ipynb"): content for name, content in files.items()})


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
