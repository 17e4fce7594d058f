"""The bench: its loops are the papers', its clock runs while training alone runs, its table says what was measured."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers_games import seeded
from torch import nn

from gan_edu.readers import faces as reading
from gan_edu.training import Average
from studies.faces_recipe import Recipe, face_pictures
from studies.faces_score import Judges
from tools import bench_loops, bench_metrics, bench_training
from tools.bench_loops import BF16, CRITIC_STEPS, DCGAN, LOOPS, OURS, RIVALS, WGAN_GP
from tools.bench_training import Judged, Timed, judged, peak_megabytes, table, timed, times_to_the_best_of
from tools.records import ROOT

SMALL = Recipe(steps=3, width=2, latent=4, batch=4, penalty_every=2)


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return face_pictures(16).examples.x


@pytest.fixture
def made(monkeypatch) -> dict:
    """What the loops make: every Adam with its settings and number of steps, every pair of networks."""
    seen = {"adam": [], "networks": []}
    adam, networks = torch.optim.Adam, bench_loops.networks

    class Counted(adam):
        def __init__(self, *arguments, **named) -> None:
            super().__init__(*arguments, **named)
            self.taken = 0
            seen["adam"].append(self)

        def step(self, closure=None):
            self.taken += 1
            return super().step(closure)

    def noted(recipe, generator):
        seen["networks"].append(networks(recipe, generator))
        return seen["networks"][-1]

    monkeypatch.setattr(torch.optim, "Adam", Counted)
    monkeypatch.setattr(bench_loops, "networks", noted)
    return seen


@pytest.mark.parametrize("name", LOOPS)
def test_every_loop_trains_what_it_would_be_sampled_from(name, x):
    network, steps = LOOPS[name](x, 1, SMALL)
    before = [parameter.clone() for parameter in network.parameters()]
    for _ in range(3):
        next(steps)
    assert not any(map(torch.equal, before, network.parameters()))
    assert all(parameter.isfinite().all() for parameter in network.parameters())


def test_all_loops_have_the_same_networks(x):
    shapes = [{name: value.shape for name, value in LOOPS[loop](x, 1, SMALL)[0].state_dict().items()} for loop in LOOPS]
    assert shapes[0] and all(one == shapes[0] for one in shapes)


@pytest.mark.parametrize(("name", "rate", "betas", "batch_norm"), [(DCGAN, 2e-4, (0.5, 0.999), True), (WGAN_GP, 1e-4, (0.0, 0.9), False)])
def test_the_papers_settings(name, rate, betas, batch_norm, x, made):
    _, steps = LOOPS[name](x, 1, SMALL)
    next(steps), next(steps)
    ((_, D),) = made["networks"]
    first, second = made["adam"]
    assert {(group["lr"], group["betas"]) for one in (first, second) for group in one.param_groups} == {(rate, betas)}
    assert (first.taken, second.taken) == (2, 2 * CRITIC_STEPS[name])  # G, then D
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in D) == batch_norm


def test_dcgan_starts_from_small_weights_and_the_others_do_not(x, made):
    for name in RIVALS:
        LOOPS[name](x, 1, replace(SMALL, width=16))
    small, usual = (pair[0] for pair in made["networks"])
    assert abs(small[1].weight.std().item() - 0.02) < 1e-3 < abs(usual[1].weight.std().item() - 0.02)


def test_dcgans_step_is_cross_entropy_on_real_and_fake_then_on_fake_as_real(x, made, monkeypatch):
    labels = []
    forward = nn.BCEWithLogitsLoss.forward
    monkeypatch.setattr(nn.BCEWithLogitsLoss, "forward", lambda self, logits, label: labels.append((logits.requires_grad, label.mean().item())) or forward(self, logits, label))
    network, steps = LOOPS[DCGAN](x, 1, SMALL)
    next(steps)
    assert [label for _, label in labels] == [1, 0, 1]


def test_wgan_gps_penalty_is_ten_times_the_squared_distance_of_slopes_from_one(x):
    D = nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 1, bias=False))
    with torch.no_grad():
        D[1].weight.fill_(3 / x[0].numel() ** 0.5)  # slope 3 everywhere
    penalty = bench_loops._gradient_penalty(D, x[:4], x[4:8], seeded())
    assert abs(penalty.item() - 4) < 1e-4 and penalty.requires_grad


def test_wgan_gp_weighs_its_penalty_ten_times_in_each_of_five_steps(x, monkeypatch):
    penalty = torch.tensor(1.0, requires_grad=True)
    monkeypatch.setattr(bench_loops, "_gradient_penalty", lambda *_: 1 * penalty)
    _, steps = LOOPS[WGAN_GP](x, 1, SMALL)
    next(steps)
    assert penalty.grad == 5 * 10


def test_ours_is_the_recipes_average_and_bfloat16_is_not_float32(x):
    results = {}
    for name in (OURS, BF16):
        network, steps = LOOPS[name](x, 1, SMALL)
        assert list(steps) == [1, 2, 3] and not network.training and not any(parameter.requires_grad for parameter in network.parameters())
        results[name] = next(network.parameters()).clone()
    assert isinstance(Average(network).network, nn.Sequential) and not torch.equal(results[OURS], results[BF16])
    assert torch.allclose(results[OURS], results[BF16], atol=0.05)


# the clock


@pytest.fixture
def kept(x, tmp_path) -> Path:
    torch.save(x, tmp_path / "pictures.pt")
    return tmp_path


def slow(x, seed, recipe):
    network = nn.Linear(1, 1)

    def steps():
        for step in range(recipe.steps):
            time.sleep(0.01)
            yield step

    return network, steps()


def test_putting_weights_aside_is_off_the_clock(kept, monkeypatch):
    monkeypatch.setitem(LOOPS, OURS, slow)
    monkeypatch.setattr(bench_training, "FIRST_LOOK", 0.02)
    monkeypatch.setattr(bench_training.torch, "save", lambda *_: time.sleep(0.1))
    run = timed(OURS, kept / "pictures.pt", kept, 1, replace(SMALL, steps=12), 0.001, torch.get_num_threads())
    assert run.steps[-1] == 12 and len(run.seconds) > 3 and 0.12 <= run.seconds[-1] < 0.12 + 0.1 * (len(run.seconds) - 1)
    assert run.seconds == sorted(run.seconds) and run.steps == sorted(run.steps)


def test_the_papers_loops_stop_when_their_seconds_are_over(kept, monkeypatch):
    monkeypatch.setitem(LOOPS, DCGAN, slow)
    run = timed(DCGAN, kept / "pictures.pt", kept, 1, replace(SMALL, steps=1000), 0.05, torch.get_num_threads())
    assert 3 <= run.steps[-1] <= 5 and 0.05 <= run.seconds[-1] < 0.5 and (kept / "0.pt").exists()


@pytest.mark.parametrize("name", LOOPS)
def test_a_run_is_timed_and_judged(name, kept, monkeypatch):
    monkeypatch.setattr(bench_training, "FIRST_LOOK", 1e-3)
    run = timed(name, kept / "pictures.pt", kept, 1, SMALL, 0.03, torch.get_num_threads())
    assert len(run.seconds) == len(run.steps) and run.steps[-1] >= 1 and (run.steps[-1] == 3 or name in RIVALS)
    result = judged(run, kept, 1, SMALL, Judges(reading.untaught("anime"), 40), samples=20)
    assert len(result.frechet) == len(result.hair) == len(run.seconds) and result.end["frechet"] == round(result.frechet[-1], 4)


def test_a_run_in_a_process_of_its_own(kept, monkeypatch):
    monkeypatch.setattr(bench_training, "judges", lambda: Judges(reading.untaught("anime"), 40))
    monkeypatch.setattr(judged, "__defaults__", (20,))
    result = bench_training.measured(DCGAN, kept / "pictures.pt", 1, 0.01, 1)
    assert result.run.steps[-1] >= 1 and result.run.seconds[-1] >= 0.01 and result.run.peak >= result.run.before
    assert result.frechet[-1] > 0 and "legal" in result.end


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read where Linux keeps it")
def test_peak_memory_grows_with_what_is_held_and_does_not_shrink():
    Path("/proc/self/clear_refs").write_text("5")  # the peak is now what is held now
    before = peak_megabytes()
    held = torch.ones(100_000_000, dtype=torch.uint8)
    peak = peak_megabytes()
    assert 50 < before and 90 < peak - before < 120 and len(held)
    del held
    assert abs(peak_megabytes() - peak) < 5  # the kernel counts roughly


# the table


def found(seconds, frechet, hair, steps=(10, 20, 40)) -> Judged:
    return Judged(Timed(list(seconds), list(steps), 100.0, 150.0), list(frechet), list(hair), {"legal": 0.5})


def results() -> dict[str, list[Judged]]:
    fast = found((1, 2, 4), (20, 8, 4), (0.5, 0.85, 0.9))
    return {
        OURS: [fast, found((1, 2, 4), (20, 12, 4), (0.5, 0.7, 0.9))],
        DCGAN: [found((1, 10, 20), (50, 10, 30), (0, 0.1, 0.2)), found((1, 10, 20), (50, 12, 30), (0, 0.1, 0.8))],
        WGAN_GP: [found((1, 10, 20), (50, 20, 3), (0, 0.1, 0.2))] * 2,
        BF16: [fast] * 2,
    }


def test_equal_quality_is_the_rivals_best_with_the_same_seed():
    times = times_to_the_best_of(DCGAN, results())
    assert times == {OURS: [2, 2], DCGAN: [10, 10], WGAN_GP: [20, 20], BF16: [2, 2]}
    assert times_to_the_best_of(WGAN_GP, results())[OURS] == [None, None]


@pytest.mark.parametrize(("hair", "seconds"), [((0.9, 0.1, 0.9), 4), ((0.8, 0.9, 1), 1), ((0.9, 0.9, 0.7), None), ((0, 0.8, 0.8), 2)])
def test_hair_counts_when_it_stays_read(hair, seconds):
    assert found((1, 2, 4), (3, 2, 1), hair).seconds_to_hair() == seconds


def test_the_table_has_a_row_for_each_quantity():
    lines = table(results()).splitlines()
    cells = {line.split(" | ")[0].strip("| "): [cell.strip(" |") for cell in line.split(" | ")[1:]] for line in lines[2:]}
    assert [cell.strip() for cell in lines[0].strip("|").split("|")][1:] == list(LOOPS)
    assert {line.count("|") for line in lines} == {6}
    assert cells["steps of G a second"][0] == "10 / 10 / 10" and cells["steps of D a second"][2] == "10 / 10 / 10" and cells["steps of G a second"][2] == "2 / 2 / 2"
    assert cells["peak memory, MB"][0] == "150 / 150 / 150" and cells["of that before training, MB"][0] == "100 / 100 / 100"
    assert cells["Frechet distance on the reader's features, smallest"][1] == "10 / 11 / 12" and cells["the same at the end"][1] == "30 / 30 / 30"
    assert cells["seconds until hair is read in 80% for good"][:3] == ["2 / 3 / 4", "20 / not reached / not reached", "not reached / not reached / not reached"]
    shares = [line for line in lines if "over that loop's" in line]
    assert "0.2 / 0.2 / 0.2" in shares[0] and "1 / 1 / 1" in shares[0] and "not reached" in shares[1]


def test_make_bench_measures_training_too():
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    recipe = makefile.split("\nbench:")[1].split("\n\n")[0]
    assert "-m tools.bench\n" in recipe + "\n" and "-m tools.bench_training" in recipe


def test_both_ways_to_the_frechet_distance_are_timed_on_the_same_features():
    ours, usual, apart = bench_metrics.compared(300, 8, 2, torch.Generator().manual_seed(0))
    assert len(ours) == len(usual) == 2 and min(ours + usual) > 0
    assert apart < 1e-9
