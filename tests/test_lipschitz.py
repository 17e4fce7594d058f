from itertools import combinations
from math import inf, nan, sqrt

import numpy as np
import pytest
import torch
from checks_formulas import close, doubles
from helpers_games import seeded
from helpers_sabotage import two_tests
from torch import Tensor, nn
from torch.testing import assert_close

from gan_edu.lipschitz import layer_product, line_pieces, plane_pieces, steepest
from gan_edu.networks.mlp import mlp
from gan_edu.penalties import spectral


def network(*layers, activation=nn.ReLU) -> nn.Sequential:
    """Float64 layers from (weights, biases), with the activation between them."""
    modules = []
    for weight, bias in layers:
        linear = nn.Linear(len(weight[0]), len(weight)).double()
        with torch.no_grad():
            linear.weight.copy_(doubles(*weight[0]) if len(weight) == 1 else torch.tensor(weight, dtype=torch.float64))
            linear.bias.copy_(doubles(*bias))
        modules += [linear, activation()]
    return nn.Sequential(*modules[:-1])


def leaky(slope: float = 0.2):
    return lambda: nn.LeakyReLU(slope)


def drawn(inputs: int, hidden=(16, 16), seed: int = 0, activation=nn.ReLU, by: float = 1) -> nn.Sequential:
    """An MLP in float64 with its weights, not its biases, multiplied."""
    made = mlp(inputs, 1, hidden, activation, generator=seeded(seed)).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter *= by if parameter.dim() == 2 else 1
    return made


ABSOLUTE = network(([[1], [-1]], [0, 0]), ([[1, 1]], [0]))  # |x|
TENT = network(([[1], [1], [1]], [0, -1, -2]), ([[1, -2, 1]], [0]))  # 0 up to 0, 1 at 1, 0 from 2
LARGER = network(([[1, -1], [0, 1], [0, -1]], [0, 0, 0]), ([[1, 1, -1]], [0]))  # max(x, y) = relu(x - y) + y
QUADRANTS = network(([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4), ([[1, 1, 2, 2]], [0]))  # |x| + 2 |y|
WIDTH = 2.0**-17
# 0, then a ramp of slope 1 / WIDTH from 0.3 to 0.3 + WIDTH, then 1: a grid of a thousand points sees nothing of it
CLIFF = network(([[1 / WIDTH], [1 / WIDTH]], [-0.3 / WIDTH, -0.3 / WIDTH - 1]), ([[1, -1]], [0]))
# a pyramid of height 1 on a square of diagonal 2 WIDTH around (0.3, 0.7); slopes sqrt(2) / WIDTH
NEEDLE = network(
    ([[1, 0], [-1, 0], [0, 1], [0, -1]], [-0.3, 0.3, -0.7, 0.7]), ([[-1 / WIDTH] * 4], [1]), ([[1]], [0])
)


def autograd(critic, x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    return torch.autograd.grad(critic(x).sum(), x)[0]


def points(n: int, inputs: int, low: float = -3, high: float = 3, seed: int = 1) -> Tensor:
    return low + (high - low) * torch.rand(n, inputs, generator=seeded(seed), dtype=torch.float64)


def inside(polygon: Tensor, x: Tensor) -> Tensor:
    """How far the points (n, 2) lie to the left of the polygon's edges, in units of area; shape (n,)."""
    edge, to = polygon.roll(-1, 0) - polygon, x[:, None] - polygon
    return (edge[:, 0] * to[..., 1] - edge[:, 1] * to[..., 0]).amin(1)


def gradients_found(regions, x: Tensor) -> Tensor:
    """The gradient of the region that each point lies in; one region only, for points on no line."""
    within = torch.stack([inside(polygon, x) for polygon in regions.polygons], 1) > 0
    assert (within.sum(1) == 1).all()
    return regions.gradients[within.int().argmax(1)]


def unchanged(a, b) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


# the line, by hand


def test_the_absolute_value():
    for low, high in ((-inf, inf), (-1, 2), (-inf, 1), (-1, inf)):
        breaks, slopes = line_pieces(ABSOLUTE, low, high)
        assert_close(breaks, doubles(0)), assert_close(slopes, doubles(-1, 1))
    assert line_pieces(ABSOLUTE, 1, 2).breaks.shape == (0,) and line_pieces(ABSOLUTE, 1, 2).slopes.tolist() == [1]
    assert line_pieces(ABSOLUTE, -2, 0).slopes.tolist() == [-1] and line_pieces(ABSOLUTE, 0, inf).slopes.tolist() == [1]


def test_a_tent():
    breaks, slopes = line_pieces(TENT)
    assert_close(breaks, doubles(0, 1, 2)), assert_close(slopes, doubles(0, 1, -1, 0))
    assert line_pieces(TENT, 0.5, 1.5).breaks.tolist() == [1]
    assert breaks.dtype == slopes.dtype == torch.float64


def test_a_tent_folded_by_a_second_layer():
    # relu(tent - 1/2) - relu(tent - 3/4): the second layer's neurons break the first one's pieces
    folded = network((TENT[0].weight.tolist(), [0, -1, -2]), ([[1, -2, 1]] * 2, [-0.5, -0.75]), ([[1, -1]], [0]))
    breaks, slopes = line_pieces(folded)
    assert_close(breaks, doubles(0.5, 0.75, 1.25, 1.5)), assert_close(slopes, doubles(0, 1, 0, -1, 0))


def test_leaky_by_hand():
    bent = network(([[2]], [-2]), ([[3]], [1]), activation=leaky(0.1))
    breaks, slopes = line_pieces(bent)
    assert_close(breaks, doubles(1)), assert_close(slopes, doubles(0.6, 6))
    close(layer_product(bent), 6)
    steep = network(([[2]], [-2]), ([[3]], [1]), activation=leaky(-4))  # a leak of -4 stretches by 4
    assert_close(line_pieces(steep).slopes, doubles(-24, 6)), close(layer_product(steep), 24)
    assert line_pieces(network(([[2]], [-2]), ([[3]], [1]), activation=leaky(1))).slopes.tolist() == [6]


def test_the_triangle_wave_doubles_with_each_layer():
    # tents put one after the other: 2^depth pieces between 0 and 1, all of slope 2^depth (Montufar et al., 2014)
    first, fold = ([[2], [4]], [0, -2]), ([[2, -2], [4, -4]], [0, -2])
    for depth in (1, 3, 6):
        wave = network(first, *[fold] * (depth - 1), ([[1, -1]], [0]))
        breaks, slopes = line_pieces(wave, 0, 1)
        assert_close(breaks, torch.arange(1, 2**depth).double() / 2**depth)
        assert_close(slopes, 2.0**depth * (-1.0) ** torch.arange(2**depth).double())
        assert steepest(wave, 0, 1) == 2**depth


# the plane, by hand


def test_the_larger_of_two_numbers():
    regions = plane_pieces(LARGER, -1, 1)
    x_larger = torch.tensor([inside(polygon, polygon.mean(0, keepdim=True)) > 0 and polygon.mean(0).diff() < 0 for polygon in regions.polygons])
    assert_close(regions.gradients, torch.where(x_larger[:, None], doubles(1, 0), doubles(0, 1)))
    assert len(regions.areas) == 4 and sorted(regions.areas.tolist()) == pytest.approx([0.5, 0.5, 1.5, 1.5])
    close(steepest(LARGER, -1, 1), 1)


def test_four_quadrants():
    polygons, gradients, areas = plane_pieces(QUADRANTS, (-1, -2), (3, 4))
    assert sorted(zip(gradients.tolist(), areas.tolist())) == [([-1, -2], 2), ([-1, 2], 4), ([1, -2], 6), ([1, 2], 12)]
    assert all(polygon.shape == (4, 2) and (polygon.mean(0).sign() == slope.sign()).all() for polygon, slope in zip(polygons, gradients))
    close(steepest(QUADRANTS, (-1, -2), (3, 4)), sqrt(5)), close(layer_product(QUADRANTS), sqrt(2) * sqrt(10))
    assert gradients.dtype == areas.dtype == polygons[0].dtype == torch.float64


def test_a_line_through_corners_and_one_along_an_edge():
    diagonal = network(([[1, -1]], [0]), ([[1]], [0]))
    assert plane_pieces(diagonal, 0, 1).areas.tolist() == [0.5, 0.5]
    along = network(([[1, 0]], [-1]), ([[1]], [0]))
    assert plane_pieces(along, 0, 1).areas.tolist() == [1] and steepest(along, 0, 1) == 0 and steepest(along, 1, 2) == 1


# both


@pytest.mark.parametrize("activation", [nn.ReLU, leaky(0.2)], ids=["relu", "leaky"])
@pytest.mark.parametrize("hidden", [(), (1,), (20,), (12, 12), (10, 10, 10), (6,) * 6], ids=str)
@pytest.mark.parametrize("by", [1, 3])
def test_slopes_are_autograds(hidden, activation, by):
    critic = drawn(1, hidden, activation=activation, by=by)
    breaks, slopes = line_pieces(critic, -3, 3)
    x = points(400, 1)
    assert_close(slopes[torch.bucketize(x[:, 0], breaks)], autograd(critic, x)[:, 0])
    assert (breaks.diff() > 0).all() and (slopes.diff() != 0).all()
    critic = drawn(2, hidden, activation=activation, by=by)
    regions, x = plane_pieces(critic, -3, 3), points(200, 2)
    assert_close(gradients_found(regions, x), autograd(critic, x))


@pytest.mark.parametrize("seed", range(3))
def test_the_regions_fill_the_box_and_fit_together(seed):
    critic = drawn(2, (16, 16, 16), seed, by=2)
    low, high = doubles(-1, -3), doubles(2.5, 0.5)
    regions = plane_pieces(critic, low, high)
    close(regions.areas.sum().item(), 3.5 * 3.5, 1e-9)
    for polygon, gradient in zip(regions.polygons, regions.gradients):
        assert (polygon >= low - 1e-12).all() and (polygon <= high + 1e-12).all()
        assert inside(polygon, polygon.mean(0, keepdim=True)) > 0  # counterclockwise
        # the critic's own values, also at the corners that it shares with its neighbours
        middle = polygon.mean(0)
        assert_close(critic(middle) + (polygon - middle) @ gradient[:, None], critic(polygon), rtol=0, atol=1e-9)


def test_breakpoints_join_the_critics_own_values():
    critic = drawn(1, (32, 32, 32), by=2)
    breaks, slopes = line_pieces(critic, -5, 5)
    x = torch.cat([doubles(-5), breaks, doubles(5)])
    assert len(breaks) > 50
    assert_close(critic(x[:, None])[:, 0].diff() / x.diff(), slopes, rtol=1e-5, atol=1e-7)


def test_the_whole_line_is_a_box_that_holds_all_breakpoints():
    critic = drawn(1, (16, 16))
    everywhere = line_pieces(critic)
    wide = line_pieces(critic, everywhere.breaks[0] - 1, everywhere.breaks[-1] + 1)
    assert_close(everywhere, wide)
    assert steepest(critic, -inf, inf) == everywhere.slopes.abs().max()
    assert line_pieces(critic, -1, 1).breaks.tolist() == [x for x in everywhere.breaks.tolist() if -1 < x < 1]
    assert_close(autograd(critic, doubles(-1e6, 1e6)[:, None])[:, 0], everywhere.slopes[[0, -1]])


def test_a_line_in_the_plane_has_the_slopes_of_the_line():
    # the critic of x alone, written with a second number that no neuron listens to
    one = drawn(1, (12, 12))
    two = network(([[w, 0] for (w,) in one[0].weight.tolist()], one[0].bias.tolist()), *[(m.weight.tolist(), m.bias.tolist()) for m in one[2::2]])
    on_line, on_plane = line_pieces(one, -2, 2), plane_pieces(two, -2, 2)
    assert set(on_plane.gradients[:, 1].tolist()) == {0}
    strips = sorted((polygon[:, 0].min().item(), slope) for polygon, slope in zip(on_plane.polygons, on_plane.gradients[:, 0].tolist()))
    merged = [slope for i, (_, slope) in enumerate(strips) if i == 0 or abs(slope - strips[i - 1][1]) > 1e-12]
    assert merged == pytest.approx(on_line.slopes.tolist())


@pytest.mark.parametrize(("inputs", "n"), [(1, 20001), (2, 401)])
def test_a_dense_grid_comes_near_and_never_exceeds(inputs, n):
    for seed in range(3):
        critic = drawn(inputs, (16, 16), seed, by=2)
        axis = torch.linspace(-3, 3, n, dtype=torch.float64)
        grid = torch.cartesian_prod(*[axis] * inputs).view(-1, inputs)
        found = autograd(critic, grid).norm(dim=1).max().item()
        exact = steepest(critic, -3, 3)
        assert 0.97 * exact < found <= exact * (1 + 1e-12)


@pytest.mark.parametrize("inputs", [1, 2])
def test_no_two_points_are_further_apart_than_it_allows(inputs):
    critic = drawn(inputs, (16, 16), by=2)
    a, b = points(5000, inputs), points(5000, inputs, seed=2)
    assert ((critic(a) - critic(b))[:, 0].abs() <= steepest(critic, -3, 3) * (a - b).norm(dim=1) * (1 + 1e-12)).all()


@pytest.mark.parametrize("inputs", [1, 2])
def test_what_happens_to_the_last_layer_happens_to_the_constant(inputs):
    critic, before = drawn(inputs), steepest(drawn(inputs), -3, 3)
    with torch.no_grad():
        critic[-1].weight *= 2
        assert steepest(critic, -3, 3) == 2 * before
        critic[-1].bias += 100
        assert steepest(critic, -3, 3) == 2 * before
        critic[-1].weight *= -1
        assert steepest(critic, -3, 3) == 2 * before
        critic[0].weight *= 3  # f(3 x), on a third of the box
        close(steepest(critic, -1, 1), 6 * before, 1e-12)


@pytest.mark.parametrize("activation", [nn.ReLU, leaky(0.2), leaky(-2)], ids=["relu", "leaky", "steep"])
@pytest.mark.parametrize("inputs", [1, 2])
def test_the_product_of_the_layers_is_a_bound(inputs, activation):
    for seed in range(5):
        critic = drawn(inputs, (8, 8), seed, activation)
        assert 0 < steepest(critic, -10, 10) < layer_product(critic)


def test_the_product_of_the_layers_by_hand():
    close(layer_product(network(([[3, 4], [0, 0]], [7, 7]), ([[0, 2]], [7]))), 10)
    one = network(([[3, 4]], [0]))  # a single layer: the bound is reached
    close(layer_product(one), 5), close(steepest(one, -1, 1), 5)
    wide = mlp(50, 3, (40, 30), generator=seeded())  # any number of inputs and outputs
    close(layer_product(wide), np.prod([torch.linalg.matrix_norm(m.weight, 2).item() for m in wide[::2]]), 1e-5)
    deep = network(*[([[2]], [0])] * 5)
    close(layer_product(deep), 32), close(steepest(deep, -1, 1), 32)


@pytest.mark.parametrize("inputs", [1, 2])
def test_a_spectrally_normalised_critic_is_1_lipschitz(inputs):
    critic = spectral(mlp(inputs, 1, (32, 32), generator=seeded()))
    for _ in range(50):
        critic(torch.zeros(1, inputs))
    before = {name: value.clone() for name, value in critic.state_dict().items()}
    in_training, product = steepest(critic, -3, 3), layer_product(critic)
    assert critic.training and all(torch.equal(before[name], value) for name, value in critic.state_dict().items())
    critic.eval()
    assert 0.05 < steepest(critic, -3, 3) == in_training <= 1 + 1e-3 and product == pytest.approx(1, abs=1e-2)
    x = points(100, inputs).float()
    assert autograd(critic, x).norm(dim=1).max() <= in_training * (1 + 1e-5)


# how many


def crossings_of(critic) -> Tensor:
    weight, bias = critic[0].weight.detach(), critic[0].bias.detach()
    return torch.stack([torch.linalg.solve(weight[[i, j]], -bias[[i, j]]) for i, j in combinations(range(len(bias)), 2)])


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_n_lines_in_general_position(n):
    critic = drawn(2, (n,), seed=3)
    most = 1 + n + n * (n - 1) // 2
    reach = 1 + max(crossings_of(critic).abs().max().item() if n > 1 else 0, 10)
    whole = plane_pieces(critic, -reach, reach)
    assert len(whole.areas) == len(whole.polygons) == most
    assert len(plane_pieces(critic, -0.5, 0.5).areas) < most or n == 1
    close(whole.areas.sum().item() / (2 * reach) ** 2, 1, 1e-12)


def test_fewer_regions_when_lines_are_parallel_or_meet_in_one_point():
    parallel = network(([[1, 2]] * 4, [-1, 0, 1, 2]), ([[1, 1, 1, 1]], [0]))
    assert len(plane_pieces(parallel, -9, 9).areas) == 5
    star = network(([[1, 0], [0, 1], [1, 1], [1, -2]], [0] * 4), ([[1, 1, 1, 1]], [0]))
    assert len(plane_pieces(star, -9, 9).areas) == 8
    off = network(([[0.1, 0], [0, 0.1], [0.1, 0.1], [0.1, -0.2]], [0.3, 0.7, 1, -1.1]), ([[1, 1, 1, 1]], [0]))
    assert len(plane_pieces(off, -90, 90).areas) == 8  # at (-3, -7), where nothing is exact in binary


@pytest.mark.parametrize("seed", range(3))
def test_one_neuron_bends_a_line_once_in_its_layer(seed):
    critic = drawn(1, (24,), seed)
    assert_close(line_pieces(critic).breaks, (-critic[0].bias / critic[0].weight[:, 0]).detach().sort().values)


# neurons that do nothing, or the same


@pytest.mark.parametrize("inputs", [1, 2])
def test_zero_weights(inputs):
    flat = drawn(inputs)
    with torch.no_grad():
        for p in flat.parameters():
            p.zero_()
    assert steepest(flat, -1, 1) == layer_product(flat) == 0
    found = line_pieces(flat) if inputs == 1 else plane_pieces(flat, -1, 1)
    assert len(found[1]) == 1 and (found[1] == 0).all()


def test_a_dead_neuron_and_one_that_nobody_hears_break_nothing():
    dead = network(([[1], [1], [0], [0]], [0, -1, 5, -5]), ([[1, 0, 1, 1]], [0]))
    breaks, slopes = line_pieces(dead)
    assert breaks.tolist() == [0] and slopes.tolist() == [0, 1]
    off = network(([[1], [-1]], [0, 0]), ([[-1, -1], [1, 0]], [-1, 0]), ([[100, 1]], [0]))  # relu(-|x| - 1) is off
    assert line_pieces(off).breaks.tolist() == [0] and steepest(off, -inf, inf) == 1
    flat = network(([[1, 0], [0, 0]], [0, 3]), ([[1, 100]], [0]))
    assert len(plane_pieces(flat, -1, 1).areas) == 2 and steepest(flat, -1, 1) == 1


@pytest.mark.parametrize("far", [1, 1e6])
@pytest.mark.parametrize("seed", range(20))
def test_rounding_alone_makes_no_pieces(seed, far):
    # 3000 relu(w x + b) - 1000 relu(3 w x + 3 b), with 3 w and 3 b rounded, is 0, without a needle of slope 3000 w
    w, b = (torch.rand(2, 1, generator=seeded(seed), dtype=torch.float64) + 0.1).tolist()
    b = [b[0] * far]
    twin = network(([w, [w[0] * 3]], [b[0], b[0] * 3]), ([[3000, -1000]], [0]))
    assert steepest(twin, -inf, inf) < 1e-9 and line_pieces(twin).breaks.shape == (0,)
    later = network(([w], b), ([[7], [7 / 3]], [0, 0]), ([[1000, -3000]], [0]))
    assert steepest(later, -inf, inf) < 1e-9
    across = network(([[w[0], 0.7], [w[0] * 3, 0.7 * 3]], [-b[0], -b[0] * 3]), ([[3000, -1000]], [0]))
    assert len(plane_pieces(across, -3 * far, 3 * far).areas) <= 2 and steepest(across, -3 * far, 3 * far) < 1e-9


@pytest.mark.parametrize("inputs", [1, 2])
def test_each_neuron_twice_is_once_with_twice_the_weight(inputs):
    one = drawn(inputs, (8, 8))
    doubled = [(m.weight.repeat(2, 2).div(2) if i else m.weight.repeat(2, 1), m.bias.repeat(2)) for i, m in enumerate(one[:-1:2])]
    last = (one[-1].weight.repeat(1, 2).div(2), one[-1].bias)
    twice = network(*[(w.tolist(), b.tolist()) for w, b in (*doubled, last)])
    close(steepest(twice, -3, 3), steepest(one, -3, 3), 1e-12)
    if inputs == 1:
        assert_close(line_pieces(twice), line_pieces(one))
    else:
        assert len(plane_pieces(twice, -3, 3).areas) == len(plane_pieces(one, -3, 3).areas)


# steep and small


def test_a_narrow_cliff():
    breaks, slopes = line_pieces(CLIFF)
    assert_close(breaks, doubles(0.3, 0.3 + WIDTH)), assert_close(slopes, doubles(0, 1 / WIDTH, 0))


def test_a_needle():
    regions = plane_pieces(NEEDLE, 0, 1)
    steep = regions.gradients.norm(dim=1) > 0
    assert steep.sum() == 4 and regions.areas[steep].tolist() == pytest.approx([WIDTH**2 / 2] * 4, rel=1e-9)
    close(steepest(NEEDLE, 0, 1) * WIDTH, sqrt(2), 1e-12)
    assert steepest(NEEDLE, 0, 0.5) == steepest(NEEDLE, (0.31, 0), (1, 1)) == 0


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_do_not_matter(scale):
    # f(x / scale) on a box scaled likewise
    for inputs in (1, 2):
        critic, scaled = drawn(inputs), drawn(inputs)
        with torch.no_grad():
            scaled[0].weight /= scale
        close(steepest(scaled, -3 * scale, 3 * scale) * scale, steepest(critic, -3, 3), 1e-9)


# what goes in


@pytest.mark.parametrize("inputs", [1, 2])
def test_a_float32_critic_is_taken_as_it_is_and_left_alone(inputs):
    critic = mlp(inputs, 1, (16, 16), generator=seeded())
    same = mlp(inputs, 1, (16, 16), generator=seeded())
    found = steepest(critic, -3, 3)
    assert unchanged(critic, same) and critic.training and all(p.grad is None for p in critic.parameters())
    product, half = layer_product(critic), steepest(critic.bfloat16(), -3, 3)
    assert half == steepest(critic.double(), -3, 3)  # double() changes no number, bfloat16() does
    assert isinstance(found, float) and found == steepest(same.double(), -3, 3) and found == pytest.approx(half, rel=0.1)
    assert isinstance(product, float) and product == layer_product(same)


def test_layers_without_bias_in_boxes_in_boxes_and_alone():
    bare = nn.Sequential(nn.Sequential(nn.Linear(2, 8, bias=False), nn.ReLU()), nn.Sequential(nn.Linear(8, 1)))
    assert steepest(bare, -1, 1) == pytest.approx(steepest(bare, -7, 7))  # cones: the same at every size
    assert steepest(nn.Linear(2, 1), -1, 1) > 0 and line_pieces(nn.Linear(1, 1)).breaks.shape == (0,)
    two = nn.Sequential(nn.Linear(1, 3), nn.Linear(3, 1))  # affine after affine
    assert line_pieces(two).slopes.tolist() == pytest.approx([(two[1].weight @ two[0].weight).item()])
    ends_bent = nn.Sequential(*network(([[1]], [0])), nn.ReLU())
    assert line_pieces(ends_bent).slopes.tolist() == [0, 1]


def test_the_global_random_state_is_left_alone():
    before = torch.get_rng_state()
    steepest(drawn(2), -1, 1), steepest(drawn(1), -1, 1), layer_product(drawn(1))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("critic", "got"),
    [
        (mlp(2, 1, (4,), nn.Tanh, generator=seeded()), "Linear, Tanh, Linear"),
        (nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1)), "Linear, BatchNorm1d, ReLU, Linear"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()), "Conv2d, ReLU"),
        (nn.Sequential(nn.Linear(2, 1), nn.ReLU(), nn.ReLU()), "Linear, ReLU, ReLU"),
        (nn.Sequential(nn.ReLU(), nn.Linear(2, 1)), "ReLU, Linear"),
        (nn.Sequential(nn.Linear(2, 1), nn.Sequential(nn.PReLU())), "Linear, PReLU"),
        (type("Own", (nn.Sequential,), {})(nn.Linear(2, 1)), "Own"),
        (nn.Sequential(), "nothing"),
        (lambda x: x.sum(1), "function"),
    ],
    ids=["tanh", "batch norm", "conv", "relu twice", "relu first", "prelu", "own", "empty", "function"],
)
def test_other_layers(critic, got):
    message = f"wanted nn.Linear layers, each followed by nn.ReLU, nn.LeakyReLU or nothing; got {got}$"
    for call in (lambda: line_pieces(critic), lambda: plane_pieces(critic, -1, 1), lambda: steepest(critic, -1, 1), lambda: layer_product(critic)):
        with pytest.raises(ValueError, match=message):
            call()


def test_other_numbers_of_inputs_and_outputs():
    with pytest.raises(ValueError, match="steepest: wanted a critic with 1 or 2 inputs; got 3"):
        steepest(drawn(3), -1, 1)
    with pytest.raises(ValueError, match=r"wanted a critic with inputs and outputs \(1, 1\); got \(2, 1\)"):
        line_pieces(drawn(2))
    with pytest.raises(ValueError, match=r"wanted a critic with inputs and outputs \(2, 1\); got \(1, 1\)"):
        plane_pieces(drawn(1), -1, 1)
    with pytest.raises(ValueError, match=r"wanted a critic with inputs and outputs \(2, 1\); got \(2, 3\)"):
        steepest(nn.Linear(2, 3), -1, 1)


@pytest.mark.parametrize("inputs", [1, 2])
@pytest.mark.parametrize(("low", "high"), [(1, 1), (1, -1), (nan, 1), (0, nan), ((0, 0, 0), (1, 1, 1)), ((0, 2), (1, 1))])
def test_bad_boxes(inputs, low, high):
    with pytest.raises(ValueError, match="wanted low below high.*; got "):
        steepest(drawn(inputs), low, high)


def test_an_endless_box_in_the_plane():
    with pytest.raises(ValueError, match=r"plane_pieces: wanted a finite box; got corners \[-1.0, -1.0\] and \[inf, inf\]"):
        steepest(drawn(2), -1, inf)


@pytest.mark.parametrize("value", [nan, inf])
def test_bad_weights(value):
    critic = drawn(2)
    with torch.no_grad():
        critic[2].bias[3] = value
    with pytest.raises(ValueError, match="wanted finite weights; got NaN or infinite ones"):
        steepest(critic, -1, 1)


# would the tests notice? each check takes an implementation of ``steepest``


def the_cliff_is_seen(steepest) -> None:
    close(steepest(CLIFF, -1, 1) * WIDTH, 1, 1e-6)


def the_needle_is_seen(steepest) -> None:
    close(steepest(NEEDLE, -1, 1) * WIDTH, sqrt(2), 1e-6)


def the_steep_places_never_meet(steepest) -> None:
    # 3 relu(x) + 4 relu(-x - 1): where one is on, the other is off
    close(steepest(network(([[1], [-1]], [0, -1]), ([[3, 4]], [0])), -2, 2), 4)


def the_second_layer_hides_the_first(steepest) -> None:
    # relu(9 |x| - 90), which is 0 on [-10, 10], minus |x|
    hidden = network(([[1], [-1]], [0, 0]), ([[9, 9], [1, 1]], [-90, 0]), ([[1, -1]], [0]))
    close(steepest(hidden, -9, 9), 1), close(steepest(hidden, -11, 11), 8)


def the_box_counts(steepest) -> None:
    close(steepest(TENT, 3, 4), 0), close(steepest(QUADRANTS, 0, 1), sqrt(5))


def both_coordinates_count(steepest) -> None:
    close(steepest(network(([[3, -4]], [0])), -1, 1), 5)


def on_a_grid(critic, low, high, n: int = 100) -> float:
    axis = torch.linspace(low, high, n, dtype=torch.float64)
    inputs = critic[0].in_features
    return autograd(critic, torch.cartesian_prod(*[axis] * inputs).view(-1, inputs)).norm(dim=1).max().item()


def product_of_the_layers(critic, low, high) -> float:
    return layer_product(critic)


def product_of_the_layers_in_frobenius_norm(critic, low, high) -> float:
    return np.prod([m.weight.norm().item() for m in critic if isinstance(m, nn.Linear)])


def breaks_of_the_first_layer_only(critic, low, high) -> float:
    """Slopes in the middle of the pieces that the first layer makes."""
    if critic[0].in_features == 1:
        breaks = (-critic[0].bias / critic[0].weight[:, 0]).detach()
        ends = torch.cat([doubles(low), breaks[(breaks > low) & (breaks < high)].sort().values, doubles(high)])
        return autograd(critic, ((ends[:-1] + ends[1:]) / 2)[:, None]).abs().max().item()
    first = nn.Sequential(critic[0], nn.ReLU(), network(([[1] * critic[0].out_features], [0])))
    middles = torch.stack([polygon.mean(0) for polygon in plane_pieces(first, low, high).polygons])
    return autograd(critic, middles).norm(dim=1).max().item()


def all_neurons_on(critic, low, high) -> float:
    product = torch.eye(critic[0].in_features, dtype=torch.float64)
    for m in critic[::2]:
        product = m.weight.detach().abs() @ product
    return product.norm().item()


def larger_coordinate(critic, low, high) -> float:
    return plane_pieces(critic, low, high).gradients.abs().max().item()


def lacking_the_box(critic, low, high) -> float:
    return steepest(critic, -20, 20)


SABOTAGE = [
    (the_cliff_is_seen, [on_a_grid, product_of_the_layers, all_neurons_on]),
    (the_needle_is_seen, [on_a_grid, product_of_the_layers, breaks_of_the_first_layer_only]),
    (the_steep_places_never_meet, [product_of_the_layers, product_of_the_layers_in_frobenius_norm, all_neurons_on]),
    (the_second_layer_hides_the_first, [breaks_of_the_first_layer_only, product_of_the_layers, all_neurons_on, lacking_the_box]),
    (the_box_counts, [lacking_the_box, product_of_the_layers, product_of_the_layers_in_frobenius_norm]),
    (both_coordinates_count, [larger_coordinate]),
]


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests(
    [(check, steepest, variants) for check, variants in SABOTAGE], lambda part: part.__name__
)
