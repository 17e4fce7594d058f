import itertools
import math

import pytest
import torch

from gan_edu.worlds import glyphs


def picture(*rows: str) -> torch.Tensor:
    return torch.tensor([[[[1.0 if pixel == "#" else -1.0 for pixel in row] for row in rows]]])


def derivations() -> dict[int, float]:
    """The grammar of the module's docstring, spelled out again with sets of (row, column)."""
    lengths = {2: 0.5, 3: 0.3, 4: 0.2}
    across, down = [], []
    for length, chance in lengths.items():
        places = [(line, start) for line in range(4) for start in range(5 - length)]
        for line, start in places:
            across.append((frozenset((line, start + k) for k in range(length)), chance / len(places)))
            down.append((frozenset((start + k, line) for k in range(length)), chance / len(places)))
    chances: dict[frozenset, float] = {}
    for pixels, chance in across + down:
        chances[pixels] = chances.get(pixels, 0) + 0.25 * 0.5 * chance
    pairs = [(h | v, p * q) for (h, p), (v, q) in itertools.product(across, down) if h & v]
    total = sum(chance for _, chance in pairs)
    for pixels, chance in pairs:
        chances[pixels] = chances.get(pixels, 0) + 0.75 * chance / total
    return {sum(2 ** (4 * r + c) for r, c in pixels): chance for pixels, chance in chances.items()}


def test_probability_of_the_top_row_by_hand():
    # one stroke (1/4), horizontal (1/2), of length 4 (1/5), in the first of 4 rows
    top = glyphs.index_of(picture("####", "....", "....", "...."))
    assert top.item() == 0b1111
    assert glyphs.probabilities()[top].item() == pytest.approx(1 / 4 / 2 / 5 / 4, abs=1e-15)


def test_probabilities_agree_with_the_derivations_spelled_out():
    expected = torch.zeros(65536, dtype=torch.float64)
    for index, chance in derivations().items():
        expected[index] = chance
    assert (expected > 0).sum() == 304
    torch.testing.assert_close(glyphs.probabilities(), expected, rtol=0, atol=1e-15)


def test_probabilities_sum_to_one_and_do_not_change_when_rotated():
    p = glyphs.probabilities()
    assert p.dtype == torch.float64
    assert p.sum().item() == pytest.approx(1, abs=1e-14)
    for turn in (1, 2, 3):
        turned = glyphs.index_of(torch.rot90(glyphs.all_pictures(), turn, dims=(2, 3)))
        torch.testing.assert_close(p[turned], p, rtol=0, atol=1e-15)


def test_callers_cannot_spoil_the_cached_truth():
    glyphs.probabilities().fill_(7)
    assert glyphs.probabilities().sum().item() == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("....", ".##.", "....", "...."), True),
        ((".#..", "####", ".#..", ".#.."), True),
        (("##..", "#...", "....", "...."), True),
        (("....", ".#..", "....", "...."), False),  # one pixel is no stroke
        (("##..", "##..", "....", "...."), False),  # a block
        (("##..", "....", "...#", "...#"), False),  # two strokes that do not meet
        (("##.#", "....", "....", "...."), False),  # a stray pixel
        (("....", "....", "....", "...."), False),
    ],
)
def test_legal(rows, expected):
    assert glyphs.legal(picture(*rows)).item() is expected


def test_every_index_is_the_index_of_its_picture():
    everything = glyphs.all_pictures()
    assert everything.shape == (65536, 1, 4, 4)
    assert torch.equal(glyphs.index_of(everything), torch.arange(65536))
    assert glyphs.legal(everything).sum() == 304


def test_sample_follows_the_probabilities_and_its_generator():
    drawn = glyphs.sample(40_000, generator=torch.Generator().manual_seed(3))
    again = glyphs.sample(40_000, generator=torch.Generator().manual_seed(3))
    assert torch.equal(drawn.index, again.index) and torch.equal(drawn.x, again.x)
    assert drawn.x.dtype == torch.float32 and drawn.x.shape == (40_000, 1, 4, 4)
    assert torch.equal(glyphs.index_of(drawn.x), drawn.index)
    p = glyphs.probabilities()
    counts = torch.bincount(drawn.index, minlength=65536)
    assert counts[p == 0].sum() == 0
    expected = 40_000 * p[p > 0]
    chi_square = ((counts[p > 0] - expected).square() / expected).sum().item()
    assert 303 - 5 * math.sqrt(606) < chi_square < 303 + 5 * math.sqrt(606)


def test_seeded_sample():
    drawn = glyphs.sample(4, generator=torch.Generator().manual_seed(0))
    assert drawn.index.tolist() == [61952, 17520, 3968, 51336]


def test_pixel_marginals_are_the_mean_picture():
    ink = (glyphs.all_pictures().double() > 0).double().flatten(1)
    expected = (glyphs.probabilities() @ ink).reshape(4, 4)
    torch.testing.assert_close(glyphs.pixel_marginals(), expected, rtol=0, atol=1e-15)


def test_independent_model_keeps_the_marginals_and_no_other_product_is_closer():
    p, q = glyphs.probabilities(), glyphs.independent_probabilities()
    assert q.sum().item() == pytest.approx(1, abs=1e-14)
    ink = glyphs.all_pictures().double().flatten(1) > 0
    torch.testing.assert_close(q @ ink.double(), glyphs.pixel_marginals().flatten())
    seen = p > 0
    best = (p[seen] * (p[seen] / q[seen]).log()).sum()
    for pixel, step in ((0, 0.02), (5, -0.03)):
        moved = glyphs.pixel_marginals().flatten()
        moved[pixel] += step
        other = torch.where(ink, moved, 1 - moved).prod(dim=1)
        assert (p[seen] * (p[seen] / other[seen]).log()).sum() > best + 1e-4


def test_total_correlation_is_the_divergence_to_the_independent_model():
    p, q = glyphs.probabilities(), glyphs.independent_probabilities()
    seen = p > 0
    divergence = (p[seen] * (p[seen] / q[seen]).log()).sum().item()
    assert glyphs.total_correlation() == pytest.approx(divergence, abs=1e-12)
    assert glyphs.total_correlation() == pytest.approx(3.4135774439517554, abs=1e-12)


def test_bad_input():
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        glyphs.sample(0, generator=torch.Generator())
    with pytest.raises(ValueError, match=r"shape \(n, 1, 4, 4\), got \(2, 16\)"):
        glyphs.index_of(torch.ones(2, 16))
    with pytest.raises(ValueError, match="-1 or 1"):
        glyphs.legal(torch.zeros(1, 1, 4, 4))
    with pytest.raises(ValueError, match="-1 or 1"):
        glyphs.index_of(torch.full((1, 1, 4, 4), math.nan))
