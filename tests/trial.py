"""A notebook of a few cells that has everything the hygiene checks look at, for tests that run or break it."""

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.notebooks import PARAMETERS
from tools.settings import fill, setting

NAME = "09_trial.ipynb"
CLAIMS = '''claim("9.1", "the mean of a thousand normals is near zero", at_most(abs(sample.mean().item()), 0.15))
claim("9.2", "one is one", exact(1.0, 1.0))'''


def trial() -> NotebookNode:
    """Chapter 9, not yet executed."""
    cells = [
        new_markdown_cell("# 9. A trial\n\nDoes the press work?"),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell("import matplotlib.pyplot as plt\nimport torch\nfrom gan_edu.claims import at_most, claim, exact"),
        new_markdown_cell("> **Theorem 9.1 (Trial).** Nothing is hidden.\n\n$$ a = b \\tag{9.1} $$\n\nBy (9.1) and Claim 9.1; see Figure 9.1 and Exercise 9.1."),
        new_code_cell(
            "sample = torch.randn(1000, generator=torch.Generator().manual_seed(SEED))\nprint(len(sample))",
            metadata={"tags": ["nbval-check-output"]},
        ),
        new_code_cell(
            "_ = plt.plot(sample[:50].numpy())\nplt.show()",
            metadata={"mystnb": {"image": {"alt": "fifty normal numbers scattered around zero"}}},
        ),
        new_markdown_cell("**Figure 9.1.** Noise."),
        new_code_cell(CLAIMS),
        new_markdown_cell("> **Exercise 9.1 (code).** Count them."),
        new_code_cell("print(len(sample))", metadata={"tags": ["solution", "hide-cell"]}),
    ]
    notebook = new_notebook(cells=cells)
    fill(notebook, NAME, *setting())
    return notebook


def with_code(notebook: NotebookNode, old: str, new: str) -> NotebookNode:
    """A copy with `old` replaced in the one code cell that has it."""
    changed = copy.deepcopy(notebook)
    (cell,) = [cell for cell in changed.cells if cell.cell_type == "code" and old in cell.source]
    cell.source = cell.source.replace(old, new)
    return changed


def write(notebook: NotebookNode, folder: Path) -> Path:
    path = folder / NAME
    nbformat.write(notebook, path)
    return path
