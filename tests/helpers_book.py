"""Small books built with the book's own Sphinx extension."""

import io
import json
import re
import sys
from pathlib import Path

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from tools.records import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

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
