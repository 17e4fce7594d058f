"""Assignment 1: what is asked, on which random inputs, and the numbers that belong to a student."""

import math

import numpy as np
from scipy.stats import norm

from classroom.course import Part, Personal, Question, share

WITHHELD = ("objectives", "penalties", "divergences", "likelihoods", "games", "training", "metrics")


def densities(rng):
    return [{"function": "optimal_discriminator", "arguments": [rng.uniform(0.01, 2, 7).tolist(), rng.uniform(0.01, 2, 7).tolist()]} for _ in range(4)]


def vanishing(rng):
    p, q = rng.uniform(0.1, 2, (2, 8))
    p[[1, 4, 6]] = 0
    q[[2, 4, 6]] = 0
    return [{"function": "optimal_discriminator", "arguments": [p.tolist(), q.tolist()]}]


def probabilities(function, sizes):
    return lambda rng: [{"function": function, "arguments": [rng.uniform(0.02, 0.98, size).tolist() for size in sizes]} for _ in range(4)]


def logits(function, sizes, scale):
    return lambda rng: [{"function": function, "arguments": [(scale * rng.standard_normal(size)).tolist() for size in sizes]} for _ in range(4)]


def layers(rng, sizes):
    return [[rng.normal(0, 1 / math.sqrt(before), (after, before)).tolist(), rng.normal(0, 0.3, after).tolist()] for before, after in zip(sizes, sizes[1:], strict=False)]


def matches(shown, count):
    def cases(rng):
        return [
            {
                "generator": layers(rng, (2, 5, 1)),
                "discriminator": layers(rng, (1, 6, 1)),
                "real": rng.normal(1, 1, (count, 8, 1)).tolist(),
                "z": rng.normal(0, 1, (count, 8, 2)).tolist(),
                "count": count,
                "shown": shown,
            }
            for _ in range(2)
        ]

    return cases


def bells(student):
    """By numerical integration on another grid than the model's."""
    mean, deviation = 0.5 + 2 * share(student, "mean"), 0.5 + share(student, "deviation")
    x = np.linspace(-15, 15, 60_001)
    width = x[1] - x[0]
    p, q = norm.pdf(x), norm.pdf(x, mean, deviation)
    middle = (p + q) / 2
    js = 0.5 * width * sum(np.where(one > 0, one * np.log(np.where(one > 0, one / middle, 1)), 0).sum() for one in (p, q))
    return {"my_value": 2 * js - 2 * math.log(2), "my_js": js, "my_share": width * p[p > q].sum()}


QUESTIONS = (
    Question(
        "q1",
        ("optimal_discriminator",),
        (
            Part("positive densities", 2, densities, "call", "compare with the share of what is seen at a place that is real"),
            Part("densities of zero", 1, vanishing, "call", "look at places where one density, or both, is 0"),
        ),
    ),
    Question(
        "q2",
        ("value",),
        (
            Part("the value", 2, probabilities("value", (5, 5)), "call", "a mean over real plus a mean over generated, natural logarithms"),
            Part("piles of different size", 1, probabilities("value", (3, 9)), "call", "each pile has its own mean"),
        ),
    ),
    Question(
        "q3",
        ("discriminator_loss",),
        (
            Part("the loss", 3, logits("discriminator_loss", (4, 6), 1.5), "call", "look at signs, at which pile is which, and at means"),
            Part("large logits", 1, logits("discriminator_loss", (4, 4), 400), "call", "it must stay finite where sigma rounds to 0 or 1"),
        ),
    ),
    Question(
        "q4",
        ("generator_loss",),
        (
            Part("the loss", 2, logits("generator_loss", (6,), 1.5), "call", "descending it must raise the logits, most of all where they are low"),
            Part("large logits", 1, logits("generator_loss", (4,), 400), "call", "it must stay finite where sigma rounds to 0 or 1"),
        ),
    ),
    Question(
        "q5",
        ("step",),
        (
            Part("the discriminator's step", 2, matches("D", 1), "steps", "D after one step is not where its own loss sends it"),
            Part("the generator's step", 2, matches("G", 1), "steps", "G after one step is not where its loss, with the new D, sends it"),
            Part("three steps in a row", 1, matches("G", 3), "steps", "something of an earlier step is left over: which gradients are cleared, and when?"),
        ),
    ),
)

PERSONAL = (
    Personal("q6", {"my_value": 1, "my_js": 1, "my_share": 1}, bells, advice="Check the grid, p against q, and nats."),
)
