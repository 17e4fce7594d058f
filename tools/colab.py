"""Run notebooks as Colab does: ``python -m tools.colab [notebooks]`` (default: all).

The versions are those that Colab announced in August 2026 (googlecolab/backend-info), except Python and torch, which
are this machine's. Each notebook lies alone in an empty folder, the package is not installed, and the notebook's
first code cell installs it from GAN_EDU_SOURCE, here a copy of the working tree.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.environments import environment, source_copy
from tools.notebooks import all_notebooks, claim_numbers, code_cells, read, stored_claims

VERSIONS = [
    "torch>=2.2,<2.14",
    "numpy==2.1.3",
    "scipy==1.16.3",
    "matplotlib==3.10.0",
    "ipywidgets==7.7.1",
    "ipython==7.34.0",
    "ipykernel==6.17.1",
    "scikit-learn",
    "pillow",
    "tqdm",
    "nbclient",
    "setuptools>=77",
]


def colab_python() -> Path:
    """The environment's Python, without the package."""
    python = environment("colab", VERSIONS)
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "gan-edu"], check=True, capture_output=True)
    return python


def run_as_colab(notebook: Path, folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """Execute a copy of the notebook in `folder`, which must not exist; the executed copy is folder/executed.ipynb."""
    folder.mkdir(parents=True)
    (folder / notebook.name).write_bytes(notebook.read_bytes())
    command = [colab_python(), "-m", "jupyter", "execute", notebook.name, "--output=executed", "--timeout=2400"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "GAN_EDU", "JUPYTER"))}
    chosen = {"GAN_EDU_SOURCE": str(source), "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    return subprocess.run(command, cwd=folder, env=kept | chosen, capture_output=True, text=True)


def faults(notebook: Path, folder: Path, source: Path) -> list[str]:
    """What went wrong when the notebook was run as Colab does; nothing when every claim was made and held."""
    done = run_as_colab(notebook, folder, source)
    if done.returncode:
        return [f"{notebook.name} failed:\n{done.stderr[-3000:]}"]
    cells = code_cells(read(folder / "executed.ipynb"))
    made = [number for cell in cells for number in claim_numbers(cell)]
    held = [record["id"] for cell in cells for record in stored_claims(cell) if record["holds"]]
    return [] if made == held else [f"{notebook.name} makes claims {made}; held {held}"]


def main() -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        source = source_copy(Path(temporary, "source"))
        for notebook in [Path(name) for name in sys.argv[1:]] or all_notebooks():
            started = time.perf_counter()
            found = faults(notebook, Path(temporary, notebook.stem), source)
            failed += bool(found)
            print("\n".join(found) or f"{notebook.name}: every claim held, {time.perf_counter() - started:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
