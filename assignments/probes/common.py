"""Runs beside the student's code, in the sandbox: how a question is put. Knows no right answer.

`answers` holds the student's names and raises where one is missing; what a probe returns becomes plain numbers.
"""

import torch
from torch import nn


def tensor(value):
    return torch.tensor(value, dtype=torch.float32) if isinstance(value, list) else value


def call(answers, function, arguments, **named):
    """The student's function on tensors of the given numbers."""
    return answers[function](*(tensor(argument) for argument in arguments), **named)


def numbers(answers, names):
    """Plain numbers by name; None where there is none."""
    return {name: number(answers.get(name)) for name in names}


def number(value):
    try:
        return None if value is None or isinstance(value, str) else float(value)
    except Exception:
        return None


def linear(weight, bias):
    """A layer with these weights."""
    layer = nn.Linear(len(weight[0]), len(weight))
    with torch.no_grad():
        layer.weight.copy_(tensor(weight))
        layer.bias.copy_(tensor(bias))
    return layer


def network(layers):
    """Linear layers with tanh between them."""
    modules = [linear(*layer) for layer in layers]
    return nn.Sequential(*(part for module in modules[:-1] for part in (module, nn.Tanh())), modules[-1])


def weights(player):
    return torch.cat([parameter.detach().flatten() for parameter in player.parameters()])


def random(seed):
    return torch.Generator().manual_seed(seed)
