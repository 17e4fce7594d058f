"""What concerns every page: the one setting for repository and release, and no leftovers of unused tools."""

import tomllib
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError


def repository_setting(root: Path) -> tuple[str, str]:
    """Repository ("owner/name") and release ("v0.1.0") from ``[tool.gan-edu]`` in pyproject.toml."""
    path = root / "pyproject.toml"
    if not path.is_file():
        raise ConfigError(f"wanted pyproject.toml with [tool.gan-edu] beside _config.yml; there is no {path.name} in the book's root")
    setting = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("gan-edu", {})
    missing = [key for key in ("repository", "release") if not setting.get(key)]
    if missing:
        raise ConfigError(f"pyproject.toml: wanted {' and '.join(missing)} in [tool.gan-edu]")
    return setting["repository"], setting["release"]


def use_repository_setting(app: Sphinx, config: Config) -> None:
    """The repository's buttons, and launch buttons that open the release rather than the newest state."""
    repository, release = repository_setting(Path(app.srcdir))
    config.html_theme_options.update(
        repository_url=f"https://github.com/{repository}",
        repository_branch=release,
        use_repository_button=True,
        use_issues_button=True,
    )


def remove_thebe_files(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Jupyter Book loads Thebe's scripts on every page, from another host, whether asked to or not."""
    for key in ("script_files", "css_files"):
        files = context.get(key, [])
        context[key] = [file for file in files if "thebe" not in _described(file)]


def remove_thebe_settings(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for raw in list(doctree.findall(nodes.raw)):
        if "text/x-thebe-config" in raw.astext() or raw.astext().startswith("<script>kernelName ="):
            raw.parent.remove(raw)


def mend_roles(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """References stand in a list; the role that docutils gives them is not allowed on a plain block."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def _described(file: object) -> str:
    return f"{getattr(file, 'filename', file)} {getattr(file, 'attributes', '')}"
