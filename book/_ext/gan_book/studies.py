"""What the long studies found, as tables made from ``gan_edu/results`` when the book is built."""

import json
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

WORDS = {1: "One run", 2: "Two runs", 3: "Three runs"}


class StudyDirective(SphinxDirective):
    """What the directives below share: the study of the first argument, and one clear error for what is not in its results."""

    required_arguments = 1
    has_content = True
    wanted: tuple[str, ...] = ()

    def run(self) -> list[nodes.Node]:
        try:
            missing = [name for name in self.wanted if not self.options.get(name)]
            if missing:
                raise ValueError(f"{self.name} {self.arguments[0]}: wanted the option {' and '.join(missing)}")
            return self.made()
        except ValueError as error:
            raise self.error(str(error)) from error

    def results(self, study: str) -> dict | None:
        """What its ``main()`` returned; None when no result is stored. Raises ValueError when there is no such study."""
        root = Path(self.env.srcdir)
        studies = sorted(path.stem for path in (root / "studies").glob("[0-9][0-9]_*.py"))
        if study not in studies:
            raise ValueError(f"no study {study}: wanted one of {', '.join(studies) or 'none that exists'}")
        path = root / "gan_edu" / "results" / f"{study}.json"
        self.env.note_dependency(str(path))
        return json.loads(path.read_text(encoding="utf-8"))["results"] if path.is_file() else None

    def table(self, study: str, headings: list[str], rows: list[list[str]], remark: str, kind: str) -> nodes.table:
        """The option ``caption`` and the remark above a row of headings and the rows."""
        words, _ = self.state.inline_text(self.options["caption"], self.lineno)
        name = f"{study.replace('_', '-')}-table-{self.env.new_serialno('study-table') + 1}"
        table = nodes.table("", nodes.title("", "", *words, nodes.Text(f" {remark}")), ids=[f"study-{name}"], classes=["gan-study", kind])
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in headings), cols=len(headings))
        group += nodes.thead("", _row(headings))
        group += nodes.tbody("", *map(_row, rows))
        table += group
        return table


class StudyTable(StudyDirective):
    """``study-table``: a row for each arm, and in each cell one number for each seed, in the seeds' order.

    rows: where the rows lie in the results: one name (of a dict with a dict for each row, or of a dict of equally long
    columns), or the names of several rows. Lines of the content: ``name: heading``, the first for the column of names. Under a
    heading that ends in % a share is shown in percent. sort: the column by whose means the rows are sorted.
    labels: lines ``name = words`` for rows whose names need others; they hold for the study's later tables on the page too.
    A row that has ``seeds`` of its own was run with these, the others with those of the results.
    """

    option_spec = dict.fromkeys(("caption", "rows", "sort", "labels"), directives.unchanged)
    wanted = ("caption", "rows")

    def made(self) -> list[nodes.Node]:
        study = self.arguments[0]
        results = self.results(study)
        if results is None:
            return [_not_stored(study)]
        (first, heading), *columns = pairs(self.content, ": ")
        rows = rows_of(study, results, self.options["rows"], first)
        if self.options.get("sort"):
            rows = dict(sorted(rows.items(), key=lambda row: _mean(_value(study, *row, self.options["sort"]))))
        labels = self.env.temp_data.setdefault(f"labels of {study}", {})
        labels.update(pairs(self.options["labels"].splitlines(), " = ") if self.options.get("labels") else ())
        unknown = sorted(labels.keys() - rows.keys())
        if unknown:
            raise ValueError(f"{study} has no row {unknown[0]!r}; its rows are {', '.join(rows)}")
        seeds = {name: row["seeds"] if "seeds" in row else seeds_of(study, results) for name, row in rows.items()}
        cells = [[labels.get(name, name), *(shown(_value(study, name, row, key), seeds[name], words) for key, words in columns)] for name, row in rows.items()]
        headings = [heading, *(words for _, words in columns)]
        return [self.table(study, headings, cells, provenance(*seeds.values()), "gan-arms")]


class StudyGrid(StudyDirective):
    """``study-grid``: one number of a list of arms, over two of the arms' settings.

    rows: where the list lies. value: the number's name, followed by % for a share to be shown in percent.
    down: ``name: heading`` of the setting that the rows differ in; across: the names of those that the columns differ in.
    """

    wanted = ("caption", "rows", "value", "down", "across")
    option_spec = dict.fromkeys(wanted, directives.unchanged)
    has_content = False

    def made(self) -> list[nodes.Node]:
        study = self.arguments[0]
        results = self.results(study)
        if results is None:
            return [_not_stored(study)]
        seeds, (key, _, unit) = seeds_of(study, results), self.options["value"].partition(" ")
        ((down, heading),) = pairs([self.options["down"]], ": ")
        found: dict[str, dict[str, str]] = {}
        for number, arm in enumerate(_inside(study, results, self.options["rows"]), start=1):
            settings = [_value(study, number, arm, name) for name in self.options["across"].split()]
            across = " ".join(str(value) for value in settings if value is not None)
            found.setdefault(across, {})[_one(_value(study, number, arm, down))] = shown(_value(study, number, arm, key), seeds, unit)
        names = dict.fromkeys(name for column in found.values() for name in column)
        cells = [[name, *(column.get(name, "–") for column in found.values())] for name in names]
        return [self.table(study, [heading, *found], cells, provenance(seeds), "gan-grid")]


class StudySettings(StudyDirective):
    """``study-settings`` and several studies: a row for each line ``recipe.steps: steps`` of the content, a column for each study with a result."""

    final_argument_whitespace = True
    wanted = ("caption",)
    option_spec = dict.fromkeys(wanted, directives.unchanged)

    def made(self) -> list[nodes.Node]:
        found = {study: self.results(study) for study in self.arguments[0].split()}
        stored = {study: results | {"seeds": seeds_of(study, results)} for study, results in found.items() if results is not None}
        if not stored:
            return [_not_stored(study) for study in found]
        lines = pairs(self.content, ": ")
        for path, _ in lines:
            if all(_at(results, path) is None for results in stored.values()):
                raise ValueError(f"none of {', '.join(stored)} has {path} in its results")
        cells = [[words, *(setting(_at(results, path)) for results in stored.values())] for path, words in lines]
        return [self.table("settings", ["setting", *stored], cells, "", "gan-settings")]


class StudyResults(StudyDirective):
    """``study-results``: its content when the study's result is stored, otherwise a sentence that says it is not."""

    def made(self) -> list[nodes.Node]:
        if self.results(self.arguments[0]) is None:
            return [_not_stored(self.arguments[0])]
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        return list(holder.children)


def pairs(lines: Iterable[str], between: str) -> list[tuple[str, str]]:
    """Lines ``name: words`` as pairs. Raises ValueError for a line without the sign between, and when there is no line."""
    found = [tuple(part.strip() for part in line.partition(between)[::2]) for line in lines if line.strip()]
    for name, words in found or [("no line", "")]:
        if not words:
            raise ValueError(f"wanted lines 'name{between}words', got {name!r}")
    return found


def seeds_of(study: str, results: dict) -> list[int]:
    """Raises ValueError for results that do not say how many runs their numbers rest on."""
    seeds = results.get("seeds", [results["seed"]] if "seed" in results else [])
    if not seeds:
        raise ValueError(f"{study}: wanted 'seeds' or 'seed' in its results; a table has to say how many runs it rests on")
    return list(seeds)


def provenance(seeds: list[int], *others: list[int]) -> str:
    """How many runs a table rests on, and how a cell shows them; ``others``: seeds of further rows."""
    counts = sorted({len(each) for each in (seeds, *others)})
    if len(counts) > 1:
        return f"{_several(counts)} runs to a row: smallest to largest."
    count = f"{WORDS.get(len(seeds), f'{len(seeds)} runs')}, {'seed' if len(seeds) == 1 else 'seeds'} "
    names = [str(seed) for seed in seeds]
    if len(seeds) == 1:
        return f"{count}{names[0]}."
    how = ", in this order" if len(seeds) == 2 else ": smallest to largest"
    return f"{count}{', '.join(names[:-1])} and {names[-1]}{how}."


def _several(counts: list[int]) -> str:
    words = [WORDS.get(count, str(count)).split()[0] for count in counts]
    return " or ".join([", ".join(words[:-1]), words[-1].lower()])


def rows_of(study: str, results: dict, where: str, first: str) -> dict[str, dict]:
    """The rows by their names: those of one dict, the points of a dict of columns, or the entries named."""
    if len(where.split()) > 1:
        return {name: _inside(study, results, name) for name in where.split()}
    inside = _inside(study, results, where)
    if not isinstance(inside, dict):
        raise ValueError(f"{study}: wanted a dict of rows or of columns in {where}, got a {type(inside).__name__}")
    if all(isinstance(row, dict) for row in inside.values()):
        return inside
    points = [dict(zip(inside, values)) for values in zip(*inside.values(), strict=True)]
    return {_one(_value(study, number, point, first)): point for number, point in enumerate(points, start=1)}


def shown(value: float | list[float], seeds: list[int], heading: str = "") -> str:
    """One number, two in the order of the seeds, or the smallest and the largest of more; in percent under a heading with %."""
    form = _percent if heading.endswith("%") else _one
    if not isinstance(value, list):
        return form(value)
    if len(value) != len(seeds):
        raise ValueError(f"{len(value)} numbers for {len(seeds)} seeds: {value}")
    return ", ".join(map(form, value)) if len(value) < 3 else "–".join(dict.fromkeys((form(min(value)), form(max(value)))))


def setting(value: object) -> str:
    """A setting as it was given: a number in full, several between commas, yes or no."""
    if isinstance(value, list):
        return ", ".join(map(setting, value))
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    return f"{value:,g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _one(value: float | str) -> str:
    """Whole numbers in full, others to three digits, with a minus and no hyphen."""
    if isinstance(value, float):
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".") if value else "0"
        return text.replace("-", "−")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _percent(share: float) -> str:
    """One decimal, two below one percent; halves go up."""
    percent = Decimal(str(share)) * 100
    return str(percent.quantize(Decimal("0.1" if percent >= 1 else "0.01"), ROUND_HALF_UP)) if percent else "0"


def _mean(value: float | list[float]) -> float:
    return sum(value) / len(value) if isinstance(value, list) else value


def _value(study: str, name: str | int, row: dict, key: str) -> float | list[float]:
    if key not in row:
        raise ValueError(f"{study}, row {name}: no column {key!r}; its columns are {', '.join(row)}")
    return row[key]


def _inside(study: str, results: dict, name: str) -> dict | list:
    if name not in results:
        raise ValueError(f"{study} has no {name!r} in its results; they are {', '.join(results)}")
    return results[name]


def _at(results: dict, path: str) -> object:
    for name in path.split("."):
        results = results.get(name) if isinstance(results, dict) else None
    return results


def _not_stored(study: str) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.Text("No result of "), nodes.literal(study, study), nodes.Text(" is stored yet."), classes=["gan-not-stored"])


def _row(texts: list[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in texts))
