"""A study's script, for tests that need its parts."""

import importlib.util
from types import ModuleType

from tools.studies import FOLDER


def script(name: str) -> ModuleType:
    """A study as a module of its own, so that a test can change its constants."""
    spec = importlib.util.spec_from_file_location(f"study_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
