"""How nbval compares a cell that makes claims: statement and verdict, marked or not; never the last digits."""

from nbformat import NotebookNode

from tools.notebooks import CLAIM_MIME

COMPARED = ("id", "statement", "kind", "relation", "holds")


def verdicts(outputs: list[NotebookNode], others: bool) -> list[NotebookNode]:
    """The outputs with each claim reduced to what is compared; outputs that are no claims only if `others`."""
    reduced = []
    for output in outputs:
        record = output.get("data", {}).get(CLAIM_MIME)
        if record is not None:
            reduced.append(NotebookNode(output_type="display_data", metadata={}, data={CLAIM_MIME: {name: record[name] for name in COMPARED}}))
        elif others:
            reduced.append(output)
    return reduced


def compare_verdicts(items: list) -> None:
    """Make every collected notebook cell with claims compare them, marked with NBVAL_CHECK_OUTPUT or not."""
    for item in items:
        if type(item).__name__ != "IPyNbCell" or not any(CLAIM_MIME in output.get("data", {}) for output in item.cell.outputs):
            continue
        marked = item.options["check"]
        item.options["check"] = True
        item.compare_outputs = _comparing_verdicts(item.compare_outputs, marked)


def _comparing_verdicts(compare: object, others: bool) -> object:
    return lambda test, stored: compare(verdicts(test, others), verdicts(stored, others))
