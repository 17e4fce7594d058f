"""Numbered things: theorems, exercises, figures, claims and equations, found by kind and number from any page."""

import re
from collections.abc import Iterable

from docutils import nodes
from sphinx.builders import Builder
from sphinx.domains import Domain
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

STATEMENTS = ("Theorem", "Proposition", "Lemma", "Corollary", "Definition", "Algorithm")
KINDS = (*STATEMENTS, "Exercise", "Figure", "Claim", "Equation")
NUMBER = r"[1-9]\d*\.[1-9]\d*"

logger = logging.getLogger(__name__)


def anchor(kind: str, number: str) -> str:
    """The id in the page: ``anchor("Theorem", "4.1")`` is "theorem-4-1"."""
    return f"{kind.lower()}-{number.replace('.', '-')}"


class NumberedThings(Domain):
    """Remembers where each number stands, warns when one is given twice or asked for in vain."""

    name = "numbered"
    label = "numbered things"
    data_version = 1
    initial_data = {"places": {}}  # (kind, number) -> page
    dangling_warnings = {kind: f"there is no {kind} %(target)s to refer to" for kind in KINDS}

    @property
    def places(self) -> dict[tuple[str, str], str]:
        return self.data["places"]

    def note(self, kind: str, number: str, place: nodes.Node) -> None:
        if (kind, number) in self.places:
            other = self.places[kind, number]
            logger.warning("%s %s is numbered twice (also in %s)", kind, number, other, location=place, type="numbered")
        self.places[kind, number] = self.env.docname

    def clear_doc(self, docname: str) -> None:
        for key in [key for key, page in self.places.items() if page == docname]:
            del self.places[key]

    def merge_domaindata(self, docnames: Iterable[str], otherdata: dict) -> None:
        self.places.update((key, page) for key, page in otherdata["places"].items() if page in docnames)

    def resolve_xref(
        self, env: BuildEnvironment, fromdocname: str, builder: Builder, typ: str, target: str, node: nodes.Element, contnode: nodes.Element
    ) -> nodes.Node | None:
        page = self.places.get((typ, target))
        if page is not None:
            return make_refnode(builder, fromdocname, page, anchor(typ, target), contnode)
        if typ == "Equation" and not self._numbers_equations(target):
            return contnode  # a plain number in brackets, such as (7.5) where no chapter 7 numbers its equations
        return None

    def resolve_any_xref(self, *args: object) -> list:
        return []

    def _numbers_equations(self, target: str) -> bool:
        chapter = re.match(r"\d+\.", target)[0]
        return any(kind == "Equation" and number.startswith(chapter) for kind, number in self.places)


def numbered_things(env: BuildEnvironment) -> NumberedThings:
    return env.get_domain(NumberedThings.name)
