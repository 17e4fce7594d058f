"""Who handed in what: folders or ZIP files as Moodle and Canvas export them, nbgrader's layout, or one folder per student."""

import hashlib
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from classroom import course, notebooks

LARGEST = 50_000_000  # bytes of one file
WHOLE = 4_000_000_000  # bytes of an unpacked archive
MOODLE = re.compile(r"(?P<who>.+_\d+)_assignsubmission_\w+?_?$")
CANVAS = re.compile(r"(?P<who>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_.+$")
NOISE = {"__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db"}


class Paper(NamedTuple):
    """One file that is a notebook, or why it is none."""

    file: str  # relative to the folder
    notebook: NotebookNode | None
    fault: str
    digest: str


class Submission(NamedTuple):
    """All that one student handed in."""

    who: str
    papers: list[Paper]

    @property
    def digest(self) -> str:
        return hashlib.sha256("".join(f"{paper.file}\x00{paper.digest}" for paper in self.papers).encode()).hexdigest()


def unpacked(archive: Path, into: Path) -> Path:
    """An exported ZIP file's content, in `into`. Raises ValueError for a damaged or an enormous one."""
    try:
        with zipfile.ZipFile(archive) as packed:
            if (size := sum(member.file_size for member in packed.infolist())) > WHOLE:
                raise ValueError(f"{archive} would unpack to {size / 1e9:.0f} GB; {WHOLE / 1e9:.0f} are the most")
            packed.extractall(into)  # leaves out "..", drives and leading slashes; writes links as plain files
    except zipfile.BadZipFile as error:
        raise ValueError(f"{archive} is not a whole ZIP file: {error}") from None
    return into


def found(folder: Path, name: str) -> list[Submission]:
    """Submissions in `folder`, in the order of their names, read for assignment `name`.

    Raises FileNotFoundError where there is no folder, ValueError where it holds no file.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"wanted a folder of submissions, but there is none at {folder}")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink() and not NOISE & set(path.relative_to(folder).parts)]
    if not files:
        raise ValueError(f"there is no file in {folder}")
    by_student: dict[str, list[Path]] = {}
    for path in files:
        relative = path.relative_to(folder)
        nbgrader = len(relative.parts) > 2 and relative.parts[1] in course.names()
        if nbgrader and relative.parts[1] != name:
            continue  # nbgrader keeps all assignments in one folder
        by_student.setdefault(notebooks.writable(_who(relative)), []).append(path)
    return [Submission(who, _papers(paths, folder, name)) for who, paths in sorted(by_student.items())]


def _who(relative: Path) -> str:
    first = relative.parts[0]
    if match := MOODLE.match(first):
        return match["who"]
    if len(relative.parts) == 1 and (match := CANVAS.match(first)):
        return f"{match['who']}_{match['number']}"
    return first if len(relative.parts) > 1 else relative.stem


def _papers(paths: list[Path], folder: Path, name: str) -> list[Paper]:
    """Every notebook among the files, whatever it is called; where there is none, one fault that says what came."""
    papers = [_paper(path, folder, name) for path in paths]
    meant = [paper for paper, path in zip(papers, paths, strict=True) if paper.notebook is not None or path.suffix == ".ipynb"]
    if meant:
        return meant
    came = notebooks.writable(", ".join(path.name for path in paths[:5]))
    return [Paper(papers[0].file, None, f"no notebook was handed in; got {came}", papers[0].digest)]


def _paper(path: Path, folder: Path, name: str) -> Paper:
    relative = notebooks.writable(str(path.relative_to(folder)))
    size = path.stat().st_size
    if size > LARGEST:
        return Paper(relative, None, f"the file has {size / 1e6:.0f} MB; {LARGEST / 1e6:.0f} are the most (clear its outputs)", str(size))
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if not content.strip():
        return Paper(relative, None, "the file is empty", digest)
    try:
        notebook = notebooks.parse(content.decode("utf8"))
    except UnicodeDecodeError:
        return Paper(relative, None, "the file is not text, so it is not a notebook", digest)
    except notebooks.NotANotebook as error:
        return Paper(relative, None, str(error), digest)
    other = belongs_to(notebook)
    if other is not None and other != name:
        return Paper(relative, None, f"this is assignment {other}, and {name} is being graded", digest)
    return Paper(relative, notebook, "", digest)


def belongs_to(notebook: NotebookNode) -> str | None:
    """The assignment that a notebook is: as its metadata says, or the one most of whose cells it has; None where nothing tells."""
    said = notebook.metadata.get(notebooks.NAME)
    if said in course.names():
        return said
    here = {notebooks.identity(cell) for cell in notebook.cells} - {""}
    shared = {}
    for name in course.names():
        there = {notebooks.identity(cell) for cell in _released(name)} - {""}
        shared[name] = len(here & there)
    best = max(shared, key=shared.get)
    return best if shared[best] else None


def _released(name: str) -> list[NotebookNode]:
    return notebooks.load(course.path("release", name)).cells
