"""The package's reference, read from its source: the build needs neither torch nor an import of the package."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

LITERAL = re.compile(r"``(.+?)``|`([^`]+)`|(arXiv[: ]\s?(\d{4}\.\d{4,5}))")
LINE = re.compile(r"\n(?=\w+(?:, \w+){0,5}: |(?:Raises|Returns|Range|Needs) )")  # where a docstring begins a new line on purpose


class Item(NamedTuple):
    """A statement that defines a public name, and what its docstring says."""

    code: ast.stmt
    words: str | None


class ModuleReference(SphinxDirective):
    """``module-reference`` followed by dotted module names: what each is for, and its public names."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        sections = []
        for name in (line.strip() for line in self.content if line.strip()):
            path = module_path(root, name)
            if path is None:
                raise self.error(f"no module {name}: wanted {'/'.join(name.split('.'))}.py or a folder of that name with __init__.py")
            for file in [path] if path.name != "__init__.py" else sorted(path.parent.glob("*.py")):
                self.env.note_dependency(str(file))
            sections.append(_module(name, path))
        return sections


def module_path(root: Path, name: str) -> Path | None:
    stem = root.joinpath(*name.split("."))
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


def public_items(path: Path) -> dict[str, Item]:
    """Public names of a module with what defines each; a package shows the names that it takes from its modules."""
    tree = _parse(path)
    if path.name != "__init__.py":
        return {name: item for name, item in _definitions(tree) if not name.startswith("_")}
    found = {}
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.level == 1 and statement.module:
            source = dict(_definitions(_parse(module_path(path.parent, statement.module))))
            found.update((alias.name, source[alias.name]) for alias in statement.names if alias.name in source)
    return found


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _definitions(tree: ast.Module | ast.ClassDef) -> Iterator[tuple[str, Item]]:
    for statement, following in zip(tree.body, [*tree.body[1:], None]):
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            yield statement.name, Item(statement, ast.get_docstring(statement))
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            words = following.value.value if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant) else None
            yield statement.targets[0].id, Item(statement, inspect.cleandoc(words) if isinstance(words, str) else None)


def _module(name: str, path: Path) -> nodes.section:
    section = nodes.section("", nodes.title("", "", nodes.literal(name, name)), ids=[name.replace(".", "-")], names=[name], classes=["gan-verbatim"])
    section += docstring(ast.get_docstring(_parse(path)))
    section += [_entry(key, item, name) for key, item in public_items(path).items()]
    return section


def _entry(name: str, item: Item, owner: str) -> nodes.definition_list:
    identifier = f"{owner}.{name}".replace(".", "-")
    code = signature(item.code)
    body = nodes.definition("", nodes.literal_block(code, code, language="python", classes=["gan-signature"]))
    body += docstring(item.words)
    if isinstance(item.code, ast.ClassDef):
        members = [(key, member) for key, member in _definitions(item.code) if isinstance(member.code, ast.FunctionDef)]
        body += [_entry(key, member, f"{owner}.{name}") for key, member in members if not key.startswith("_")]
    term = nodes.term("", "", nodes.literal(name, name, classes=["gan-name"]), ids=[identifier])
    return nodes.definition_list("", nodes.definition_list_item("", term, body), classes=["gan-entry"])


def signature(item: ast.stmt, width: int = 76) -> str:
    """The signature as one would write it, one argument a line where it is too long for one."""
    if isinstance(item, ast.Assign):
        return ast.unparse(item)
    if isinstance(item, ast.ClassDef):
        fields = [ast.unparse(field) for field in item.body if isinstance(field, ast.AnnAssign)]
        bases = f"({', '.join(ast.unparse(base) for base in item.bases)})" if item.bases else ""
        return "\n    ".join([f"class {item.name}{bases}", *fields])
    prefix = "".join(f"@{ast.unparse(decorator)}\n" for decorator in item.decorator_list)
    returns = f" -> {ast.unparse(item.returns)}" if item.returns else ""
    line = f"{item.name}({ast.unparse(item.args)}){returns}"
    if len(line) > width:
        line = f"{item.name}(\n    " + ",\n    ".join(_arguments(item.args)) + f",\n){returns}"
    return prefix + line


def _arguments(arguments: ast.arguments) -> list[str]:
    """``ast.unparse`` of each argument, kept apart at the commas that are not inside brackets."""
    parts, depth = [""], 0
    for character in ast.unparse(arguments):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def docstring(text: str | None) -> list[nodes.Node]:
    """Paragraphs, lists of ``- items`` and indented formulas of a plain docstring."""
    found: list[nodes.Node] = []
    for block in re.split(r"\n\s*\n", text.strip("\n") if text else ""):
        lines = block.split("\n")
        if not block.strip():
            continue
        if all(line.startswith("    ") for line in lines):
            found.append(nodes.literal_block("", "\n".join(line[4:] for line in lines), language="none"))
        elif lines[0].startswith("- "):
            items = re.split(r"\n(?=- )", block)
            found.append(nodes.bullet_list("", *(nodes.list_item("", _paragraph(item[2:])) for item in items)))
        else:
            found += [_paragraph(part) for part in re.split(LINE, block)]
    return found


def _paragraph(block: str) -> nodes.paragraph:
    words = " ".join(block.split())
    paragraph, end = nodes.paragraph(), 0
    for match in LITERAL.finditer(words):
        paragraph += nodes.Text(words[end : match.start()])
        if match[3]:
            paragraph += nodes.reference(match[3], match[3], refuri=f"https://arxiv.org/abs/{match[4]}", internal=False)
        else:
            code = match[1] or match[2]
            paragraph += nodes.literal(code, code)
        end = match.end()
    paragraph += nodes.Text(words[end:])
    return paragraph
