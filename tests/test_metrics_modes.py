"""Coverage of modes: what is near, what counts as found."""

import pytest
import torch

from gan_edu.metrics.modes import mode_coverage
from gan_edu.worlds import mixtures

CORNERS = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def test_by_hand():
    points = torch.tensor([[0.0, 0.0], [0.0, 0.29], [0.0, 0.31], [1.0, 0.1], [0.5, 0.5]])
    found, good, shares = mode_coverage(points, CORNERS, 0.1)
    assert found == 2 and good == pytest.approx(0.6) and shares.tolist() == pytest.approx([0.4, 0.2, 0, 0])


def test_a_mode_is_found_from_a_tenth_of_its_share_on():
    for near, found in ((25, 2), (24, 1)):  # of 1,000 points; the fair share is 250
        points = torch.cat([CORNERS[:1].expand(1000 - near, 2), CORNERS[1:2].expand(near, 2)])
        assert mode_coverage(points, CORNERS, 0.05).found == found
    assert mode_coverage(points, CORNERS, 0.05, least=0.05).found == 2


def test_the_world_itself_reaches_all_modes_and_nearly_all_its_points_are_good():
    world = mixtures.grid()
    points = world.sample(10_000, generator=torch.Generator().manual_seed(0)).x
    found, good, shares = mode_coverage(points, world.modes, 0.05)
    assert found == 25 and good == pytest.approx(0.9889, abs=0.004)  # 1 - exp(-9 / 2)
    assert shares.sum().item() == pytest.approx(good)


def test_one_point_for_ever_finds_one_mode_and_points_between_find_none():
    world = mixtures.grid()
    assert mode_coverage(world.modes[:1].expand(100, 2), world.modes, 0.05)[:2] == (1, 1.0)
    assert mode_coverage(world.modes + 0.5, world.modes, 0.05)[:2] == (0, 0.0)


@pytest.mark.parametrize("changed", [{"within": 0.0}, {"within": -1.0}, {"least": 0.0}])
def test_bad_thresholds(changed):
    with pytest.raises(ValueError, match="wanted positive std, within and least"):
        mode_coverage(CORNERS, CORNERS, 0.1, **changed)


def test_units_do_not_matter():
    points = torch.randn(500, 2, generator=torch.Generator().manual_seed(1))
    assert mode_coverage(points, CORNERS, 0.1)[:2] == mode_coverage(100 * points, 100 * CORNERS, 10.0)[:2]


@pytest.mark.parametrize(("points", "modes", "values", "complaint"), [
    (torch.zeros(3), CORNERS, (0.1,), r"wanted points \(n, d\) and modes \(k, d\)"),
    (torch.zeros(3, 3), CORNERS, (0.1,), r"got \(3, 3\) and \(4, 2\)"),
    (torch.zeros(0, 2), CORNERS, (0.1,), "n, k >= 1"),
    (torch.full((3, 2), torch.nan), CORNERS, (0.1,), "wanted finite points and modes"),
    (torch.zeros(3, 2), CORNERS, (0.0,), "wanted positive std, within and least; got 0.0, 3.0 and 0.1"),
])
def test_bad_input(points, modes, values, complaint):
    with pytest.raises(ValueError, match=complaint):
        mode_coverage(points, modes, *values)
