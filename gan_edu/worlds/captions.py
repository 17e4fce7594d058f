"""Captions of faces: a small language whose meaning is known.

"long red hair, blue eyes and smiling" is true of a face or not. The language has synonyms ("ginger" for red), words that mean
one thing of hair and another of eyes ("golden"), free order, and silence: a caption need not mention everything.
"""

from difflib import get_close_matches
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from gan_edu.worlds.faces import EYE_COLORS, HAIR_COLORS, Factors

HAIR = {"black": ("black", "dark"), "silver": ("silver", "grey"), "blond": ("blond", "golden"), "red": ("red", "ginger"),
        "pink": ("pink", "rose"), "blue": ("blue",), "teal": ("teal", "turquoise"), "green": ("green",)}  # fmt: skip
EYES = {"blue": ("blue",), "green": ("green",), "amber": ("amber", "golden"), "violet": ("violet", "purple")}
LENGTH = {"short": ("short", "cropped"), "long": ("long", "flowing")}
MOUTH = {"frowning": ("frowning", "sad"), "smiling": ("smiling", "happy")}
NOUNS = {"hair": "hair", "eyes": "eyes", "eyed": "eyes"}
FILLERS = ("a", "and", "face", "with")
JOINTS = (", ", " and ")
BEFORE_NOUNS = (*JOINTS, " with ")

SHORT, LONG = 0.375, 0.625  # of the range of length: at most, at least
FROWN, SMILE = -0.25, 0.25  # of the range of mouth_shape

SYNONYMS = {"hair_color": HAIR, "length": LENGTH, "eye_color": EYES, "mouth": MOUTH}
WORDS = tuple(sorted({*FILLERS, *NOUNS, *(word for words in SYNONYMS.values() for options in words.values() for option in options for word in option.split())}))
LONGEST = 12  # words


class Request(NamedTuple):
    """What a caption says; None where it is silent.

    hair_color: one of worlds.faces.HAIR_COLORS. length: "short" or "long" hair. eye_color: one of EYE_COLORS.
    mouth: "frowning" or "smiling".
    """

    hair_color: str | None = None
    length: str | None = None
    eye_color: str | None = None
    mouth: str | None = None


def requests() -> list[Request]:
    """Everything the language can say: 9 x 3 x 5 x 3 = 405 requests, from silence on, the last field changing fastest."""
    return [Request(*said) for said in product(*([None, *meanings] for meanings in SYNONYMS.values()))]


def said_of(factors: Factors) -> list[Request]:
    """All that the language can say of each face; silent on hair of medium length and on mouths that are neither."""
    length = _ends(factors.length, SHORT, LONG, ("short", "long"))
    mouth = _ends(factors.mouth_shape, FROWN, SMILE, ("frowning", "smiling"))
    hair = [HAIR_COLORS[place] for place in factors.hair_color.tolist()]
    eyes = [EYE_COLORS[place] for place in factors.eye_color.tolist()]
    return [Request(*said) for said in zip(hair, length, eyes, mouth)]


def _ends(values: Tensor, low: float, high: float, names: tuple[str, str]) -> list[str | None]:
    return [names[0] if value <= low else names[1] if value >= high else None for value in values.tolist()]


def fits(factors: Factors, request: Request) -> Tensor:
    """Which faces are what was asked for; bool (n,). A silent request fits all."""
    found = torch.ones_like(factors.hair_color, dtype=torch.bool)
    if request.hair_color is not None:
        found &= factors.hair_color == HAIR_COLORS.index(request.hair_color)
    if request.eye_color is not None:
        found &= factors.eye_color == EYE_COLORS.index(request.eye_color)
    if request.length is not None:
        found &= factors.length <= SHORT if request.length == "short" else factors.length >= LONG
    if request.mouth is not None:
        found &= factors.mouth_shape <= FROWN if request.mouth == "frowning" else factors.mouth_shape >= SMILE
    return found


def describe(factors: Factors, keep: float = 0.75, *, generator: torch.Generator) -> list[str]:
    """One caption for each face: true, in random words and order, each attribute mentioned with probability ``keep``.

    Raises ValueError unless 0 <= keep <= 1.
    """
    if not 0 <= keep <= 1:
        raise ValueError(f"keep is a probability, from 0 to 1; got {keep}")
    chance = _Chance(generator)
    told = (Request(*(value if chance.below(keep) else None for value in said)) for said in said_of(factors))
    return [_written(request, chance) for request in told]


def write(request: Request, *, generator: torch.Generator | None = None) -> str:
    """A caption that says just this: in the first words of each meaning and a fixed order, or, with a generator, in any.

    Raises ValueError for a value that the language has no word for.
    """
    for name, value in request._asdict().items():
        if value is not None and value not in SYNONYMS[name]:
            raise ValueError(f"{name} must be None or one of {', '.join(SYNONYMS[name])}; got {value!r}")
    return _written(request, _Chance(generator))


class _Chance:
    """Draws from a generator; without one always the first."""

    def __init__(self, generator: torch.Generator | None) -> None:
        self._generator = generator

    def below(self, share: float) -> bool:
        return self._generator is not None and torch.rand((), generator=self._generator, device=self._generator.device).item() < share

    def one(self, options: tuple[str, ...]) -> str:
        if self._generator is None:
            return options[0]
        return options[int(torch.randint(len(options), (), generator=self._generator, device=self._generator.device))]

    def order(self, parts: list[str]) -> list[str]:
        if self._generator is None:
            return parts
        return [parts[place] for place in torch.randperm(len(parts), generator=self._generator, device=self._generator.device).tolist()]


def _written(request: Request, chance: _Chance) -> str:
    phrases = []
    adjectives = [chance.one(SYNONYMS[name][value]) for name in ("length", "hair_color") if (value := getattr(request, name))]
    if adjectives:
        phrases.append(" ".join([*chance.order(adjectives), "hair"]))
    if request.eye_color:
        phrases.append(f"{chance.one(EYES[request.eye_color])}{chance.one((' eyes', '-eyed'))}")
    if request.mouth:
        phrases.append(chance.one(MOUTH[request.mouth]))
    if not phrases:
        return "a face"
    first, *others = chance.order(phrases)
    opening = "a face with " if _is_noun(first) and chance.below(0.25) else ""
    return opening + first + "".join(chance.one(BEFORE_NOUNS if _is_noun(phrase) else JOINTS) + phrase for phrase in others)


def _is_noun(phrase: str) -> bool:
    return phrase.endswith(("hair", "eyes"))


def meaning(text: str) -> Request:
    """What a caption says.

    Adjectives belong to the next "hair" or "eyes"; commas, "a", "face", "with" and "and" say nothing.
    Raises ValueError for an unknown word, naming the nearest known one, for an adjective without a noun, for one that
    does not go with its noun, and for a text that says two things of one attribute.
    """
    said: dict[str, str] = {}
    waiting: list[str] = []
    for word in _split(text):
        if word in NOUNS:
            _settle(said, waiting, NOUNS[word])
            waiting = []
        elif (mouth := _named(MOUTH, word)) is not None:
            _say(said, "mouth", mouth)
        elif word not in FILLERS:
            waiting.append(word)
    if waiting:
        raise ValueError(f"{waiting[-1]!r} of what? Say hair or eyes after it, in {text!r}")
    return Request(**said)


def _split(text: str) -> list[str]:
    words = text.lower().replace(",", " ").replace("-", " ").split()
    for word in words:
        if word not in WORDS:
            near = get_close_matches(word, WORDS, 1, cutoff=0)[0]
            raise ValueError(f"unknown word {word!r}; the nearest known one is {near!r}")
    return words


def _settle(said: dict[str, str], adjectives: list[str], noun: str) -> None:
    kinds = ("hair_color", "length") if noun == "hair" else ("eye_color",)
    if not adjectives:
        raise ValueError(f"what {noun}? Wanted a word before it")
    for word in adjectives:
        found = [(kind, value) for kind in kinds if (value := _named(SYNONYMS[kind], word)) is not None]
        if not found:
            raise ValueError(f"{word!r} does not go with {noun}")
        _say(said, *found[0])


def _named(meanings: dict[str, tuple[str, ...]], word: str) -> str | None:
    """The meaning of which this is a word."""
    return next((value for value, options in meanings.items() if word in options), None)


def _say(said: dict[str, str], kind: str, value: str) -> None:
    if said.setdefault(kind, value) != value:
        raise ValueError(f"contradiction: {kind.replace('_', ' ')} cannot be both {said[kind]} and {value}")


def tokens(texts: list[str]) -> Tensor:
    """Captions as numbers of words: (n, LONGEST) int64, from 1 for WORDS[0] on, 0 after the end.

    Raises ValueError for no text, an empty or too long one, and for an unknown word, naming the nearest known one.
    """
    if not texts:
        raise ValueError("wanted at least one caption; got none")
    rows = torch.zeros(len(texts), LONGEST, dtype=torch.int64)
    for row, text in zip(rows, texts):
        words = _split(text)
        if not 1 <= len(words) <= LONGEST:
            raise ValueError(f"a caption has 1 to {LONGEST} words; got {len(words)} in {text!r}")
        row[: len(words)] = torch.tensor([_NUMBERS[word] for word in words])
    return rows


_NUMBERS = {word: number for number, word in enumerate(WORDS, 1)}
