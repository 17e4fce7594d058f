from fractions import Fraction
from itertools import permutations
from math import inf, nan, sqrt

import numpy as np
import pytest
import scipy.stats
import torch
from checks_formulas import close, doubles
from helpers_sabotage import two_tests
from torch import Tensor
from torch.testing import assert_close

from gan_edu.divergences import w1, w1_samples
from gan_edu.transport import Potential, Transport, best_potential, distances, matching, optimal_plan

every_seed = pytest.mark.parametrize("seed", range(5))


def shares(seed: int, n: int = 12, m: int | None = None) -> tuple[Tensor, Tensor]:
    """Two random probability vectors, some of their entries zero."""
    rng = torch.Generator().manual_seed(seed)
    p, q = ((torch.rand(k, generator=rng, dtype=torch.float64) - 0.2).clamp(min=0) for k in (n, m or n))
    p[0] += 0.1  # never all of them zero
    q[0] += 0.1
    return p / p.sum(), q / q.sum()


def cloud(seed: int, n: int, d: int = 2) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(100 + seed), dtype=torch.float64)


def uneven(seed: int, n: int = 12) -> Tensor:
    """An increasing grid whose steps differ up to a hundredfold."""
    return (10 ** (2 * torch.rand(n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 1)).cumsum(0)


def area_between(real: Tensor, fake: Tensor, x: Tensor) -> float:
    """W1 on the line: sum |F - G| dx, F and G the cumulative distribution functions."""
    return ((real - fake).cumsum(0)[:-1].abs() * x.diff()).sum().item()


def area_in_fractions(real: Tensor, fake: Tensor, x: Tensor) -> float:
    """The same of the normalised masses, without any rounding on the way."""
    p, q, x = ([Fraction(value) for value in values.tolist()] for values in (real, fake, x))
    gap, area = Fraction(0), Fraction(0)
    for a, b, here, there in zip(p, q, x, x[1:], strict=False):
        gap += a / sum(p) - b / sum(q)
        area += abs(gap) * (there - here)
    return float(area)


def slack(found: Transport, costs: Tensor) -> Tensor:
    return costs - found.real_price[:, None] - found.fake_price


def relative(found: float, wanted: float, tolerance: float = 1e-9) -> None:
    assert abs(found - wanted) <= tolerance * abs(wanted), f"got {found}, wanted {wanted}"


# what a right one satisfies: each check takes an implementation, so that wrong ones can be given to it as well


def distances_by_hand(distances) -> None:
    found = distances(doubles(0, 0, 3, 4).view(2, 2), doubles(3, 4, 0, 0, 6, 8).view(3, 2))
    assert_close(found, doubles(5, 0, 10, 0, 5, 5).view(2, 3))


def moving_a_pile_two_places_costs_two(optimal_plan) -> None:
    costs = (doubles(0, 1, 2)[:, None] - doubles(0, 1, 2)).abs()
    found = optimal_plan(doubles(1, 0, 0), doubles(0, 0, 1), costs)
    close(found.cost, 2)
    assert_close(found.plan, doubles(0, 0, 1, 0, 0, 0, 0, 0, 0).view(3, 3))


def plan_has_both_sums(optimal_plan) -> None:
    (real, fake), costs = shares(0, 7, 5), distances(cloud(0, 7), cloud(1, 5))
    plan = optimal_plan(real, fake, costs).plan
    assert plan.shape == (7, 5) and (plan >= 0).all()
    assert_close(plan.sum(1), real, rtol=0, atol=1e-12)
    assert_close(plan.sum(0), fake, rtol=0, atol=1e-12)


def plan_costs_the_area_on_the_line(optimal_plan) -> None:
    (real, fake), x = shares(1), uneven(1)
    close(optimal_plan(real, fake, distances(x, x)).cost, area_between(real, fake, x), 1e-9)


def prices_prove_the_plan(optimal_plan) -> None:
    (real, fake), costs = shares(2, 6, 9), distances(cloud(2, 6), cloud(3, 9))
    found = optimal_plan(real, fake, costs)
    close(found.cost, (found.plan * costs).sum().item(), 1e-12)
    close((found.real_price @ real + found.fake_price @ fake).item(), found.cost, 1e-12)
    assert slack(found, costs).min() >= -1e-12
    assert slack(found, costs)[found.plan > 0].abs().max() <= 1e-12


def potential_by_hand(best_potential) -> None:
    # all mass has to go from 0 to 2, so that f falls by one at each step
    found = best_potential(doubles(1, 0, 0), doubles(0, 0, 1), distances(doubles(0, 1, 2), doubles(0, 1, 2)))
    close(found.value, 2)
    assert_close(found.f, doubles(0, -1, -2))


def potential_is_1_lipschitz(best_potential) -> None:
    (real, fake), x = shares(3), cloud(3, 12)
    f = best_potential(real, fake, distances(x, x)).f
    assert ((f[:, None] - f).abs() - distances(x, x)).max() <= 1e-12


def potential_reaches_w1(best_potential) -> None:
    (real, fake), x = shares(4), uneven(4)
    found, wanted = best_potential(real, fake, distances(x, x)), area_between(real, fake, x)
    close(found.value, wanted, 1e-9)
    close((found.f @ (real - fake)).item(), wanted, 1e-9)


def matching_by_hand(matching) -> None:
    # straight across 3 each; crossing over 5 each
    cost, partner = matching(doubles(0, 0, 4, 0).view(2, 2), doubles(4, 3, 0, 3).view(2, 2))
    close(cost, 3)
    assert partner.tolist() == [1, 0]


def no_other_matching_is_cheaper(matching) -> None:
    real, fake = cloud(4, 6), cloud(5, 6)
    costs = distances(real, fake)
    cheapest = min(costs[range(6), list(order)].mean().item() for order in permutations(range(6)))
    close(matching(real, fake)[0], cheapest)


def partners_have_the_cost(matching) -> None:
    real, fake = cloud(6, 9, 3), cloud(7, 9, 3)
    cost, partner = matching(real, fake)
    assert partner.sort()[0].tolist() == list(range(9))
    close((real - fake[partner]).norm(dim=1).mean().item(), cost)


def matching_on_the_line_is_sorting(matching) -> None:
    real, fake = cloud(8, 20, 1), 2 * cloud(9, 20, 1)
    cost = matching(real, fake)[0]
    close(cost, (real.sort(0)[0] - fake.sort(0)[0]).abs().mean().item())
    close(cost, w1_samples(real, fake))


# wrong variants


def distances_squared(real, fake):
    return distances(real, fake) ** 2


def distances_along_the_axes(real, fake):
    return torch.cdist(real, fake, p=1)


def distances_from_the_fake(real, fake):
    return distances(fake, real)


def plan_with_row_sums_only(real, fake, costs):
    plan = torch.zeros_like(costs)
    plan[range(len(real)), costs.argmin(1)] = real
    return Transport((plan * costs).sum().item(), plan, costs.min(1)[0], torch.zeros_like(fake))


def plan_without_a_choice(real, fake, costs):
    plan = real[:, None] * fake
    return optimal_plan(real, fake, costs)._replace(cost=(plan * costs).sum().item(), plan=plan)


def plan_of_squared_costs(real, fake, costs):
    return optimal_plan(real, fake, costs**2)


def plan_turned_round(real, fake, costs):
    return optimal_plan(fake, real, costs.T)


def dearest_plan(real, fake, costs):
    found = optimal_plan(real, fake, -costs)
    return Transport(-found.cost, found.plan, -found.real_price, -found.fake_price)


def prices_with_the_wrong_sign(real, fake, costs):
    found = optimal_plan(real, fake, costs)
    return found._replace(real_price=-found.real_price, fake_price=-found.fake_price)


def price_of_the_fake_with_the_wrong_sign(real, fake, costs):
    # as though it were the potential f, of which it is the negative
    found = optimal_plan(real, fake, costs)
    return found._replace(fake_price=-found.fake_price)


def prices_of_nothing(real, fake, costs):
    return optimal_plan(real, fake, costs)._replace(real_price=torch.zeros_like(real), fake_price=torch.zeros_like(fake))


def potential_with_the_wrong_sign(real, fake, distances):
    found = best_potential(real, fake, distances)
    return Potential(-found.value, -found.f)


def potential_of_the_fake(real, fake, distances):
    return best_potential(fake, real, distances)


def potential_twice_as_steep(real, fake, distances):
    found = best_potential(real, fake, distances)
    return Potential(2 * found.value, 2 * found.f)


def potential_of_squared_distances(real, fake, distances):
    return best_potential(real, fake, distances**2)


def potential_that_is_flat(real, fake, distances):
    return Potential(0.0, torch.zeros_like(real))


def order_of_appearance(real, fake):
    return (real - fake).norm(dim=1).mean().item(), torch.arange(len(real))


def nearest_with_repeats(real, fake):
    least, partner = distances(real, fake).min(1)
    return least.mean().item(), partner


def first_come_first_served(real, fake):
    costs, partner = distances(real, fake), []
    for row in costs:
        row[partner] = inf
        partner.append(row.argmin().item())
    return distances(real, fake)[range(len(real)), partner].mean().item(), torch.tensor(partner)


def matching_of_squares(real, fake):
    partner = torch.from_numpy(scipy.optimize.linear_sum_assignment(distances(real, fake) ** 2)[1])
    return sqrt((real - fake[partner]).square().sum(1).mean()), partner


def sum_and_not_mean(real, fake):
    cost, partner = matching(real, fake)
    return len(real) * cost, partner


def partners_of_the_fake(real, fake):
    cost, partner = matching(real, fake)
    return cost, partner.argsort()


SABOTAGE = [
    # (check, right, wrong variants)
    (distances_by_hand, distances, [distances_squared, distances_along_the_axes, distances_from_the_fake]),
    (moving_a_pile_two_places_costs_two, optimal_plan, [plan_with_row_sums_only, plan_of_squared_costs, plan_turned_round]),
    (plan_has_both_sums, optimal_plan, [plan_with_row_sums_only, plan_turned_round]),
    (plan_costs_the_area_on_the_line, optimal_plan, [plan_with_row_sums_only, plan_without_a_choice, plan_of_squared_costs, dearest_plan]),
    (
        prices_prove_the_plan,
        optimal_plan,
        [
            plan_without_a_choice,
            plan_of_squared_costs,
            dearest_plan,
            prices_with_the_wrong_sign,
            price_of_the_fake_with_the_wrong_sign,
            prices_of_nothing,
        ],
    ),
    (potential_by_hand, best_potential, [potential_with_the_wrong_sign, potential_of_the_fake, potential_twice_as_steep, potential_that_is_flat]),
    (potential_is_1_lipschitz, best_potential, [potential_twice_as_steep, potential_of_squared_distances]),
    (
        potential_reaches_w1,
        best_potential,
        [
            potential_with_the_wrong_sign,
            potential_of_the_fake,
            potential_twice_as_steep,
            potential_of_squared_distances,
            potential_that_is_flat,
        ],
    ),
    (matching_by_hand, matching, [order_of_appearance, sum_and_not_mean]),
    (
        no_other_matching_is_cheaper,
        matching,
        [order_of_appearance, nearest_with_repeats, first_come_first_served, matching_of_squares, sum_and_not_mean],
    ),
    (partners_have_the_cost, matching, [nearest_with_repeats, matching_of_squares, sum_and_not_mean, partners_of_the_fake]),
    (
        matching_on_the_line_is_sorting,
        matching,
        [order_of_appearance, nearest_with_repeats, first_come_first_served, matching_of_squares, sum_and_not_mean],
    ),
]


def name(function) -> str:
    return function.__name__


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests(SABOTAGE, name)


# by hand


def test_three_piles_by_hand():
    # F - G is 1/2 between the first two places and 1/4 between the others, which are two apart
    x, real, fake = doubles(0, 1, 3), doubles(1 / 2, 1 / 4, 1 / 4), doubles(0, 1 / 2, 1 / 2)
    costs = distances(x, x)
    close(optimal_plan(real, fake, costs).cost, 1)
    assert_close(best_potential(real, fake, costs), Potential(1.0, doubles(0, -1, -3)))


def test_the_cheaper_of_two_plans_by_hand():
    # whole piles: 1 to the first and 5 to the second, or 2 and 3
    found = optimal_plan(doubles(1 / 2, 1 / 2), doubles(1 / 2, 1 / 2), doubles(1, 2, 3, 5).view(2, 2))
    close(found.cost, (2 + 3) / 2)
    assert_close(found.plan, doubles(0, 1 / 2, 1 / 2, 0).view(2, 2))


def test_a_pile_is_divided_where_it_must_be():
    found = optimal_plan(doubles(1), doubles(0.2, 0.3, 0.5), doubles(1, 10, 100)[None])
    close(found.cost, 0.2 + 3 + 50)
    assert_close(found.plan, doubles(0.2, 0.3, 0.5)[None])


def test_one_place_only():
    assert_close(optimal_plan(doubles(1), doubles(1), doubles(7)[None])[:2], (7.0, doubles(1)[None]))
    assert_close(best_potential(doubles(1), doubles(1), doubles(0)[None]), Potential(0.0, doubles(0)))
    assert_close(matching(doubles(2), doubles(5)), (3.0, torch.tensor([0])))


def test_equals_cost_nothing_and_stay():
    (real, _), x = shares(0), uneven(0)
    found = optimal_plan(real, real, distances(x, x))
    assert found.cost == 0
    assert_close(found.plan, real.diag(), rtol=0, atol=1e-12)
    assert best_potential(real, real, distances(x, x)).value == 0
    assert matching(x, x)[0] == 0 and matching(x, x)[1].tolist() == list(range(12))


def test_places_that_coincide_are_one():
    x = doubles(0, 0, 1)
    assert optimal_plan(doubles(1, 0, 0), doubles(0, 1, 0), distances(x, x)).cost == 0
    close(best_potential(doubles(1, 0, 0), doubles(0, 0.5, 0.5), distances(x, x)).value, 0.5)


def test_distances_on_the_line_are_those_of_a_column():
    a, b = cloud(0, 4, 1), cloud(1, 6, 1)
    assert_close(distances(a.flatten(), b.flatten()), (a - b.T).abs())
    assert torch.equal(distances(a.flatten(), b.flatten()), distances(a, b))


# primal and dual


@pytest.mark.parametrize("seed", range(40))
def test_plan_price_potential_and_area_are_one_number(seed):
    n = 2 + seed % 17
    (real, fake), x = shares(seed, n), uneven(seed, n)
    costs, wanted = distances(x, x), area_between(real, fake, x)
    found = optimal_plan(real, fake, costs)
    close(found.cost, wanted, 1e-9)
    close((found.real_price @ real + found.fake_price @ fake).item(), wanted, 1e-9)
    close(best_potential(real, fake, costs).value, wanted, 1e-9)


@pytest.mark.parametrize(("n", "m"), [(12, 12), (3, 17), (17, 3), (1, 6), (6, 1), (40, 30)])
@every_seed
def test_plans_have_their_sums_and_prices_prove_them(n, m, seed):
    (real, fake), costs = shares(seed, n, m), distances(cloud(seed, n), cloud(seed + 50, m))
    found = optimal_plan(real, fake, costs)
    assert not np.signbit(found.plan.numpy()).any()  # readers see plans: no -1e-16, and no -0.0
    assert (found.plan > 0).sum() <= n + m - 1
    assert_close((found.plan.sum(1), found.plan.sum(0)), (real, fake), rtol=0, atol=1e-12)
    assert slack(found, costs).min() >= -1e-12 and slack(found, costs)[found.plan > 0].abs().max() <= 1e-12
    close((found.real_price @ real + found.fake_price @ fake).item(), found.cost, 1e-12)


@pytest.mark.parametrize("d", [1, 2, 5])
@every_seed
def test_the_potential_is_1_lipschitz_and_tells_as_much_as_the_plan_costs(d, seed):
    (real, fake), x = shares(seed, 15), cloud(seed, 15, d)
    costs = distances(x, x)
    found = best_potential(real, fake, costs)
    assert found.f[0] == 0 and ((found.f[:, None] - found.f).abs() - costs).max() <= 1e-12
    close((found.f @ (real - fake)).item(), found.value, 1e-12)
    close(found.value, optimal_plan(real, fake, costs).cost, 1e-12)


@every_seed
def test_where_the_plan_moves_mass_the_potential_falls_by_the_whole_distance(seed):
    (real, fake), x = shares(seed, 15), cloud(seed, 15)
    costs, f = distances(x, x), best_potential(real, fake, distances(x, x)).f
    moved = optimal_plan(real, fake, costs).plan > 0
    assert_close((f[:, None] - f)[moved], costs[moved], rtol=0, atol=1e-12)


@every_seed
def test_no_other_1_lipschitz_function_tells_more(seed):
    (real, fake), x = shares(seed), cloud(seed, 12)
    best = best_potential(real, fake, distances(x, x)).value
    for centre in cloud(seed + 50, 20):
        f = (x - centre).norm(dim=1)
        assert abs((f @ (real - fake)).item()) <= best + 1e-12


def test_without_the_triangle_inequality_the_potential_keeps_to_each_pair():
    d = doubles(0, 1, 9, 1, 0, 1, 9, 1, 0).view(3, 3)  # the detour over the second place costs 2 instead of 9
    close(best_potential(doubles(1, 0, 0), doubles(0, 0, 1), d).value, 2)
    close(optimal_plan(doubles(1, 0, 0), doubles(0, 0, 1), d).cost, 9)


# properties


@every_seed
def test_exchanging_real_and_fake_turns_all_round(seed):
    (real, fake), x = shares(seed), cloud(seed, 12)
    costs = distances(x, x)
    close(optimal_plan(real, fake, costs).cost, optimal_plan(fake, real, costs.T).cost)
    close(best_potential(real, fake, costs).value, best_potential(fake, real, costs).value)
    close(matching(x, -x + 1)[0], matching(-x + 1, x)[0])


@every_seed
def test_triangle_inequality(seed):
    x = cloud(seed, 12)
    (p, q), (r, _), costs = shares(seed), shares(seed + 50), distances(x, x)
    cost = lambda a, b: optimal_plan(a, b, costs).cost  # noqa: E731
    assert cost(p, q) <= cost(p, r) + cost(r, q) + 1e-12
    a, b, c = (cloud(seed + k, 10) for k in (1, 2, 3))
    assert matching(a, b)[0] <= matching(a, c)[0] + matching(c, b)[0] + 1e-12


@every_seed
def test_scaling_and_moving_the_places(seed):
    (real, fake), x, y = shares(seed, 9, 7), cloud(seed, 9), cloud(seed + 50, 7)
    cost = optimal_plan(real, fake, distances(x, y)).cost
    close(optimal_plan(real, fake, distances(3 * x, 3 * y)).cost, 3 * cost)
    close(optimal_plan(real, fake, distances(x + 5, y + 5)).cost, cost)
    close(matching(3 * x[:7] + 5, 3 * y + 5)[0], 3 * matching(x[:7], y)[0])


@every_seed
def test_adding_to_all_costs_adds_to_the_cost(seed):
    (real, fake), costs = shares(seed, 9, 7), distances(cloud(seed, 9), cloud(seed + 50, 7))
    cost = optimal_plan(real, fake, costs).cost
    close(optimal_plan(real, fake, costs + 2).cost, cost + 2)
    close(optimal_plan(real, fake, costs - 2).cost, cost - 2)
    rise = torch.arange(9).double()  # what every plan must pay, since each place sends all that it has
    close(optimal_plan(real, fake, costs + rise[:, None]).cost, cost + (rise @ real).item())


@every_seed
def test_the_order_of_the_places_does_not_matter(seed):
    (real, fake), x, y = shares(seed, 9, 7), cloud(seed, 9), cloud(seed + 50, 7)
    rng = torch.Generator().manual_seed(seed)
    i, j = torch.randperm(9, generator=rng), torch.randperm(7, generator=rng)
    close(optimal_plan(real[i], fake[j], distances(x[i], y[j])).cost, optimal_plan(real, fake, distances(x, y)).cost)
    close(matching(x[i][:7], y[j])[0], matching(x[i][:7], y)[0])


@every_seed
def test_places_without_mass_change_nothing(seed):
    (real, fake), x = shares(seed), cloud(seed, 12)
    full, wider = distances(x, x), distances(torch.cat([x, cloud(9, 4)]), torch.cat([x, cloud(9, 4)]))
    padded = torch.cat([real, torch.zeros(4)]), torch.cat([fake, torch.zeros(4)])
    close(optimal_plan(*padded, wider).cost, optimal_plan(real, fake, full).cost)
    close(best_potential(*padded, wider).value, best_potential(real, fake, full).value)
    met_i, met_j = real > 0, fake > 0
    close(optimal_plan(real[met_i], fake[met_j], full[met_i][:, met_j]).cost, optimal_plan(real, fake, full).cost)


@pytest.mark.parametrize("d", [1, 2, 8])
@every_seed
def test_matching_is_the_plan_with_equal_weights(d, seed):
    real, fake = cloud(seed, 11, d), cloud(seed + 50, 11, d)
    costs, weights = distances(real, fake), torch.full((11,), 1 / 11, dtype=torch.float64)
    cost, partner = matching(real, fake)
    found = optimal_plan(weights, weights, costs)
    close(cost, found.cost)
    if d > 1:  # on the line there are ties
        assert_close(found.plan, torch.eye(11, dtype=torch.float64)[partner] / 11, rtol=0, atol=1e-12)


@every_seed
def test_matching_on_the_line_is_sorting(seed):
    real, fake = cloud(seed, 50, 1), 2 * cloud(seed + 50, 50, 1) + 1
    close(matching(real, fake)[0], (real.sort(0)[0] - fake.sort(0)[0]).abs().mean().item())
    close(matching(real.flatten(), fake.flatten())[0], w1_samples(real, fake))


def test_discrete_distance_gives_total_variation():
    real, fake = shares(5)
    costs = 1 - torch.eye(12, dtype=torch.float64)
    close(optimal_plan(real, fake, costs).cost, (real - fake).abs().sum().item() / 2)
    close(best_potential(real, fake, costs).value, (real - fake).abs().sum().item() / 2)


def test_piles_under_two_densities_cost_what_w1_integrates():
    x = torch.linspace(-6, 8, 81, dtype=torch.float64)
    p, q = (torch.exp(-((x - mean) ** 2) / 2) / sqrt(2 * torch.pi) for mean in (0, 2))
    close(optimal_plan(p / p.sum(), q / q.sum(), distances(x, x)).cost, w1(p, q, x), 1e-6)


# oracles


@every_seed
def test_on_the_line_scipy_agrees(seed):
    (real, fake), x, y = shares(seed, 9, 14), cloud(seed, 9, 1), cloud(seed + 50, 14, 1)
    wanted = scipy.stats.wasserstein_distance(x.flatten().numpy(), y.flatten().numpy(), real.numpy(), fake.numpy())
    close(optimal_plan(real, fake, distances(x, y)).cost, wanted)


@every_seed
def test_in_the_plane_scipy_agrees(seed, need):
    oracle = need("scipy.stats.wasserstein_distance_nd (SciPy 1.13)", getattr(scipy.stats, "wasserstein_distance_nd", None))
    (real, fake), x, y = shares(seed, 6, 8), cloud(seed, 6), cloud(seed + 50, 8)
    close(optimal_plan(real, fake, distances(x, y)).cost, oracle(x.numpy(), y.numpy(), real.numpy(), fake.numpy()), 1e-9)
    close(matching(x, y[:6])[0], oracle(x.numpy(), y[:6].numpy()), 1e-9)


@every_seed
def test_no_matching_of_all_is_cheaper(seed):
    real, fake = cloud(seed, 6), cloud(seed + 50, 6)
    every = [distances(real, fake)[range(6), list(order)].mean().item() for order in permutations(range(6))]
    close(matching(real, fake)[0], min(every))


def test_squared_distances_between_bells_on_the_line():
    # with squares for costs the cheapest plan on the line is sorting as well, for W2
    real, fake = cloud(0, 30, 1), 3 * cloud(1, 30, 1)
    weights = torch.full((30,), 1 / 30, dtype=torch.float64)
    found = optimal_plan(weights, weights, distances(real, fake) ** 2)
    close(found.cost, (real.sort(0)[0] - fake.sort(0)[0]).square().mean().item())
    assert slack(found, distances(real, fake) ** 2).min() >= -1e-12


def test_negative_costs_seek_the_dearest_plan():
    real, fake = cloud(0, 6), cloud(1, 6)
    costs, weights = distances(real, fake), torch.full((6,), 1 / 6, dtype=torch.float64)
    dearest = max(costs[range(6), list(order)].mean().item() for order in permutations(range(6)))
    close(optimal_plan(weights, weights, -costs).cost, -dearest)
    close(optimal_plan(weights, weights, torch.zeros(6, 6)).cost, 0)


def test_seeded_values():
    (real, fake), x = shares(0), cloud(0, 12)
    close(optimal_plan(real, fake, distances(x, x)).cost, 0.72138483, 5e-9)
    close(best_potential(real, fake, distances(x, x)).value, 0.72138483, 5e-9)
    cost, partner = matching(cloud(0, 8), cloud(1, 8))
    close(cost, 0.71326824, 5e-9)
    assert partner.tolist() == [7, 4, 2, 1, 3, 5, 6, 0]


# odd scales: the solver's own tolerances are absolute, and must not show

SCALES = [1e-200, 1e-12, 1e-6, 1e6, 1e12, 1e200]


@pytest.mark.parametrize("scale", SCALES)
@every_seed
def test_costs_of_any_size(scale, seed):
    (real, fake), x = shares(seed), uneven(seed)
    costs, wanted = distances(x, x), area_between(real, fake, x)
    found = optimal_plan(real, fake, scale * costs)
    relative(found.cost, scale * wanted)
    relative((found.real_price @ real + found.fake_price @ fake).item(), scale * wanted)
    assert (slack(found, scale * costs) / scale).min() >= -1e-12 * costs.max()
    potential = best_potential(real, fake, scale * costs)
    relative(potential.value, scale * wanted)
    assert ((potential.f[:, None] - potential.f) / scale - costs).max() <= 1e-12 * costs.max()


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e12])
def test_places_of_any_size(scale):
    a, b = cloud(0, 9), cloud(1, 9)
    relative(matching(scale * a, scale * b)[0], scale * matching(a, b)[0], 1e-12)
    weights = torch.full((9,), 1 / 9, dtype=torch.float64)
    relative(optimal_plan(weights, weights, distances(scale * a, scale * b)).cost, scale * matching(a, b)[0])


def test_far_from_the_origin_only_rounding_is_lost():
    a, b = cloud(0, 9), cloud(1, 9)
    close(matching(a + 1e6, b + 1e6)[0], matching(a, b)[0], 1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_masses_of_all_sizes(seed):
    # from 1 down to 1e-15; some of these sets were once called infeasible, in others some masses were not moved
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 14))
    x = torch.from_numpy(np.sort(rng.random(n)))
    real, fake = (torch.from_numpy(values / values.sum()) for values in 10.0 ** rng.uniform(-15, 0, (2, n)))
    costs, wanted = distances(x, x), area_in_fractions(real, fake, x)
    found = optimal_plan(real, fake, costs)
    close(found.cost, wanted, 1e-13)
    relative(found.cost, wanted)
    relative(best_potential(real, fake, costs).value, wanted)
    assert not np.signbit(found.plan.numpy()).any()
    assert_close((found.plan.sum(1), found.plan.sum(0)), (real, fake), rtol=0, atol=1e-13)


@pytest.mark.parametrize("seed", [24, 54, 67, 71, 102, 121])
def test_one_pile_and_dust(seed):
    # HiGHS's presolve calls these infeasible
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 14, 2)
    real, fake = 10.0 ** rng.uniform(-17, -12, n), 10.0 ** rng.uniform(-17, -12, m)
    real[-1] = fake[0] = 1
    costs = torch.from_numpy(rng.random((n, m)))
    found = optimal_plan(torch.from_numpy(real / real.sum()), torch.from_numpy(fake / fake.sum()), costs)
    close(found.cost, costs[-1, 0].item(), 1e-10)
    assert slack(found, costs).min() >= -1e-12


@every_seed
def test_masses_that_differ_by_little(seed):
    (real, _), x = shares(seed), uneven(seed)
    rng = torch.Generator().manual_seed(seed)
    fake = real * (1 + 1e-6 * torch.randn(12, generator=rng, dtype=torch.float64))
    fake = fake / fake.sum()
    costs, wanted = distances(x, x), area_in_fractions(real, fake, x)
    assert 0 < wanted < 1e-4
    close(optimal_plan(real, fake, costs).cost, wanted, 1e-12)
    close(best_potential(real, fake, costs).value, wanted, 1e-12)


@every_seed
def test_tails_of_bells_beyond_rounding(seed):
    x = torch.linspace(-9, 9, 40 + seed, dtype=torch.float64)
    real, fake = (torch.exp(-width * x.square()) for width in (0.3, 1.0 + seed / 4))  # down to 1e-97
    real, fake = real / real.sum(), fake / fake.sum()
    wanted = area_in_fractions(real, fake, x)
    relative(optimal_plan(real, fake, distances(x, x)).cost, wanted)
    relative(best_potential(real, fake, distances(x, x)).value, wanted)


@every_seed
def test_costs_of_many_sizes_at_once(seed):
    rng = np.random.default_rng(seed)
    x = torch.from_numpy(np.cumsum(10.0 ** rng.uniform(-6, 6, 12)))
    real, fake = (torch.from_numpy(values) for values in rng.dirichlet(np.ones(12), 2))
    wanted = area_in_fractions(real, fake, x)
    relative(optimal_plan(real, fake, distances(x, x)).cost, wanted)
    relative(best_potential(real, fake, distances(x, x)).value, wanted)


def test_totals_a_little_off_are_normalised():
    real, fake = doubles(0.5, 0.5 + 5e-7), doubles(1, 0)
    found = optimal_plan(real, fake, distances(doubles(0, 1), doubles(0, 1)))
    close(found.plan.sum().item(), 1)
    relative(found.cost, (0.5 + 5e-7) / (1 + 5e-7))
    relative(best_potential(real, fake, distances(doubles(0, 1), doubles(0, 1))).value, (0.5 + 5e-7) / (1 + 5e-7))


# what comes in and what goes out


def test_float32_integers_and_gradients_are_welcome():
    weights = torch.full((3,), 1 / 3, requires_grad=True)
    x = torch.arange(3)
    assert distances(x, x).dtype == torch.float64
    found = optimal_plan(weights, torch.tensor([1, 0, 0]), distances(x, x).float().requires_grad_())
    close(found.cost, 1)
    assert all(part.dtype == torch.float64 and not part.requires_grad for part in found[1:])
    potential = best_potential(weights, torch.tensor([1, 0, 0]), distances(x, x).int())
    close(potential.value, 1)
    assert potential.f.dtype == torch.float64 and not potential.f.requires_grad
    cost, partner = matching(x, x.float().flip(0).requires_grad_())
    assert cost == 0 and partner.dtype == torch.int64 and partner.tolist() == [2, 1, 0]


def test_numbers_are_floats():
    (real, fake), costs = shares(0), distances(cloud(0, 12), cloud(0, 12))
    numbers = optimal_plan(real, fake, costs).cost, best_potential(real, fake, costs).value, matching(cloud(0, 3), cloud(1, 3))[0]
    assert [type(number) for number in numbers] == [float] * 3


def test_lists_are_taken_as_the_divergences_take_them():
    close(optimal_plan([1, 0, 0], [0, 0, 1], [[0, 1, 2], [1, 0, 1], [2, 1, 0]]).cost, 2)
    close(matching([0, 1, 3], [5, 6, 8])[0], 5)


def test_callers_tensors_stay_as_they_are():
    (real, fake), x = shares(0), cloud(0, 12)
    costs = distances(x, x)
    before = [part.clone() for part in (real, fake, x, costs)]
    found = optimal_plan(real, fake, costs)
    best_potential(real, fake, costs), matching(x, x)
    for part in found[1:]:
        part += 1
    assert all(torch.equal(part, old) for part, old in zip((real, fake, x, costs), before, strict=True))


def test_the_same_input_gives_the_same_plan():
    real, fake = torch.full((2, 10), 0.1)
    x = torch.arange(10)
    first, again = (optimal_plan(real, fake.flip(0), distances(x, x + 1)) for _ in range(2))
    assert torch.equal(first.plan, again.plan) and torch.equal(first.real_price, again.real_price)


# bad input: one clear error, naming what was wanted and what came

HALF = doubles(0.5, 0.5)
COSTS = doubles(0, 1, 1, 0).view(2, 2)


@pytest.mark.parametrize("solve", [optimal_plan, best_potential])
@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (doubles(-0.5, 1.5), HALF, r"real: wanted finite masses of at least 0; got \[-0.5\] among 2"),
        (HALF, doubles(1.5, -0.5), r"fake: wanted finite masses of at least 0; got \[-0.5\] among 2"),
        (doubles(nan, 1), HALF, r"real: wanted finite masses.*got \[nan\] among 2"),
        (HALF, doubles(0, inf), r"fake: wanted finite masses.*got \[inf\] among 2"),
        (doubles(0.5, 0.6), HALF, r"real: wanted masses that sum to 1 \(within 1e-06\); got a total of 1.1"),
        (HALF, doubles(0.25, 0.25), r"fake: wanted masses that sum to 1.*got a total of 0.5"),
        (0 * HALF, HALF, r"real: wanted masses that sum to 1.*got a total of 0"),
        (doubles(), HALF, r"real: wanted probabilities of shape \(n,\); got shape \(0,\)"),
        (HALF, HALF[None], r"fake: wanted probabilities of shape \(n,\); got shape \(1, 2\)"),
        (HALF, torch.tensor(1.0), r"fake: wanted probabilities of shape \(n,\); got shape \(\)"),
    ],
)
def test_bad_masses(solve, real, fake, message):
    with pytest.raises(ValueError, match=message):
        solve(real, fake, COSTS)


def test_the_bad_mass_among_many_is_named():
    masses = torch.full((1000,), 1e-3)
    masses[700] = -1e-3
    with pytest.raises(ValueError, match=r"got \[-0.001.*\] among 1000"):
        optimal_plan(masses, masses, torch.zeros(1000, 1000))


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        (COSTS[:1], r"costs: wanted one for each pair, shape \(2, 2\); got \(1, 2\)"),
        (COSTS.flatten(), r"costs: wanted one for each pair, shape \(2, 2\); got \(4,\)"),
        (torch.zeros(3, 2), r"costs: wanted one for each pair, shape \(2, 2\); got \(3, 2\)"),
        (doubles(0, nan, 1, inf).view(2, 2), r"costs: wanted finite numbers; 2 of 4 are not"),
        (doubles(0, -inf, 1, 0).view(2, 2), r"costs: wanted finite numbers; 1 of 4 are not"),
    ],
)
def test_bad_costs(costs, message):
    with pytest.raises(ValueError, match=message):
        optimal_plan(HALF, HALF, costs)


def test_costs_turned_round_are_noticed():
    real, fake = shares(0, 3, 5)
    with pytest.raises(ValueError, match=r"costs: wanted one for each pair, shape \(3, 5\); got \(5, 3\)"):
        optimal_plan(real, fake, torch.zeros(5, 3))


@pytest.mark.parametrize(
    ("real", "fake", "d", "message"),
    [
        (HALF, doubles(1), COSTS, r"the same n places and distances \(n, n\); got shapes \(2,\), \(1,\) and \(2, 2\)"),
        (HALF, HALF, COSTS[:, :1], r"the same n places and distances \(n, n\); got shapes \(2,\), \(2,\) and \(2, 1\)"),
        (HALF, HALF, torch.zeros(3, 3), r"the same n places and distances \(n, n\).*and \(3, 3\)"),
        (HALF, HALF, doubles(0, 1, 2, 0).view(2, 2), r"distances: wanted a symmetric matrix.*got 1 off symmetry and up to 0 there"),
        (HALF, HALF, doubles(0, 1, 1, 3).view(2, 2), r"distances: wanted.*zeros on its diagonal; got 0 off symmetry and up to 3 there"),
        (HALF, HALF, doubles(0, nan, nan, 0).view(2, 2), r"distances: wanted finite numbers of at least 0; 2 of 4 are not"),
        (HALF, HALF, doubles(0, inf, inf, 0).view(2, 2), r"distances: wanted finite numbers of at least 0; 2 of 4 are not"),
        (HALF, HALF, -COSTS, r"distances: wanted finite numbers of at least 0; 2 of 4 are not"),
    ],
)
def test_bad_distances(real, fake, d, message):
    with pytest.raises(ValueError, match=message):
        best_potential(real, fake, d)


@pytest.mark.parametrize("measure", [distances, matching])
@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (doubles(), doubles(1), r"real: wanted points of shape \(n, d\) or \(n,\), at least one; got shape \(0,\)"),
        (torch.zeros(2, 3), torch.zeros(2, 0), r"fake: wanted points of shape.*got shape \(2, 0\)"),
        (torch.zeros(2, 1, 1), torch.zeros(2), r"real: wanted points of shape.*got shape \(2, 1, 1\)"),
        (torch.tensor(1.0), doubles(1), r"real: wanted points of shape.*got shape \(\)"),
        (doubles(0, nan), doubles(0, 1), r"real: wanted finite coordinates; 1 of 2 points have others"),
        (torch.zeros(2, 2), doubles(0, inf, nan, 0).view(2, 2), r"fake: wanted finite coordinates; 2 of 2 points have others"),
        (torch.zeros(2, 3), torch.zeros(2, 2), r"points: wanted as many coordinates in both sets; got 3 and 2"),
        (torch.zeros(2), torch.zeros(2, 2), r"points: wanted as many coordinates in both sets; got 1 and 2"),
    ],
)
def test_bad_points(measure, real, fake, message):
    with pytest.raises(ValueError, match=message):
        measure(real, fake)


def test_a_matching_needs_equal_counts():
    with pytest.raises(ValueError, match="matching: wanted as many real points as fake ones; got 3 and 5"):
        matching(torch.zeros(3, 2), torch.zeros(5, 2))


def test_a_programme_without_an_answer_is_never_passed_on(monkeypatch):
    monkeypatch.setitem(optimal_plan.__globals__["EXACTLY"], "maxiter", 0)
    with pytest.raises(RuntimeError, match="the linear programme was not solved"):
        optimal_plan(*shares(0), distances(cloud(0, 12), cloud(1, 12)))
