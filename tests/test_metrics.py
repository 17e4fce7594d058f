import math

import pytest
import torch
from helpers_games import seeded

from gan_edu import metrics
from gan_edu.metrics import legal_share, neighbours, precision_recall, radial_power, sharpness
from gan_edu.worlds import glyphs


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None]


# precision and recall


def test_precision_and_recall_have_their_hand_values():
    # balls of radius 1 around 0, 1, 2, 3 hold 0.5 alone; the balls around 0.5, 10, 11 reach 9.5, 1 and 1 and hold all four
    assert precision_recall(column(0, 1, 2, 3), column(0.5, 10, 11), k=1) == (1 / 3, 1.0)


def test_a_point_on_the_edge_is_inside():
    assert precision_recall(column(0, 1, 2), column(-1, 50, 51), k=1).precision == 1 / 3
    assert precision_recall(torch.ones(5, 2), torch.ones(6, 2)) == (1, 1)


@pytest.mark.parametrize(("k", "wanted"), [(3, (0.153, 0.995)), (5, (0.208, 0.999))])
def test_the_agreed_example_gives_what_other_packages_give(k, wanted):
    numpy = pytest.importorskip("numpy")
    draws = numpy.random.default_rng(0)
    real, wide = draws.standard_normal((1000, 16)), 1.5 * draws.standard_normal((1000, 16)) + 0.25
    assert precision_recall(torch.tensor(real), torch.tensor(wide), k) == pytest.approx(wanted, abs=1e-9)


def test_equal_sets_are_precise_and_complete_and_exchanging_them_exchanges_the_two():
    a, b = torch.randn(60, 4, generator=seeded(1)), 0.5 * torch.randn(40, 4, generator=seeded(2))
    assert precision_recall(a, a) == (1, 1)
    assert precision_recall(a, b) == tuple(reversed(precision_recall(b, a)))


def test_copies_of_one_example_are_precise_and_incomplete():
    real = torch.randn(200, 3, generator=seeded())
    found = precision_recall(real, real[:1] + 1e-3 * torch.randn(50, 3, generator=seeded(1)))
    assert found.precision == 1 and found.recall <= 0.02


def test_many_rows_are_taken_in_pieces_to_the_same_end(monkeypatch):
    a, b = torch.randn(50, 4, generator=seeded(1)), torch.randn(30, 4, generator=seeded(2))
    whole = precision_recall(a, b)
    monkeypatch.setattr(neighbours, "ROWS", 7)
    assert precision_recall(a, b) == whole


def test_far_from_the_origin_nothing_is_lost():
    a, b = torch.randn(80, 16, generator=seeded(1)).double(), torch.randn(80, 16, generator=seeded(2)).double()
    assert precision_recall(a + 1e5, b + 1e5) == precision_recall(a, b)


@pytest.mark.parametrize(("real", "fake", "k", "message"), [
    (torch.zeros(5), torch.zeros(5, 1), 1, r"\(5,\) and \(5, 1\)"),
    (torch.zeros(5, 2), torch.zeros(5, 3), 1, r"\(5, 2\) and \(5, 3\)"),
    (torch.zeros(5, 2), torch.zeros(3, 2), 3, "k=3, 5 real, 3 fake"),
    (torch.zeros(5, 2), torch.zeros(5, 2), 0, "k=0"),
    (torch.full((5, 2), math.nan), torch.zeros(5, 2), 1, "finite"),
], ids=["vector", "other width", "too few", "k", "nan"])  # fmt: skip
def test_precision_and_recall_refuse_what_they_cannot_compare(real, fake, k, message):
    with pytest.raises(ValueError, match=message):
        precision_recall(real, fake, k)


# spectrum


def waves(cycles: int, side: int = 16, amplitude: float = 1.0) -> torch.Tensor:
    across = amplitude * torch.cos(2 * torch.pi * cycles * torch.arange(side) / side)
    return across.expand(1, 1, side, side)


def test_a_wave_has_its_power_at_its_frequency():
    for cycles in (1, 3, 6):
        power = radial_power(waves(cycles))
        assert power.shape == (9,) and power.argmax() == cycles and power[cycles] / power.sum() > 1 - 1e-9
    assert torch.allclose(radial_power(waves(0, amplitude=0.5))[0], torch.tensor(16 * 16 * 0.25, dtype=torch.float64))


def test_white_noise_has_its_variance_at_every_frequency():
    power = radial_power(2 * torch.randn(2000, 1, 16, 16, generator=seeded()))
    assert torch.allclose(power[1:], torch.full_like(power[1:], 4), rtol=0.05)


def test_a_turned_picture_has_the_same_power():
    x = torch.randn(3, 2, 8, 8, generator=seeded())
    assert torch.allclose(radial_power(x), radial_power(x.transpose(2, 3)))


def test_sharpness_is_the_ratio_of_amplitudes_of_fine_waves():
    real = waves(1) + waves(6)
    assert math.isclose(sharpness(real, 5 * waves(1) + 0.3 * waves(6)), 0.3, rel_tol=1e-6)
    assert sharpness(real, real) == 1 and sharpness(real, waves(1)) < 1e-6 and sharpness(real, waves(4)) < 1e-6  # 4 = side / 4 is not fine


def test_blurring_lowers_it_and_noise_raises_it():
    x = torch.randn(50, 1, 8, 8, generator=seeded())
    blurred = torch.nn.functional.avg_pool2d(x, 3, 1, 1)
    assert sharpness(x, blurred) < 0.5 and sharpness(x, x + torch.randn(x.shape, generator=seeded(1))) > 1.2


@pytest.mark.parametrize(("real", "fake", "message"), [
    (torch.zeros(2, 1, 8, 8), torch.zeros(2, 3, 8, 8), "one shape"),
    (torch.zeros(2, 1, 7, 7), torch.zeros(2, 1, 7, 7), "even side"),
    (torch.ones(2, 1, 8, 8), torch.ones(2, 1, 8, 8), "no fine detail"),
    (torch.randn(2, 1, 8, 8), torch.full((2, 1, 8, 8), math.inf), "finite"),
    (torch.randn(2, 1, 8, 8), torch.zeros(0, 1, 8, 8), "n >= 1"),
], ids=["channels", "odd", "flat", "infinite", "none"])  # fmt: skip
def test_sharpness_refuses_what_it_cannot_compare(real, fake, message):
    with pytest.raises(ValueError, match=message):
        sharpness(real, fake)


def test_the_package_offers_them_by_name():
    assert set(metrics.__all__) == {"PrecisionRecall", "legal_share", "precision_recall", "radial_power", "sharpness"}


# the share that is legal


def test_the_share_that_a_judge_lets_pass():
    assert legal_share(column(0.1, 0.4, 0.6, 0.9), lambda x: x[:, 0] > 0.5) == 0.5
    assert legal_share(column(*range(10)), lambda x: x[:, 0] < 3, at_once=4) == 0.3


def test_the_world_of_glyphs_is_legal_to_itself():
    x = glyphs.sample(50, generator=seeded()).x
    assert legal_share(x, glyphs.legal) == 1 and legal_share(-x, glyphs.legal) < 0.2


@pytest.mark.parametrize(("fake", "legal", "message"), [
    (torch.ones(0, 2), lambda x: x[:, 0] > 0, "at least one"),
    (torch.tensor([[math.nan]]), lambda x: x[:, 0] > 0, "1 of them not finite"),
    (torch.ones(3, 1), lambda x: x[:, 0], "float32"),
    (torch.ones(3, 2), lambda x: x > 0, r"\(3, 2\)"),
], ids=["none", "nan", "no verdict", "one for each pixel"])  # fmt: skip
def test_a_share_needs_examples_and_verdicts(fake, legal, message):
    with pytest.raises(ValueError, match=message):
        legal_share(fake, legal)
