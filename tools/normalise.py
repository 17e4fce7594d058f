"""Give an executed notebook the one form in which it is stored, so that running it twice leaves no difference."""

import base64
import hashlib
import io
from collections import Counter

from nbformat import NotebookNode
from PIL import Image

COLOURS = 256
PICTURE = 2048  # with more colours it is a picture, not a drawing: rare colours count too


def normalise(notebook: NotebookNode, code: str) -> None:
    """In place: fixed metadata with `code` (the hash of what was executed), ids from the text, small pictures."""
    notebook.metadata = NotebookNode(
        {
            "gan_edu": {"code": code},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _fix_ids(notebook)
    for cell in notebook.cells:
        cell.metadata = NotebookNode({key: cell.metadata[key] for key in ("mystnb", "nbgrader", "tags") if key in cell.metadata})
        cell.source = "\n".join(line.rstrip() for line in cell.source.strip("\n").splitlines())
        for output in cell.get("outputs", []):
            # a live widget's view is dead without its kernel, and its id is random; its text stays
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
            _small_pictures(output)


def quantise(png: bytes) -> bytes:
    """The PNG with a palette of at most 256 colours and without its writer's name; unchanged when it has a palette."""
    picture = Image.open(io.BytesIO(png))
    if picture.mode not in ("RGB", "RGBA"):
        return png
    if picture.mode == "RGBA" and picture.getextrema()[3] == (255, 255):
        picture = picture.convert("RGB")
    method = Image.Quantize.MEDIANCUT if picture.mode == "RGB" else Image.Quantize.FASTOCTREE
    if picture.mode == "RGB" and picture.getcolors(PICTURE) is None:
        method = Image.Quantize.MAXCOVERAGE
    small = io.BytesIO()
    picture.quantize(COLOURS, method=method, kmeans=3 if method == Image.Quantize.MAXCOVERAGE else 0, dither=Image.Dither.NONE).save(small, format="PNG", optimize=True)
    return small.getvalue()


def _fix_ids(notebook: NotebookNode) -> None:
    # from the text, so that inserting a cell renames no other
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source.strip()}".encode()).hexdigest()[:8]
        seen[name] += 1
        cell["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"


def _small_pictures(output: NotebookNode) -> None:
    data = output.get("data", {})
    if "image/png" in data:
        data["image/png"] = base64.b64encode(quantise(base64.b64decode(data["image/png"]))).decode() + "\n"
