from math import inf, nan, pi, sqrt

import checks_formulas as checks
import numpy as np
import pytest
import torch
from checks_formulas import close, doubles
from scipy.integrate import dblquad, quad
from scipy.stats import chisquare, kstest, multivariate_normal, norm, uniform
from torch.testing import assert_close

from gan_edu.worlds.mixtures import Boxes, GaussianMixture, Segments, box, gaussian, grid, ring, spiral, two_bumps

LEVEL = 0.001  # of each Kolmogorov-Smirnov and chi-squared test; seeds are fixed, so a pass stays a pass
ON_THE_LINE = {
    "gaussian": gaussian(),
    "moved gaussian": gaussian(3, 0.25),
    "two bumps": two_bumps(share=0.2),
    "three widths": GaussianMixture([1, 2, 3], [-3.0, 0, 1], [0.3, 1, 0.5]),
    "box": box(-1, 2),
    "two boxes": Boxes([1, 3], [-1.0, 1], [0.0, 1.5]),
    "overlapping boxes": Boxes([1, 1], [0.0, 1], [2.0, 3]),
}
IN_THE_PLANE = {
    "ring": ring(),
    "grid": grid(),
    "blobs": GaussianMixture([1, 4], [[-1.0, 0], [1, 0.5]], [0.2, 0.5]),
    "boxes": Boxes([2, 1], [[-1.0, -1], [0, 0]], [[0.0, 0], [2, 1]]),
    "segments": Segments([[-2.0, 0], [0, 0]], [[0.0, 0], [0, 1]], 0.15),
    "spiral": spiral(),
}
WORLDS = ON_THE_LINE | IN_THE_PLANE
THIN = {"thin segment": Segments([[0.0, 0]], [[3.0, 4]], 0.0)}


def of(worlds: dict):
    return pytest.mark.parametrize("world", worlds.values(), ids=worlds)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def lattice(low: float = -4, high: float = 4, step: float = 0.05) -> tuple[torch.Tensor, int, float]:
    """Midpoints of square cells covering the plane's relevant part, cells a side, and area of a cell."""
    n = round((high - low) / step)
    line = low + step * (torch.arange(n, dtype=torch.float64) + 0.5)
    return torch.cartesian_prod(line, line), n, step**2


# every world: sampling


@of(WORLDS | THIN)
def test_samples_are_float32_points_with_their_component(world):
    x, component = world.sample(100, generator=seeded())
    assert x.dtype == torch.float32 and x.shape == (100, world.modes.shape[1])
    assert component.dtype == torch.int64 and component.shape == (100,)
    assert 0 <= component.min() and component.max() < len(world.modes)
    assert x.isfinite().all()


@of(WORLDS | THIN)
def test_equal_generators_give_equal_bits_and_others_do_not(world):
    first, again, other = (world.sample(50, generator=seeded(s)) for s in (7, 7, 8))
    assert torch.equal(first.x, again.x) and torch.equal(first.component, again.component)
    assert not torch.equal(first.x, other.x)


@of(WORLDS | THIN)
def test_sampling_goes_on_where_the_generator_stands(world):
    rng = seeded()
    assert not torch.equal(world.sample(10, generator=rng).x, world.sample(10, generator=rng).x)


@of(WORLDS | THIN)
def test_the_global_random_state_is_left_alone(world):
    before = torch.get_rng_state()
    world.sample(10, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)


@of(WORLDS | THIN)
@pytest.mark.parametrize("n", [0, -3])
def test_no_points_is_an_error(world, n):
    with pytest.raises(ValueError, match=f"n: wanted at least 1, got {n}"):
        world.sample(n, generator=seeded())


@of(WORLDS | THIN)
def test_one_point_is_enough(world):
    assert world.sample(1, generator=seeded()).x.shape == (1, world.modes.shape[1])


@of(ON_THE_LINE)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_samples_on_the_line_follow_the_cdf(world, seed):
    x = world.sample(5000, generator=seeded(seed)).x
    found = kstest(x.flatten().double().numpy(), lambda u: world.cdf(torch.from_numpy(u)).numpy())
    assert found.pvalue > LEVEL


@of(IN_THE_PLANE)
@pytest.mark.parametrize("seed", [0, 1])
def test_samples_in_the_plane_fall_into_cells_as_the_density_says(world, seed):
    points, n, area = lattice()
    mass = (world.density(points) * area).reshape(n // 5, 5, n // 5, 5).sum((1, 3))  # cells of 0.25 x 0.25
    x = world.sample(4000, generator=seeded(seed)).x.double()
    found = torch.histogramdd(x, [n // 5, n // 5], range=[-4.0, 4, -4, 4]).hist
    wanted = 4000 * mass
    common = wanted > 5
    pooled = lambda a: np.append(a[common], a[~common].sum()).clip(1e-3)  # noqa: E731
    found, wanted = pooled(found.numpy()), pooled(wanted.numpy())
    assert chisquare(found, wanted * found.sum() / wanted.sum()).pvalue > LEVEL


def test_the_kolmogorov_smirnov_test_would_notice_a_wrong_world():
    x = two_bumps(share=0.5).sample(5000, generator=seeded()).x.flatten().double().numpy()
    assert kstest(x, lambda u: two_bumps(share=0.45).cdf(torch.from_numpy(u)).numpy()).pvalue < LEVEL
    assert kstest(x, lambda u: two_bumps(std=0.65).cdf(torch.from_numpy(u)).numpy()).pvalue < LEVEL


@of(WORLDS)
def test_samples_fall_only_where_the_density_is_positive(world):
    x = world.sample(2000, generator=seeded()).x
    assert (world.density(x) > 0).all()


@pytest.mark.parametrize("faces", [(1000, 1001), (0.7, 0.70001), (0.1, 0.2), (-0.3, -0.2), (1, 2)])
def test_no_sample_leaves_its_box_by_rounding(faces):
    # float32 near 1000 has a point every 0.00006: uniform numbers round onto the upper face now and then
    world = box(*faces)
    x = world.sample(10**6, generator=seeded()).x
    assert (world.density(x) > 0).all()


def test_components_come_as_often_as_their_weights_say():
    component = GaussianMixture([1, 2, 5], [0.0, 1, 2], 0.1).sample(20_000, generator=seeded()).component
    shares = component.bincount(minlength=3) / 20_000
    assert_close(shares, torch.tensor([1, 2, 5]) / 8, rtol=0, atol=4.5 * sqrt(0.25 / 20_000))


def test_segments_are_drawn_in_proportion_to_their_length():
    component = Segments([[0.0, 0], [0, 0]], [[3.0, 0], [0, 1]], 0.1).sample(20_000, generator=seeded()).component
    close(component.double().mean().item(), 1 / 4, 4.5 * sqrt(0.25 * 0.75 / 20_000))


def test_points_belong_to_the_component_they_name():
    x, component = ring(std=0.01).sample(500, generator=seeded())
    assert ((x - ring().modes[component]).norm(dim=1) < 0.07).all()
    world = WORLDS["boxes"]
    x, component = world.sample(500, generator=seeded())
    assert ((x >= world.low[component]) & (x < world.high[component])).all()


def test_a_component_without_weight_is_never_drawn():
    component = GaussianMixture([0, 1, 0], [0.0, 1, 2], 1.0).sample(5000, generator=seeded()).component
    assert (component == 1).all()


def test_thin_segments_stay_on_their_lines():
    x = THIN["thin segment"].sample(200, generator=seeded()).x
    assert_close(4 * x[:, 0], 3 * x[:, 1], rtol=0, atol=1e-5)
    assert (0 <= x[:, 0]).all() and (x[:, 0] <= 3).all()


def test_seeded_values():
    x, component = two_bumps().sample(4, generator=seeded())
    assert component.tolist() == [1, 1, 0, 1]
    assert_close(x[:, 0], torch.tensor([1.4577, 1.3007, -1.7983, 2.4190]), rtol=0, atol=1e-4)
    x, _ = spiral().sample(2, generator=seeded())
    assert_close(x, torch.tensor([[-1.8212, 0.2179], [-0.0077, 1.6084]]), rtol=0, atol=1e-4)


# every world: truth


@of(WORLDS)
def test_densities_are_float64_and_never_negative(world):
    found = world.density(world.sample(50, generator=seeded()).x)
    assert found.dtype == torch.float64 and found.shape == (50,) and (found >= 0).all()


@of(ON_THE_LINE)
def test_densities_on_the_line_have_unit_mass(world):
    faces = [] if isinstance(world, GaussianMixture) else [*world.low.flatten().tolist(), *world.high.flatten().tolist()]
    peaks = world.modes.flatten().tolist()
    mass = quad(lambda u: world.density(doubles(u)).item(), -8, 8, points=sorted({*faces, *peaks}), limit=200)[0]
    close(mass, 1, 1e-8)


@of(IN_THE_PLANE)
def test_densities_in_the_plane_have_unit_mass(world):
    points, _, area = lattice()
    close((world.density(points) * area).sum().item(), 1, 1e-6)


@of(ON_THE_LINE)
def test_the_cdf_is_the_integral_of_the_density(world):
    x = torch.linspace(-8, 8, 16001, dtype=torch.float64)
    integral = torch.cumulative_trapezoid(world.density(x), x)
    assert_close(world.cdf(x)[1:], integral, rtol=0, atol=1e-3)
    assert world.cdf(doubles(-50)).item() == 0 and world.cdf(doubles(50)).item() == pytest.approx(1)
    assert (world.cdf(x).diff() >= 0).all()


@of(WORLDS)
def test_points_of_the_line_may_be_flat_and_points_are_what_is_asked(world):
    d = world.modes.shape[1]
    if d == 1:
        x = torch.linspace(-2, 2, 9)
        assert torch.equal(world.density(x), world.density(x[:, None]))
    for wrong in (torch.zeros(3, d + 1), torch.zeros(2, 3, d), torch.tensor(0.0)):
        with pytest.raises(ValueError, match=rf"x: wanted points of shape \(n, {d}\); got "):
            world.density(wrong)


@of(WORLDS)
def test_nan_among_the_points_is_an_error(world):
    x = torch.zeros(4, world.modes.shape[1])
    x[2] = nan
    with pytest.raises(ValueError, match="NaN in 1 of 4 points"):
        world.density(x)
    if x.shape[1] == 1:
        with pytest.raises(ValueError, match="NaN in 1 of 4 points"):
            world.cdf(x)


@of(IN_THE_PLANE)
def test_points_of_the_plane_are_not_flat(world):
    with pytest.raises(ValueError, match=r"x: wanted points of shape \(n, 2\); got \(4,\)"):
        world.density(torch.zeros(4))


@of({name: IN_THE_PLANE[name] for name in ("ring", "boxes")})
def test_there_is_no_cdf_in_the_plane(world):
    with pytest.raises(ValueError, match="needs the line, d = 1; this world has d = 2"):
        world.cdf(torch.zeros(1, 2))


@of(WORLDS)
def test_worlds_can_be_compared_and_looked_up(world):
    assert world == world and world != gaussian(99) and world in {world}


def test_a_world_does_not_change_with_its_callers_tensors():
    means = doubles(0, 1)
    world = GaussianMixture([1, 1], means, 1.0)
    means.fill_(9)
    assert world.means.flatten().tolist() == [0, 1]


# Gaussian mixtures


def test_bell_by_hand():
    checks.bell_has_unit_mass(lambda x, mean, std: gaussian(mean, std).density(x))
    close(gaussian().density(doubles(0)).item(), 1 / sqrt(2 * pi))
    close(gaussian(4, 0.5).density(doubles(4)).item(), 2 / sqrt(2 * pi))
    close(GaussianMixture([1], [[0.0, 0.0]], 0.5).density(torch.zeros(1, 2)).item(), 4 / (2 * pi))


def test_weights_are_scaled_to_shares():
    checks.unnormalised_weights_are_shares(GaussianMixture)
    assert GaussianMixture([3, 1], [0.0, 1], 1.0).weights.tolist() == [0.75, 0.25]
    assert Boxes([3, 1], [0.0, 1], [1.0, 2]).weights.tolist() == [0.75, 0.25]


def test_mixtures_on_the_line_agree_with_scipy():
    world = ON_THE_LINE["three widths"]
    x = np.linspace(-6, 6, 101)
    parts = [(1 / 6, -3, 0.3), (2 / 6, 0, 1), (3 / 6, 1, 0.5)]
    assert_close(world.density(torch.from_numpy(x)).numpy(), sum(w * norm.pdf(x, m, s) for w, m, s in parts))
    assert_close(world.cdf(torch.from_numpy(x)).numpy(), sum(w * norm.cdf(x, m, s) for w, m, s in parts))


def test_mixtures_in_the_plane_agree_with_scipy():
    world, x = IN_THE_PLANE["blobs"], seeded_points()
    wanted = 0.2 * multivariate_normal.pdf(x, [-1, 0], 0.04) + 0.8 * multivariate_normal.pdf(x, [1, 0.5], 0.25)
    assert_close(world.density(torch.from_numpy(x)).numpy(), wanted)


def seeded_points() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(50, 2))


def test_five_dimensions_too():
    world = GaussianMixture([1], [[0.0] * 5], 2.0)
    x = np.random.default_rng(0).normal(size=(20, 5))
    assert_close(world.density(torch.from_numpy(x)).numpy(), multivariate_normal.pdf(x, np.zeros(5), 4))


@pytest.mark.parametrize("factor", [0.1, 3.0])
def test_stretching_a_world_thins_its_density(factor):
    x = torch.from_numpy(seeded_points())
    small = GaussianMixture([1, 2], [[0.0, 1], [1, 0]], [0.5, 1])
    large = GaussianMixture([1, 2], [[0.0, factor], [factor, 0]], [0.5 * factor, factor])
    assert_close(large.density(factor * x), small.density(x) / factor**2)


def test_two_bumps_are_where_they_are_said_to_be():
    world = two_bumps(distance=6, std=0.3, share=0.25)
    assert world.modes.tolist() == [[-3], [3]] and world.weights.tolist() == [0.25, 0.75]
    assert world.std.tolist() == [0.3, 0.3]
    close(world.cdf(doubles(0)).item(), 0.25, 1e-9)


def test_ring_and_grid_are_where_they_are_said_to_be():
    assert_close(ring(4, radius=3).modes, 3 * torch.tensor([[1, 0], [0, 1], [-1, 0], [0, -1]]).double())
    assert_close(ring().modes.norm(dim=1), torch.full((8,), 2.0, dtype=torch.float64))
    gaps = (ring().modes - ring().modes.roll(1, 0)).norm(dim=1)
    assert_close(gaps, gaps[:1].expand(8))
    assert len(grid().modes) == 25
    assert_close(grid().modes.mean(0), doubles(0, 0), rtol=0, atol=1e-12)
    assert sorted(set(grid(3, spacing=2).modes.flatten().tolist())) == [-2, 0, 2]
    assert grid(1).modes.tolist() == [[0, 0]]


def test_a_ring_looks_the_same_when_turned_by_one_mode():
    x = torch.from_numpy(seeded_points())
    turn = doubles(sqrt(0.5), -sqrt(0.5), sqrt(0.5), sqrt(0.5)).reshape(2, 2)
    assert_close(ring(std=0.5).density(x @ turn.T), ring(std=0.5).density(x))


# boxes


def test_boxes_agree_with_scipy():
    x = np.linspace(-2, 4, 98)
    assert_close(box(-1, 2).density(torch.from_numpy(x)).numpy(), uniform.pdf(x, -1, 3))
    assert_close(box(-1, 2).cdf(torch.from_numpy(x)).numpy(), uniform.cdf(x, -1, 3))


def test_boxes_by_hand():
    assert box([0, 0], [2, 4]).density(torch.tensor([[1.0, 1], [3, 1], [1, -1]])).tolist() == [1 / 8, 0, 0]
    overlapping = ON_THE_LINE["overlapping boxes"]
    assert overlapping.density(doubles(0.5, 1.5, 2.5, 3.5)).tolist() == [0.25, 0.5, 0.25, 0]
    assert box(0, 1).modes.tolist() == [[0.5]]


def test_a_box_holds_its_lower_faces_only():
    assert box(0, 1).density(doubles(0, 1)).tolist() == [1, 0]
    assert box([0, 0], [1, 1]).density(torch.tensor([[0.0, 0], [0, 1], [1, 0]])).tolist() == [1, 0, 0]


# segments and the spiral


def test_a_segment_by_hand():
    # in the middle of a long thin segment the density is 1 / length across times the bell's peak
    world = Segments([[0.0, 0]], [[10.0, 0]], 0.1)
    x = doubles(5, 0, 5, 0.1, 0, 0, 5, 3).reshape(4, 2)
    peak = 1 / (10 * 0.1 * sqrt(2 * pi))
    assert_close(world.density(x), doubles(peak, peak * np.exp(-0.5), peak / 2, 0), rtol=0, atol=1e-12)


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.5, 0.4), (1.3, -0.2), (-0.4, 0.1)])
def test_a_segment_is_a_line_convolved_with_a_round_bell(place):
    world = Segments([[0.0, 0], [1, 0]], [[1.0, 0.5], [1, -2]], 0.3)
    wanted = 0.0
    for start, end in zip(world.starts.numpy(), world.ends.numpy()):
        centre = lambda s: start + s * (end - start)  # noqa: B023, E731
        bell = lambda s: multivariate_normal.pdf(place, centre(s), 0.09)  # noqa: B023, E731
        wanted += np.linalg.norm(end - start) * quad(bell, 0, 1)[0] / world.lengths.sum().item()
    close(world.density(torch.tensor([place])).item(), wanted, 1e-7)


def test_cutting_a_segment_in_two_changes_nothing():
    x = torch.from_numpy(seeded_points())
    whole = Segments([[0.0, 0]], [[2.0, 1]], 0.2)
    halves = Segments([[0.0, 0], [1, 0.5]], [[1.0, 0.5], [2, 1]], 0.2)
    assert_close(whole.density(x), halves.density(x))


def test_a_segment_may_run_either_way():
    x = torch.from_numpy(seeded_points())
    assert_close(Segments([[0.0, 0]], [[2.0, 1]], 0.2).density(x), Segments([[2.0, 1]], [[0.0, 0]], 0.2).density(x))


def test_thin_segments_have_no_density_and_say_so():
    with pytest.raises(ValueError, match="thin segments have no density.*no area"):
        THIN["thin segment"].density(torch.zeros(1, 2))


def test_the_spiral_is_one_even_chain_from_the_origin_outwards():
    world = spiral(turns=2, radius=3, pieces=200)
    assert_close(world.starts[1:], world.ends[:-1])
    assert world.starts[0].tolist() == [0, 0]
    assert_close(world.ends[-1], doubles(3, 0), rtol=0, atol=1e-12)
    radii = world.ends.norm(dim=1)
    assert (radii.diff() > 0).all() and radii.max() <= 3 + 1e-12
    later = world.lengths[20:]
    assert later.max() / later.min() < 1.1


# bad input


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GaussianMixture([], [], 1.0), r"weights: wanted at least one, shape \(k,\); got shape \(0,\)"),
        (lambda: GaussianMixture([[1.0]], [0.0], 1.0), r"weights: wanted at least one, shape \(k,\); got shape \(1, 1\)"),
        (lambda: GaussianMixture([1, -1], [0.0, 1], 1.0), r"weights: wanted finite numbers of at least 0.*\[1.0, -1.0\]"),
        (lambda: GaussianMixture([nan, 1], [0.0, 1], 1.0), r"weights: wanted finite numbers.*nan"),
        (lambda: GaussianMixture([inf, 1], [0.0, 1], 1.0), r"weights: wanted finite numbers.*inf"),
        (lambda: GaussianMixture([0, 0], [0.0, 1], 1.0), r"weights: wanted .* not all 0; got \[0.0, 0.0\]"),
        (lambda: GaussianMixture([1, 1], [0.0], 1.0), r"wanted one of means for each weight; got 1 for 2 weights"),
        (lambda: GaussianMixture([1], [nan], 1.0), r"means: wanted finite coordinates, got \[\[nan\]\]"),
        (lambda: GaussianMixture([1], [[[0.0]]], 1.0), r"means: wanted at least one place.*got shape \(1, 1, 1\)"),
        (lambda: GaussianMixture([1], [0.0], 0.0), r"std: wanted positive finite numbers, got \[0.0\]"),
        (lambda: GaussianMixture([1], [0.0], -1.0), r"std: wanted positive finite numbers, got \[-1.0\]"),
        (lambda: GaussianMixture([1], [0.0], nan), r"std: wanted positive finite numbers, got \[nan\]"),
        (lambda: GaussianMixture([1, 1], [0.0, 1], [1, 0]), r"std: wanted positive finite numbers, got \[1.0, 0.0\]"),
        (lambda: GaussianMixture([1, 1, 1], [0.0, 1, 2], [1, 2]), r"std: .*3 weights; got shape \(2,\)"),
        (lambda: GaussianMixture([1, 1], [0.0, 1], []), r"std: .*2 weights; got shape \(0,\)"),
        (lambda: two_bumps(share=1.5), r"weights: wanted finite numbers of at least 0.*\[1.5, -0.5\]"),
        (lambda: gaussian(std=0), r"std: wanted positive"),
        (lambda: gaussian(mean=nan), r"means: wanted finite"),
        (lambda: ring(0), r"modes: wanted at least 1, got 0"),
        (lambda: ring(std=-0.1), r"std: wanted positive"),
        (lambda: grid(0), r"side: wanted at least 1, got 0"),
        (lambda: box(1, 1), r"boxes: wanted low < high, corner by corner; got \[\[1.0\]\] and \[\[1.0\]\]"),
        (lambda: box(1, 0), r"boxes: wanted low < high"),
        (lambda: box(nan, 0), r"low: wanted finite coordinates"),
        (lambda: box(0, inf), r"high: wanted finite coordinates"),
        (lambda: box([0, 0], [1, 0]), r"boxes: wanted low < high"),
        (lambda: box([0, 0], 1), r"boxes: wanted low < high"),
        (lambda: Boxes([], [], []), r"weights: wanted at least one"),
        (lambda: Boxes([1, 1], [0.0], [1.0]), r"wanted one of low for each weight; got 1 for 2 weights"),
        (lambda: Boxes([-1, 2], [0.0, 1], [1.0, 2]), r"weights: wanted finite numbers of at least 0"),
        (lambda: Segments([], [], 0.1), r"starts: wanted at least one place"),
        (lambda: Segments([[0.0, 0]], [[1.0, 0], [2, 0]], 0.1), r"segments: wanted .*got \(1, 2\) and \(2, 2\)"),
        (lambda: Segments([[0.0, 0, 0]], [[1.0, 0, 0]], 0.1), r"segments: wanted .*got \(1, 3\) and \(1, 3\)"),
        (lambda: Segments([[1.0, 2]], [[1.0, 2]], 0.1), r"segments: wanted positive lengths"),
        (lambda: Segments([[nan, 2]], [[1.0, 2]], 0.1), r"starts: wanted finite coordinates"),
        (lambda: Segments([[0.0, 0]], [[1.0, 0]], -0.1), r"thickness: wanted a .*of at least 0, got -0.1"),
        (lambda: Segments([[0.0, 0]], [[1.0, 0]], nan), r"thickness: wanted a .*of at least 0, got nan"),
        (lambda: Segments([[0.0, 0]], [[1.0, 0]], inf), r"thickness: wanted a .*of at least 0, got inf"),
        (lambda: spiral(pieces=0), r"pieces: wanted at least 1, got 0"),
        (lambda: spiral(thickness=-1), r"thickness: wanted"),
        (lambda: spiral(radius=0), r"segments: wanted positive lengths"),
    ],
)
def test_bad_input(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_unit_mass_in_the_plane_by_an_adaptive_rule_too():
    world = GaussianMixture([1, 3], [[0.0, 0], [1, 1]], 0.5)
    mass = dblquad(lambda a, b: world.density(doubles(a, b)[None]).item(), -3, 4, -3, 4, epsabs=1e-4, epsrel=1e-4)[0]
    close(mass, 1, 1e-3)
