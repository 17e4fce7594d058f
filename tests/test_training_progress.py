import io
import itertools
import sys

import pytest

from gan_edu.training import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch) -> Terminal:
    """In the test itself: pytest exchanges sys.stderr after the fixtures have run."""
    found = Terminal()
    monkeypatch.setattr("sys.stderr", found)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    return found


@pytest.fixture
def impatient(monkeypatch) -> None:
    monkeypatch.setattr(sys.modules[progress.__module__], "PATIENCE", 0.0)


def test_items_pass_unchanged_and_one_at_a_time():
    taken = []
    source = (taken.append(i) or i for i in range(5))
    found = progress(source, 5, "counting")
    assert taken == [] and next(found) == 0 and len(taken) == 1
    assert list(found) == [1, 2, 3, 4]


def test_a_short_loop_shows_nothing(monkeypatch):
    screen = terminal(monkeypatch)
    assert list(progress(range(3), 3, "counting")) == [0, 1, 2]
    assert screen.getvalue() == ""


def test_a_long_loop_shows_its_label_and_how_far_it_is_and_leaves_nothing(monkeypatch, impatient):
    screen = terminal(monkeypatch)
    for item in progress(range(4), 4, "counting"):
        pass
    shown = screen.getvalue()
    assert "counting" in shown and "/4" in shown and "%" in shown
    assert shown.split("\r")[-2].strip() == "" and shown.endswith("\r")


def test_the_bar_goes_when_the_loop_is_broken_off(monkeypatch, impatient):
    screen = terminal(monkeypatch)
    found = progress(itertools.count(), 10, "counting")
    for item in found:
        if item == 3:
            break
    found.close()
    assert screen.getvalue().endswith("\r") and screen.getvalue().split("\r")[-2].strip() == ""


def test_nothing_goes_into_a_file(impatient, capfd):
    assert list(progress(range(4), 4, "counting")) == [0, 1, 2, 3]
    assert capfd.readouterr() == ("", "")


def test_who_wants_no_bar_gets_none(monkeypatch, impatient):
    screen = terminal(monkeypatch)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert list(progress(range(4), 4, "counting")) == [0, 1, 2, 3]
    assert screen.getvalue() == ""
    monkeypatch.setenv("TQDM_DISABLE", "0")
    list(progress(range(4), 4, "counting"))
    assert "counting" in screen.getvalue()


def test_an_error_in_the_source_comes_through():
    def source():
        yield 1
        raise ArithmeticError("diverged")

    found = progress(source(), 5, "counting")
    assert next(found) == 1
    with pytest.raises(ArithmeticError, match="diverged"):
        next(found)
