"""Measure the engine: ``python -m tools.bench_training`` sets chapter 5's loop against those of two papers and prints a table.

All have the same networks (but for batch norm in D, where the paper has it), pictures in memory and batch, and float32;
bfloat16 is a column of its own. The recipe runs its own number of steps, the others for ``--seconds``. Now and then the
weights that would be sampled from (the recipe's average, the others' last) are put aside. They are judged afterwards:
neither the time nor the memory of judging or of putting aside is in the numbers.
"""

import argparse
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import torch

from studies.faces_recipe import Recipe, face_pictures, networks, painted
from studies.faces_score import Judges, judges
from tools.bench_loops import CRITIC_STEPS, LOOPS, RIVALS

RECIPE = Recipe()
SAMPLES = 2000
FIRST_LOOK, LOOKS_APART = 1.0, 1.2  # seconds until weights are first put aside; each later time is so many times the one before
HAIR_READ = 0.8


@dataclass
class Timed:
    """A run: seconds and steps of G at which weights were put aside, the last at its end; megabytes before it and at its peak."""

    seconds: list[float]
    steps: list[int]
    before: float
    peak: float


@dataclass
class Judged:
    """A run, the Frechet distance and the share whose hair is read each time weights were put aside, and the score at its end."""

    run: Timed
    frechet: list[float]
    hair: list[float]
    end: dict[str, float]

    def seconds_to(self, distance: float) -> float | None:
        """Until the Frechet distance was first this small, or None."""
        return next((second for second, value in zip(self.run.seconds, self.frechet) if value <= distance), None)

    def seconds_to_hair(self) -> float | None:
        """Until hair was read with confidence in so many of the pictures and stayed so (blots of one colour may be, too), or None."""
        low = [place for place, value in enumerate(self.hair) if value < HAIR_READ]
        return next(iter(self.run.seconds[max(low, default=-1) + 1 :]), None)


def timed(name: str, pictures: Path, folder: Path, seed: int, recipe: Recipe, seconds: float, threads: int) -> Timed:
    """One run in this process; the weights put aside go to the folder as 0.pt, 1.pt, ..."""
    torch.set_num_threads(threads)
    x = torch.load(pictures, weights_only=True)
    before = peak_megabytes()
    network, steps = LOOPS[name](x, seed, recipe)
    looks, counts, clock, due, taken, going = [], [], 0.0, FIRST_LOOK, 0, True
    while going:
        started = time.perf_counter()
        step = next(steps, "over")
        clock += time.perf_counter() - started
        taken += step != "over"
        going = step != "over" and (name not in RIVALS or clock < seconds)
        if clock >= due or not going:
            torch.save(network.state_dict(), folder / f"{len(looks)}.pt")
            looks, counts, due = [*looks, clock], [*counts, taken], due * LOOKS_APART
    return Timed(looks, counts, before, peak_megabytes())


def peak_megabytes() -> float:
    """Most memory this program has had resident, on Linux; elsewhere nan.

    Not ``getrusage``, which after a fork also counts what the parent had.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="utf8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), float("nan"))


def judged(run: Timed, folder: Path, seed: int, recipe: Recipe, judges: Judges, samples: int = SAMPLES) -> Judged:
    """Sample from all the weights put aside, each time from the same latents."""
    network, _ = networks(recipe, torch.Generator())
    distances, hair = [], []
    for number in range(len(run.seconds)):
        network.load_state_dict(torch.load(folder / f"{number}.pt", weights_only=True))
        pictures = painted(network, recipe.latent, samples, seed)
        distances.append(judges.frechet(pictures))
        hair.append(judges.hair_read(pictures))
    return Judged(run, distances, hair, judges.score(pictures))


def measured(name: str, pictures: Path, seed: int, seconds: float, threads: int) -> Judged:
    """One run of RECIPE in a fresh process, and what it came to."""
    with tempfile.TemporaryDirectory() as folder:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            run = pool.submit(_timed_recipe, name, pictures, Path(folder), seed, seconds, threads).result()
        return judged(run, Path(folder), seed, RECIPE, judges())


def _timed_recipe(name: str, pictures: Path, folder: Path, seed: int, seconds: float, threads: int) -> Timed:
    return timed(name, pictures, folder, seed, RECIPE, seconds, threads)  # a recipe's objective cannot be sent to a process


def table(found: dict[str, list[Judged]]) -> str:
    """Rows of quantities, a column for each loop; entries: least / median / most over the seeds."""
    rows = {
        "steps of G a second": lambda name, run: run.run.steps[-1] / run.run.seconds[-1],
        "steps of D a second": lambda name, run: CRITIC_STEPS[name] * run.run.steps[-1] / run.run.seconds[-1],
        "seconds of training": lambda name, run: run.run.seconds[-1],
        "peak memory, MB": lambda name, run: run.run.peak,
        "of that before training, MB": lambda name, run: run.run.before,
        "Frechet distance on the reader's features, smallest": lambda name, run: min(run.frechet),
        "the same at the end": lambda name, run: run.frechet[-1],
        "hair read with confidence at the end": lambda name, run: run.hair[-1],
        "legal at the end": lambda name, run: run.end["legal"],
        f"seconds until hair is read in {HAIR_READ:.0%} for good": lambda name, run: run.seconds_to_hair(),
    }
    lines = [_line(title, [[value(name, run) for run in runs] for name, runs in found.items()]) for title, value in rows.items()]
    for rival in RIVALS:
        times = times_to_the_best_of(rival, found)
        shares = [[_share(one, other) for one, other in zip(mine, times[rival])] for mine in times.values()]
        lines += [_line(f"seconds to the smallest distance of {rival}", list(times.values())), _line("the same over that loop's", shares)]
    return "\n".join([f"| | {' | '.join(found)} |", f"|{'---|' * (len(found) + 1)}", *lines])


def times_to_the_best_of(rival: str, found: dict[str, list[Judged]]) -> dict[str, list[float | None]]:
    """For each loop, seed by seed: seconds until it was as good as the rival ever was with the same seed."""
    levels = [min(run.frechet) for run in found[rival]]
    return {name: [run.seconds_to(level) for run, level in zip(runs, levels)] for name, runs in found.items()}


def _share(seconds: float | None, of: float) -> float | None:
    return None if seconds is None else seconds / of


def _line(title: str, cells: list[list[float | None]]) -> str:
    return f"| {title} | {' | '.join(map(_spread, cells))} |"


def _spread(values: list[float | None]) -> str:
    """Least / median / most; a value that was not reached counts as the largest."""
    known = [float("inf") if value is None else value for value in values]
    return " / ".join("not reached" if value == float("inf") else f"{value:.3g}" for value in (min(known), statistics.median(known), max(known)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120, help="of training for each of the papers' loops (default 120)")
    parser.add_argument("--seeds", type=int, default=2, help="how many (default 2)")
    parser.add_argument("--threads", type=int, default=2, help="of each run (default 2)")
    arguments = parser.parse_args()
    if arguments.seconds <= 0 or min(arguments.seeds, arguments.threads) < 1:
        parser.error("wanted more than 0 seconds and at least one seed and one thread")
    torch.set_num_threads(arguments.threads)
    found: dict[str, list[Judged]] = {name: [] for name in LOOPS}
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures.pt"
        torch.save(face_pictures().examples.x, pictures)
        for seed in range(arguments.seeds):
            for name, runs in found.items():
                runs.append(measured(name, pictures, seed, arguments.seconds, arguments.threads))
                print(f"seed {seed}, {name}: {runs[-1].run.steps[-1]} steps in {runs[-1].run.seconds[-1]:.0f} s", file=sys.stderr, flush=True)
    print(f"Least / median / most of {arguments.seeds} seeds, {arguments.threads} threads; the papers' loops had {arguments.seconds:g} s each.\n")
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
