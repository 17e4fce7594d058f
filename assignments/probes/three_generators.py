"""Assignment 3: how its questions are put to a student's code. Read after common.py, whose names it uses."""

def drawn_code(answers, mean, log_deviation, seed):
    return answers["draw_code"](tensor(mean), tensor(log_deviation), random(seed))


def drawn_slope(answers, mean, log_deviation, seed):
    """How the code moves with what the encoder says."""
    facts = [tensor(mean).requires_grad_(True), tensor(log_deviation).requires_grad_(True)]
    code = answers["draw_code"](*facts, random(seed))
    return list(torch.autograd.grad(code.square().sum(), facts))


def bound(answers, x, encoder, decoder, seed, slope):
    """The student's loss of a small VAE, or how it changes with the VAE's weights."""
    into, out = network(encoder), network(decoder)
    loss = answers["vae_loss"](tensor(x), lambda pictures: into(pictures).chunk(2, dim=1), out, random(seed))
    if not slope:
        return loss
    return torch.cat([part.flatten() for part in torch.autograd.grad(loss, [*into.parameters(), *out.parameters()])])
