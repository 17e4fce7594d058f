"""Run the studies whose code changed: ``python -m tools.studies [--force] [studies]``.

A study is a script ``studies/NN_name.py`` whose ``main()`` takes nothing and returns a JSON-able dict; the result
goes to ``gan_edu/results/NN_name.json``, where the chapters find it (``gan_edu.recorded``) (its form is described in ``tools.records``). A study that needs what not every
machine has also has a function ``unmet()``: why it cannot run here, or None when it can; then it is passed over.
"""

import runpy
import sys
import time
from pathlib import Path

from tools import updates
from tools.records import ROOT, code_hash, read_record, write_record

FOLDER = ROOT / "studies"
RESULTS = ROOT / "gan_edu" / "results"


def all_studies(folder: Path = FOLDER) -> list[Path]:
    return sorted(folder.glob("[0-9][0-9]_*.py"))


def result_of(study: Path) -> Path:
    return RESULTS / f"{study.stem}.json"


def study_hash(study: Path) -> str:
    return code_hash(study.read_text(encoding="utf8"))


def stale(study: Path) -> bool:
    """True when the stored result is missing or was made by other code."""
    return not result_of(study).is_file() or read_record(result_of(study)).get("code") != study_hash(study)


def unmet(study: Path) -> str | None:
    """Why the study cannot run on this machine, by its own word; None when it can."""
    return runpy.run_path(str(study)).get("unmet", lambda: None)()


def run_study(study: Path) -> float:
    """Run and store; returns the seconds it took. Raises ValueError when it has no main() or returns no dict."""
    code = study_hash(study)
    main = runpy.run_path(str(study)).get("main")
    if main is None:
        raise ValueError(f"{study.name}: wanted a function main() that returns the results")
    started = time.perf_counter()
    results = main()
    if not isinstance(results, dict):
        raise ValueError(f"{study.name}: wanted main() to return a dict, got {type(results).__name__}")
    write_record(result_of(study), {"study": study.stem, "code": code, "results": results})
    return time.perf_counter() - started


def update(study: Path, force: bool) -> str:
    """Run the study if it is stale or forced; returns what was done. Raises what the study raises."""
    if not (force or stale(study)):
        return "unchanged"
    reason = unmet(study)
    if reason:
        return f"passed over: {reason}"
    print(f"{study.name}: running", flush=True)
    return f"stored after {run_study(study):.0f} s"


def main() -> int:
    arguments = updates.parsed(__doc__.splitlines()[0], "studies")
    studies = arguments.paths or all_studies()
    if not studies:
        print("there is no study yet: studies/README.md says what one is")
    # whatever goes wrong in one study, its old result and the others are left alone
    return updates.each(studies, lambda study: update(study, arguments.force), (Exception,))


if __name__ == "__main__":
    sys.exit(main())
