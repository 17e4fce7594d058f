"""Run the studies whose code changed: ``python -m tools.studies [--force] [studies]``.

A study is a script ``studies/NN_name.py`` whose ``main()`` takes nothing and returns a JSON-able dict; the result
goes to ``studies/results/NN_name.json`` (its form is described in ``tools.records``).
"""

import argparse
import runpy
import sys
import time
from pathlib import Path

from tools.records import ROOT, code_hash, read_record, write_record

FOLDER = ROOT / "studies"


def all_studies(folder: Path = FOLDER) -> list[Path]:
    return sorted(folder.glob("[0-9][0-9]_*.py"))


def result_of(study: Path) -> Path:
    return study.parent / "results" / f"{study.stem}.json"


def study_hash(study: Path) -> str:
    return code_hash(study.read_text(encoding="utf8"))


def stale(study: Path) -> bool:
    """True when the stored result is missing or was made by other code."""
    return not result_of(study).is_file() or read_record(result_of(study)).get("code") != study_hash(study)


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", nargs="*", type=Path, help="default: all")
    parser.add_argument("--force", action="store_true", help="run also those that did not change")
    arguments = parser.parse_args()
    failed = 0
    studies = arguments.studies or all_studies()
    if not studies:
        print("there is no study yet: studies/README.md says what one is")
    for study in studies:
        if not (arguments.force or stale(study)):
            print(f"{study.name}: unchanged")
            continue
        print(f"{study.name}: running", flush=True)
        try:
            print(f"{study.name}: stored after {run_study(study):.0f} s", flush=True)
        except Exception as error:  # one study's failure, whatever it is, leaves its old result and the others alone
            failed += 1
            print(f"{study.name}: failed, the stored result was left: {type(error).__name__}: {error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
