"""Virtual environments with chosen versions, kept under ``.cache/`` and made anew when the versions change."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from filelock import FileLock

from tools.records import ROOT, write_atomically

FOLDER = ROOT / ".cache"


def environment(name: str, requirements: list[str]) -> Path:
    """The Python of an environment with these requirements. Raises RuntimeError with pip's last words when it cannot be made."""
    home = FOLDER / name
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = home / "requirements"
    wanted = "\n".join([sys.version, *requirements])
    FOLDER.mkdir(exist_ok=True)
    with FileLock(FOLDER / f"{name}.lock"):
        if stamp.is_file() and stamp.read_text(encoding="utf8") == wanted and python.exists():
            return python
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        done = subprocess.run([*pip, *requirements], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the environment {name} could not be made: {done.stderr.strip()[-600:]}")
        write_atomically(stamp, wanted)
    return python


def source_copy(folder: Path) -> Path:
    """A copy of what is needed to install the package, so that building it leaves nothing in the working tree."""
    folder.mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "gan_edu", folder / "gan_edu", ignore=shutil.ignore_patterns("__pycache__"))
    return folder
