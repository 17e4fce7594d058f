"""How far chapter 5's recipe goes in 8,000 steps, twice the chapter's, some twenty minutes. Killed and started again, it goes on from its last checkpoint."""

import json
from dataclasses import replace
from pathlib import Path

import torch

from gan_edu.readers.stored import cache_folder
from gan_edu.training import load_checkpoint, save_checkpoint
from studies.asked import unmet  # noqa: F401 (tools/studies asks a study for its unmet())
from studies.faces_recipe import Recipe, Run, face_pictures, painted, settings
from studies.faces_score import judges
from tools.records import write_record
from tools.studies import study_hash

SEED = 200
THREADS = 1
SAMPLES = 2000
SAVE_EVERY = 1000
RECIPE = replace(Recipe(), steps=8000, weight_decay=0.1)
POINTS = (500, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000)


def main() -> dict:
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    folder = cache_folder() / "studies" / f"05_longer-{study_hash(Path(__file__))}"
    try:
        curve = trained(Run(RECIPE, SEED, face_pictures()), folder, judges().score)
    finally:
        torch.set_num_threads(threads)
    columns = {key: [score[key] for score in curve] for key in curve[0]}
    return {"seed": SEED, "threads": THREADS, "samples": SAMPLES, "recipe": settings(RECIPE), "curve": columns}


def trained(run: Run, folder: Path, score, points=POINTS, save_every: int = SAVE_EVERY) -> list[dict[str, float]]:
    """Train to the end, from the last checkpoint in the folder if there is one; the scores at the points, with their steps."""
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, notes = folder / "run.pt", folder / "curve.json"
    done = load_checkpoint(checkpoint, run.parts) if checkpoint.exists() else 0
    curve = json.loads(notes.read_text(encoding="utf8"))["curve"] if notes.exists() else []
    curve = [point for point in curve if point["step"] <= done]  # what came after the checkpoint will come again
    for step in run.go(done):
        if step in points:
            pictures = painted(run.average.network, run.recipe.latent, SAMPLES, SEED)
            curve.append({"step": step} | score(pictures))
            write_record(notes, {"curve": curve})
            print(curve[-1], flush=True)
        if step % save_every == 0 or step == run.recipe.steps:
            save_checkpoint(checkpoint, step, run.parts)
    checkpoint.replace(folder / "finished.pt")  # kept for a look at its pictures; the next run starts afresh
    return curve
