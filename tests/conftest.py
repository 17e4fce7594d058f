"""What several test files share: outside programs, the built book, small notebooks."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from filelock import FileLock

from tools.book import HTML, build
from tools.records import ROOT


@pytest.fixture(autouse=True)
def the_same_global_numbers() -> None:
    """Small networks that a test builds from PyTorch's own layers start with the same numbers in every run."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def need() -> Callable[[str, object], object]:
    """`need("chromium", path)` gives the path back; when it is None (or empty) the test is skipped, or fails where CI is set."""

    def required(name: str, found: object) -> object:
        if found:
            return found
        reason = f"{name} is not on this machine"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and CI is set: nothing may be skipped")
        pytest.skip(reason)

    return required


@pytest.fixture(scope="session")
def chromium_path(need: Callable) -> str:
    """Chromium's or Chrome's program."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return need("Chromium", next(filter(None, map(shutil.which, names)), None))


@pytest.fixture(scope="session")
def built_book() -> Path:
    """Folder of the built pages; built now when there are none."""
    (ROOT / "_build").mkdir(exist_ok=True)
    with FileLock(ROOT / "_build" / ".lock"):
        if not (HTML / "index.html").is_file():
            build()
    return HTML
