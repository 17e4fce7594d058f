"""Code cells: captions under their figures, anchors of their claims, folded code, no badge."""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .boxes import first_bold
from .folding import fold
from .numbering import NUMBER, anchor, numbered_things

CAPTION = re.compile(rf"Figure\s({NUMBER})\.?")
CLAIM = re.compile(r'class="gan-claim[^>]*\bid="claim-([0-9]+-[0-9]+)"')

logger = logging.getLogger(__name__)


def drop_badges(document: nodes.document, env: BuildEnvironment) -> None:
    """The badge is for readers of the bare notebook; in the book the launch button does its work, without a request."""
    for image in list(document.findall(nodes.image)):
        if "colab-badge" not in image.get("uri", ""):
            continue
        node = image.parent if isinstance(image.parent, nodes.reference) else image
        paragraph = node.parent
        paragraph.remove(node)
        if not paragraph.astext().strip() and not list(paragraph.findall(nodes.image)):
            paragraph.parent.remove(paragraph)


def anchor_claims(document: nodes.document, env: BuildEnvironment) -> None:
    for output in _parts(document, "cell_code_output"):
        for number in _claims_in(output):
            numbered_things(env).note("Claim", number, output)


def caption_figures(document: nodes.document, env: BuildEnvironment) -> None:
    """``**Figure 4.1.** ...`` below a cell becomes the caption of the cell's pictures, ahead of its claims."""
    for paragraph in list(document.findall(nodes.paragraph)):
        label = first_bold(paragraph)
        match = CAPTION.fullmatch(label.astext()) if label is not None else None
        if match is None:
            continue
        figure = nodes.figure("", ids=[anchor("Figure", match[1])], classes=["gan-captioned"])
        figure.source, figure.line = paragraph.source, paragraph.line
        numbered_things(env).note("Figure", match[1], paragraph)
        label["classes"].append("gan-number")
        index = paragraph.parent.index(paragraph)
        above = paragraph.parent[index - 1] if index else None
        if not _take_picture(above, figure):
            logger.warning("Figure %s: wanted a picture right above its caption", match[1], location=paragraph, type="numbered")
        figure += nodes.caption("", "", *paragraph.children)
        if figure.parent is None:
            paragraph.replace_self(figure)
        else:
            paragraph.parent.remove(paragraph)


def _take_picture(above: nodes.Node | None, figure: nodes.figure) -> bool:
    output = next((part for part in above.children if part.get("nb_element") == "cell_code_output"), None) if _is(above, "cell_code") else None
    if output is not None:
        claims = [part for part in output.children if _claims_in(part)]
        output.children = [part for part in output.children if part not in claims]
        place = output.parent
        place[place.index(output)] = figure
        figure += output
        if claims:
            figure.parent += nodes.container("", *claims, nb_element="cell_code_output", classes=["cell_output"])
        return bool(output.children)
    if isinstance(above, nodes.paragraph) and list(above.findall(nodes.image)):
        above.parent.remove(above)
        figure += above.children
        return True
    return False


def fold_code(document: nodes.document, env: BuildEnvironment) -> None:
    """Cells tagged ``hide-cell`` are folded whole, those tagged ``hide-input`` show what they draw."""
    for cell in list(_parts(document, "cell_code")):
        tags = cell["cell_metadata"].get("tags", [])
        cell.attributes.pop("hide_mode", None)  # the notebook parser would fold it once more
        if "hide-cell" in tags or "solution" in tags:
            label, kind = ("Solution in code", "gan-solution") if "solution" in tags else ("Code and result", "gan-drawing")
            cell.children = [fold(label, list(cell.children), kind)]
            cell.children[0].parent = cell
            continue
        for tag, element, label in (("hide-input", "cell_code_source", "Drawing code"), ("hide-output", "cell_code_output", "Result")):
            part = next(_parts(cell, element), None)
            if tag in tags and part is not None:
                place = part.parent
                index = place.index(part)
                place[index] = fold(label, [part], "gan-drawing")


def _claims_in(part: nodes.Node) -> list[str]:
    return [number.replace("-", ".") for raw in part.findall(nodes.raw) for number in CLAIM.findall(raw.astext())]


def _is(node: nodes.Node | None, element: str) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == element


def _parts(node: nodes.Node, element: str) -> Iterator[nodes.container]:
    return (part for part in node.findall(nodes.container) if _is(part, element))
