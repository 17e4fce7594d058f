"""Run the package's unit tests with the oldest versions that its metadata allows: ``python -m tools.oldest``.

With ``torch==2.2.0``, whose Linux wheel brings CUDA libraries: 3 GB to download, 5.5 GB of disk, three minutes.
``make test`` therefore takes the oldest numpy, scipy, matplotlib, ipywidgets, scikit-learn, pillow and tqdm with the torch
that a fresh installation gets, except where CI is set, where torch is 2.2.0 as well.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tools.environments import environment, source_copy
from tools.records import ROOT

RUNNERS = ["pytest>=8.0", "nbformat", "filelock", "setuptools>=77", "torchmetrics>=1.4", "prdc>=0.2", "pot>=0.9.4"]
PACKAGE_TESTS = ("askable", "claims", "contestants", "divergences", "games", "likelihoods", "lipschitz", "metrics", "networks", "objectives", "penalties", "plots", "readers", "recorded", "training", "translators", "transport", "widgets", "worlds")


def oldest_versions(with_torch: bool) -> list[str]:
    """Every lower bound of pyproject.toml as an exact version; torch only if asked."""
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]["dependencies"]
    pinned = [line.replace(">=", "==") for line in dependencies]
    return pinned if with_torch else ["torch>=2.2,<2.14" if line.startswith("torch==") else line for line in pinned]


def package_tests() -> list[str]:
    """Files named after the package's modules; what needs a browser is about browsers, not versions."""
    names = [path.name for module in PACKAGE_TESTS for path in sorted((ROOT / "tests").glob(f"test_{module}*.py"))]
    return [name for name in names if "browser" not in name]


def run_oldest(with_torch: bool, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the package's tests on an installed copy in `folder`, which must not exist."""
    python = environment("oldest-torch" if with_torch else "oldest", [*oldest_versions(with_torch), *RUNNERS])
    source = source_copy(folder)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", source], check=True, capture_output=True)
    tests = [f"tests/{name}" for name in package_tests()]
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "VIRTUAL_ENV", "CI"))}
    return subprocess.run(command, cwd=ROOT, env=environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True)


def main() -> int:
    with tempfile.TemporaryDirectory() as temporary:
        done = run_oldest(True, Path(temporary, "source"))
    print(done.stdout[-6000:] + done.stderr[-2000:])
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
