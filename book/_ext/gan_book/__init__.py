"""The book's Sphinx extension: dresses the notebooks' portable text.

The notebooks use plain Markdown alone, so that they read well in Colab, in Jupyter and on GitHub. Here a
blockquote that begins with a bold "Theorem 4.1" becomes a box, the words "Theorem 4.1" elsewhere become a link to
it, a tagged equation gets an anchor, and cells that only draw are folded.
"""

from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from . import api, boxes, cells, equations, folding, ledger, pages, references, studies
from .numbering import NumberedThings


class Dress(SphinxTransform):
    """Turn the portable text of one page into the book's own nodes, in the order in which they depend on each other."""

    default_priority = 300

    def apply(self, **kwargs: object) -> None:
        for step in (
            cells.drop_badges,
            equations.lift_display_math,
            folding.fold_details,
            boxes.make_boxes,
            equations.anchor_tags,
            cells.anchor_claims,
            cells.caption_figures,
            cells.fold_code,
            references.link_numbers,
        ):
            step(self.document, self.env)


def setup(app: Sphinx) -> dict:
    app.add_domain(NumberedThings)
    app.add_transform(Dress)
    app.add_node(boxes.box, html=(boxes.visit_box, boxes.depart_box))
    app.add_node(boxes.box_title, html=(boxes.visit_box_title, boxes.depart_box_title))
    app.add_node(folding.folded, html=(folding.visit_folded, folding.depart_folded))
    app.add_node(folding.fold_label, html=(folding.visit_fold_label, folding.depart_fold_label))
    app.add_directive("claims-ledger", ledger.ClaimsLedger)
    app.add_directive("module-reference", api.ModuleReference)
    app.add_directive("study-grid", studies.StudyGrid)
    app.add_directive("study-results", studies.StudyResults)
    app.add_directive("study-settings", studies.StudySettings)
    app.add_directive("study-table", studies.StudyTable)
    app.connect("config-inited", pages.use_repository_setting)
    app.connect("doctree-resolved", pages.remove_thebe_settings, priority=999)
    app.connect("html-page-context", pages.remove_thebe_files, priority=999)
    app.connect("html-page-context", pages.mend_roles)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
