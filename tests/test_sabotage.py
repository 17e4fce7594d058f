"""Would the tests notice? Wrong formulas, wrong games and wrong loops, each caught by a check that the right one passes.

The checks are those that the tests of the modules call (``checks_formulas``, ``checks_training``).
"""

from dataclasses import dataclass
from math import log, pi, sqrt
from types import SimpleNamespace

import checks_formulas
import checks_training
import pytest
import torch
from helpers_sabotage import two_tests
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import relu, softplus
from torch.special import xlogy

from gan_edu import divergences, objectives, training
from gan_edu.games import Game
from gan_edu.objectives import Objective
from gan_edu.worlds.mixtures import GaussianMixture, gaussian

# wrong divergences


def kl_swapped(real, fake, x=None):
    return divergences.kl(fake, real, x)


def kl_in_bits(real, fake, x=None):
    return divergences.kl(real, fake, x) / log(2)


def js_without_the_half(real, fake, x=None):
    mixture = (real + fake) / 2
    return divergences.kl(real, mixture, x) + divergences.kl(fake, mixture, x)


def js_from_the_mixture(real, fake, x=None):
    mixture = (real + fake) / 2
    return (divergences.kl(mixture, real, x) + divergences.kl(mixture, fake, x)) / 2


def js_of_the_real_half_only(real, fake, x=None):
    return divergences.kl(real, (real + fake) / 2, x)


def jeffreys_given_as_js(real, fake, x=None):
    return (divergences.kl(real, fake, x) + divergences.kl(fake, real, x)) / 2


def tv_without_the_half(real, fake, x=None):
    return 2 * divergences.tv(real, fake, x)


def w1_without_absolute_value(real, fake, x):
    gap = torch.cumulative_trapezoid(real - fake, x)
    return torch.trapezoid(torch.cat([gap.new_zeros(1), gap]), x).item()


def w1_of_densities_not_of_distribution_functions(real, fake, x):
    return torch.trapezoid((real - fake).abs(), x).item()


def share_inverted(real, fake, prior=0.5):
    return (1 - prior) * fake / (prior * real + (1 - prior) * fake)


def prior_ignored(real, fake, prior=0.5):
    return real / (real + fake)


def prior_of_the_fake(real, fake, prior=0.5):
    return (1 - prior) * real / ((1 - prior) * real + prior * fake)


def odds_given_as_share(real, fake, prior=0.5):
    return prior * real / ((1 - prior) * fake)


def value_with_both_logs_of_d(d, real, fake, x=None):
    return (xlogy(real, d) + xlogy(fake, d)).sum().item()


def value_halved(d, real, fake, x=None):
    return divergences.game_value(d, real, fake, x) / 2


def value_with_the_players_swapped(d, real, fake, x=None):
    return divergences.game_value(d, fake, real, x)


# wrong objectives

right = objectives.non_saturating
sign_of_generator_flipped = Objective(right.critic, lambda real, fake: -right.generator(real, fake))
fakes_called_fake_to_the_generator = Objective(right.critic, lambda real, fake: softplus(fake).mean())
real_and_fake_swapped = Objective(lambda real, fake: right.critic(fake, real), right.generator)
sign_of_critic_flipped = Objective(lambda real, fake: -right.critic(real, fake), right.generator)
sigmoid_twice = Objective(
    lambda real, fake: bce(real.sigmoid(), torch.ones_like(real)) + bce(fake.sigmoid(), torch.zeros_like(fake)),
    lambda real, fake: bce(fake.sigmoid(), torch.ones_like(fake)),
)
sigmoid_then_log = Objective(
    lambda real, fake: -(real.float().sigmoid().log().mean() + (1 - fake.float().sigmoid()).log().mean()),
    lambda real, fake: -fake.float().sigmoid().log().mean(),
)
critic_halved = Objective(lambda real, fake: right.critic(real, fake) / 2, right.generator)
hinge_margin_sign = Objective(lambda real, fake: relu(1 + real).mean() + relu(1 - fake).mean(), objectives.hinge.generator)
hinge_without_margin = Objective(lambda real, fake: relu(-real).mean() + relu(fake).mean(), objectives.hinge.generator)
hinge_not_clipped = Objective(lambda real, fake: (1 - real).mean() + (1 + fake).mean(), objectives.hinge.generator)
wasserstein_upside_down = Objective(lambda real, fake: real.mean() - fake.mean(), objectives.wasserstein.generator)
wasserstein_of_probabilities = Objective(
    lambda real, fake: fake.sigmoid().mean() - real.sigmoid().mean(), lambda real, fake: -fake.sigmoid().mean()
)
wasserstein_with_logarithms = Objective(
    lambda real, fake: softplus(-real).mean() + softplus(-fake).mean(), objectives.wasserstein.generator
)
least_squares_targets_swapped = Objective(
    lambda real, fake: real.square().mean() + (fake - 1).square().mean(), lambda real, fake: fake.square().mean()
)
ranking_swapped = Objective(objectives.relativistic.generator, objectives.relativistic.critic)
ranking_of_means = Objective(
    lambda real, fake: softplus(fake.mean() - real.mean()), lambda real, fake: softplus(real.mean() - fake.mean())
)
ranking_of_all_pairs = Objective(
    lambda real, fake: softplus(fake[:, None] - real[None]).mean(), lambda real, fake: softplus(real[:, None] - fake[None]).mean()
)

# wrong worlds


def bell(x, mean, std):
    return gaussian(mean, std).density(x)


def bell_without_root_two_pi(x, mean, std):
    return (-((x - mean) / std).square() / 2).exp() / std


def bell_without_root(x, mean, std):
    return (-((x - mean) / std).square() / 2).exp() / (std * 2 * pi)


def bell_without_width(x, mean, std):
    return (-((x - mean) / std).square() / 2).exp() / sqrt(2 * pi)


def bell_of_variance(x, mean, std):
    return bell(x, mean, sqrt(std))


def weights_taken_as_they_come(weights, means, std):
    densities = [gaussian(mean, std) for mean in means]
    return SimpleNamespace(density=lambda x: sum(w * g.density(x) for w, g in zip(weights, densities)))


# wrong games


@dataclass
class DetachLost(Game):
    def critic_terms(self, batch):
        return {"critic": self.objective.critic(self.D(batch.x), self.D(self.generate(len(batch.x))))}


@dataclass
class DetachedForTheGenerator(Game):
    def generator_terms(self, batch):
        fake = self.generate(len(batch.x)).detach()
        return {"generator": self.objective.generator(self.D(batch.x), self.D(fake))}


@dataclass
class CriticHearsFakeFirst(Game):
    def critic_terms(self, batch):
        real, fake = self.D(batch.x), self.D(self.generate(len(batch.x)).detach())
        return {"critic": self.objective.critic(fake, real)}


@dataclass
class FakesReused(Game):
    def critic_terms(self, batch):
        self.kept = self.generate(len(batch.x))
        return {"critic": self.objective.critic(self.D(batch.x), self.D(self.kept.detach()))}

    def generator_terms(self, batch):
        return {"generator": self.objective.generator(self.D(batch.x), self.D(self.kept))}


# wrong loops


def critic_not_frozen(game, batches, optimizer_g, optimizer_d, critic_steps=1):
    for step, batch in enumerate(batches, start=1):
        terms = training.descend(optimizer_d, game.critic_terms(batch))
        if step % critic_steps == 0:
            terms |= training.descend(optimizer_g, game.generator_terms(batch))
        yield terms


def loop(descend=training.descend, order=("critic", "generator"), free=True, safe=True, off=0, many=False):
    """A loop like the package's, with one thing wrong."""

    def train(game, batches, optimizer_g, optimizer_d, critic_steps=1):
        for step, batch in enumerate(batches, start=1):
            terms = {}
            for who in order:
                if who == "critic":
                    terms |= descend(optimizer_d, game.critic_terms(batch))
                elif (step + off) % critic_steps == 0 or many:
                    game.D.requires_grad_(False)
                    try:
                        terms |= descend(optimizer_g, game.generator_terms(batch))
                    except RuntimeError:
                        game.D.requires_grad_(safe)
                        raise
                    game.D.requires_grad_(free)
            yield terms

    return train


def step_without_zero_grad(optimizer, terms: dict[str, Tensor]) -> dict[str, Tensor]:
    sum(terms.values()).backward()
    optimizer.step()
    return {name: term.detach() for name, term in terms.items()}


def zero_grad_after_backward(optimizer, terms):
    sum(terms.values()).backward()
    optimizer.zero_grad(set_to_none=False)
    optimizer.step()
    return {name: term.detach() for name, term in terms.items()}


def step_uphill(optimizer, terms):
    return training.descend(optimizer, {name: -term for name, term in terms.items()})


def step_that_reads_items(optimizer, terms):
    return {name: torch.tensor(term.item()) for name, term in training.descend(optimizer, terms).items()}


def step_that_keeps_the_graph(optimizer, terms):
    training.descend(optimizer, terms)
    return terms


def both_players_descend_together(game, batches, optimizer_g, optimizer_d, critic_steps=1):
    for batch in batches:
        terms = game.critic_terms(batch)
        game.D.requires_grad_(False)
        terms |= game.generator_terms(batch)
        game.D.requires_grad_(True)
        optimizer_d.zero_grad(), optimizer_g.zero_grad()
        sum(terms.values()).backward()
        optimizer_d.step(), optimizer_g.step()
        yield {name: term.detach() for name, term in terms.items()}


critic_left_frozen = loop(free=False)
critic_left_frozen_by_an_error = loop(safe=False)
generator_first = loop(order=("generator", "critic"))
generator_one_step_early = loop(off=1)
generator_at_every_step = loop(many=True)
zero_grad_forgotten = loop(step_without_zero_grad)
zero_grad_too_late = loop(zero_grad_after_backward)
uphill = loop(step_uphill)
items_read = loop(step_that_reads_items)
terms_not_detached = loop(step_that_keeps_the_graph)

F, T = checks_formulas, checks_training
SABOTAGE = [
    # (check, right, wrong variants)
    (F.kl_by_hand, divergences.kl, [kl_swapped, kl_in_bits]),
    (
        F.js_by_hand,
        divergences.js,
        [js_without_the_half, js_from_the_mixture, jeffreys_given_as_js],
    ),
    (F.js_of_unlike_coins, divergences.js, [js_without_the_half, js_from_the_mixture, js_of_the_real_half_only]),
    (F.tv_by_hand, divergences.tv, [tv_without_the_half]),
    (F.w1_of_two_widths, divergences.w1, [w1_without_absolute_value, w1_of_densities_not_of_distribution_functions]),
    (F.share_of_the_real, divergences.optimal_discriminator, [share_inverted, odds_given_as_share]),
    (F.share_under_unequal_priors, divergences.optimal_discriminator, [prior_ignored, prior_of_the_fake, share_inverted]),
    (
        F.value_by_hand,
        divergences.game_value,
        [value_with_both_logs_of_d, value_halved, value_with_the_players_swapped],
    ),
    (F.critic_is_cross_entropy, right, [real_and_fake_swapped, sign_of_critic_flipped, sigmoid_twice, critic_halved]),
    (
        F.difference_of_means,
        objectives.wasserstein,
        [wasserstein_upside_down, wasserstein_of_probabilities, wasserstein_with_logarithms],
    ),
    (
        F.critic_wants_real_high_and_fake_low,
        right,
        [
            real_and_fake_swapped,
            sign_of_critic_flipped,
            hinge_margin_sign,
            wasserstein_upside_down,
            least_squares_targets_swapped,
            ranking_swapped,
        ],
    ),
    (
        F.generator_wants_fake_high,
        right,
        [
            sign_of_generator_flipped,
            fakes_called_fake_to_the_generator,
            least_squares_targets_swapped,
            ranking_swapped,
        ],
    ),
    (F.lost_generator_still_learns, right, [objectives.minimax, sigmoid_twice, sign_of_generator_flipped]),
    (F.lost_generator_learns_nothing, objectives.minimax, [right]),
    (F.losses_survive_huge_logits, right, [sigmoid_then_log]),
    (
        F.hinge_rests_beyond_its_margins,
        objectives.hinge,
        [hinge_margin_sign, hinge_without_margin, hinge_not_clipped],
    ),
    (F.ranking_by_hand, objectives.relativistic, [ranking_swapped, ranking_of_means, ranking_of_all_pairs]),
    (F.bell_has_unit_mass, bell, [bell_without_root_two_pi, bell_without_root, bell_without_width, bell_of_variance]),
    (F.unnormalised_weights_are_shares, GaussianMixture, [weights_taken_as_they_come]),
    (T.critic_terms_leave_the_generator_alone, Game, [DetachLost]),
    (T.generator_terms_reach_the_generator, Game, [DetachedForTheGenerator]),
    (T.critic_hears_real_first, Game, [CriticHearsFakeFirst]),
    (T.generator_draws_fresh_fakes, Game, [FakesReused]),
    (T.loop_freezes_the_critic, training.train, [critic_not_frozen, critic_left_frozen]),
    (
        T.loop_moves_one_player_at_a_time,
        training.train,
        [generator_first, both_players_descend_together, zero_grad_too_late],
    ),
    (T.loop_restores_the_critic_after_an_error, training.train, [critic_left_frozen_by_an_error]),
    (T.loop_counts_critic_steps, training.train, [generator_one_step_early, generator_at_every_step]),
    (
        T.loop_agrees_with_one_by_hand,
        training.train,
        [
            zero_grad_forgotten,
            zero_grad_too_late,
            uphill,
            generator_first,
            both_players_descend_together,
        ],
    ),
    (T.loop_never_waits, training.train, [items_read, terms_not_detached]),
]


def name(part) -> str:
    """What the part is called here or in its module; loops and objectives carry no name themselves."""
    here = {id(value): name for name, value in (vars(objectives) | globals()).items()}
    return here.get(id(part)) or part.__name__


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests(SABOTAGE, name)


def test_each_check_has_a_wrong_variant_and_all_variants_differ():
    assert all(variants for _, _, variants in SABOTAGE)
    assert len({id(wrong) for _, _, variants in SABOTAGE for wrong in variants}) >= 40


@pytest.mark.parametrize("check", [check for check, right, _ in SABOTAGE if right is training.train], ids=name)
def test_the_rewritten_loop_with_nothing_wrong_passes(check):
    # otherwise its wrong variants could be caught for being rewritten, not for being wrong
    check(loop())


@pytest.mark.parametrize("check", [check for check, right, _ in SABOTAGE if right is Game], ids=name)
def test_a_game_that_inherits_everything_passes(check):
    check(type("Same", (Game,), {}))
