"""Marks on paper: a table for the teacher, a page for every student, the open answers to read, tables for Moodle and Canvas."""

import csv
import html
import io
from pathlib import Path

from classroom import course, notebooks
from classroom.grade import Result, slug, write

STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;background:#f3f4f6;padding:.8rem}td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}"


def all_reports(results: list[Result], assignment: course.Assignment, out: Path) -> list[Path]:
    """Write marks.csv, reports/ and to_mark.html; returns what was written."""
    written = [out / "marks.csv", out / "to_mark.html"]
    write(written[0], table(results, assignment, given_by_hand(written[0])))
    write(written[1], to_mark(results, assignment))
    for result in results:
        place = out / "reports" / f"{slug(result.who)}.html"
        write(place, page(result, assignment))
        written.append(place)
    return written


def table(results: list[Result], assignment: course.Assignment, by_hand: dict[tuple[str, str], str]) -> str:
    """A row for each student; the columns of open questions are for the teacher, and what stands in them is kept."""
    questions, manual = sorted(assignment.points), sorted(assignment.open)
    rows = [["id", "student", "status", *questions, "points", "of", *manual, "notes", "seconds", "file"]]
    for result in results:
        points = {mark.question: f"{mark.points:g}" for mark in result.marks}
        whole = "" if result.points is None else f"{result.points:g}"
        hand = [by_hand.get((result.who, name), "") for name in manual]
        cells = [result.who, result.student or "", result.status, *(points.get(name, "") for name in questions), whole, f"{sum(assignment.points.values()):g}"]
        rows.append([*cells, *hand, "; ".join(result.notes), f"{result.seconds:.1f}", result.file])
    return _csv(rows)


def page(result: Result, assignment: course.Assignment) -> str:
    """What the student gets to read: points, why, what went wrong; no expected value and no hidden input."""
    body = [f"<h1>{assignment.name}</h1>", f"<p>{html.escape(result.who)}, file {html.escape(result.file)}</p>"]
    if result.points is None:
        body.append(f"<p><strong>{html.escape(result.status)}.</strong> No mark was given or lost; please ask your teacher.</p>")
    else:
        body.append(f"<p><strong>{result.points:g} of {sum(assignment.points.values()):g} points</strong>, without the open questions, which your teacher reads.</p>")
        body.append("<table><tr><th>question</th><th>points</th><th>why</th></tr>")
        for mark in result.marks:
            lines = "<br>".join(html.escape(line) for line in mark.lines)
            body.append(f"<tr><td>{mark.question}</td><td>{mark.points:g} of {mark.most:g}</td><td>{lines}</td></tr>")
        body.append("</table>")
    if result.notes:
        body.append("<h2>What was noticed</h2><ul>" + "".join(f"<li>{html.escape(note)}</li>" for note in result.notes) + "</ul>")
    return _page(f"{assignment.name}: {result.who}", body)


def to_mark(results: list[Result], assignment: course.Assignment) -> str:
    """Every open question with its model answer and rubric, then everybody's words."""
    body = [f"<h1>{assignment.name}: open questions</h1><p>Enter the points into marks.csv; the next run keeps them.</p>"]
    for cell in assignment.source.cells:
        if not notebooks.is_open(cell):
            continue
        name = notebooks.identity(cell)
        body.append(f"<h2>{name}, {assignment.open[name]:g} points</h2><pre>{html.escape(cell.source)}</pre>")
        for result in results:
            words = result.open.get(name, "").strip()
            said = "<p>(no answer)</p>" if words in ("", notebooks.WORDS) else f"<pre>{html.escape(words)}</pre>"
            body.append(f"<h3>{html.escape(result.who)}</h3>{said}")
    return _page(f"{assignment.name}: to mark", body)


def upload(marks: str, kind: str, column: str) -> str:
    """Totals, those marked by hand included, as `kind` ("moodle" or "canvas") reads them; `column` is the assignment's there.

    A student who was not graded, or whose open question was not marked yet, gets an empty cell, which both leave as it is.
    """
    rows = list(csv.DictReader(io.StringIO(marks)))
    if not rows or not {"id", "points", "of"} <= set(rows[0]):
        raise ValueError("wanted a marks.csv written by this grader, got a table without the columns id, points, of")
    manual = list(rows[0])[list(rows[0]).index("of") + 1 : list(rows[0]).index("notes")]
    table = [["Identifier", column]] if kind == "moodle" else [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column]]
    for row in rows:
        parts = [row["points"], *(row[name] for name in manual)]
        try:
            total = f"{sum(float(part) for part in parts):g}" if all(part.strip() for part in parts) else ""
        except ValueError:
            raise ValueError(f"row {row['id']}: wanted points as numbers, got {parts}") from None
        name, _, number = row["id"].rpartition("_")
        table.append([f"Participant {number}" if name else row["id"], total] if kind == "moodle" else [name or row["id"], number if name else "", "", row["student"], "", total])
    return _csv(table)


def given_by_hand(marks: Path) -> dict[tuple[str, str], str]:
    """What a teacher wrote into an earlier table. Raises ValueError rather than lose it, where the table cannot be read."""
    if not marks.exists():
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(marks.read_text(encoding="utf-8-sig"))))
        return {(row["id"], name): value for row in rows for name, value in row.items() if name and isinstance(value, str)}
    except (UnicodeDecodeError, KeyError):
        raise ValueError(f"{marks} was saved in another form (wanted commas and UTF-8), so points given by hand cannot be kept; save it as CSV UTF-8, or move it away") from None


def _csv(rows: list[list[str]]) -> str:
    """No cell that a spreadsheet would execute: what begins like a formula gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["'" + cell if cell[:1] in "=+-@\t\r" and cell[:1] and not _number(cell) else cell for cell in row] for row in rows])
    return out.getvalue()


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _page(title: str, body: list[str]) -> str:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    return head + "\n".join(body) + "</html>\n"
