"""The studies of critics: each way of holding holds, places lie on their segments, every arm runs, records have their form."""

from dataclasses import replace

import pytest
import torch
from helpers_games import seeded
from helpers_studies import script
from torch import nn
from torch.testing import assert_close

from gan_edu.networks.mlp import mlp
from gan_edu.penalties import gradient_penalty
from gan_edu.training import InMemory
from gan_edu.worlds import faces, mixtures
from studies import critics
from studies.critics import Arm, between, held, one_sided, slope_lengths
from studies.faces_recipe import Pictures, Recipe, settings
from tools.records import read_record
from tools.studies import RESULTS


def sgd(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=1.0)


def stepped(arm: Arm, steps: int = 5) -> tuple[nn.Module, dict]:
    """A critic held in the arm's way after some large steps up its mean score."""
    D = mlp(2, 1, (8, 8), generator=seeded(0))
    optimizer, penalties = held(arm, D, sgd, seeded(1))
    x = torch.randn(64, 2, generator=seeded(2))
    for _ in range(steps):
        optimizer.zero_grad()
        (-D(x).mean()).backward()
        optimizer.step()
    return D, penalties


def line(slope: float) -> nn.Module:
    """D(x) = slope times the first of two coordinates."""
    D = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        D.weight.copy_(torch.tensor([[slope, 0.0]]))
    return D


# ways of holding


def test_clipped_weights_stay_within_their_bound_before_and_after_steps():
    for steps in (0, 5):
        D, penalties = stepped(Arm(bound=0.05), steps)
        largest = max(weights.abs().max().item() for weights in D.parameters())
        assert largest == pytest.approx(0.05) and not penalties


def test_normalised_layers_have_singular_values_of_at_most_one():
    D, penalties = stepped(Arm(spectral=True))
    for _ in range(100):
        D(torch.zeros(1, 2))  # the power iteration goes on at each pass
    layers = [layer for layer in D.modules() if isinstance(layer, nn.Linear)]
    norms = torch.stack([torch.linalg.matrix_norm(layer.weight.detach(), 2) for layer in layers])
    assert_close(norms, torch.ones(3), atol=1e-3, rtol=0)
    assert not penalties


def test_the_optimizer_moves_the_normalised_weights():
    before, after = (torch.cat([weights.detach().flatten() for weights in stepped(Arm(spectral=True), steps)[0].parameters()]) for steps in (0, 3))
    assert (before != after).float().mean() > 0.5


@pytest.mark.parametrize(("arm", "name"), [(Arm(weight=0.3), "gradient_penalty"), (Arm(weight=0.3, one_sided=True), "one_sided")])
def test_penalties_come_with_their_weight(arm, name):
    _, penalties = stepped(arm, 0)
    assert {penalty.__name__: weight for penalty, weight in penalties.items()} == {name: 0.3}


def test_nothing_held_is_nothing_done():
    D, penalties = stepped(Arm(), 0)
    assert not penalties and all(torch.equal(a, b) for a, b in zip(D.parameters(), mlp(2, 1, (8, 8), generator=seeded(0)).parameters()))


# the one-sided penalty


@pytest.mark.parametrize(("slope", "cost", "usual"), [(0.0, 0.0, 1.0), (0.5, 0.0, 0.25), (1.0, 0.0, 0.0), (3.0, 4.0, 4.0), (-3.0, 4.0, 4.0)])
def test_only_slopes_above_one_cost(slope, cost, usual):
    real, fake = torch.randn(2, 16, 2, generator=seeded(0))
    assert one_sided(generator=seeded(1))(line(slope), real, fake).item() == pytest.approx(cost)
    assert gradient_penalty(generator=seeded(1))(line(slope), real, fake).item() == pytest.approx(usual)


def test_above_one_it_is_the_usual_penalty_at_the_same_places():
    D = mlp(2, 1, (8,), generator=seeded(0))
    with torch.no_grad():
        D[2].weight *= 1000
    real, fake = torch.randn(2, 64, 2, generator=seeded(1))
    mixed = between(real, fake, seeded(2))
    assert critics.slopes(D, mixed).norm(dim=1).min() > 1
    assert_close(one_sided(generator=seeded(2))(D, real, fake), gradient_penalty(generator=seeded(2))(D, real, fake))


# places


def test_each_place_lies_on_its_own_segment_with_its_own_share():
    real, fake = torch.zeros(500, 1, 2, 2), torch.ones(500, 1, 2, 2)
    places = between(real, fake, seeded(0)).flatten(1)
    assert (places == places[:, :1]).all() and places.min() >= 0 and places.max() <= 1
    assert len(places[:, 0].unique()) > 490 and places.mean().item() == pytest.approx(0.5, abs=0.05)


def test_looking_at_slopes_leaves_the_critic_as_it_was():
    D = nn.Sequential(nn.BatchNorm1d(2), line(2.0)).train()
    kept = D[0].running_mean.clone()
    real, fake = torch.randn(2, 32, 2, generator=seeded(0))
    assert_close(slope_lengths(D, real, fake, seeded(1)), torch.full((32,), 2.0), atol=1e-4, rtol=0)
    assert D.training and torch.equal(D[0].running_mean, kept)


# the grid


@pytest.fixture(scope="module")
def grid():
    return script("08_grid")


@pytest.mark.parametrize("name", script("08_grid").ARMS)
def test_every_arm_of_the_grid_runs_and_repeats_itself(grid, name):
    first, second = (grid.Run(grid.ARMS[name], 0, 40).scores(looks=4) for _ in range(2))
    assert {key: value for key, value in first.items() if key != "seconds"} == {key: value for key, value in second.items() if key != "seconds"}
    assert 0 <= first["good"] <= 1 and 0 <= first["found"] <= first["near"] <= 25 and 0 <= first["peaks"] <= 25 and first["w1"] > 0 and -1 <= first["order"] <= 1
    assert first["slope"] <= first["steepest"] * (1 + 1e-4)


def test_a_report_is_the_critics_own_and_the_distance_that_of_the_generator(grid):
    run = grid.Run(Arm(bound=1e-6), 0, 40)  # a critic this flat reports nothing; G stands nearly still
    reports, exact = zip(*run.checkpoints(4))
    assert max(map(abs, reports)) < 1e-9 and len(exact) == 4
    assert max(exact) - min(exact) < 0.2 and min(exact) > 0.5


def test_peaks_by_hand(grid):
    modes = mixtures.grid().modes
    nearest = lambda x: -torch.cdist(x.reshape(-1, 2), modes).amin(1).reshape(*x.shape[:-1], 1)
    assert grid.peaks(nearest, modes) == 25 and grid.peaks(lambda x: -nearest(x), modes) == 0
    assert grid.peaks(lambda x: x[..., :1] + x[..., 1:], modes) == 0  # a slope has none
    assert grid.peaks(lambda x: -x.square().sum(-1, keepdim=True), modes) == 1  # a hill has one, in the middle


def test_order_of_reports(grid):
    assert grid.order([3.0, 5.0, 9.0], [0.1, 0.2, 0.3]) == pytest.approx(1)
    assert grid.order([3.0, 5.0, 4.0], [0.1, 0.2, 0.3]) == pytest.approx(0.5)
    assert grid.order([0.0, 0.0, 0.0], [0.1, 0.2, 0.3]) == 0


def test_the_record_of_the_grid(grid):
    results = read_record(RESULTS / "08_grid.json")["results"]
    assert results["arms"].keys() == grid.ARMS.keys() and (results["rounds"], results["samples"]) == (grid.ROUNDS, 10_000)
    for arm in results["arms"].values():
        assert {len(values) for values in arm.values()} == {len(grid.SEEDS)}
        assert all(slope <= steep * 1.001 for slope, steep in zip(arm["slope"], arm["steepest"]))


# the faces

SMALL = Recipe(steps=3, width=2, latent=4, batch=4)


@pytest.fixture(scope="module")
def study(request):
    module = script("08_faces")
    x = faces.sample(16, generator=seeded(5)).x
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "face_pictures", lambda: InMemory(Pictures(x)))
    patch.setattr(module, "EVERY", 1)
    request.addfinalizer(patch.undo)
    return module


@pytest.mark.parametrize("name", [name for name, arm in script("08_faces").ARMS.items() if arm])
def test_every_arm_of_the_faces_runs_and_repeats_itself(study, name):
    runs = [study.Held(study.ARMS[name], 0, SMALL) for _ in range(2)]
    for run in runs:
        run.go()
    assert runs[0].reports == runs[1].reports and len(runs[0].reports) == len(runs[0].slopes) == 3
    assert all(slope >= 0 for slope in runs[0].slopes) and runs[0].average.network(torch.zeros(2, 4)).shape == (2, 3, 32, 32)


def test_a_run_can_be_cut_short(study):
    run = study.Held(study.ARMS["penalty 10"], 0, SMALL)
    run.go(2)
    assert len(run.reports) == 2


def test_looking_changes_nothing(study, monkeypatch):
    watched, alone = (study.Held(study.ARMS["penalty 10"], 0, replace(SMALL, steps=4)) for _ in range(2))
    watched.go()
    monkeypatch.setattr(study, "EVERY", 100)
    alone.go()
    assert not alone.reports and all(torch.equal(a, b) for a, b in zip(watched.G.parameters(), alone.G.parameters()))


def test_the_record_of_the_faces():
    module, results = script("08_faces"), read_record(RESULTS / "08_faces.json")["results"]
    assert results["recipe"] == settings(module.RECIPE) and results["arms"].keys() == module.ARMS.keys()
    assert results["curves"].keys() == {name for name, arm in module.ARMS.items() if arm}
    looks = module.RECIPE.steps // module.EVERY
    assert all(len(values) == looks for curve in results["curves"].values() for columns in curve.values() for values in columns)
