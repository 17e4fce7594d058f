"""Build the readers' weights that the package ships: ``python -m tools.weights`` makes those whose code changed, ``--force`` all.

``gan_edu/weights/<name>.json`` holds the digest of the file and the hash of the code that made it (see tools/records.py).
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from torch import nn

from gan_edu.readers import digits, faces
from gan_edu.readers.stored import SHIPPED, write
from tools.records import code_hash

STYLES = ("anime", "portrait")


class Recipe(NamedTuple):
    """A network before its lessons, the lessons, and the program that stands for both in the code hash."""

    untaught: Callable[[], nn.Module]
    teach: Callable[[nn.Module], nn.Module]
    code: str


def recipes() -> dict[str, Recipe]:
    """Name of each shipped file -> how it is made."""
    made = {"digits": Recipe(digits.untaught, digits.teach_digits, "import gan_edu.readers.digits")}
    for style in STYLES:
        made[f"faces-{style}"] = Recipe(
            lambda style=style: faces.untaught(style),
            lambda network, style=style: faces.teach_faces(network, style),
            "import gan_edu.readers.faces",
        )
    return made


def stale() -> Iterator[str]:
    """Names of the shipped weights that are missing or older than their code."""
    for name, recipe in recipes().items():
        record = SHIPPED / f"{name}.json"
        if not record.is_file() or json.loads(record.read_text(encoding="utf8")).get("code") != code_hash(recipe.code):
            yield name


def main(arguments: list[str]) -> int:
    made = recipes()
    for name in made if "--force" in arguments else list(stale()):
        write(SHIPPED, name, made[name].teach(made[name].untaught()), code=code_hash(made[name].code))
        print(f"{name}: written", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
