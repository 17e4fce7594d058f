"""The built pages as files: links, anchors, alternative texts, weight, nothing raw, nothing from another host."""

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from tools.records import ROOT
from tools.settings import setting

PAGE_LIMIT = 2_500_000  # bytes of a page and its own images; films of faces are the largest
SHARED = ("_static/",)


@pytest.fixture(scope="module")
def pages(built_book: Path) -> dict[Path, BeautifulSoup]:
    """Every page of the book, parsed."""
    found = [path for path in built_book.rglob("*.html") if "_static" not in path.parts]
    return {path: BeautifulSoup(path.read_text(encoding="utf8"), "html.parser") for path in found}


@pytest.fixture(scope="module")
def articles(pages: dict[Path, BeautifulSoup]) -> dict[Path, Tag]:
    """The article of each page of the table of contents, without the theme around it."""
    return {path: page.select_one("article.bd-article") for path, page in pages.items() if page.select_one("article.bd-article")}


def contents() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
    return [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]


def local_target(page: Path, address: str, root: Path) -> tuple[Path, str] | None:
    """File and anchor that an address in a page means; None for another host's and for data in the page."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    return target, unquote(parts.fragment)


def test_every_page_of_the_contents_was_built(built_book, articles):
    assert len(contents()) >= 11
    assert {built_book / f"{name}.html" for name in contents()} <= set(articles)


def test_every_local_link_script_style_and_picture_exists(built_book, pages):
    broken, seen = [], 0
    for page, soup in pages.items():
        for tag in soup.select("[href], [src]"):
            address = tag.get("href") or tag.get("src") or ""
            found = local_target(page, address, built_book)
            if found is not None:
                seen += 1
                broken += [f"{page.name}: {address}"] if not found[0].exists() else []
    assert seen > 200 and broken == []


def test_every_anchor_exists(built_book, pages):
    anchors = {page: {tag.get("id") or tag.get("name") for tag in soup.select("[id], a[name]")} for page, soup in pages.items()}
    missing, seen = [], 0
    for page, soup in pages.items():
        for tag in soup.select("a[href*='#']"):
            found = local_target(page, tag["href"], built_book)
            if found is None or not found[1]:
                continue
            seen += 1
            missing += [f"{page.name}: {tag['href']}"] if found[1] not in anchors.get(found[0], ()) else []
    assert seen > 50 and missing == []


def test_ids_are_given_once(pages):
    for page, soup in pages.items():
        ids = [tag["id"] for tag in soup.select("[id]")]
        assert sorted(ids) == sorted(set(ids)), page.name


def test_every_picture_says_what_it_shows(articles):
    pictures = [(page.name, image.get("alt", "")) for page, article in articles.items() for image in article.select("img")]
    pictures += [(page.name, svg.get("aria-label", "")) for page, article in articles.items() for svg in article.select("svg[role=img]")]
    assert [(name, alt) for name, alt in pictures if len(alt.strip()) <= 20] == []
    assert pictures or not list((ROOT / "notebooks").glob("*.ipynb"))


def test_every_frame_of_a_flipbook_says_what_it_shows(articles):
    for page, article in articles.items():
        for frames in article.select('[data-flipbook] script[type="application/json"]'):
            alts = [frame["alt"] for frame in json.loads(frames.string)]
            assert all(len(alt.strip()) > 20 for alt in alts), (page.name, alts)


def test_nothing_is_loaded_from_another_host(pages):
    loading = "script[src], link[href]:not([rel=canonical]), img[src], iframe, object, embed, source, video, audio"
    for page, soup in pages.items():
        for tag in soup.select(loading):
            address = tag.get("src") or tag.get("href") or tag.get("data") or ""
            assert not urlsplit(address).netloc, f"{page.name}: {tag}"
        styles = " ".join(style.get_text() for style in soup.select("style"))
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", styles), page.name


def test_styles_load_nothing_from_another_host(built_book):
    for path in (built_book / "_static").rglob("*.css"):
        assert not re.search(r"(url\(|@import )['\"]?(https?:)?//", path.read_text(encoding="utf8")), path.name


def test_thebe_is_gone(pages):
    for page, soup in pages.items():
        assert "thebe" not in str(soup.head).lower() and not soup.select("script[src*=thebe]"), page.name


def test_pages_are_light(built_book, articles):
    for page, article in articles.items():
        images = {local_target(page, image["src"], built_book) for image in article.select("img[src]")}
        own = [found[0] for found in images if found is not None and not str(found[0].relative_to(built_book)).startswith(SHARED)]
        assert page.stat().st_size + sum(path.stat().st_size for path in own) < PAGE_LIMIT, page.name


def test_no_raw_notation_is_left(articles):
    patterns = [r"\\tag\b", r"(?<!\\)\$\$?[^\s$]", r"\{(ref|eq|numref|cite|doc|term|prf:ref)[:\w]*\}`", r"^:::", r"```", r"^> ", r"</?details>", r"\*\*\w"]
    for page, article in articles.items():
        copy = BeautifulSoup(str(article), "html.parser")
        for tag in copy.select("pre, code, script, style, .math, .gan-claim"):
            tag.decompose()
        text = copy.get_text()
        assert [pattern for pattern in patterns if re.search(pattern, text, re.MULTILINE)] == [], page.name


def test_nothing_stray_of_the_theme(articles, pages):
    for page, soup in pages.items():
        assert len(soup.select("form.bd-search")) <= 2, page.name  # the dialog, and the search page's own
        for heading in soup.select(".onlyprint h2"):
            assert heading.find_parent(id="jb-print-toc").select("nav li"), f"{page.name}: an empty list of contents"
        for button in soup.select(".article-header-buttons a[href]"):
            assert button["href"] not in ("", "#"), page.name


def test_numbers_in_words_are_links_to_what_they_name(articles):
    links = [(page, link) for page, article in articles.items() for link in article.select("a.reference.internal") if re.fullmatch(r"(Theorem|Exercise|Figure|Claim|Definition) \d+\.\d+", link.get_text())]
    for page, link in links:
        kind, number = link.get_text().split()
        assert link["href"].endswith(f"#{kind.lower()}-{number.replace('.', '-')}"), (page.name, link)
    loose = [
        (page.name, match[0])
        for page, article in articles.items()
        for text in article.find_all(string=re.compile(r"\b(Theorem|Exercise|Claim|Figure) [1-9]\d*\.[1-9]"))
        for match in re.finditer(r"\b(Theorem|Exercise|Claim|Figure) [1-9]\d*\.[1-9]\d*", text)
        if not text.find_parent(["a", "h1", "h2", "h3", "strong", "code", "pre", "script", "summary", "title"])
        and not text.find_parent(class_="gan-claim")  # printed by the notebook as it runs, where no page is near to link to
    ]
    assert loose == []


def test_every_stored_claim_is_in_the_ledger(built_book, articles):
    stored = {
        output["data"]["application/vnd.gan-edu.claim+json"]["id"]
        for path in (ROOT / "notebooks").glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf8"))["cells"]
        for output in cell.get("outputs", ())
        if "application/vnd.gan-edu.claim+json" in output.get("data", ())
    }
    ledger = articles[built_book / "book" / "claims.html"]
    assert {row.td.get_text().strip() for row in ledger.select("table.gan-ledger tbody tr")} == stored


def test_every_public_module_is_in_the_reference(articles, built_book):
    # a package that says what it offers (__all__) is one entry, the others one for each of their modules
    files = list((ROOT / "gan_edu").rglob("*.py"))
    whole = {path.parent for path in files if path.name == "__init__.py" and "__all__" in path.read_text(encoding="utf8")}
    modules = whole | {path for path in files if path.name != "__init__.py" and path.parent not in whole}
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in modules}
    assert {"gan_edu.training", "gan_edu.worlds.faces", "gan_edu.networks.conv"} <= names
    ids = {tag["id"] for tag in articles[built_book / "book" / "api.html"].select("section[id]")}
    assert {name.replace(".", "-") for name in names} <= ids


def test_buttons_lead_to_the_repository_and_release_of_the_one_setting(pages, built_book):
    repository, release = setting()
    for name in contents():
        addresses = {tag["href"] for tag in pages[built_book / f"{name}.html"].select(".article-header-buttons a[href^=https]")}
        assert addresses and all(f"/{repository}" in address for address in addresses), name
        if name.startswith("notebooks/"):
            assert f"https://colab.research.google.com/github/{repository}/blob/{release}/{name}.ipynb" in addresses
