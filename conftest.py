"""Pytest reads this for the notebooks as for the tests."""

from tools.verdicts import compare_verdicts


def pytest_collection_modifyitems(items: list) -> None:
    compare_verdicts(items)
