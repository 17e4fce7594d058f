"""Captions: true of their faces, understood, and refused with one clear error where they say nothing sensible."""

from collections import Counter

import pytest
import torch
from helpers_games import seeded
from helpers_sabotage import two_tests

from gan_edu.worlds import captions, faces
from gan_edu.worlds.captions import LONGEST, WORDS, Request, describe, fits, meaning, requests, said_of, tokens, write

FACES = faces.draw_factors(3000, generator=seeded())
CAPTIONS = describe(FACES, generator=seeded(1))


def face(**factors) -> faces.Factors:
    """A face given by words for its colours, the rest in the middle."""
    plain = {name: torch.tensor([(low + high) / 2]) for name, (low, high) in faces.RANGES.items()}
    plain |= {name: torch.tensor([0]) for name in faces.CATEGORIES}
    return faces.Factors(**(plain | {name: torch.tensor([value]) for name, value in factors.items()}))


def test_by_hand():
    one = face(hair_color=3, eye_color=2, length=0.9, mouth_shape=0.8)
    assert said_of(one) == [Request("red", "long", "amber", "smiling")]
    assert write(said_of(one)[0]) == "long red hair, amber eyes, smiling"
    assert meaning("Happy, golden-eyed with ginger flowing hair") == said_of(one)[0]
    assert describe(one, keep=0, generator=seeded()) == ["a face"] and meaning("a face") == Request()


def test_golden_means_one_thing_of_hair_and_another_of_eyes():
    assert meaning("golden hair and golden eyes") == Request(hair_color="blond", eye_color="amber")


@pytest.mark.parametrize(("length", "mouth", "wanted"), [(0.375, -0.25, ("short", "frowning")), (0.625, 0.25, ("long", "smiling")), (0.38, 0.24, (None, None))])
def test_where_long_and_smiling_begin(length, mouth, wanted):
    (said,) = said_of(face(length=length, mouth_shape=mouth))
    assert (said.length, said.mouth) == wanted


def captions_are_true(describe):
    found = describe(FACES, generator=seeded(2))
    assert len(found) == len(FACES.length)
    for place, text in enumerate(found):
        one = faces.Factors(*(value[place : place + 1] for value in FACES))
        assert fits(one, meaning(text)).item(), text


def every_attribute_is_mentioned_as_often_as_asked(describe):
    told = [meaning(text) for text in describe(FACES, keep=0.6, generator=seeded(3))]
    for name in Request._fields:
        could = [getattr(said, name) is not None for said in said_of(FACES)]
        share = sum(getattr(one, name) is not None for one in told) / sum(could)
        assert share == pytest.approx(0.6, abs=0.05), name


def fits_agrees_with_what_can_be_said(fits):
    said = said_of(FACES)
    for request in requests()[::7]:
        wanted = [all(asked in (None, value) for asked, value in zip(request, one)) for one in said]
        assert torch.equal(fits(FACES, request), torch.tensor(wanted)), request  # 3,000 of them: no list to tell the difference of


def caption_of_another_face(factors, keep=0.75, *, generator):
    return describe(faces.Factors(*(value.roll(1) for value in factors)), keep, generator=generator)


def never_silent(factors, keep=0.75, *, generator):
    return describe(factors, 1, generator=generator)


def fits_any_of(factors, request):
    alone = [Request(**{name: value}) for name, value in request._asdict().items() if value is not None]
    return torch.stack([fits(factors, one) for one in alone or [request]]).any(0)


test_passes, test_is_caught = two_tests(
    [
        (captions_are_true, describe, (caption_of_another_face,)),
        (every_attribute_is_mentioned_as_often_as_asked, describe, (never_silent,)),
        (fits_agrees_with_what_can_be_said, fits, (fits_any_of,)),
    ],
    lambda part: part.__name__,
)


def test_whatever_can_be_said_is_written_and_understood():
    everything = requests()
    assert len(everything) == len(set(everything)) == 405 and everything[0] == Request()
    for request in everything:
        assert meaning(write(request)) == request
        assert meaning(write(request, generator=seeded(hash(request) % 1000))) == request


def test_captions_use_every_word_and_many_orders():
    words = Counter(word for text in CAPTIONS for word in text.lower().replace(",", " ").replace("-", " ").split())
    assert set(words) == set(WORDS) and len(set(CAPTIONS)) > 1500
    assert min(words.values()) > 40
    assert {"red long hair", "long red hair"} <= {write(Request("red", "long"), generator=seeded(seed)) for seed in range(60)}


def test_the_same_generator_gives_the_same_captions_and_moves_nothing_else():
    before = torch.get_rng_state()
    assert describe(FACES, generator=seeded(1)) == CAPTIONS != describe(FACES, generator=seeded(2))
    assert torch.equal(torch.get_rng_state(), before)


def test_tokens():
    found = tokens(["long red hair", "smiling"])
    assert found.shape == (2, LONGEST) and found.dtype == torch.int64
    assert [WORDS[number - 1] for number in found[0].tolist() if number] == ["long", "red", "hair"]
    assert found[1, 1:].tolist() == [0] * (LONGEST - 1)
    assert (tokens(CAPTIONS) > 0).sum(1).max() <= LONGEST


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("long red hare", "unknown word 'hare'; the nearest known one is 'hair'"),
        ("Xylophone", "unknown word 'xylophone'; the nearest known one is"),
        ("red hair, blue hair", "contradiction: hair color cannot be both red and blue"),
        ("short long hair", "contradiction: length cannot be both short and long"),
        ("smiling but sad", "unknown word 'but'"),
        ("smiling, sad", "contradiction: mouth cannot be both smiling and frowning"),
        ("long eyes", "'long' does not go with eyes"),
        ("violet hair", "'violet' does not go with hair"),
        ("red", "'red' of what"),
        ("hair", "what hair"),
    ],
)
def test_what_makes_no_sense_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        meaning(text)


def test_saying_one_thing_twice_is_no_contradiction():
    assert meaning("red hair, ginger hair") == Request(hair_color="red")


@pytest.mark.parametrize(("texts", "message"), [
    ([], "at least one caption"),
    (["  "], "1 to 12 words; got 0"),
    (["red " * 13], "1 to 12 words; got 13"),
    (["blond hare"], "unknown word 'hare'"),
])  # fmt: skip
def test_tokens_refuse(texts, message):
    with pytest.raises(ValueError, match=message):
        tokens(texts)


def test_bad_requests_and_shares_are_refused():
    with pytest.raises(ValueError, match="hair_color must be None or one of black, .*; got 'mauve'"):
        write(Request(hair_color="mauve"))
    with pytest.raises(ValueError, match="from 0 to 1; got 1.5"):
        describe(FACES, 1.5, generator=seeded())


def test_meanings_are_those_of_the_world():
    assert tuple(captions.HAIR) == faces.HAIR_COLORS and tuple(captions.EYES) == faces.EYE_COLORS
