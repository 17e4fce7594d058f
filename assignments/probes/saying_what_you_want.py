"""Assignment 4: how its questions are put to a student's code. Read after common.py, whose names it uses."""

def wrong(answers, labels, kinds, seed):
    drawn = answers["wrong_labels"](torch.tensor(labels), kinds, random(seed))
    if drawn.is_floating_point():
        raise TypeError(f"wanted whole numbers, got {drawn.dtype}")
    return drawn


class Pairs(nn.Module):
    """A discriminator of pairs with given weights."""

    def __init__(self, layers, table):
        super().__init__()
        self.body, self.table = network(layers), nn.Parameter(tensor(table))

    def forward(self, x, labels):
        features = self.body(x)
        return features[:, 0] + (features * self.table[labels]).sum(1)


def pairs(answers, discriminator, table, maker, real, z, labels, wrong, shown):
    """The student's loss, its slope in the discriminator's weights, or what reaches the generator."""
    D, G = Pairs(discriminator, table), network(maker)
    fake = G(tensor(z))
    loss = answers["discriminator_loss"](D, tensor(real), fake, torch.tensor(labels), torch.tensor(wrong))
    if shown == "loss":
        return loss
    reached = torch.autograd.grad(loss, [*G.parameters()], allow_unused=True, retain_graph=True)
    slope = torch.autograd.grad(loss, [*D.parameters()])
    if shown == "slope":
        return torch.cat([part.flatten() for part in slope])
    return {"reached": sum(0.0 if part is None else float(part.abs().sum()) for part in reached), "moved": sum(float(part.abs().sum()) for part in slope)}


def projected(answers, features, labels, table, head):
    embedding = nn.Embedding(len(table), len(table[0]))
    with torch.no_grad():
        embedding.weight.copy_(tensor(table))
    return answers["projection"](tensor(features), torch.tensor(labels), embedding, linear(*head))


def cycles(answers, there, back, a, b):
    return answers["cycle_loss"](network(there), network(back), tensor(a), tensor(b))


def translating(answers, players, a, b, cycle, shown):
    """Weights after two of the student's steps, of the generators or of the discriminators."""
    G, F, D_A, D_B = (network(layers) for layers in players)
    optimizer = torch.optim.SGD([*G.parameters(), *F.parameters()], 0.05)
    named = {} if cycle is None else {"cycle": cycle}
    for _ in range(2):
        answers["generators_step"](G, F, D_A, D_B, tensor(a), tensor(b), optimizer, **named)
    return torch.cat([weights({"G": G, "F": F}[name]) for name in shown])
