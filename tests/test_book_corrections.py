"""The numbers in book/corrections.md and book/questions.md, computed again."""

from math import exp, inf, log, sqrt

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from torch.nn.functional import softplus
from helpers_prose import normal, says

from gan_edu import divergences, objectives


def test_sigmoid_then_log_fails_where_the_logit_does_not():
    t = torch.tensor(17.0)
    assert torch.log(1 - torch.sigmoid(t)).item() == -inf and -softplus(t).item() == pytest.approx(-17)
    says("questions.md", r"$\sigma(17)$ is computed as 1", r"$-\operatorname{softplus}(17)$ is $-17$")


def test_from_which_logit_on_the_sigmoid_is_computed_as_one():
    one = torch.tensor(1.0)
    assert torch.nextafter(one, 2 * one) - one == 2.0**-23 and round(24 * log(2), 2) == 16.64
    assert torch.sigmoid(torch.tensor(16.63)) < 1 and torch.sigmoid(torch.tensor(16.64)) == 1
    nearest = torch.sigmoid(torch.tensor(17.0, dtype=torch.float64)).float()
    assert nearest < 1  # the nearest float32 is not 1: it is the sum in the denominator that is rounded
    says("questions.md", r"$e^{-d} < 2^{-24}$, that is for $d > 16.64$", "Not because 1 is the nearest number")


def test_what_the_two_generator_losses_descend_against_an_ideal_discriminator():
    """Move the mean of p_g with D* held still: d/dm E[log(1 - D*)] = d/dm 2 JS, d/dm E[-log D*] = d/dm (KL(p_g, p) - 2 JS)."""
    x = torch.linspace(-12, 13, 20001, dtype=torch.float64)
    p, m, step = normal(x, 0.0), 1.0, 1e-4
    optimal = divergences.optimal_discriminator(p, normal(x, m))

    def slope(loss):
        return (loss(normal(x, m + step)) - loss(normal(x, m - step))) / (2 * step)

    def mean(values):
        return lambda q: torch.trapezoid(q * values, x).item()

    assert slope(mean((1 - optimal).log())) == pytest.approx(slope(lambda q: 2 * divergences.js(p, q, x)), abs=1e-6)
    descended = slope(lambda q: divergences.kl(q, p, x) - 2 * divergences.js(p, q, x))
    assert slope(mean(-optimal.log())) == pytest.approx(descended, abs=1e-6) and descended > 0.1
    says("questions.md", r"the first descends $2\,\mathrm{JS}$", r"$\mathrm{KL}(p_g \Vert p_{\text{data}}) - 2\,\mathrm{JS}$")


def test_the_two_penalties_of_the_vae_mixed_up():
    m, s = 0.3, -0.4
    right, wrong = (exp(2 * s) - 1 - 2 * s + m * m) / 2, (exp(s) - 1 - s + m * m) / 2
    quadrature = quad(lambda x: norm(m, exp(s)).pdf(x) * (norm(m, exp(s)).logpdf(x) - norm.logpdf(x)), -12, 12)[0]
    assert right == pytest.approx(quadrature, abs=1e-8)
    says("corrections.md", f"one reads {wrong:.3f} where {right:.3f} is right")


def test_gradients_of_the_two_losses_differ_by_the_stated_factor():
    t = torch.tensor([-3.0], requires_grad=True)
    (saturating,) = torch.autograd.grad(objectives.minimax.generator(t, t), t)
    (other,) = torch.autograd.grad(objectives.non_saturating.generator(t, t), t)
    d = torch.sigmoid(t.detach())
    assert (other / saturating).item() == pytest.approx(((1 - d) / d).item())
    says("corrections.md", "differ by the factor $(1 - D)/D$")


def test_the_minimax_loss_is_flat_in_the_logit_and_not_in_the_answer():
    answer = torch.tensor([1e-6], dtype=torch.float64, requires_grad=True)
    (in_the_answer,) = torch.autograd.grad((1 - answer).log(), answer)
    logit = answer.detach().logit().requires_grad_()
    (in_the_logit,) = torch.autograd.grad(objectives.minimax.generator(logit, logit), logit)
    assert in_the_answer.item() == pytest.approx(-1, abs=1e-5) and abs(in_the_logit.item()) < 1e-5
    says("corrections.md", "as a function of $D$ its slope there tends to $-1$")
    says("glossary.md", "as a function of $D$ its slope there tends to $-1$")


def test_a_fully_accurate_discriminator_can_leave_the_minimax_gradient_healthy():
    real, fake = torch.tensor([0.6]).logit(), torch.tensor([0.4]).logit().requires_grad_()
    assert (real > 0).all() and (fake < 0).all()
    (slope,) = torch.autograd.grad(objectives.minimax.generator(real, fake), fake)
    assert slope.item() == pytest.approx(-0.4)
    says("corrections.md", "0.6 on every real and 0.4 on every fake is 100 % accurate")


def test_the_divergence_is_its_ceiling_only_without_any_overlap():
    real, touching = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.0, 0.01, 0.99])
    assert divergences.js(real, torch.tensor([0.0, 0.0, 1.0])) == pytest.approx(log(2))
    assert log(2) - 0.05 < divergences.js(real, touching) < log(2) - 1e-3
    says("corrections.md", "exactly when they never overlap; where they overlap a little it is a little less")


def test_off_the_support_an_answer_above_one_half_costs_the_equilibrium():
    """Data and fakes sit on the first of two places; D says 1/2 there and something else on the second."""
    def loss(fakes, elsewhere):
        answers = torch.tensor([0.5, elsewhere], dtype=torch.float64)
        return (fakes * (1 - answers).log()).sum().item()

    stays, moves = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert loss(moves, 0.7) < loss(stays, 0.7) and loss(moves, 0.3) > loss(stays, 0.3)
    says("corrections.md", r"there $D$ must not exceed $\tfrac12$")


def test_a_target_above_one_has_no_minimum():
    t = torch.tensor([10.0, 100.0, 1000.0])
    loss = softplus(t) - 1.1 * t
    assert torch.allclose(loss, -0.1 * t, atol=1e-3) and (loss.diff() < 0).all()
    says("corrections.md", r"$\operatorname{softplus}(d) - 1.1\,d$")


@pytest.mark.parametrize("wrong_label_share, mean, spread, sentence", [
    (1.0, 1.40, 0.78, r"$\pm 1.40$, with standard deviation 0.78"),
    (0.5, 1.29, 0.82, r"$\pm 1.29$ with 0.82"),
])
def test_mismatched_negatives_move_the_optimum(wrong_label_share, mean, spread, sentence):
    """JS(p, (p_g + mis) / 2) is least at p_g = (2 k p - mis)_+, k from normalisation."""
    x = torch.linspace(-12, 12, 48001, dtype=torch.float64)
    p = normal(x, 1.0)
    mismatched = wrong_label_share * normal(x, -1.0) + (1 - wrong_label_share) * p
    best = _normalised(p, mismatched, x)
    found = torch.trapezoid(x * best, x).item()
    deviation = sqrt(torch.trapezoid((x - found) ** 2 * best, x).item())
    assert round(found, 2) == mean and round(deviation, 2) == spread
    assert divergences.js(p, (best + mismatched) / 2, x) < divergences.js(p, (p + mismatched) / 2, x)
    says("corrections.md", sentence)


def _normalised(p, mismatched, x):
    low, high = 0.1, 5.0
    for _ in range(60):
        k = (low + high) / 2
        best = torch.relu(2 * k * p - mismatched)
        low, high = (k, high) if torch.trapezoid(best, x) < 1 else (low, k)
    return best


def test_patches_of_pix2pix():
    """Five convolutions of width 4 and padding 1, strides 2 2 2 1 1."""
    size, field = 256, 1
    for stride in (2, 2, 2, 1, 1):
        size = (size + 2 - 4) // stride + 1
    for stride in (1, 1, 2, 2, 2):
        field = (field - 1) * stride + 4
    assert (size, field) == (30, 70)
    says("corrections.md", "30×30 verdicts for a 256×256 picture; 70×70 is the receptive field")


def test_one_perfect_picture_per_class_scores_the_number_of_classes():
    verdicts = torch.eye(10, dtype=torch.float64)
    score = exp(sum(divergences.kl(row, verdicts.mean(0)) for row in verdicts) / 10)
    assert score == pytest.approx(10)
    says("corrections.md", "one perfect picture for each of $C$ classes scores $C$")


def test_a_coin_and_a_bell_share_mean_and_variance():
    coin = np.array([-1.0, 1.0])
    assert coin.mean() == 0 and coin.var() == 1
    says("corrections.md", "a coin with sides $-1$ and $+1$ against a standard normal")


def test_the_optimal_critic_of_an_f_gan_for_kl():
    """Of all t, p t - q f*(t) is largest at f'(p / q) = 1 + log(p / q), with f(u) = u log u and f*(t) = exp(t - 1)."""
    p, q, t = 0.7, 0.2, np.linspace(-2, 5, 700001)
    assert t[np.argmax(p * t - q * np.exp(t - 1))] == pytest.approx(1 + log(p / q), abs=1e-4)
    says("corrections.md", r"for KL it is $1 + \log(p/q)$")
