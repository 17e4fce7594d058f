"""Display mathematics: ``$$ ... \\tag{4.1} $$`` gets a number at the margin and an anchor."""

import re

from docutils import nodes
from sphinx.environment import BuildEnvironment

from .numbering import NUMBER, anchor, numbered_things

TAG = re.compile(rf"\\tag\{{({NUMBER})\}}")


def lift_display_math(document: nodes.document, env: BuildEnvironment) -> None:
    """``$$`` inside a paragraph, without blank lines around it, splits the paragraph in two."""
    for block in list(document.findall(nodes.math_block)):
        paragraph = block.parent
        if not isinstance(paragraph, nodes.paragraph):
            continue
        before, after = paragraph.copy(), paragraph.copy()
        after["ids"] = []
        index = paragraph.index(block)
        before.extend(paragraph.children[:index])
        after.extend(paragraph.children[index + 1 :])
        paragraph.replace_self([part for part in (before, block, after) if part is block or part.astext().strip()])


def anchor_tags(document: nodes.document, env: BuildEnvironment) -> None:
    for block in document.findall(nodes.math_block):
        numbers = TAG.findall(block.astext())
        for number in numbers:
            numbered_things(env).note("Equation", number, block)
            block["ids"].append(anchor("Equation", number))
        if len(numbers) == 1:  # one number is set by the page, several are left to MathJax
            content = TAG.sub("", block.astext()).strip()
            block.children = [nodes.Text(content)]
            block["number"] = numbers[0]
