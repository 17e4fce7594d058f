"""The names, signatures and losses printed in book/notation.md are those of the package."""

import importlib
import inspect
import re
from ast import literal_eval
from math import log

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, softplus
from helpers_prose import BOOK, says

from gan_edu import objectives

SECTION = r"^### [^\n]* in `gan_edu\.([\w.]+)`\n(.*?)(?=^### |\Z)"


def documented() -> list[tuple[str, str, str]]:
    """(module, name, printed arguments) of every call that the page prints under a heading with a module."""
    text = (BOOK / "notation.md").read_text(encoding="utf8")
    sections = re.findall(SECTION, text, re.MULTILINE | re.DOTALL)
    return [(module, name, arguments) for module, body in sections
            for line in body.splitlines() if line.startswith(": ")
            for name, arguments in re.findall(r"`([a-zA-Z]\w*(?:\.\w+)?)\(([^()`]*)\)`", line)]


def test_the_calls_were_found():
    assert len(documented()) >= 31 and len({module for module, _, _ in documented()}) == 19


@pytest.mark.parametrize("module, name, arguments", documented())
def test_every_call_is_printed_as_it_is_defined(module, name, arguments):
    function = importlib.import_module(f"gan_edu.{module}")
    for part in name.split("."):
        function = getattr(function, part)
    parameters = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    printed = [argument.split("=") for argument in arguments.split(", ")] if arguments else []
    assert [argument[0] for argument in printed] == [p.name for p in parameters][:len(printed)]
    for (_, *value), parameter in zip(printed, parameters):
        assert not value or value[0] == "rng" or literal_eval(value[0]) == parameter.default
    assert all(p.default is not p.empty for p in parameters[len(printed):])


@pytest.mark.parametrize("name, body", [
    ("minimax.critic", "softplus(-real).mean() + softplus(fake).mean()"),
    ("minimax.generator", "-softplus(fake).mean()"),
    ("non_saturating.generator", "softplus(-fake).mean()"),
])
def test_printed_losses_are_the_losses(name, body):
    says("notation.md", f"`{name}(real, fake)`, which is `{body}`")
    objective, player = name.split(".")
    real, fake = torch.tensor([0.3, -1.2]), torch.tensor([2.0, 0.1])
    printed = eval(body, {"softplus": softplus, "real": real, "fake": fake})
    assert getattr(getattr(objectives, objective), player)(real, fake).item() == pytest.approx(printed.item())


def test_minus_the_value_function_is_twice_the_cross_entropy_of_the_labels():
    real, fake = torch.tensor([0.3, -1.2, 2.0]), torch.tensor([2.0, 0.1, -0.7])
    labels = torch.tensor([1.0] * 3 + [0.0] * 3)
    mean = binary_cross_entropy_with_logits(torch.cat([real, fake]), labels)
    assert objectives.minimax.critic(real, fake).item() == pytest.approx(2 * mean.item())
    says("glossary.md", "the discriminator's loss $-V$ is twice this")


def test_the_value_function_and_the_value_of_the_game_are_two_entries():
    says("notation.md", "*the value function (价值函数):*", "*the value of the game (博弈的值):*")
    says("glossary.md", "value function 价值函数 ", "value of the game 博弈的值 ")


def test_balance_in_nats():
    nothing = torch.zeros(4)
    assert objectives.minimax.critic(nothing, nothing).item() == pytest.approx(log(4))
    assert round(log(4), 3) == 1.386 and round(log(2), 3) == 0.693
    says("notation.md", r"$\log 4 \approx 1.386$", r"$\log 2 \approx 0.693$")
    says("questions.md", r"$\log 4 \approx 1.386$", r"$\log 2 \approx 0.693$")
