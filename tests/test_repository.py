"""The house itself: floors, imports, one setting, bounds of versions, nothing of any machine."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import gan_edu
from tools.hygiene import PATH
from tools.notebooks import all_notebooks
from tools.records import ROOT
from tools.settings import setting

# from the ground up; a module imports from lower floors, or from its own folder
FLOORS = (
    ("worlds",),
    ("objectives", "likelihoods", "divergences", "transport", "penalties", "lipschitz", "networks"),
    ("games",),
    ("training",),
    ("readers", "metrics"),
    ("claims", "askable", "contestants", "recorded", "translators"),
    ("plots",),
    ("widgets",),
)
MODULES = sorted(path for path in (ROOT / "gan_edu").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room(name: str) -> str:
    return name.split(".")[1]


def floor(name: str) -> int:
    (found,) = [number for number, rooms in enumerate(FLOORS) if room(name) in rooms]
    return found


def imported(path: Path) -> set[str]:
    """Full names of the package's modules, or of things in them, that the file imports."""
    names = set()
    package = module_name(path).split(".") if path.name == "__init__.py" else module_name(path).split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            names |= {f"{base}.{alias.name}" for alias in node.names}
    return {name for name in names if name.startswith("gan_edu.")}


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent != ROOT / "gan_edu" or path.name != "__init__.py"], ids=module_name)
def test_imports_go_down_only(path):
    name = module_name(path)
    upward = {other for other in imported(path) if room(other) != room(name) and floor(other) >= floor(name)}
    assert upward == set()


def test_each_module_leaves_drawing_and_widgets_alone():
    # each module in a fresh process, forked from one that has torch and scipy but neither matplotlib nor ipywidgets
    names = [module_name(path) for path in MODULES if not {"plots", "widgets", "plots.py", "widgets.py"} & set(path.parts)]
    script = f"""
import importlib, os, sys, torch, scipy.stats
before = {{"matplotlib", "ipywidgets"}} & set(sys.modules)
assert not before, before
for name in {names}:
    child = os.fork()
    if child == 0:
        importlib.import_module(name)
        pulled = {{"matplotlib", "ipywidgets", "gan_edu.plots", "gan_edu.widgets"}} & set(sys.modules)
        if pulled:
            print(name, "pulls in", *pulled, flush=True)
        os._exit(bool(pulled))
    assert os.waitpid(child, 0)[1] == 0, name
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_package_does_nothing():
    script = "import sys; before = set(sys.modules); import gan_edu; print(sorted(set(sys.modules) - before), gan_edu.__version__)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == f"['gan_edu'] {gan_edu.__version__}" and done.stderr == ""
    tree = ast.parse((ROOT / "gan_edu" / "__init__.py").read_text(encoding="utf8"))
    assert [type(node).__name__ for node in tree.body] == ["Expr", "Assign"]


CLASSROOM = sorted((ROOT / "classroom").glob("*.py"))
ROOMS = ("child", "notebooks", "course", "walls", "sandbox", "submissions", "marking", "grade", "reports", "hidden", "__main__")  # from the ground up


@pytest.mark.parametrize("path", [path for path in CLASSROOM if path.stem != "__init__"], ids=lambda path: path.stem)
def test_the_classrooms_imports_go_down_only(path):
    source = path.read_text(encoding="utf8")
    lines = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("classroom")]
    others = {alias.name if node.module == "classroom" else node.module.split(".")[1] for node in lines for alias in node.names}
    assert {other for other in others if ROOMS.index(other) >= ROOMS.index(path.stem)} == set()
    assert "gan_edu" not in {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("path", MODULES + CLASSROOM, ids=module_name)
def test_modules_and_functions_are_short(path):
    source = path.read_text(encoding="utf8")
    nodes = list(ast.walk(ast.parse(source)))
    described = [node for node in nodes if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node)]
    prose = {line for node in described for line in range(node.body[0].lineno, node.body[0].end_lineno + 1)}
    code = [number for number, line in enumerate(source.splitlines(), 1) if line.strip() and not line.lstrip().startswith("#") and number not in prose]
    assert len(code) <= 200
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            assert sum(node.lineno <= number <= node.end_lineno for number in code) <= 40, node.name


@pytest.mark.parametrize("path", MODULES + CLASSROOM, ids=module_name)
def test_public_functions_are_typed_and_described(path):
    tree = ast.parse(path.read_text(encoding="utf8"))
    assert ast.get_docstring(tree) or not tree.body
    public = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []
    functions = [node for node in public if isinstance(node, ast.FunctionDef)]
    arguments = [(node.name, one.arg) for node in functions for one in (*node.args.args, *node.args.kwonlyargs) if one.annotation is None]
    assert arguments == [] and [node.name for node in functions if node.returns is None] == []


def test_every_module_has_a_mirror_test():
    tests = {path.stem for path in (ROOT / "tests").glob("test_*.py")}
    names = [module_name(path).split(".", 1)[1].replace(".", "_") for path in MODULES if path.name != "__init__.py"]
    alone = [name for name in names if not any(name.startswith(test.removeprefix("test_")) or test.removeprefix("test_").startswith(name) for test in tests)]
    assert alone == []


def test_the_package_has_lower_bounds_only():
    for requirement in PROJECT["project"]["dependencies"]:
        assert re.fullmatch(r"[a-z-]+>=[\d.]+", requirement), requirement


def test_requirements_cap_the_book_and_torch_and_name_no_index():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert "jupyter-book>=1.0.4.post1,<2" in wanted and "torch>=2.2,<2.14" in wanted
    assert all(re.match(r"[a-z]", line) for line in wanted)  # no options: an index that cannot be reached stalls pip
    bounds = dict(re.match(r"([a-z\d-]+)>=([\w.]+)", line).groups() for line in wanted)
    for requirement in PROJECT["project"]["dependencies"]:
        name, bound = requirement.split(">=")
        assert bounds[name] == bound


def test_version_and_release_agree_everywhere():
    version = gan_edu.__version__
    assert setting()[1] == f"v{version}"
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf8"))
    assert citation["version"] == version and setting()[0] in citation["repository-code"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf8")


def test_the_repository_is_named_as_in_the_setting():
    repository, release = setting()
    readme = (ROOT / "README.md").read_text(encoding="utf8")
    owners = set(re.findall(r"github(?:\.com)?/([\w-]+/[\w-]+?)(?=[/.@)\s]|$)", readme))
    assert owners == {repository}
    for path in all_notebooks():
        assert f"github/{repository}/blob/{release}/notebooks/{path.name}" in readme


def test_make_alone_lists_every_target():
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True).stdout
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    assert [line.split()[:2] for line in listed.splitlines()] == [["make", target] for target in targets]
    assert {"book", "test", "notebooks", "sweep", "studies", "serve"} <= set(targets)


def test_no_file_names_a_machine(need):
    git = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    names = need("git with this repository", git.stdout.split("\n") if git.returncode == 0 else None)
    ours = [name for name in names if name and "/vendor/" not in name and not name.startswith("tests/") and (ROOT / name).is_file()]
    texts = {name: (ROOT / name).read_text(encoding="utf8", errors="ignore") for name in ours if not name.endswith((".png", ".gz", ".ico", ".woff2", ".pt"))}
    allowed = {"tools/hygiene.py", ".ci/run", "Makefile", "classroom/walls.py"}  # the last mounts the system's folders
    assert {name: match[0] for name, text in texts.items() if name not in allowed and (match := PATH.search(text))} == {}
    assert {name for name, text in texts.items() if re.search(r"extra-index-url|find-links|localhost:(?!8000)", text)} == set()


def test_hidden_folders_are_no_part_of_the_book():
    # the test environments lie in .cache, and packages bring Markdown files of their own
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))
    assert ".*" in config["exclude_patterns"]
