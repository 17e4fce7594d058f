"""The studies of faces: every arm runs, broken runs go on, scores have hand values, records their form."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from helpers_games import seeded
from helpers_studies import script
from scipy.linalg import sqrtm

from gan_edu.networks.conv import dcgan_generator, upsampling_generator
from gan_edu.objectives import non_saturating, relativistic
from gan_edu.readers import faces as reading
from gan_edu.readers.network import Reading
from gan_edu.training import InMemory
from gan_edu.worlds import digits, faces
from studies.faces_recipe import Pictures, Recipe, Run, face_pictures, painted, settings, settled
from studies.faces_score import Judges, frechet, least_share, nyquist_share
from studies.processes import side_by_side
from tools.records import code_hash, read_record
from tools.studies import FOLDER, RESULTS, unmet, update

SMALL = Recipe(steps=3, width=2, latent=4, batch=4, penalty_every=2)
SCORES = {"hair_color", "eye_color", "least_hair_color", "least_eye_color", "legal", "near", "patches", "irises", "chequer", "frechet"}


@pytest.fixture(scope="module")
def judges() -> Judges:
    """With a reader that has learnt nothing, its features enlarged so that small differences show: every number is there."""
    reader = reading.untaught("anime").requires_grad_(False)
    reader.hidden.weight.mul_(100)
    return Judges(reader, 200)


@pytest.fixture(scope="module")
def pool() -> InMemory:
    return face_pictures(16)


def weights(run: Run) -> list[torch.Tensor]:
    return [tensor.clone() for part in ("G", "D", "average") for tensor in (run.parts[part] if part != "average" else run.average.network).state_dict().values()]


# the recipe


def test_the_settings_are_all_numbers_that_a_record_can_hold():
    found = settings(SMALL)
    assert found["steps"] == 3 and found["betas"] == [0.0, 0.99] and not {"objective", "generator"} & found.keys()
    assert all(isinstance(value, (int, float, list)) for value in found.values())


def test_the_pool_is_the_same_in_every_run_and_not_what_the_judges_compare_with(pool):
    again = faces.sample(16, generator=seeded(5)).x
    assert torch.equal(pool.examples.x, again) and pool.examples.x.is_contiguous(memory_format=torch.channels_last)
    from studies import faces_recipe, faces_score

    assert faces_recipe.FACES_SEED != faces_score.REAL_SEED


@pytest.mark.parametrize(("field", "value"), [("rate", 1e-4), ("betas", (0.5, 0.9)), ("floor", 1.0), ("gamma", 0.0), ("batch_norm", True), ("paper_weights", True), ("weight_decay", 0.0), ("first_weights", 1.0),
                                              ("objective", non_saturating), ("memory", 0.0), ("penalty_every", 1), ("generator", upsampling_generator)])  # fmt: skip
def test_every_field_of_the_recipe_reaches_the_run(pool, field, value):
    runs = [Run(recipe, 1, pool) for recipe in (SMALL, replace(SMALL, **{field: value}))]
    assert [list(run.go()) for run in runs] == [[1, 2, 3]] * 2
    one, other = (weights(run) for run in runs)
    assert len(one) != len(other) or not all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(one, other))


def test_a_run_is_decided_by_its_seed(pool):
    runs = [Run(SMALL, seed, pool) for seed in (1, 1, 2)]
    for run in runs:
        list(run.go())
    first, same, other = map(weights, runs)
    assert all(map(torch.equal, first, same)) and not all(map(torch.equal, first, other))


def test_painting_leaves_the_network_as_it_was_and_each_picture_alone():
    G = dcgan_generator(4, 32, 3, 2, generator=seeded())
    before = {name: value.clone() for name, value in G.state_dict().items()}
    x = painted(G, 4, 3, 7)
    assert G.training and x.shape == (3, 3, 32, 32) and not x.requires_grad
    assert all(torch.equal(before[name], value) for name, value in G.state_dict().items())
    assert torch.allclose(x, painted(G, 4, 3, 7)) and torch.allclose(x[:1], painted(G, 4, 1, 7), atol=1e-5)


def test_a_settled_network_has_the_statistics_of_its_own_weights():
    G = dcgan_generator(4, 32, 3, 2, generator=seeded())
    ready, z = settled(G, 4, 3), torch.randn(4000, 4, generator=seeded(8))
    first = G[:3](z)  # what goes into the first batch norm
    assert torch.allclose(ready[3].running_mean, first.mean((0, 2, 3)), atol=0.02) and torch.allclose(ready[3].running_var, first.var((0, 2, 3)), rtol=0.05)
    assert not torch.allclose(ready(z), G.eval()(z), atol=0.01)


# scores


def test_frechet_has_its_hand_values():
    x = torch.randn(50, 6, generator=seeded(), dtype=torch.float64)
    assert abs(frechet(x, x)) < 1e-9
    assert math.isclose(frechet(x, x + 2), 6 * 4, rel_tol=1e-9)  # only the means differ
    spread = x - x.mean(0)
    assert math.isclose(frechet(spread, 3 * spread), 4 * torch.cov(x.T).trace().item(), rel_tol=1e-9)  # (3 - 1)^2 tr C


@pytest.mark.parametrize("count", [40, 5])
def test_frechet_agrees_with_a_matrix_root(count):
    x, y = torch.randn(40, 6, generator=seeded(1)).double(), (torch.randn(count, 6, generator=seeded(2)) @ torch.randn(6, 6, generator=seeded(3))).double()
    C, other = torch.cov(x.T), torch.cov(y.T)
    root = sqrtm((C @ other).numpy()).real.trace()
    wanted = (x.mean(0) - y.mean(0)).square().sum().item() + (C.trace() + other.trace()).item() - 2 * root
    assert math.isclose(frechet(x, y), wanted, rel_tol=1e-5) and math.isclose(frechet(x, y), frechet(y, x), rel_tol=1e-9)


def test_the_nyquist_share_is_one_for_what_alternates_and_none_for_what_does_not():
    places = torch.arange(8)
    stripes = (-1.0) ** places.reshape(1, 1, 1, 8).expand(2, 3, 8, 8)
    wave = torch.cos(2 * torch.pi * places / 8).reshape(1, 1, 8, 1).expand(2, 3, 8, 8)
    for alternating in (stripes, stripes.transpose(2, 3), stripes * stripes.transpose(2, 3)):
        assert math.isclose(nyquist_share(alternating + 5), 1, rel_tol=1e-9)
    assert nyquist_share(wave) < 1e-9 and math.isclose(nyquist_share(wave + stripes), 2 / 3, rel_tol=1e-5)
    noise = torch.randn(400, 3, 8, 8, generator=seeded())
    assert math.isclose(nyquist_share(noise), 15 / 63, rel_tol=0.02)  # white: 8 + 8 - 1 of the 63 frequencies


def test_the_least_share_counts_confident_answers_only():
    probabilities = torch.tensor([[0.95, 0.05], [0.92, 0.08], [0.97, 0.03], [0.05, 0.95], [0.4, 0.6], [0.11, 0.89]])
    assert math.isclose(least_share(probabilities), 2 * 1 / 4, rel_tol=1e-6)
    assert least_share(probabilities[4:]) == 0 and least_share(probabilities[:3]) == 0


class Knowing:
    """Reads 100 faces it was told of: hair surely in the first 80, eyes in the first 60."""

    def __init__(self, truth: faces.Factors) -> None:
        self.truth = truth

    def read(self, x: torch.Tensor) -> Reading:
        sure = {"hair_color": 80, "eye_color": 60, "hair_shape": 0}
        categories = {name: self._answers(name, count)[: len(x)] for name, count in sure.items()}
        quantities = {name: getattr(self.truth, name)[: len(x)] for name in faces.RANGES}
        return Reading(categories, quantities, x.flatten(1)[:, :5])

    def _answers(self, name: str, sure: int) -> torch.Tensor:
        right = torch.nn.functional.one_hot(getattr(self.truth, name), faces.CATEGORIES[name]).float()
        trust = torch.where(torch.arange(len(right)) < sure, 1.0, 0.6).reshape(-1, 1)
        return trust * right + (1 - trust) / right.shape[1]


def test_scores_of_real_faces_that_are_partly_read():
    known = faces.sample(100, generator=seeded(6))
    found = Judges(Knowing(known.factors), 100).score(known.x)
    assert found.keys() == SCORES
    assert (found["hair_color"], found["eye_color"], found["legal"]) == (0.8, 0.6, 0.6)
    assert found["near"] == found["patches"] == found["irises"] == found["chequer"] == 1 and abs(found["frechet"]) < 1e-6


def test_pictures_that_are_no_faces_score_nothing():
    known = faces.sample(100, generator=seeded(6))
    found = Judges(Knowing(known.factors), 100).score(torch.sign(torch.randn(known.x.shape, generator=seeded())))
    assert found["legal"] == found["near"] == found["patches"] == found["irises"] == 0
    assert found["chequer"] > 5 and found["frechet"] > 0.1


# the levers


def test_every_arm_changes_one_thing_and_dcgan_nearly_all():
    levers = script("05_levers")
    fields = Recipe.__dataclass_fields__
    changed = {name: {field for field in fields if getattr(arm, field) != getattr(levers.RECIPE, field)} for name, arm in levers.ARMS.items()}
    assert changed.pop("full") == set()
    assert changed.pop("DCGAN's settings") == {"rate", "betas", "floor", "gamma", "weight_decay", "batch_norm", "paper_weights", "objective"}
    assert changed.pop("batch norm in D, no penalties") == {"gamma", "batch_norm"}
    assert changed.pop("neither decay nor small first weights") == {"weight_decay", "first_weights"}
    assert len(changed) == 8 and all(len(fields) == 1 for fields in changed.values()) and len(set().union(*changed.values())) == 8


def test_every_arm_runs_and_the_record_has_its_form(judges, pool, monkeypatch):
    levers = script("05_levers")
    for name, arm in levers.ARMS.items():
        small = replace(arm, steps=3, width=2, latent=4, batch=4, penalty_every=2)
        monkeypatch.setitem(levers.ARMS, name, small)
    monkeypatch.setattr(levers, "DCGAN", levers.ARMS["DCGAN's settings"])
    monkeypatch.setattr(levers, "SAMPLES", 20)
    monkeypatch.setattr(levers, "judges", lambda: judges)
    monkeypatch.setattr(levers, "face_pictures", lambda: pool)
    found = {(name, seed): levers.scores(name, seed) for name in levers.ARMS for seed in levers.SEEDS}
    record = levers.record(found)
    check_levers(record)
    values = lambda name, key: record["arms"][name][key]  # noqa: E731
    for place, seed in enumerate(levers.SEEDS):
        averaged, last = found["full", seed]
        assert values("full", "frechet")[place] == averaged["frechet"] != last["frechet"] == values(levers.RAW, "frechet")[place]
        assert values("DCGAN's settings", "frechet")[place] == found["DCGAN's settings", seed][1]["frechet"]
    assert len({tuple(values(name, "frechet")) for name in record["arms"]}) == len(record["arms"])


def check_levers(record: dict) -> None:
    assert record["recipe"]["steps"] > 0 and len(record["arms"]) == 13
    for arm in record["arms"].values():
        assert arm.keys() == SCORES and {len(values) for values in arm.values()} == {len(record["seeds"])} == {2}
        assert all(math.isfinite(value) for values in arm.values() for value in values)


# longer


def counted(pictures: torch.Tensor) -> dict[str, float]:
    return {"mean": round(pictures.mean().item(), 6)}


def test_a_longer_run_that_is_killed_goes_on_as_if_it_had_not_been(pool, tmp_path, monkeypatch):
    longer = script("05_longer")
    monkeypatch.setattr(longer, "SAMPLES", 5)
    recipe = replace(SMALL, steps=9)
    whole = longer.trained(Run(recipe, 1, pool), tmp_path / "whole", counted, points=(2, 5, 9), save_every=4)

    class Killed(Exception):
        pass

    def dies_at_the_second(pictures: torch.Tensor) -> dict[str, float]:
        seen.append(len(pictures))
        if len(seen) == 3:
            raise Killed
        return counted(pictures)

    seen: list[int] = []
    with pytest.raises(Killed):
        longer.trained(Run(recipe, 1, pool), tmp_path / "broken", dies_at_the_second, points=(2, 5, 9), save_every=4)
    steps = []
    monkeypatch.setattr(Run, "go", lambda run, done=0, go=Run.go: (steps.append(step) or step for step in go(run, done)))
    assert longer.trained(Run(recipe, 3, pool), tmp_path / "broken", counted, points=(2, 5, 9), save_every=4) == whole
    assert [point["step"] for point in whole] == [2, 5, 9] and steps == [9]
    assert [path.name for path in sorted((tmp_path / "broken").iterdir())] == ["curve.json", "finished.pt"]


def test_scores_from_after_the_checkpoint_are_made_again(pool, tmp_path, monkeypatch):
    longer = script("05_longer")
    monkeypatch.setattr(longer, "SAMPLES", 5)
    (tmp_path / "curve.json").write_text('{"curve": [{"step": 2, "mean": 99}]}')
    assert [point["step"] for point in longer.trained(Run(SMALL, 1, pool), tmp_path, counted, points=(2, 3))] == [2, 3]


def test_the_longer_study_ends_with_a_point_and_scores_about_ten():
    longer = script("05_longer")
    assert longer.POINTS[-1] == longer.RECIPE.steps and 8 <= len(longer.POINTS) <= 12 and list(longer.POINTS) == sorted(longer.POINTS)
    assert longer.RECIPE.steps == 2 * Recipe().steps and longer.RECIPE.width == Recipe().width


def test_the_longer_studys_record(judges, pool, tmp_path, monkeypatch):
    longer = script("05_longer")
    for name, value in {"RECIPE": SMALL, "SAMPLES": 20, "THREADS": 1, "cache_folder": lambda: tmp_path, "judges": lambda: judges, "face_pictures": lambda: pool}.items():
        monkeypatch.setattr(longer, name, value)
    monkeypatch.setattr(longer.trained, "__defaults__", ((1, 3), 2))
    record = longer.main()
    assert record["curve"].keys() == SCORES | {"step"} and record["curve"]["step"] == [1, 3] and record["recipe"] == settings(SMALL)
    assert all(len(values) == 2 for values in record["curve"].values())


# MNIST


def bars(n: int) -> digits.Digits:
    """Pictures of 28x28 with a bar where the label says."""
    y = torch.arange(n) % 10
    x = torch.full((n, 1, 28, 28), -1.0)
    for number, place in enumerate(y.tolist()):
        x[number, :, 2 * place + 2 : 2 * place + 5] = 1
    return digits.Digits(x, y)


def test_mnists_record_on_bars(monkeypatch):
    mnist = script("05_mnist")
    source = bars(200)
    wide = mnist.widened(source).x
    assert wide.shape == (200, 1, 32, 32) and torch.equal(wide[:, :, 2:-2, 2:-2], source.x) and bool((wide[:, :, [0, 1, 30, 31]] == -1).all())
    record = mnist.record(source, [wide[:100], wide[[3] * 50]], lessons=30)
    assert record["reader"]["taught_on"] == record["reader"]["tested_on"] == 100
    assert record["reader"]["right"] == record["generated"]["read"][0] == 1 and record["generated"]["least"] == [1, 0]
    assert record["generated"].keys() == record["real"].keys() == {"read", "least"} and len(record["seeds"]) == 2


def test_mnists_generator_runs_on_one_channel(monkeypatch):
    mnist = script("05_mnist")
    monkeypatch.setattr(mnist, "RECIPE", replace(SMALL, channels=1))
    monkeypatch.setattr(mnist, "SAMPLES", 6)
    monkeypatch.setattr(mnist.digits, "mnist", lambda train: bars(20))
    assert mnist.generated(1).shape == (6, 1, 32, 32)
    assert script("05_mnist").RECIPE.channels == 1


def test_without_its_files_mnist_is_passed_over_with_the_reason(monkeypatch, tmp_path):
    monkeypatch.delenv(digits.FOLDER_VARIABLE, raising=False)
    study = FOLDER / "05_mnist.py"
    assert "GAN_EDU_DATA" in unmet(study) and "GAN_EDU_DATA" in update(study, force=True)
    monkeypatch.setenv(digits.FOLDER_VARIABLE, str(tmp_path))
    assert "lacks t10k-images" in unmet(study)


@pytest.mark.parametrize("name", ["05_levers", "05_longer"])
def test_long_studies_run_only_when_asked(monkeypatch, name):
    monkeypatch.delenv("GAN_EDU_LONG", raising=False)
    assert "set GAN_EDU_LONG=1" in unmet(FOLDER / f"{name}.py")
    monkeypatch.setenv("GAN_EDU_LONG", "1")
    assert unmet(FOLDER / f"{name}.py") is None


# processes and records


def test_runs_side_by_side_come_back_in_order_with_one_thread_each(tmp_path):
    study = tmp_path / "01_trial.py"
    # the first job waits for the second, which another process must do meanwhile, however slowly it starts
    study.write_text(
        "import os, time, torch\nfrom pathlib import Path\n"
        "def f(a, mark):\n"
        "    end = time.monotonic() + 120 * (a == 'a')\n"
        "    while not Path(mark).exists() and time.monotonic() < end:\n"
        "        time.sleep(0.05)\n"
        "    Path(mark).touch()\n"
        "    return a, torch.get_num_threads(), os.getpid()\n"
    )
    found = side_by_side(str(study), "f", [(name, str(tmp_path / "mark")) for name in "abc"])
    assert [a for a, _, _ in found] == ["a", "b", "c"] and {threads for _, threads, _ in found} == {1}
    assert torch.get_num_threads() and len({pid for _, _, pid in found}) == 2


def test_what_studies_share_counts_in_their_hashes(tmp_path):
    (tmp_path / "studies").mkdir()
    (tmp_path / "gan_edu").mkdir()
    shared = tmp_path / "studies" / "shared.py"
    before = []
    for text in ("steps = 1\n", "steps = 1  # few\n", "steps = 2\n"):
        shared.write_text(text)
        before.append(code_hash("from studies.shared import steps", tmp_path))
    assert before[0] == before[1] != before[2]


@pytest.mark.parametrize("path", sorted(RESULTS.glob("05_*.json")), ids=lambda path: path.stem)
def test_stored_records_have_their_form(path):
    results = read_record(path)["results"]
    study = script(path.stem)
    assert results["recipe"] == settings(study.RECIPE) and results["samples"] >= 2000 and path.stat().st_size < 20_000
    if path.stem == "05_levers":
        check_levers(results)
        assert results["arms"].keys() == {*study.ARMS, study.RAW}
    elif path.stem == "05_longer":
        assert results["curve"].keys() == SCORES | {"step"} and results["curve"]["step"] == list(study.POINTS)
    else:
        assert results["reader"]["right"] > 0.97 and {len(values) for values in results["generated"].values()} == {len(study.SEEDS)}
