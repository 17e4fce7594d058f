"""Assignment 5: how its questions are put to a student's code. Read after common.py, whose names it uses."""

torch.set_default_dtype(torch.float64)


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def score(answers, probabilities):
    return answers["inception_score"](double(probabilities))


def two_moments(answers, features, shown):
    return answers["moments"](double(features))[shown]


def distance(answers, one, other):
    return answers["frechet_distance"](*(double(part) for part in (*one, *other)))


def fooled(answers, real, seed):
    return answers["fool"](double(real), random(seed))


def precise(answers, real, fake, k):
    return answers["precision"](double(real), double(fake), k)
