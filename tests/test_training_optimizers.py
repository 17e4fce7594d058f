import pytest
import torch
from helpers_games import seeded
from torch.testing import assert_close

from gan_edu.networks.mlp import mlp
from gan_edu.training import adam, best_device


@pytest.mark.parametrize(
    ("cuda", "mps", "wanted"), [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_the_best_device_is_the_fastest_present(monkeypatch, cuda, mps, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert best_device() == torch.device(wanted)


def test_adam_is_torchs_own_on_all_weights():
    first, second = mlp(2, 1, (4,), generator=seeded()), mlp(2, 1, (4,), generator=seeded())
    ours, theirs = adam(first, 0.01), torch.optim.Adam(second.parameters(), lr=0.01, betas=(0.0, 0.99))
    for step in range(3):
        for network, optimizer in ((first, ours), (second, theirs)):
            optimizer.zero_grad()
            network(torch.ones(4, 2) * step).square().sum().backward()
            optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_the_first_step_is_the_rate_in_the_direction_of_the_slopes_sign():
    network = mlp(1, 1, (), generator=seeded())
    before = [p.detach().clone() for p in network.parameters()]
    optimizer = adam(network, 0.25)
    (-network(torch.full((1, 1), 3.0))).sum().backward()
    optimizer.step()
    for old, new in zip(before, network.parameters(), strict=True):
        assert_close(new.detach(), old + 0.25)


def test_betas_and_rate_are_the_callers():
    group = adam(mlp(1, 1, generator=seeded()), 3e-4, betas=(0.5, 0.9)).param_groups[0]
    assert (group["lr"], group["betas"], group["fused"]) == (3e-4, (0.5, 0.9), None)
