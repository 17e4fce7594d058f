import sys
from pathlib import Path

import pytest

from tools.updates import each, parsed

THREE = [Path("a.py"), Path("b.py"), Path("c.py")]


def test_one_that_fails_is_told_and_the_others_go_on(capsys):
    def update(path):
        if path.name == "b.py":
            raise ValueError("no results")
        return "stored"

    assert each(THREE, update, (ValueError,)) == 1
    told = capsys.readouterr()
    assert told.out.splitlines() == ["a.py: stored", "c.py: stored"]
    assert told.err == "b.py was left as it was. ValueError: no results\n"


def test_success_is_zero_even_for_nothing():
    assert each(THREE, lambda path: "unchanged", (ValueError,)) == each([], lambda path: "unchanged", ()) == 0


def test_other_errors_are_not_hidden():
    def update(path):
        raise KeyError(path.name)

    with pytest.raises(KeyError):
        each(THREE, update, (ValueError,))


def test_the_command_line(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tool", "--force", "a.py"])
    arguments = parsed("What it does.", "studies")
    assert (arguments.paths, arguments.force) == ([Path("a.py")], True)
    monkeypatch.setattr(sys, "argv", ["tool"])
    arguments = parsed("What it does.", "studies")
    assert (arguments.paths, arguments.force) == ([], False)
