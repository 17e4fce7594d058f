"""Records of studies and sweeps: what a file in ``studies/`` holds, and whether it is older than its code.

``gan_edu/results/<study>.json`` is written by ``make studies`` from ``studies/<study>.py``, whose ``main()`` takes
nothing and returns a JSON-able dict::

    {"study": "01_pixels", "code": "<hash>", "results": {... what main() returned ...}}

``studies/sweeps/<notebook>.json`` is written by ``make sweep NOTEBOOK=notebooks/<notebook>.ipynb``::

    {"notebook": "04_the_game", "code": "<hash>", "seeds": [0, 1, ...],
     "claims": [{"id": "4.1", "statement": "...", "kind": "measured", "relation": "at most", "bound": 0.1,
                 "values": [0.03, ...],     one for each seed, null where the claim was not reached
                 "held": [true, ...],       one for each seed; a claim that was not reached did not hold
                 "margin": 0.05,            smallest distance from a value to the bound, negative when violated
                 "margin_sd": 4.2}, ...]}   the same in standard deviations of the values over the seeds; null if they do not vary

``code`` is a hash of the script's or the notebook's code and of every ``gan_edu`` and ``studies`` module it imports, directly
or not. Comments, docstrings, layout and the package's version number do not count, so better prose makes no record stale. For a
sweep, whose numbers no drawing changes, neither do the claims' statements, ``gan_edu.plots`` and ``gan_edu.widgets``.
"""

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "gan_edu"
HASHED = (PACKAGE, "studies")  # folders of the root whose modules count


def code_hash(source: str, root: Path = ROOT, without: tuple[str, ...] = ()) -> str:
    """Sixteen hexadecimal digits for `source` (Python text) and the package's modules it imports, but for the rooms `without`."""
    digest = hashlib.sha256(canonical(source).encode())
    for path in sorted(imported_files(source, root, without)):
        digest.update(f"\n{path.relative_to(root).as_posix()}\n".encode())
        digest.update(canonical(path.read_text(encoding="utf8")).encode() if path.suffix == ".py" else path.read_bytes())
    return digest.hexdigest()[:16]


def canonical(source: str) -> str:
    """The program without comments, docstrings and layout. IPython's own syntax is compared as it stands."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return "\n".join(line.rstrip() for line in source.splitlines())
    return _text(tree)


def imported_files(source: str, root: Path = ROOT, without: tuple[str, ...] = ()) -> set[Path]:
    """Files of the package behind `source`; scripts and styles that one of them names, and the results that it names.

    The rooms `without` are left out, and with them what they alone import.
    """
    found: set[Path] = set()
    waiting = list(_imports(source, PACKAGE, root))
    while waiting:
        path = waiting.pop()
        if path not in found and path.relative_to(root).with_suffix("").parts[1] not in without:
            found.add(path)
            waiting += _imports(path.read_text(encoding="utf8"), _package_of(path, root), root)
    if root / PACKAGE / "recorded.py" in found:
        found |= {path for path in (root / PACKAGE / "results").glob("*.json") if f'"{path.stem}"' in source}
    if any("widgets" in path.parts or path.name == "widgets.py" for path in found):
        texts = [path.read_text(encoding="utf8") for path in found if path.suffix == ".py"]
        found |= {path for path in (root / PACKAGE / "static").glob("*") if path.is_file() and any(path.name in text for text in texts)}
    return found


def write_atomically(path: Path, text: str) -> None:
    """Write beside the file and rename, so that an interruption leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_record(path: Path, record: dict) -> None:
    """Indented JSON with one line for each list of plain numbers. Raises ValueError for NaN and infinity."""
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    flat = re.sub(r"\[[^][{}\"]*\]", lambda match: re.sub(r"\s+", " ", match[0]).replace("[ ", "[").replace(" ]", "]"), text)
    write_atomically(path, flat + "\n")


def read_record(path: Path) -> dict:
    """The stored record. Raises FileNotFoundError or ValueError naming the file."""
    try:
        return json.loads(path.read_text(encoding="utf8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: wanted JSON, got {error}") from None


def _text(node: object) -> str:
    # ast.dump and ast.unparse differ between Python versions; fields that are empty are left out, so that new ones do not matter
    if isinstance(node, ast.AST):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []) and name not in ("ctx", "kind", "type_ignores"))
        return f"{type(node).__name__}({','.join(f'{name}={_text(value)}' for name, value in fields)})"
    if isinstance(node, list):
        return f"[{','.join(_text(item) for item in node if not _is_version(item))}]"
    return repr(node)


def _is_version(node: object) -> bool:
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__version__"


def _imports(source: str, package: str, root: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with IPython's own syntax: read its import lines alone
        tree = ast.parse("\n".join(line for line in source.splitlines() if re.match(r"(from [\w.]+ )?import [\w., ]+$", line)))
    for node in ast.walk(tree):
        for name in _names(node, package):
            path = root.joinpath(*name.split("."))
            for file in (path.with_suffix(".py"), path / "__init__.py"):
                if file.is_file():
                    yield file


def _names(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")
        parent = ".".join(above[: len(above) - node.level + 1]) if node.level else ""
        base = ".".join(part for part in (parent, node.module) if part)
        names = [base] + [f"{base}.{alias.name}" for alias in node.names]
    else:
        return []
    # importing a.b.c also runs a and a.b
    return [".".join(name.split(".")[:n]) for name in names for n in range(1, name.count(".") + 2) if name.split(".")[0] in HASHED]


def _package_of(path: Path, root: Path) -> str:
    return ".".join(path.parent.relative_to(root).parts)
