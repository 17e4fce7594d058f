import json

import pytest

from gan_edu import recorded as room
from gan_edu.recorded import recorded
from tools.studies import RESULTS


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_stored_result_can_be_read_by_name(path):
    assert recorded(path.stem) == json.loads(path.read_text(encoding="utf8"))["results"]


def test_only_the_results_are_given(tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "01_trial.json").write_text('{"study": "01_trial", "code": "0", "results": {"rate": 0.5}}')
    monkeypatch.setattr(room, "files", lambda package: tmp_path)
    assert recorded("01_trial") == {"rate": 0.5}
    with pytest.raises(FileNotFoundError, match=r"\['01_trial'\], got '02_other'"):
        recorded("02_other")


def test_a_package_without_results_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "files", lambda package: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"\[\], got '01_trial'"):
        recorded("01_trial")
