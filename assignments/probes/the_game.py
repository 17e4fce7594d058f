def steps(answers, generator, discriminator, real, z, count, shown):
    """Weights of one player after some of the student's steps."""
    players = {"G": network(generator), "D": network(discriminator)}
    optimizers = [torch.optim.SGD(players[name].parameters(), 0.2) for name in "GD"]
    for turn in range(count):
        answers["step"](players["G"], players["D"], tensor(real[turn]), tensor(z[turn]), *optimizers)
    return weights(players[shown])
