"""Figures drawn in the book's style, all of them closed at the end of a test."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest

from gan_edu.plots import use_style


@pytest.fixture(autouse=True)
def styled() -> Iterator[None]:
    """For every test of a file that imports it; other files keep matplotlib's own style."""
    with plt.rc_context():
        use_style()
        yield
        plt.close("all")
