"""Would the tests notice? Wrong penalties, wrong engines and runs resumed wrongly, each caught by a check.

The checks are those that the tests of the modules call (``checks_penalties``, ``checks_training``, ``helpers_runs``).
"""

import copy
from dataclasses import dataclass

import checks_penalties as P
import checks_training as T
import pytest
import torch
from helpers_runs import differences, resumed, run_with_saves, unbroken
from helpers_sabotage import two_tests
from torch import Tensor

from gan_edu import penalties, training
from gan_edu.games import Game
from gan_edu.training import load_checkpoint
from gan_edu.training.loop import frozen

# wrong penalties


def gradient(critic, x: Tensor, create_graph: bool = True) -> Tensor:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(critic(x).sum(), x, create_graph=create_graph)[0].flatten(1)


def r1_with_slopes_that_end_there(critic, real, fake):
    return gradient(critic, real, create_graph=False).square().sum(1).mean().requires_grad_()


def r1_detached(critic, real, fake):
    return penalties.r1(critic, real, fake).detach()


def r1_of_means(critic, real, fake):
    """The critic's mean, not its sum, is differentiated: n squared times too small."""
    x = real.detach().requires_grad_()
    return torch.autograd.grad(critic(x).mean(), x, create_graph=True)[0].flatten(1).square().sum(1).mean()


def r1_without_square(critic, real, fake):
    return gradient(critic, real).norm(dim=1).mean()


def r1_averaged_over_pixels(critic, real, fake):
    return gradient(critic, real).square().mean()


def r1_halved(critic, real, fake):
    return penalties.r1(critic, real, fake) / 2


def r1_rounded(critic, real, fake):
    return gradient(critic, real).square().sum(1).mean()


def r1_through_the_examples(critic, real, fake):
    x = fake if fake.requires_grad else real.detach().requires_grad_()
    return torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0].flatten(1).square().sum(1).mean()


def r1_by_rows(critic, real, fake):
    x = real.detach().requires_grad_()
    return torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0].norm(dim=1).square().mean()


def make_penalty(weights="each", length=lambda g: g.norm(dim=1), target=lambda n: (n - 1) ** 2, graph=True, fixed=False):
    """The gradient penalty, with one thing wrong."""

    def make(*, generator):
        state = generator.get_state()

        def gradient_penalty(critic, real, fake):
            if fixed:
                generator.set_state(state)
            ones = [1] * (real.dim() - 1)
            shape = {"each": (len(real), *ones), "batch": (1, *ones), "pixel": real.shape, "half": (len(real), *ones), "real": (len(real), *ones)}[weights]
            t = torch.rand(shape, generator=generator) * {"half": 0.5, "real": 0}.get(weights, 1)
            return target(length(gradient(critic, torch.lerp(real, fake, t.to(real)), graph))).mean().requires_grad_()

        return gradient_penalty

    return make


nothing_wrong = make_penalty()
one_weight_for_the_batch = make_penalty("batch")
a_weight_for_each_pixel = make_penalty("pixel")
real_half_of_the_segments_only = make_penalty("half")
at_the_real_points_only = make_penalty("real")
the_same_weights_at_each_call = make_penalty(fixed=True)
root_of_a_sum = make_penalty(length=lambda g: g.square().sum(1).sqrt())
one_length_for_the_batch = make_penalty(length=lambda g: g.norm())
length_over_the_channels = make_penalty(length=lambda g: g.unflatten(1, (2, -1)).norm(dim=1))
squared_length = make_penalty(length=lambda g: g.square().sum(1))
target_zero = make_penalty(target=lambda n: n**2)
one_sided = make_penalty(target=lambda n: (n - 1).clamp(min=0) ** 2)
slopes_that_end_there = make_penalty(graph=False)

# wrong games


@dataclass
class PenaltiesHearFakeFirst(Game):
    def penalty_terms(self, batch):
        with torch.no_grad():
            fake = self.generate(len(batch.x))
        return {penalty.__name__: weight * penalty(self.D, fake, batch.x) for penalty, weight in self.penalties.items()}


@dataclass
class PenaltiesReachTheGenerator(Game):
    def penalty_terms(self, batch):
        fake = self.generate(len(batch.x))
        return {penalty.__name__: weight * penalty(self.D, batch.x, fake) for penalty, weight in self.penalties.items()}


@dataclass
class WeightsForgotten(Game):
    def penalty_terms(self, batch):
        return {name: value / max(self.penalties.values()) for name, value in super().penalty_terms(batch).items()}


@dataclass
class FakesKept(Game):
    def critic_terms(self, batch):
        self.kept = self.generate(len(batch.x)).detach()
        return {"critic": self.objective.critic(self.D(batch.x), self.D(self.kept))}

    def penalty_terms(self, batch):
        return {penalty.__name__: weight * penalty(self.D, batch.x, self.kept) for penalty, weight in self.penalties.items()}


# wrong loops


def loop(lazy="scaled", offset=0, apart=False, average="after", schedule="step", watch=True, first=None):
    """The package's loop written once more, with one thing wrong."""

    def critic_step(game, batch, optimizer, step, every):
        terms, priced = game.critic_terms(batch), {}
        if hasattr(game, "penalty_terms") and ((step + offset) % every == 0 or lazy == "always"):
            scale = every if lazy == "scaled" else 1
            priced = {name: scale * value for name, value in game.penalty_terms(batch).items()}
        if apart and priced:
            return training.descend(optimizer, priced) | training.descend(optimizer, game.critic_terms(batch))
        return training.descend(optimizer, {**terms, **priced})

    def train(game, batches, optimizer_g, optimizer_d, critic_steps=1, *, penalty_every=1, first_step=1, schedules=(), **others):
        update = others["average"].update if "average" in others else int
        for step, batch in enumerate(batches, start=first or first_step):
            terms = critic_step(game, batch, optimizer_d, step, penalty_every)
            due = step % critic_steps == 0
            if average == "before" and due:
                update()
            if due:
                with frozen(game.D):
                    terms |= training.descend(optimizer_g, game.generator_terms(batch))
            if average == "always" or average == "after" and due:
                update()
            if schedule == "step" or schedule == "generator" and due:
                advance(schedules)
            bad = {name: value.item() for name, value in terms.items() if watch and not value.isfinite()}
            if bad:
                raise training.Diverged(f"training diverged at step {step}: " + ", ".join(f"{n} = {v}" for n, v in bad.items()))
            yield terms
            if schedule == "after":
                advance(schedules)

    return train


def advance(schedules) -> None:
    for one in schedules:
        one.step()


loop_with_nothing_wrong = loop()
penalties_not_scaled = loop(lazy="never scaled")
penalties_at_every_step = loop(lazy="always")
penalties_one_step_early = loop(offset=1)
penalties_descended_apart = loop(apart=True)
average_before_the_step = loop(average="before")
average_at_every_step = loop(average="always")
schedules_with_the_generator = loop(schedule="generator")
schedules_after_the_yield = loop(schedule="after")
schedules_forgotten = loop(schedule="never")
nans_passed_on = loop(watch=False)
first_step_ignored = loop(first=1)

SABOTAGE = [
    # (check, right, wrong variants)
    (P.squared_slope_of_a_line, penalties.r1, [r1_of_means, r1_without_square, r1_averaged_over_pixels, r1_halved]),
    (P.squared_slope_moves_the_weights, penalties.r1, [r1_with_slopes_that_end_there, r1_detached, r1_without_square, r1_halved]),
    (P.r1_sees_the_real, penalties.r1, [penalties.r2, r1_of_means]),
    (P.r2_sees_the_fakes, penalties.r2, [penalties.r1]),
    (P.penalty_agrees_with_finite_differences, penalties.r1, [r1_without_square, r1_of_means, r1_averaged_over_pixels]),
    (P.descending_agrees_with_finite_differences, penalties.r1, [r1_detached, r1_with_slopes_that_end_there]),
    (P.penalty_stays_float32_under_autocast, penalties.r1, [r1_rounded]),
    (P.penalty_leaves_the_examples_alone, penalties.r1, [r1_through_the_examples]),
    (P.penalty_takes_pictures, penalties.r1, [r1_by_rows]),
    (P.length_one_is_free, penalties.gradient_penalty, [target_zero, squared_length, one_sided]),
    (P.each_example_has_a_length, penalties.gradient_penalty, [one_length_for_the_batch, squared_length]),
    (P.a_picture_has_one_length, penalties.gradient_penalty, [length_over_the_channels, one_length_for_the_batch]),
    (P.length_moves_the_weights, penalties.gradient_penalty, [slopes_that_end_there, target_zero]),
    (P.flat_critic_gives_finite_slopes, penalties.gradient_penalty, [root_of_a_sum]),
    (
        P.each_example_is_mixed_by_a_weight_of_its_own,
        penalties.gradient_penalty,
        [one_weight_for_the_batch, a_weight_for_each_pixel, real_half_of_the_segments_only, at_the_real_points_only],
    ),
    (P.weights_are_fresh_at_each_call, penalties.gradient_penalty, [the_same_weights_at_each_call]),
    (T.penalties_hear_real_first, Game, [PenaltiesHearFakeFirst, WeightsForgotten, FakesKept]),
    (T.penalty_terms_leave_the_generator_alone, Game, [PenaltiesReachTheGenerator]),
    (T.loop_keeps_the_sum_of_the_penalties, training.train, [penalties_not_scaled, penalties_at_every_step, penalties_one_step_early]),
    (T.loop_descends_penalties_with_the_critics_terms, training.train, [penalties_descended_apart]),
    (T.loop_updates_the_average_after_the_generator, training.train, [average_before_the_step, average_at_every_step]),
    (
        T.loop_advances_schedules_once_a_step,
        training.train,
        [schedules_with_the_generator, schedules_after_the_yield, schedules_forgotten],
    ),
    (T.loop_counts_from_the_first_step, training.train, [first_step_ignored]),
    (T.loop_stops_at_a_bad_term, training.train, [nans_passed_on]),
]


def name(part) -> str:
    here = {id(value): name for name, value in globals().items()}
    return here.get(id(part)) or part.__name__


test_the_right_one_passes, test_the_wrong_one_is_caught = two_tests(SABOTAGE, name)
test_the_wrong_one_is_caught = pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler")(test_the_wrong_one_is_caught)


@pytest.mark.parametrize("check", [check for check, right, _ in SABOTAGE if right is training.train], ids=name)
@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler")
def test_the_rewritten_loop_with_nothing_wrong_passes(check):
    check(loop_with_nothing_wrong)


@pytest.mark.parametrize("check", [check for check, right, _ in SABOTAGE if right is penalties.gradient_penalty], ids=name)
def test_the_rewritten_penalty_with_nothing_wrong_passes(check):
    check(nothing_wrong)


# runs resumed wrongly


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> tuple:
    """A checkpoint in the middle of the run, and the run unbroken."""
    path = tmp_path_factory.mktemp("runs") / "run.pt"
    run_with_saves(path, every=7, killed_after=7)
    return path, unbroken()


def state_of(part):
    return part.get_state() if isinstance(part, torch.Generator) else copy.deepcopy(part.state_dict())


def without(*names: str):
    """A load that forgets some of the parts."""

    def load(path, parts):
        kept = {name: state_of(parts[name]) for name in names}
        done = load_checkpoint(path, parts)
        for name, state in kept.items():
            restore = getattr(parts[name], "load_state_dict", None) or parts[name].set_state
            restore(state)
        return done

    return load


def with_buffers_forgotten(path, parts):
    fresh = {name: value.clone() for name, value in parts["G"].named_buffers()}
    done = load_checkpoint(path, parts)
    for name, buffer in parts["G"].named_buffers():
        buffer.copy_(fresh[name])
    return done


PARTS = ["G", "D", "optimizer_g", "optimizer_d", "schedule_g", "schedule_d", "average", "data", "latents", "mixing"]


def test_the_run_resumed_rightly_is_equal(saved):
    path, whole = saved
    assert differences(resumed(path), whole) == []


@pytest.mark.parametrize("part", PARTS)
def test_a_part_forgotten_is_noticed(saved, part):
    path, whole = saved
    assert differences(resumed(path, load=without(part)), whole) != []


def test_buffers_forgotten_are_noticed(saved):
    path, whole = saved
    assert differences(resumed(path, load=with_buffers_forgotten), whole) != []


def test_steps_counted_from_one_again_are_noticed(saved):
    path, whole = saved

    def train(*arguments, first_step, **others):
        return training.train(*arguments, **others)

    found = resumed(path, train=train)
    assert any("generator" in difference or "penalty" in difference for difference in differences(found, whole))
