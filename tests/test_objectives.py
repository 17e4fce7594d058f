from math import log

import checks_formulas as checks
import pytest
import torch
from checks_formulas import close, doubles, logits, slopes
from helpers_games import OBJECTIVES, every_objective
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.testing import assert_close

from gan_edu.objectives import Objective, hinge, least_squares, minimax, non_saturating, relativistic, wasserstein

AT_ZERO = {
    "minimax": (2 * log(2), -log(2)),
    "non_saturating": (2 * log(2), log(2)),
    "least_squares": (1, 1),
    "hinge": (2, 0),
    "wasserstein": (0, 0),
    "relativistic": (log(2), log(2)),
}
SEEDED = {
    "minimax": (2.3813004, -0.82037529),
    "non_saturating": (2.3813004, 2.25168371),
    "least_squares": (27.11985162, 14.03770312),
    "hinge": (3.0351936, 1.43130842),
    "wasserstein": (-2.15921524, 1.43130842),
    "relativistic": (1.66565226, 3.8248675),
}
every_loss = pytest.mark.parametrize("player", ["critic", "generator"])


# every objective


@pytest.mark.parametrize("name", OBJECTIVES)
def test_at_zero_logits(name):
    objective, (critic, generator) = OBJECTIVES[name], AT_ZERO[name]
    zeros = torch.zeros(8, 1, dtype=torch.float64)
    close(objective.critic(zeros, zeros).item(), critic)
    close(objective.generator(zeros, zeros).item(), generator)


@every_objective
def test_the_critic_wants_real_high_and_fake_low(objective):
    checks.critic_wants_real_high_and_fake_low(objective)


@every_objective
def test_the_generator_wants_fake_high(objective):
    checks.generator_wants_fake_high(objective)


@every_objective
@every_loss
@pytest.mark.parametrize("shape", [(4,), (4, 1), (2, 1, 3, 3)])
def test_losses_are_scalars_of_any_shape_of_logits(objective, player, shape):
    real, fake = (torch.randn(shape, generator=torch.Generator().manual_seed(s)) for s in (0, 1))
    loss = getattr(objective, player)(real, fake)
    assert loss.shape == () and loss.dtype == torch.float32 and loss.isfinite()
    assert_close(getattr(objective, player)(real.flatten(), fake.flatten()), loss)


@every_objective
@every_loss
def test_losses_are_means_over_the_examples(objective, player):
    real, fake = logits(n=8)
    loss = getattr(objective, player)
    singles = torch.stack([loss(r, f) for r, f in zip(real, fake)])
    assert_close(loss(real, fake), singles.mean())
    assert_close(loss(real.repeat(3, 1), fake.repeat(3, 1)), loss(real, fake))


@every_objective
@every_loss
def test_the_order_of_the_pairs_does_not_matter(objective, player):
    real, fake = logits()
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))
    loss = getattr(objective, player)
    assert_close(loss(real[order], fake[order]), loss(real, fake))


@every_objective
@every_loss
def test_slopes_are_those_of_finite_differences(objective, player):
    real, fake = (a[:5].requires_grad_() for a in logits(seed=3))
    assert torch.autograd.gradcheck(getattr(objective, player), (real, fake))


@every_objective
def test_huge_logits_give_finite_losses_and_slopes(objective):
    checks.losses_survive_huge_logits(objective)


@every_objective
@every_loss
def test_losses_run_on_the_meta_device(objective, player):
    real, fake = torch.zeros(4, 1, device="meta"), torch.zeros(4, 1, device="meta")
    assert getattr(objective, player)(real, fake).device.type == "meta"


@every_objective
@every_loss
def test_losses_keep_the_precision_of_their_logits(objective, player):
    real, fake = logits()
    assert getattr(objective, player)(real, fake).dtype == torch.float64


@every_objective
def test_an_objective_is_two_functions(objective):
    assert isinstance(objective, Objective)
    assert objective.critic is objective[0] and objective.generator is objective[1]


@pytest.mark.parametrize("name", sorted(set(OBJECTIVES) - {"relativistic"}))
def test_counts_may_differ_where_examples_are_not_paired(name):
    real, fake = logits()
    for loss in OBJECTIVES[name]:
        assert_close(loss(real, fake.repeat(2, 1)), loss(real, fake))


# minimax and non-saturating


@pytest.mark.parametrize("objective", [minimax, non_saturating], ids=["minimax", "non_saturating"])
def test_the_critic_descends_binary_cross_entropy(objective):
    checks.critic_is_cross_entropy(objective)


def test_generators_against_binary_cross_entropy():
    real, fake = logits()
    assert_close(non_saturating.generator(real, fake), bce(fake, torch.ones_like(fake)))
    assert_close(minimax.generator(real, fake), -bce(fake, torch.zeros_like(fake)))


def test_minimax_is_zero_sum_in_the_fakes_and_non_saturating_is_not():
    real, fake = logits()
    _, up = slopes(minimax.critic, real, fake)
    _, down = slopes(minimax.generator, real, fake)
    assert_close(up, -down)
    assert not torch.allclose(up, -slopes(non_saturating.generator, real, fake)[1])


def test_critics_loss_is_minus_the_value_of_the_game():
    real, fake = logits()
    value = real.sigmoid().log().mean() + (1 - fake.sigmoid()).log().mean()
    assert_close(minimax.critic(real, fake), -value)


def test_a_losing_generator_learns_from_one_loss_and_not_from_the_other():
    checks.lost_generator_still_learns(non_saturating)
    checks.lost_generator_learns_nothing(minimax)


def test_the_two_generators_pull_in_the_ratio_of_the_odds():
    # d/da softplus(-a) = -(1 - D) and d/da of -softplus(a) = -D, so their ratio is (1 - D) / D = e^-a
    real, fake = logits()
    slow, fast = slopes(minimax.generator, real, fake)[1], slopes(non_saturating.generator, real, fake)[1]
    assert_close(fast / slow, (-fake).exp())


def test_slopes_reach_one_on_the_wrong_side_and_zero_on_the_right_side():
    wrong = slopes(non_saturating.critic, doubles(-1000), doubles(1000))
    assert (wrong[0].item(), wrong[1].item()) == (-1, 1)
    right = slopes(non_saturating.critic, doubles(1000), doubles(-1000))
    assert (right[0].item(), right[1].item()) == (0, 0)
    assert slopes(non_saturating.generator, doubles(0), doubles(-1000))[1].item() == -1
    assert slopes(non_saturating.generator, doubles(0), doubles(1000))[1].item() == 0
    close(non_saturating.critic(doubles(-1000), doubles(1000)).item(), 2000)


# the others


def test_least_squares_by_hand():
    close(least_squares.critic(doubles(3, 1), doubles(2, 0)).item(), 4 / 2 + 4 / 2)
    close(least_squares.generator(doubles(0, 0), doubles(3, 1)).item(), 4 / 2)
    close(least_squares.critic(doubles(1), doubles(0)).item(), 0)


def test_hinge_by_hand():
    checks.hinge_rests_beyond_its_margins(hinge)
    close(hinge.generator(doubles(9, 9), doubles(1, 3)).item(), -2)


def test_wasserstein_by_hand():
    checks.difference_of_means(wasserstein)


@pytest.mark.parametrize("name", ["wasserstein", "relativistic"])
def test_only_differences_of_logits_count_to_these_critics(name):
    real, fake = logits()
    critic = OBJECTIVES[name].critic
    assert_close(critic(real + 5, fake + 5), critic(real, fake))


def test_relativistic_by_hand():
    checks.ranking_by_hand(relativistic)


def test_relativistic_players_are_mirror_images():
    real, fake = logits()
    assert_close(relativistic.critic(real, fake), relativistic.generator(fake, real))
    assert_close(relativistic.critic(real, fake), bce(real - fake, torch.ones_like(real)))


@every_loss
@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4, 1), (3, 1)), ((4, 1), (1, 1))])
def test_relativistic_needs_one_fake_for_each_real(player, shapes):
    # (4, 1) against (4,) would broadcast to all 16 pairs and train on without a word
    real, fake = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match="relativistic: wanted one fake logit for each real one; got shapes"):
        getattr(relativistic, player)(real, fake)


def test_seeded_values():
    real, fake = logits(seed=0, n=4)
    found = {name: [loss(real, fake).item() for loss in objective] for name, objective in OBJECTIVES.items()}
    for name, wanted in SEEDED.items():
        assert found[name] == pytest.approx(wanted, rel=1e-6)
