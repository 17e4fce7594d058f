"""Assignment 3: what is asked, on which random inputs, and the numbers that belong to a student."""

import math

from scipy.stats import norm

from classroom.course import Part, Personal, Question, share

WITHHELD = ("objectives", "penalties", "divergences", "likelihoods", "games", "training", "metrics")


def pictures(scale):
    def cases(rng):
        return [{"function": "reconstruction_loss", "arguments": [(scale * rng.standard_normal((4, 6))).tolist(), rng.uniform(0, 1, (4, 6)).tolist()]} for _ in range(3)]

    return cases


def codes(narrow):
    def cases(rng):
        return [{"function": "code_divergence", "arguments": [rng.normal(0, 1, (5, 3)).tolist(), (rng.normal(0, 0.5, (5, 3)) - narrow).tolist()]} for _ in range(3)]

    return cases


def bells(rng):
    return [{"mean": rng.normal(0, 1, (4, 3)).tolist(), "log_deviation": rng.normal(-0.5, 0.5, (4, 3)).tolist(), "seed": int(rng.integers(1_000_000))} for _ in range(3)]


def layers(rng, sizes):
    return [[rng.normal(0, 1 / math.sqrt(before), (after, before)).tolist(), rng.normal(0, 0.3, after).tolist()] for before, after in zip(sizes, sizes[1:], strict=False)]


def machines(slope):
    def cases(rng):
        return [
            {
                "x": rng.uniform(0, 1, (5, 6)).tolist(),
                "encoder": layers(rng, (6, 5, 4)),
                "decoder": layers(rng, (2, 5, 6)),
                "seed": int(rng.integers(1_000_000)),
                "slope": slope,
            }
            for _ in range(2)
        ]

    return cases


def sets(rng):
    return [{"function": "nearest_distance", "arguments": [rng.uniform(0, 1, (fakes, 5)).tolist(), rng.uniform(0, 1, (reals, 5)).tolist()]} for fakes, reals in ((7, 4), (3, 9))]


def exact(student):
    """The gap is the divergence of q from the posterior: by that, not by subtraction."""
    w, s, x0 = 0.5 + 1.5 * share(student, "w"), 0.4 + 0.8 * share(student, "s"), 3 * share(student, "x0") - 1.5
    m, t = share(student, "m") - 0.5, 0.3 + 0.9 * share(student, "t")
    likelihood = norm.logpdf(x0, 0, math.hypot(w, s))
    variance = 1 / (1 + w**2 / s**2)
    mean = variance * w * x0 / s**2
    gap = 0.5 * ((t**2 + (m - mean) ** 2) / variance - 1 + math.log(variance / t**2))
    return {"my_log_likelihood": likelihood, "my_elbo": likelihood - gap, "my_gap": gap}


QUESTIONS = (
    Question(
        "q1",
        ("reconstruction_loss",),
        (
            Part("the loss", 2, pictures(1.5), "call", "sum over pixels, mean over pictures; light and dark pixels both pay"),
            Part("large logits", 1, pictures(300), "call", "it must stay finite where sigma rounds to 0 or 1"),
        ),
    ),
    Question(
        "q2",
        ("code_divergence",),
        (
            Part("wide and narrow bells", 2, codes(0), "call", "log of the standard deviation, not of the variance; sum over coordinates, mean over pictures"),
            Part("narrow bells", 2, codes(2), "call", "the sign of log sigma: a narrow bell is far from the standard one"),
        ),
    ),
    Question(
        "q3",
        ("draw_code",),
        (
            Part("the code", 2, bells, "drawn_code", "mean plus standard deviation times torch.randn(mean.shape, generator=generator)"),
            Part("its slope", 1, bells, "drawn_slope", "gradients have to pass to both; nothing may be detached"),
        ),
    ),
    Question(
        "q4",
        ("vae_loss",),
        (
            Part("the loss", 2, machines(False), "bound", "reconstruction from a drawn code plus the code's divergence"),
            Part("its slope", 2, machines(True), "bound", "gradients have to reach encoder and decoder"),
        ),
    ),
    Question("q6", ("nearest_distance",), (Part("distances", 3, sets, "call", "one Euclidean distance for each generated picture, to the nearest real one"),)),
)

PERSONAL = (Personal("q5", {"my_log_likelihood": 1, "my_elbo": 1, "my_gap": 1}, exact, advice="Check s against s squared, and the log of t."),)
