"""Folded parts: solutions in words, solutions in code, drawing code, and what goes deeper."""

import re

from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

OPENING = re.compile(r"\s*<details[^>]*>\s*(?:<summary>(?P<label>.*?)</summary>)?\s*", re.DOTALL)
CLOSING = re.compile(r"\s*</details>\s*")

logger = logging.getLogger(__name__)


class folded(nodes.General, nodes.Element):
    """Content behind a label, closed at first."""


class fold_label(nodes.General, nodes.TextElement):
    """The label, always in sight."""


def fold(label: str, content: list[nodes.Node], kind: str) -> folded:
    return folded("", fold_label(label, label), *content, classes=["gan-fold", kind])


def fold_details(document: nodes.document, env: BuildEnvironment) -> None:
    """Pair ``<details>`` with ``</details>`` among the children of each node; what lies between is ordinary text."""
    for parent in {id(raw.parent): raw.parent for raw in document.findall(nodes.raw)}.values():
        if isinstance(parent, nodes.TextElement):
            continue
        while _fold_innermost(parent):
            pass
    for raw in document.findall(nodes.raw):
        if raw.get("format") == "html" and not _inside_output(raw):
            _check(raw)


def _fold_innermost(parent: nodes.Element) -> bool:
    opened = None
    for index, child in enumerate(parent.children):
        if not isinstance(child, nodes.raw):
            continue
        if OPENING.fullmatch(child.astext()):
            opened = index
        elif CLOSING.fullmatch(child.astext()) and opened is not None:
            label = OPENING.fullmatch(parent[opened].astext())["label"] or "Solution"
            kind = "gan-solution" if "solution" in label.lower() else "gan-aside"
            parent[opened : index + 1] = [fold(re.sub(r"<[^>]+>", "", label), parent[opened + 1 : index], kind)]
            return True
    return False


def _check(raw: nodes.raw) -> None:
    text = raw.astext()
    if OPENING.fullmatch(text) or CLOSING.fullmatch(text):
        logger.warning("unpaired %r: wanted <details> and </details> at the same level, each between blank lines", text.strip(), location=raw, type="folding")
    elif "<details" in text and re.search(r"\$|\*\*|`", text):
        logger.warning("Markdown inside a raw <details> block: leave a blank line after </summary>", location=raw, type="folding")


def _inside_output(node: nodes.Node) -> bool:
    while node is not None:
        if isinstance(node, nodes.container) and node.get("nb_element") == "cell_code_output":
            return True
        node = node.parent
    return False


def visit_folded(self: HTML5Translator, node: folded) -> None:
    self.body.append(self.starttag(node, "details"))


def depart_folded(self: HTML5Translator, node: folded) -> None:
    self.body.append("</div></details>\n")


def visit_fold_label(self: HTML5Translator, node: fold_label) -> None:
    self.body.append(self.starttag(node, "summary", ""))


def depart_fold_label(self: HTML5Translator, node: fold_label) -> None:
    self.body.append('</summary><div class="gan-fold-content">\n')
