"""Wrong variants of the glyph and digit worlds, each of which the worlds' own tests must notice."""

import pytest
import torch

import test_worlds_digits
import test_worlds_glyphs
from gan_edu.worlds import digits, glyphs


def notices(*checks) -> bool:
    for check in checks:
        try:
            check()
        except AssertionError:
            return True
    return False


GLYPH_CHECKS = (
    test_worlds_glyphs.test_probability_of_the_top_row_by_hand,
    test_worlds_glyphs.test_probabilities_agree_with_the_derivations_spelled_out,
    test_worlds_glyphs.test_every_index_is_the_index_of_its_picture,
    test_worlds_glyphs.test_independent_model_keeps_the_marginals_and_no_other_product_is_closer,
    test_worlds_glyphs.test_total_correlation_is_the_divergence_to_the_independent_model,
)


@pytest.fixture(autouse=True)
def fresh_cache():
    glyphs._support.cache_clear()
    yield
    glyphs._support.cache_clear()


def test_the_true_worlds_pass():
    assert not notices(*GLYPH_CHECKS)
    assert not notices(test_worlds_digits.test_bundled_digits, test_worlds_digits.test_split_keeps_every_digit_once_with_its_label)


@pytest.mark.parametrize(
    ("name", "value"),
    [("LENGTHS", {2: 1 / 3, 3: 1 / 3, 4: 1 / 3}), ("LENGTHS", {2: 0.2, 3: 0.3, 4: 0.5}), ("ONE_STROKE", 0.5)],
    ids=["uniform lengths", "lengths turned round", "too many single strokes"],
)
def test_another_grammar_is_noticed(monkeypatch, name, value):
    monkeypatch.setattr(glyphs, name, value)
    assert notices(*GLYPH_CHECKS)


def test_bits_read_from_the_wrong_end_are_noticed(monkeypatch):
    monkeypatch.setattr(glyphs, "_powers", lambda: (1 << torch.arange(16)).flip(0))
    assert notices(*GLYPH_CHECKS)


def test_an_independent_model_with_ink_and_paper_exchanged_is_noticed(monkeypatch):
    right = glyphs.independent_probabilities()
    monkeypatch.setattr(glyphs, "independent_probabilities", lambda: right.flip(0))
    assert notices(*GLYPH_CHECKS)


def test_total_correlation_in_bits_is_noticed(monkeypatch):
    in_nats = glyphs.total_correlation()
    monkeypatch.setattr(glyphs, "total_correlation", lambda: in_nats / 0.6931471805599453)
    assert notices(*GLYPH_CHECKS)


def test_a_split_that_shuffles_labels_apart_or_overlaps_is_noticed(monkeypatch):
    right = digits.split

    def labels_left_behind(data, held_out, generator):
        training, apart = right(data, held_out, generator)
        return digits.Digits(training.x, training.y.flip(0)), apart

    def overlapping(data, held_out, generator):
        training, apart = right(data, held_out, generator)
        return digits.Digits(torch.cat([training.x[1:], apart.x[:1]]), torch.cat([training.y[1:], apart.y[:1]])), apart

    for wrong in (labels_left_behind, overlapping):
        monkeypatch.setattr(digits, "split", wrong)
        assert notices(test_worlds_digits.test_split_keeps_every_digit_once_with_its_label)


def test_digits_scaled_to_zero_and_one_are_noticed(monkeypatch):
    right = digits.bundled()
    monkeypatch.setattr(digits, "bundled", lambda: digits.Digits((right.x + 1) / 2, right.y))
    assert notices(test_worlds_digits.test_bundled_digits)
