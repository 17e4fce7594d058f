import math

import pytest
import torch
from helpers_games import seeded
from torch.distributions import Bernoulli, Normal, kl_divergence

from gan_edu.likelihoods import bernoulli_nll, draw_code, gaussian_kl, gaussian_nll


def code(n: int = 5, d: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(n, d, generator=seeded(1)).double(), 0.5 * torch.randn(n, d, generator=seeded(2)).double()


# the divergence


def test_the_divergence_has_its_hand_value_and_not_that_of_a_log_variance():
    m, s = torch.tensor([[0.3]], dtype=torch.float64), torch.tensor([[-0.4]], dtype=torch.float64)
    found = gaussian_kl(m, s).item()
    assert math.isclose(found, 0.5 * (math.exp(-0.8) - 1 + 0.8 + 0.09), rel_tol=1e-12) and round(found, 4) == 0.1697
    mixed = 0.5 * (math.exp(-0.4) - 1 + 0.4 + 0.09)  # the slip: the form for a log variance
    assert round(mixed, 4) == 0.0802 and abs(found - mixed) > 0.08


def test_the_divergence_is_zero_at_the_prior_only_and_positive_elsewhere():
    assert gaussian_kl(torch.zeros(2, 4), torch.zeros(2, 4)).tolist() == [0, 0]
    assert (gaussian_kl(*code()) > 0).all()


def test_the_divergence_agrees_with_torch_and_with_sampling():
    m, s = code()
    wanted = kl_divergence(Normal(m, s.exp()), Normal(0.0, 1.0)).sum(1)
    assert torch.allclose(gaussian_kl(m, s), wanted, rtol=1e-12)
    c = draw_code(m.repeat(200_000, 1, 1).flatten(0, 1), s.repeat(200_000, 1, 1).flatten(0, 1), generator=seeded(3)).unflatten(0, (200_000, 5))
    sampled = (Normal(m, s.exp()).log_prob(c) - Normal(0.0, 1.0).log_prob(c)).sum(2).mean(0)
    assert torch.allclose(sampled, wanted, atol=0.03)


def test_small_codes_lose_no_digits():
    s = torch.full((1, 1), 1e-5)
    assert math.isclose(gaussian_kl(torch.zeros(1, 1), s).item(), 1e-10, rel_tol=0.2)


# codes


def test_a_code_has_the_mean_and_the_deviation_it_was_given():
    m, s = torch.full((100_000, 1), 2.0), torch.full((100_000, 1), math.log(0.5))
    c = draw_code(m, s, generator=seeded())
    assert abs(c.mean() - 2) < 0.01 and abs(c.std() - 0.5) < 0.01


def test_gradients_reach_both_numbers_of_a_code_and_the_noise_is_the_generators():
    m, s = (value.clone().requires_grad_() for value in code())
    c = draw_code(m, s, generator=seeded(4))
    c.sum().backward()
    assert torch.equal(m.grad, torch.ones_like(m)) and torch.allclose(s.grad, (c - m).detach())
    assert torch.equal(draw_code(*code(), generator=seeded(4)), c.detach())
    assert not torch.equal(draw_code(*code(), generator=seeded(5)), c.detach())


# pixels


def test_bernoulli_has_its_hand_value_normalises_and_agrees_with_torch():
    assert math.isclose(bernoulli_nll(torch.ones(1, 2), torch.zeros(1, 2)).item(), 2 * math.log(2), rel_tol=1e-6)
    logits = torch.randn(1, 3, generator=seeded()).double()
    every = torch.tensor([[i >> k & 1 for k in range(3)] for i in range(8)]).double()
    nll = bernoulli_nll(every, logits.expand(8, 3))
    assert math.isclose((-nll).exp().sum().item(), 1, rel_tol=1e-12)
    assert torch.allclose(nll, -Bernoulli(logits=logits).log_prob(every).sum(1))
    assert bernoulli_nll(torch.zeros(1, 1), torch.full((1, 1), -1000.0)) == 0 and bernoulli_nll(torch.ones(1, 1), torch.full((1, 1), -1000.0)) == 1000


def test_gaussian_has_its_hand_value_and_agrees_with_torch():
    assert math.isclose(gaussian_nll(torch.zeros(1, 4), torch.zeros(1, 4), 1.0).item(), 2 * math.log(2 * math.pi), rel_tol=1e-6)
    x, mean = torch.randn(3, 1, 4, 4, generator=seeded(1)).double(), torch.randn(3, 1, 4, 4, generator=seeded(2)).double()
    assert torch.allclose(gaussian_nll(x, mean, 0.3), -Normal(mean, 0.3).log_prob(x).flatten(1).sum(1))
    assert gaussian_nll(x, x, 0.1).max() < 0  # a density


@pytest.mark.parametrize(("call", "message"), [
    (lambda: gaussian_kl(torch.zeros(2, 3), torch.zeros(2, 1)), r"mean and log_std.*\(2, 3\) and \(2, 1\)"),
    (lambda: draw_code(torch.zeros(2, 3), torch.zeros(3), generator=seeded()), "mean and log_std"),
    (lambda: bernoulli_nll(torch.zeros(2, 3), torch.zeros(2, 2)), "x and logits"),
    (lambda: bernoulli_nll(torch.full((2, 2), 0.5), torch.zeros(2, 2)), "0 or 1"),
    (lambda: bernoulli_nll(-torch.ones(2, 2), torch.zeros(2, 2)), "0 or 1"),
    (lambda: gaussian_nll(torch.zeros(2, 2), torch.zeros(2, 2), 0.0), "positive standard deviation; got 0.0"),
    (lambda: gaussian_nll(torch.zeros(2, 2), torch.zeros(2), 1.0), "x and mean"),
], ids=["kl shapes", "code shapes", "logits", "grey", "minus one", "std", "mean"])  # fmt: skip
def test_bad_input_gets_one_clear_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
