"""Boxes: blockquotes whose first words are bold and known, such as ``> **Theorem 4.1 (Name).** ...``."""

import re

from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from .folding import fold
from .numbering import NUMBER, STATEMENTS, anchor, numbered_things

NAMED = {"Predict": "predict", "Where introductions go wrong": "myth", "Claim": "claim", "Going deeper": "deeper"}
NUMBERED = re.compile(rf"(?P<kind>[A-Z][a-z]+)\s(?P<number>{NUMBER})(?P<name>\s\(.+\))?[.:]?", re.DOTALL)

logger = logging.getLogger(__name__)


class box(nodes.General, nodes.Element):
    """A set-off statement, exercise, question or warning."""


class box_title(nodes.Inline, nodes.TextElement):
    """The bold words that begin a box."""


def make_boxes(document: nodes.document, env: BuildEnvironment) -> None:
    for quote in list(document.findall(nodes.block_quote)):
        title = first_bold(quote.children[0]) if quote.children else None
        if title is None:
            continue
        words = " ".join(title.astext().split())
        name = next((name for name in NAMED if re.match(rf"{name}\b(?! {NUMBER})", words)), None)
        numbered = NUMBERED.fullmatch(words)
        if name == "Going deeper":
            _fold_quote(quote, title)
        elif name:
            _replace(quote, title, box(classes=["gan-box", f"gan-{NAMED[name]}-box"], role="note"))
        elif numbered:
            _number(quote, title, numbered["kind"], numbered["number"], env)


def first_bold(paragraph: nodes.Node | None) -> nodes.strong | None:
    """The bold words with which a paragraph begins, if it does."""
    if not isinstance(paragraph, nodes.paragraph):
        return None
    first = next((child for child in paragraph.children if child.astext()), None)  # the parser leaves empty texts about
    return first if isinstance(first, nodes.strong) else None


def _number(quote: nodes.block_quote, title: nodes.strong, kind: str, number: str, env: BuildEnvironment) -> None:
    if kind == "Claim":  # the claim itself is a code cell's output and holds the anchor
        _replace(quote, title, box(classes=["gan-box", "gan-claim-box"], role="note"))
        return
    if kind not in (*STATEMENTS, "Exercise"):
        logger.warning("a box that begins with %r: wanted one of %s", title.astext(), ", ".join((*STATEMENTS, "Exercise")), location=quote, type="numbered")
        return
    numbered_things(env).note(kind, number, quote)
    family = "exercise" if kind == "Exercise" else "statement"
    new = box(classes=["gan-box", f"gan-{family}-box"], role="group", ids=[anchor(kind, number)])
    _replace(quote, title, new)


def _replace(quote: nodes.block_quote, title: nodes.strong, new: box) -> None:
    label = box_title("", "", *title.children, ids=[f"{new['ids'][0]}-title"] if new["ids"] else [])
    label["permalink"] = new["ids"][0] if new["ids"] else ""
    new.source, new.line = quote.source, quote.line
    title.replace_self(label)
    new.extend(quote.children)
    quote.replace_self(new)


def _fold_quote(quote: nodes.block_quote, title: nodes.strong) -> None:
    first = quote.children[0]
    first.remove(title)
    label = title.astext().rstrip(".: ")
    if not first.astext().strip():
        quote.remove(first)
    new = fold(label, list(quote.children), "gan-deeper")
    quote.replace_self(new)


def visit_box(self: HTML5Translator, node: box) -> None:
    attributes = {"role": node["role"]}
    if node["ids"]:
        attributes["aria-labelledby"] = f"{node['ids'][0]}-title"
    self.body.append(self.starttag(node, "div", **attributes))


def depart_box(self: HTML5Translator, node: box) -> None:
    self.body.append("</div>\n")


def visit_box_title(self: HTML5Translator, node: box_title) -> None:
    self.body.append(self.starttag(node, "strong", "", CLASS="gan-box-title"))


def depart_box_title(self: HTML5Translator, node: box_title) -> None:
    self.body.append("</strong>")
    if node["permalink"]:
        self.body.append(f'<a class="headerlink" href="#{node["permalink"]}" title="Link to this">#</a>')
