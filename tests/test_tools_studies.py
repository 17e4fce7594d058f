import pytest

from tools.records import read_record
from tools.studies import all_studies, result_of, run_study, stale


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.studies.RESULTS", tmp_path / "results")
    path = tmp_path / "01_trial.py"
    path.write_text("def main():\n    return {'rate': 0.5}\n")
    return path


def test_a_result_is_stored_with_the_code_that_made_it(study):
    assert stale(study)
    run_study(study)
    assert not stale(study)
    record = read_record(result_of(study))
    assert record["study"] == "01_trial" and record["results"] == {"rate": 0.5}


def test_a_result_older_than_its_code_is_stale_and_prose_makes_none(study):
    run_study(study)
    study.write_text('"""What this is for."""\n' + study.read_text())
    assert not stale(study)
    study.write_text(study.read_text().replace("0.5", "0.6"))
    assert stale(study)


@pytest.mark.parametrize(("code", "message"), [("x = 1\n", r"main\(\)"), ("def main():\n    return 3\n", "dict, got int")])
def test_a_study_without_results_is_refused_and_stores_nothing(study, code, message):
    study.write_text(code)
    with pytest.raises(ValueError, match=message):
        run_study(study)
    assert not result_of(study).exists()


def test_studies_are_numbered_scripts(study):
    (study.parent / "helper.py").write_text("")
    assert all_studies(study.parent) == [study]
