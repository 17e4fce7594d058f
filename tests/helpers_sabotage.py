"""A check that the right implementation passes and wrong ones do not: the two tests that a table of sabotage asks for."""

from collections.abc import Callable, Sequence

import pytest


def two_tests(table: Sequence[tuple], name: Callable[[object], str]) -> tuple[Callable, Callable]:
    """From rows (check, right, wrong variants): a test for each check on the right one, and one for each wrong variant."""

    @pytest.mark.parametrize(("check", "right"), [(check, right) for check, right, _ in table], ids=name)
    def passes(check, right):
        check(right)

    @pytest.mark.parametrize(("check", "wrong"), [(check, wrong) for check, _, variants in table for wrong in variants], ids=name)
    def is_caught(check, wrong):
        with pytest.raises(AssertionError):
            check(wrong)

    return passes, is_caught
