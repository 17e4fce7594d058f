"""Style sheets and scripts of the in-page figures, inlined so that a page asks nobody for anything."""

import json
from importlib.resources import files


def style(name: str) -> str:
    """A style sheet of gan_edu/static as a style element."""
    return f"<style>{_read(name)}</style>"


def script(name: str, *arguments: object, using: str | tuple[str, ...] = ()) -> str:
    """A script of gan_edu/static, which holds one function expression, called with these JSON values.

    using: other scripts, each one expression too; what they are is handed over before the values, so that nothing is global.
    """
    names = (using,) if isinstance(using, str) else using
    values = [json.dumps(value, ensure_ascii=False).replace("</", "<\\/") for value in arguments]
    return f"<script>{_read(name)}({', '.join([*map(_read, names), *values])});</script>"


def _read(name: str) -> str:
    return files("gan_edu").joinpath("static", name).read_text(encoding="utf-8").strip()
