"""Assignment 2: how its questions are put to a student's code. Read after common.py, whose names it uses."""

def distance(answers, function, p, q, width=None):
    arguments = [tensor(p), tensor(q)] + ([] if width is None else [width])
    return answers[function](*arguments)


def penalty(answers, critic, real, fake, seed):
    """The penalty of a critic on vectors, or on pictures where they have more dimensions."""
    judge = nn.Sequential(nn.Flatten(), *network(critic))
    return answers["gradient_penalty"](judge, tensor(real), tensor(fake), random(seed))


def penalty_slope(answers, critic, real, fake, seed):
    """How the penalty changes with the critic's weights."""
    judge = nn.Sequential(nn.Flatten(), *network(critic))
    value = answers["gradient_penalty"](judge, tensor(real), tensor(fake), random(seed))
    # a bias added to every score changes no slope, so it may have no gradient
    slopes = torch.autograd.grad(value, list(judge.parameters()), allow_unused=True)
    return torch.cat([torch.zeros(parameter.numel()) if slope is None else slope.flatten() for slope, parameter in zip(slopes, judge.parameters(), strict=True)])


def critic_steps(answers, critic, maker, real, z, seed, weight, shown):
    """After two of the student's steps: the critic's weights, the estimates, or what reached the generator."""
    judge, generator = network(critic), network(maker)
    optimizer = torch.optim.SGD(judge.parameters(), 0.02)
    draws = random(seed)
    named = {} if weight is None else {"weight": weight}
    estimates = [answers["critic_step"](judge, optimizer, tensor(batch), generator(tensor(noise)), draws, **named) for batch, noise in zip(real, z, strict=True)]
    if shown == "estimates":
        return estimates
    if shown == "critic":
        return weights(judge)
    reached = sum(0.0 if parameter.grad is None else float(parameter.grad.abs().sum()) for parameter in generator.parameters())
    return {"reached": reached, "moved": (weights(judge) - weights(network(critic))).abs().sum()}
