"""Assignment 4: what is asked, on which random inputs, and the numbers that belong to a student."""

import math

import numpy as np

from classroom.course import Part, Personal, Question, share

WITHHELD = ("objectives", "penalties", "divergences", "games", "training", "metrics", "networks/conditional")


def layers(rng, sizes):
    return [[rng.normal(0, 1 / math.sqrt(before), (after, before)).tolist(), rng.normal(0, 0.3, after).tolist()] for before, after in zip(sizes, sizes[1:], strict=False)]


def whole(rng):
    return [{"labels": np.repeat(np.arange(kinds), 1500).tolist(), "kinds": kinds, "seed": int(rng.integers(1_000_000))} for kinds in (2, 4, 7)]


def never_right(case, got):
    labels, drawn = np.asarray(case["labels"]), np.asarray(got)
    if drawn.shape != labels.shape or drawn.min() < 0 or drawn.max() >= case["kinds"]:
        return "wanted as many labels as came in, from 0 to kinds - 1"
    return "some of the labels are the right ones" if (drawn == labels).any() else None


def evenly(case, got):
    """Five standard deviations of a fair draw are allowed."""
    if why := never_right(case, got):
        return why
    labels, drawn, kinds = np.asarray(case["labels"]), np.asarray(got), case["kinds"]
    fair = 1500 / (kinds - 1)
    for label in range(kinds):
        counts = np.bincount(drawn[labels == label].astype(int), minlength=kinds)
        off = np.abs(np.delete(counts, label) - fair).max()
        if off > 5 * math.sqrt(fair) + 1:
            return "not every other label comes up equally often"
    return None


def meetings(shown):
    def cases(rng):
        return [
            {
                "discriminator": layers(rng, (3, 5, 2)),
                "table": rng.normal(0, 1, (4, 2)).tolist(),
                "maker": layers(rng, (2, 3)),
                "real": rng.normal(0, 1, (6, 3)).tolist(),
                "z": rng.normal(0, 1, (6, 2)).tolist(),
                "labels": rng.integers(0, 4, 6).tolist(),
                "wrong": rng.integers(0, 4, 6).tolist(),
                "shown": shown,
            }
            for _ in range(2)
        ]

    return cases


def nothing_reached(case, got):
    if got["moved"] == 0:
        return "no gradient reaches the discriminator"
    return "gradients reach the generator from the discriminator's loss; detach the generated pictures" if got["reached"] != 0 else None


def features(rng):
    return [
        {
            "features": rng.normal(0, 1, (count, 3)).tolist(),
            "labels": rng.integers(0, 5, count).tolist(),
            "table": rng.normal(0, 1, (5, 3)).tolist(),
            "head": [rng.normal(0, 1, (1, 3)).tolist(), rng.normal(0, 1, 1).tolist()],
        }
        for count in (4, 7, 1)
    ]


def returns(rng):
    return [{"there": layers(rng, (3, 4, 2)), "back": layers(rng, (2, 4, 3)), "a": rng.normal(0, 1, (5, 3)).tolist(), "b": rng.normal(0, 1, (4, 2)).tolist()} for _ in range(3)]


def translations(shown, cycle):
    def cases(rng):
        return [
            {
                "players": [layers(rng, sizes) for sizes in ((3, 4, 2), (2, 4, 3), (3, 4, 1), (2, 4, 1))],
                "a": rng.normal(0, 1, (5, 3)).tolist(),
                "b": rng.normal(0, 1, (5, 2)).tolist(),
                "cycle": cycle,
                "shown": shown,
            }
            for _ in range(2)
        ]

    return cases


def optimum(student):
    def row(kind, label):
        values = np.array([0.1 + share(student, f"{kind}{label}{picture}") for picture in range(3)])
        return values[0] / values.sum()

    p, g, m = row("p", 0), row("g", 0), row("p", 1)
    return {"my_plain": p / (p + g), "my_three": 2 * p / (2 * p + g + m), "my_perfect": 2 * p / (3 * p + m)}


QUESTIONS = (
    Question(
        "q1",
        ("wrong_labels",),
        (
            Part("never the right one", 1, whole, "wrong", "", verdict=never_right),
            Part("the others equally often", 2, whole, "wrong", "", verdict=evenly),
        ),
    ),
    Question(
        "q2",
        ("discriminator_loss",),
        (
            Part("the loss", 2, meetings("loss"), "pairs", "which pairs are accepted, which refused, and with which weights"),
            Part("its slope", 2, meetings("slope"), "pairs", "every kind of pair has to reach the discriminator's weights"),
            Part("the generator left alone", 1, meetings("generator"), "pairs", "", verdict=nothing_reached),
        ),
    ),
    Question("q4", ("projection",), (Part("logits", 3, features, "projected", "the head's answer plus the inner product with the label's vector, shape (pictures,)"),)),
    Question("q5", ("cycle_loss",), (Part("the loss", 3, returns, "cycles", "both returns, absolute values, means, added"),)),
    Question(
        "q6",
        ("generators_step",),
        (
            Part("G and F after two steps", 2, translations("GF", None), "translating", "which discriminator looks at what, the score wanted, both cycles, where gradients run, and what is cleared"),
            Part("another weight of the cycles", 2, translations("GF", 3.0), "translating", "the argument cycle has to be used"),
        ),
    ),
)

PERSONAL = (Personal("q3", {"my_plain": 1, "my_three": 1, "my_perfect": 1}, optimum, advice="Which of p, g and m meet the picture 0 with the label 0, and with which weights?"),)
