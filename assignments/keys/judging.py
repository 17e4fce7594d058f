"""Assignment 5: what is asked, on which random inputs, and the numbers that belong to a student."""

import math

import numpy as np
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist

from classroom.course import Part, Personal, Question, share

WITHHELD = ("objectives", "penalties", "divergences", "likelihoods", "games", "training", "metrics", "contestants")


def rows(zeros):
    def one(rng):
        values = rng.dirichlet(np.full(5, 0.7), 12)
        if zeros:
            values[np.arange(12), rng.integers(0, 5, 12)] = 0
            values /= values.sum(1, keepdims=True)
        return {"probabilities": values.tolist()}

    return lambda rng: [one(rng) for _ in range(3)]


def features(shown):
    return lambda rng: [{"features": (rng.normal(0, 1, (9, 4)) @ rng.normal(0, 1, (4, 4)) + rng.normal(0, 3, 4)).tolist(), "shown": shown} for _ in range(3)]


def bells(rank, diagonal=False):
    def bell(rng):
        mix = np.diag(rng.uniform(0.3, 2, 4)) if diagonal else rng.normal(0, 1, (4, rank))
        return [rng.normal(0, 1, 4).tolist(), (mix @ mix.T).tolist()]

    return lambda rng: [{"one": bell(rng), "other": bell(rng)} for _ in range(3)]


def rings(rng):
    def one():
        clusters, turn = int(rng.integers(6, 9)), rng.uniform(0, math.pi)
        angles = 2 * math.pi * (np.arange(clusters) / clusters + rng.uniform())
        stretch = np.diag([1.0, rng.uniform(0.4, 0.55)]) @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        places = rng.uniform(2.0, 2.8) * np.stack([np.cos(angles), np.sin(angles)], 1) @ stretch + rng.normal(0, 2, 2)
        real = np.repeat(places, 150, 0) + 0.03 * rng.normal(0, 1, (150 * clusters, 2))
        return {"real": real.tolist(), "seed": int(rng.integers(1_000_000))}

    return [one() for _ in range(3)]


def clouds(k):
    return lambda rng: [{"real": rng.normal(0, 1, (20, 3)).tolist(), "fake": rng.normal(0.3, 1.6, (25, 3)).tolist(), "k": k} for _ in range(3)]


def frechet(one, other):
    """By the matrix root, for judging answers that are free."""
    (m, c), (n, d) = ((points.mean(0), np.cov(points.T)) for points in (one, other))
    return float(((m - n) ** 2).sum() + np.trace(c + d - 2 * np.real(sqrtm(c @ d))))


def fooling(case, got):
    real, fake = np.asarray(case["real"], float), np.asarray(got, float)
    if fake.shape != real.shape or not np.isfinite(fake).all():
        return "wanted as many finite points as there are real ones"
    if not frechet(real, fake) < 0.05:
        return "the Fréchet distance sees these points: match mean and covariance of the ring that is given"
    if (cdist(fake, real).min(1) < 0.15).mean() > 1 / 6:
        return "more than one in six of the points lies near a real one"
    return None


def known(student):
    spread, tilt = np.array([0.5 + share(student, "u"), 0.5 + share(student, "v")]), 1.6 * share(student, "tilt") - 0.8
    mean = np.array([2 * share(student, "a") - 1, 2 * share(student, "b") - 1])
    covariance = np.outer(spread, spread) * np.array([[1, tilt], [tilt, 1]])
    shares = np.array([0.2 + share(student, f"class {number}") for number in range(4)])
    shares, epsilon = shares / shares.sum(), 0.1 + 0.5 * share(student, "epsilon")
    marginal = (1 - epsilon) * shares + epsilon / 4
    sure = np.array([1 - epsilon + epsilon / 4, *[epsilon / 4] * 3])
    # entropy of the marginal minus the entropy of a row, which is the same for all classes
    entropies = [-(p * np.log(p)).sum() for p in (shares, marginal, sure)]
    return {
        "my_frechet": mean @ mean + 2 + np.trace(covariance) - 2 * np.trace(np.real(sqrtm(covariance))),
        "my_score": math.exp(entropies[0]),
        "my_unsure": math.exp(entropies[1] - entropies[2]),
    }


QUESTIONS = (
    Question(
        "q1",
        ("inception_score",),
        (
            Part("the score", 3, rows(False), "score", "divergence of each row from the mean row, mean over pictures, then exp"),
            Part("rows with zeros", 1, rows(True), "score", "0 log 0 counts as 0"),
        ),
    ),
    Question(
        "q2",
        ("moments",),
        (
            Part("the mean", 1, features(0), "two_moments", "one mean for each feature"),
            Part("the covariance", 2, features(1), "two_moments", "subtract the mean, divide by n - 1, features by features"),
        ),
    ),
    Question(
        "q3",
        ("frechet_distance",),
        (
            Part("features that do not depend on each other", 1, bells(4, True), "distance", "all three terms, squared"),
            Part("features that do", 3, bells(4), "distance", "the root is that of a matrix"),
            Part("no full rank", 1, bells(2), "distance", "eigenvalues may be rounded below 0 before the root", tolerance=1e-3),
        ),
    ),
    Question("q5", ("fool",), (Part("three other rings", 4, rings, "fooled", "", verdict=fooling),)),
    Question(
        "q6",
        ("precision",),
        (
            Part("k = 1", 2, clouds(1), "precise", "balls around real points, to the nearest other real point"),
            Part("k = 4", 2, clouds(4), "precise", "balls around real points, to the k-th other real point"),
        ),
    ),
)

PERSONAL = (Personal("q4", {"my_frechet": 1, "my_score": 1, "my_unsure": 1}, known, advice="Check squares, natural logarithms, and that epsilon is spread over all four classes."),)
