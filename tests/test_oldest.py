"""The package's unit tests with the oldest versions that its metadata allows (see tools/oldest.py).

numpy, scipy, matplotlib, ipywidgets, scikit-learn, pillow and tqdm are those of the lower bounds. torch is that of a
fresh installation, because the Linux wheel of torch 2.2 brings 3 GB of CUDA libraries; where CI is set, and by
`make oldest`, torch is 2.2.0 as well.
"""

import os
import tomllib

import pytest

from tools.oldest import oldest_versions, package_tests, run_oldest
from tools.records import ROOT


@pytest.mark.slow
def test_units_pass_with_the_oldest_versions(need, tmp_path):
    try:
        done = run_oldest(bool(os.environ.get("CI")), tmp_path / "source")
    except RuntimeError as error:
        need(f"the oldest set of packages ({error})", None)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def test_every_lower_bound_is_tested():
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert [line.replace("==", ">=") for line in oldest_versions(with_torch=True)] == dependencies


def test_the_package_has_unit_tests():
    assert "test_divergences.py" in package_tests() and "test_notebooks.py" not in package_tests()
