"""Assignment 2: what is asked, on which random inputs, and the numbers that belong to a student."""

import math

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from classroom.course import Part, Personal, Question, share

WITHHELD = ("objectives", "penalties", "divergences", "transport", "lipschitz", "likelihoods", "games", "training", "metrics")


def heaps(function, zeros, width=None):
    """Pairs of probability vectors; `zeros` of the places of each are empty."""

    def one(rng):
        masses = rng.uniform(0.05, 1, (2, 9))
        for row in masses:
            row[rng.permutation(9)[:zeros]] = 0
        p, q = (masses / masses.sum(1, keepdims=True)).tolist()
        return {"function": function, "p": p, "q": q} | ({} if width is None else {"width": float(width(rng))})

    return lambda rng: [one(rng) for _ in range(4)]


def scores(function, sizes):
    return lambda rng: [{"function": function, "arguments": [rng.normal(0, 2, size).tolist() for size in sizes]} for _ in range(4)]


def layers(rng, sizes):
    return [[rng.normal(0, 1 / math.sqrt(before), (after, before)).tolist(), rng.normal(0, 0.3, after).tolist()] for before, after in zip(sizes, sizes[1:], strict=False)]


def between(shape):
    def cases(rng):
        return [
            {
                "critic": layers(rng, (math.prod(shape), 6, 1)),
                "real": rng.normal(1, 1, (5, *shape)).tolist(),
                "fake": rng.normal(-1, 1, (5, *shape)).tolist(),
                "seed": int(rng.integers(1_000_000)),
            }
            for _ in range(3)
        ]

    return cases


def steps(shown):
    def cases(rng):
        return [
            {
                "critic": layers(rng, (2, 6, 1)),
                "maker": layers(rng, (3, 2)),
                "real": rng.normal(1, 1, (2, 6, 2)).tolist(),
                "z": rng.normal(0, 1, (2, 6, 3)).tolist(),
                "seed": int(rng.integers(1_000_000)),
                "weight": weight,
                "shown": shown,
            }
            for weight in (None, 3.0)
        ]

    return cases


def own_heaps(student):
    x = 0.5 * np.arange(10)
    p = np.array([share(student, f"p{i}") ** 2 if i < 7 else 0.0 for i in range(10)])
    q = np.array([share(student, f"q{i}") ** 2 if i > 3 else 0.0 for i in range(10)])
    p, q = p / p.sum(), q / q.sum()
    f = np.abs(x - (1 + 2 * share(student, "c")))
    return {"my_js": jensenshannon(p, q) ** 2, "my_w1": wasserstein_distance(x, x, p, q), "my_bound": float((p - q) @ f)}


def nothing_reached(case, got):
    if got["moved"] == 0:
        return "the critic did not move"
    return "gradients reached the generator in the critic's step; detach the generated examples" if got["reached"] != 0 else None


QUESTIONS = (
    Question(
        "q1",
        ("jensen_shannon",),
        (
            Part("without zeros", 1, heaps("jensen_shannon", 0), "distance", "half of each KL, to the middle, in nats"),
            Part("with zeros", 2, heaps("jensen_shannon", 4), "distance", "places where one or both probabilities are 0"),
        ),
    ),
    Question(
        "q2",
        ("wasserstein",),
        (
            Part("width 1", 2, heaps("wasserstein", 2, lambda rng: 1.0), "distance", "absolute differences of running totals, summed"),
            Part("another width", 1, heaps("wasserstein", 2, lambda rng: rng.uniform(0.1, 3)), "distance", "ways are as long as the width"),
        ),
    ),
    Question(
        "q4",
        ("critic_loss", "generator_loss"),
        (
            Part("the critic's loss", 2, scores("critic_loss", (4, 7)), "call", "look at signs and means; there is no logarithm"),
            Part("the generator's loss", 1, scores("generator_loss", (5,)), "call", "look at the sign; there is no logarithm"),
        ),
    ),
    Question(
        "q5",
        ("gradient_penalty",),
        (
            Part("vectors", 2, between((3,)), "penalty", "one weight for each example, u for the real one; a norm for each example; (norm - 1) squared; mean"),
            Part("pictures", 2, between((2, 3, 3)), "penalty", "the norm goes over all dimensions of an example"),
            Part("its slope in the critic's weights", 2, between((3,)), "penalty_slope", "the slope has to be taken with create_graph=True, and nothing detached after it"),
        ),
    ),
    Question(
        "q6",
        ("critic_step",),
        (
            Part("the critic's weights", 2, steps("critic"), "critic_steps", "descend the loss plus the penalty times the argument weight, and clear gradients before"),
            Part("the estimate", 1, steps("estimates"), "critic_steps", "mean over real minus mean over generated, before the step, as a plain number"),
            Part("the generator left alone", 1, steps("generator"), "critic_steps", "detach the generated examples", verdict=nothing_reached),
        ),
    ),
)

PERSONAL = (Personal("q3", {"my_js": 1, "my_w1": 1, "my_bound": 1}, own_heaps, advice="Check the width 0.5, nats, and the order real minus generated."),)
