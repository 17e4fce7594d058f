"""Plain words that name a number, such as "Theorem 4.1", "Claims 4.2 and 4.3" or "(4.1)", become links."""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.environment import BuildEnvironment

from .boxes import box_title
from .folding import fold_label
from .numbering import KINDS, NUMBER

WORDS = "|".join(kind for kind in KINDS if kind != "Equation")
ONE = re.compile(
    rf"\b(?P<kind>{WORDS})(?:(?P<plural>s)\s(?P<list>{NUMBER}(?:(?:, and |, | and | or | to |–){NUMBER})*)|\s(?P<number>{NUMBER}))(?![\d.]*\d)"
    rf"|(?<![\w)])\((?P<equation>[1-9]\d?\.[1-9]\d?)\)"
)
KEPT = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.reference, nodes.title, nodes.raw, nodes.comment,
        addnodes.pending_xref, box_title, fold_label)  # fmt: skip


def link_numbers(document: nodes.document, env: BuildEnvironment) -> None:
    for text in list(document.findall(nodes.Text)):
        if ONE.search(str(text)) and not _kept(text):
            text.parent.replace(text, list(_split(text, env.docname)))


def _kept(text: nodes.Text) -> bool:
    node = text.parent
    while node is not None:
        if isinstance(node, KEPT) or "gan-number" in node.get("classes", ()) or "gan-verbatim" in node.get("classes", ()):
            return True
        node = node.parent
    return False


def _split(text: nodes.Text, page: str) -> Iterator[nodes.Node]:
    words, end = str(text), 0
    for match in ONE.finditer(words):
        for start, stop, kind, number in _targets(match):
            if start > end:
                yield nodes.Text(words[end:start])
            yield _link(words[start:stop], kind, number, text, page)
            end = stop
    if end < len(words):
        yield nodes.Text(words[end:])


def _targets(match: re.Match) -> Iterator[tuple[int, int, str, str]]:
    if match["equation"]:
        yield match.start(), match.end(), "Equation", match["equation"]
    elif match["number"]:
        yield match.start(), match.end(), match["kind"], match["number"]
    else:
        for number in re.finditer(NUMBER, match["list"]):
            offset = match.start("list")
            first = number.start() == 0
            yield (match.start() if first else offset + number.start()), offset + number.end(), match["kind"], number[0]


def _link(words: str, kind: str, number: str, text: nodes.Text, page: str) -> addnodes.pending_xref:
    link = addnodes.pending_xref(
        "", nodes.inline(words, words), refdomain="numbered", reftype=kind, reftarget=number, refdoc=page, refexplicit=True, refwarn=True
    )
    holder = text.parent
    while holder is not None and holder.line is None:
        holder = holder.parent
    link.source, link.line = (holder.source, holder.line) if holder is not None else (None, None)
    return link
