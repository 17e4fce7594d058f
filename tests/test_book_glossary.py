"""The glossary is bilingual and in order; every work in references.bib is complete and every citation has one."""

import re

from helpers_prose import BOOK

from tools.notebooks import all_notebooks, read


def test_the_glossary_is_sorted_bilingual_and_long_enough():
    entries = re.findall(r"^(\S.*)\n(\S.*)\n  \S", (BOOK / "glossary.md").read_text(encoding="utf8"), re.MULTILINE)
    english = [first.lower() for first, _ in entries]
    assert len(entries) >= 60 and english == sorted(english) and len(set(english)) == len(english)
    without = [first for first, second in entries if not re.search(r"[\u4e00-\u9fff]", second)]
    assert without == []


def test_every_work_has_author_title_and_year_and_every_key_cited_exists():
    works = re.split(r"^@", (BOOK / "references.bib").read_text(encoding="utf8"), flags=re.MULTILINE)[1:]
    for work in works:
        assert all(re.search(rf"^  {field} = ", work, re.MULTILINE) for field in ("author", "title", "year")), work
    keys = {re.match(r"\w+{(\w+),", work)[1] for work in works}
    cited = {key for page in BOOK.glob("*.md") for group in re.findall(r"{cite:[tp]}`([^`]+)`", page.read_text(encoding="utf8"))
             for key in group.split(",")}
    assert len(keys) == len(works) and cited - keys == set()


def test_every_chinese_term_of_the_chapters_and_pages_is_in_the_glossary():
    glossary = (BOOK / "glossary.md").read_text(encoding="utf8")
    texts = [page.read_text(encoding="utf8") for page in BOOK.glob("*.md")]
    texts += [cell.source for path in all_notebooks() for cell in read(path).cells if cell.cell_type == "markdown"]
    terms = {term for text in texts for term in re.findall(r"[\u4e00-\u9fff]{2,}", text)}
    assert len(terms) >= 100 and [term for term in sorted(terms) if term not in glossary] == []
