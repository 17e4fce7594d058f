"""The page of studies: its directives on small books of their own, and every sentence with a number computed again from the results."""

import json
import operator
import re
from dataclasses import replace
from pathlib import Path

import pytest
from helpers_book import Book
from helpers_prose import BOOK, says
from helpers_studies import script

from gan_edu.readers import judge
from gan_edu.recorded import recorded
from studies import faces_score
from studies.faces_recipe import Recipe, settings
from tools.notebooks import all_notebooks, read
from tools.records import read_record
from tools.studies import FOLDER, all_studies, result_of
from tools.sweep import FOLDER as SWEEPS

from gan_book.studies import setting, shown  # found once helpers_book is imported

FRECHET, LEGAL, IRISES, PATCHES = "frechet", "legal", "irises", "patches"
RESULTS = {
    "seeds": [200, 201],
    "recipe": {"steps": 1200, "rate": 3e-3, "betas": [0.0, 0.99], "batch_norm": False},
    "arms": {"full": {"legal": [0.0005, 0.0195], "far": [29.04, 313.4]}, "half": {"legal": [0.0, 0.144], "far": [15.93, 17.0]}},
    "once": {"legal": 0.25, "far": 2.0},
    "curve": {"step": [500, 24_000], "far": [2.0, 1.0]},
    "list": [{"teacher": "VAE", "std": 0.2, "width": 32, "far": [2.0, 1.0]}, {"teacher": "GAN", "std": None, "width": 64, "far": [4.0, 3.0]}],
}


@pytest.fixture
def page(tmp_path: Path):
    """Builds a page about a study 01_trial with the results given (None: there are none)."""

    def building(source: str, results: dict | None = RESULTS) -> Book:
        files = {"a.md": f"# A\n\n{source}", "studies/01_trial.py": "", "studies/02_later.py": ""}
        if results is not None:
            files["gan_edu/results/01_trial.json"] = json.dumps({"study": "01_trial", "code": "0", "results": results})
        return Book(tmp_path, files)

    return building


def table(options: str = "rows: arms\ncaption: How far.", columns: str = "arm: what\nlegal: legal, %\nfar: distance", study: str = "01_trial") -> str:
    return f"```{{study-table}} {study}\n---\n{options}\n---\n{columns}\n```"


def cells(book: Book, number: int = 0) -> list[list[str]]:
    found = book.page("a").select("table.gan-study")[number]
    return [[cell.get_text().strip() for cell in row.select("th, td")] for row in found.select("tr")]


# the directives


def test_a_table_has_a_row_for_each_arm_and_a_number_for_each_seed(page):
    built = page(table())
    assert built.warnings == ""
    assert cells(built) == [["what", "legal, %", "distance"], ["full", "0.05, 2.0", "29.0, 313"], ["half", "0, 14.4", "15.9, 17.0"]]
    caption = built.page("a").select_one("table.gan-study caption").get_text()
    assert caption.startswith("How far. Two runs, seeds 200 and 201, in this order.")


def test_rows_can_be_sorted_and_renamed_for_this_table_and_the_next(page):
    built = page(table("rows: arms\nsort: far\ncaption: How far.\nlabels: |\n  half = one = two") + "\n\n" + table())
    assert built.warnings == ""
    assert [row[0] for row in cells(built)] == ["what", "one = two", "full"] and [row[0] for row in cells(built, 1)] == ["what", "full", "one = two"]


def test_rows_can_be_named_or_be_the_points_of_a_curve(page):
    built = page(table("rows: curve\ncaption: C.", "step: updates\nfar: distance"))
    assert built.warnings == "" and cells(built) == [["updates", "distance"], ["500", "2.00"], ["24,000", "1.00"]]
    results = RESULTS | {"twice": {"legal": [0.25, 0.5]}}
    built = page(table("rows: once twice\ncaption: C.", "x: what\nlegal: legal, %"), results)
    assert built.warnings == "" and cells(built)[1:] == [["once", "25.0"], ["twice", "25.0, 50.0"]]


def test_a_grid_lays_one_number_out_over_two_settings(page):
    built = page('```{study-grid} 01_trial\n---\nrows: list\nvalue: far\ndown: "width: units"\nacross: teacher std\ncaption: C.\n---\n```')
    assert built.warnings == "" and cells(built) == [["units", "VAE 0.2", "GAN"], ["32", "2.00, 1.00", "–"], ["64", "–", "4.00, 3.00"]]


def test_settings_stand_side_by_side_and_a_study_without_a_result_is_left_out(page):
    built = page("```{study-settings} 01_trial 02_later\n---\ncaption: C.\n---\nseeds: seeds\nrecipe.rate: rate\nrecipe.betas: betas\nrecipe.batch_norm: batch norm\n```")
    assert built.warnings == ""
    assert cells(built) == [["setting", "01_trial"], ["seeds", "200, 201"], ["rate", "0.003"], ["betas", "0, 0.99"], ["batch norm", "no"]]


@pytest.mark.parametrize("value, heading, words", [
    (0.0005, "%", "0.05"), (0.0195, "%", "2.0"), (0.0825, "%", "8.3"), (0.0, "%", "0"), (1.0, "%", "100.0"), (0.995, "%", "99.5"),
    (29.1995, "", "29.2"), (31.0453, "", "31.0"), (501.3343, "", "501"), (1234.5, "", "1,234"), (0.0529, "", "0.0529"), (0.0, "", "0"), (24_000, "", "24,000"),
    (-0.6331, "", "−0.633"), (-1234.5, "", "−1,234"), ([0.3, 0.1], "", "0.300, 0.100"), ([0.3, 0.1], "legal, %", "30.0, 10.0"),
])
def test_numbers_as_they_are_shown(value, heading, words):
    assert shown(value, [200, 201], heading) == words


def test_of_three_seeds_the_smallest_and_the_largest_are_shown(page):
    results = RESULTS | {"seeds": [1, 2, 3], "arms": {"full": {"legal": [0.3, 0.1, 0.2], "far": [1.0, 1.0, 1.0]}}}
    built = page(table(), results)
    assert cells(built)[1] == ["full", "10.0–30.0", "1.00"]
    assert "Three runs, seeds 1, 2 and 3: smallest to largest." in built.page("a").caption.get_text()


def test_rows_may_have_seeds_of_their_own(page):
    arms = {"full": {"seeds": [1, 2, 3], "legal": [0.3, 0.1, 0.2], "far": [1.0, 1.0, 1.0]}, "half": {"seeds": [1], "legal": [0.5], "far": [2.0]}}
    built = page(table(), {"arms": arms})
    assert built.warnings == "" and cells(built)[1:] == [["full", "10.0–30.0", "1.00"], ["half", "50.0", "2.00"]]
    assert "How far. One or three runs to a row: smallest to largest." in built.page("a").caption.get_text()


def test_one_run_is_called_one(page):
    results = {"seed": 7, "arms": {"full": {"legal": 0.5, "far": 1.0}}}
    assert "One run, seed 7." in page(table(), results).page("a").caption.get_text()


@pytest.mark.parametrize("value, words", [(3e-3, "0.003"), (0.995, "0.995"), (24_000, "24,000"), ([0.0, 0.99], "0, 0.99"), (True, "yes"), (None, "–"), ("adam", "adam")])
def test_settings_as_they_are_shown(value, words):
    assert setting(value) == words


@pytest.mark.parametrize("source", [table(study="02_later"), '```{study-grid} 02_later\n---\nrows: r\nvalue: v\ndown: "d: d"\nacross: a\ncaption: C.\n---\n```', "```{study-settings} 02_later\n---\ncaption: C.\n---\nseeds: seeds\n```"])
def test_what_has_not_been_run_is_said_and_no_table_made(page, source):
    built = page(source)
    assert built.warnings == "" and not built.page("a").select("table")
    assert built.page("a").select_one("p.gan-not-stored").get_text() == "No result of 02_later is stored yet."


def test_text_about_results_appears_with_them(page):
    source = "````{study-results} 01_trial\nThe faces are $x$ good.\n\n" + table() + "\n````"
    built = page(source)
    assert built.warnings == "" and "good" in built.page("a").get_text() and built.page("a").table and not built.page("a").select(".gan-not-stored")
    built = page(source.replace("-results} 01_trial", "-results} 02_later"))
    assert built.warnings == "" and "good" not in built.page("a").get_text() and not built.page("a").table and len(built.page("a").select(".gan-not-stored")) == 1


@pytest.mark.parametrize("source, results, message", [
    (table(study="09_none"), RESULTS, "no study 09_none: wanted one of 01_trial, 02_later"),
    (table(columns="arm: what\nfid: FID"), RESULTS, "01_trial, row full: no column 'fid'; its columns are legal, far"),
    (table("rows: arms\nsort: fid\ncaption: C."), RESULTS, "01_trial, row full: no column 'fid'"),
    (table("rows: legs\ncaption: C."), RESULTS, "01_trial has no 'legs' in its results; they are seeds, recipe, arms"),
    (table("rows: list\ncaption: C."), RESULTS, "01_trial: wanted a dict of rows or of columns in list, got a list"),
    (table("rows: arms\ncaption: C.\nlabels: |\n  whole = all"), RESULTS, "01_trial has no row 'whole'; its rows are full, half"),
    (table("rows: arms"), RESULTS, "study-table 01_trial: wanted the option caption"),
    (table(columns="arm"), RESULTS, "wanted lines 'name: words', got 'arm'"),
    (table(columns=""), RESULTS, "wanted lines 'name: words', got 'no line'"),
    (table(), {"arms": RESULTS["arms"]}, "01_trial: wanted 'seeds' or 'seed' in its results"),
    (table(), RESULTS | {"seeds": [1, 2, 3]}, "2 numbers for 3 seeds: [0.0005, 0.0195]"),
    ("```{study-settings} 01_trial\n---\ncaption: C.\n---\nrecipe.color: colour\n```", RESULTS, "none of 01_trial has recipe.color in its results"),
])  # fmt: skip
def test_what_is_wrong_is_said_once(page, source, results, message):
    built = page(source, results)
    assert message in built.warnings and built.warnings.count("ERROR") == 1


# the page


def both(values: list[float], heading: str = "") -> str:
    return " and ".join(shown(value, [], heading) for value in values)


def flat(rows, key: str) -> list[float]:
    return [value for row in rows for value in row[key]]


def test_every_study_is_on_the_page_with_all_its_numbers():
    text = (BOOK / "studies.md").read_text(encoding="utf8")
    for study in (path.stem for path in all_studies()):
        tables = re.findall(rf"```{{study-(?:table|grid)}} {study}\n(.*?)```", text, re.DOTALL)
        assert tables, f"{study} is not on the page"
        if not result_of(FOLDER / f"{study}.py").exists():
            continue
        results = recorded(study)
        rows = results.get("arms") or results.get("contestants") or [results.get("curve") or results["generated"]]
        rows = rows.values() if isinstance(rows, dict) else rows
        # lists of lists, such as which colour became which, do not fit a cell; sentences say what they hold
        columns = {key for row in rows for key, value in row.items() if isinstance(value, list) and key != "seeds" and not isinstance(value[0], list)}
        assert [key for key in columns if not re.search(rf"^(value: )?{key}( %|:|$)", "\n".join(tables), re.MULTILINE)] == [], study


def test_what_is_measured():
    assert (judge.DISTANCE, judge.PATCH_DISTANCE, judge.EYE_DISTANCE, judge.PATCH, judge.CONFIDENCE) == (0.16, 0.38, 0.24, 8, 0.9)
    says("studies.md", "at most 0.16 over the picture, 0.38 over its worst 8 × 8 patch, 0.24 over either iris", "with a probability of at least 0.9. *Rarest*")
    assert faces_score.REAL == 4096 and faces_score.judges().reader.hidden.out_features == 128
    says("studies.md", "on the 128 features of this book's {term}`reader` of faces, to 4,096 fresh real faces")


def test_seeds_of_the_studies():
    stored = {path.stem: recorded(path.stem) for path in all_studies() if result_of(path).exists()}
    assert {len(results["seeds"]) for results in stored.values() if "seeds" in results} == {2, 3, 10}
    assert not {name for name, results in stored.items() if "seed" in results} - {"05_longer", "14_contest"}
    says("studies.md", "Each setting was run with two or three seeds, in `05_longer` and `14_contest` with one, in `10_augmentation`, `10_rate` and parts of `12_cycles` and `12_rate` with ten.")


def test_what_was_run_for_the_width():
    study, found = script("02_capacity"), recorded("02_capacity")
    arms = [(arm["teacher"], arm["width"]) for arm in found["arms"]]
    widths = {teacher: [width for name, width in arms if name == teacher] for teacher in ("VAE", "GAN")}
    assert (min(widths["VAE"]), max(widths["VAE"]), min(widths["GAN"]), max(widths["GAN"])) == (32, 768, 32, 128)
    assert (found["steps"], study.BATCH, study.SAMPLES, len(found["seeds"]), len(study.STDS)) == (2000, 64, 1297, 3, 3)
    says("studies.md", "32 to 768 units in each of its two hidden layers, 32 to 128 for the GAN", "three values of $\\sigma$", "2,000 updates of 64, with three seeds, and 1,297 of its drawings")


def test_what_width_buys():
    arms = recorded("02_capacity")["arms"]
    vae, gan = ([arm for arm in arms if arm["teacher"] == name] for name in ("VAE", "GAN"))
    sharpest, blunt = max(flat(vae, "sharpness")), min(flat(gan, "sharpness"))
    assert sharpest < blunt
    says("studies.md", f"the sharpest VAE of all reaches {shown(sharpest, [], '%')} % of real digits' sharpness, the least sharp GAN {shown(blunt, [], '%')} %.")
    narrow, wide = ([arm for arm in gan if arm["width"] == width][0][LEGAL] for width in (32, 128))
    assert max(narrow) < min(flat(vae, LEGAL)) and min(wide) > max(flat(vae, LEGAL))
    gains = {(arm["teacher"], arm["std"]): [] for arm in arms}
    for arm in arms:
        gains[arm["teacher"], arm["std"]].append(sum(arm[LEGAL]))
    rise = {name: sums[-1] - sums[0] for name, sums in gains.items()}
    assert max(rise, key=rise.get) == ("GAN", None)
    low, high = (f"{shown(min(v), [], '%')} to {shown(max(v), [], '%')} %" for v in (narrow, wide))
    says("studies.md", f"With 32 units it is legal in {low}, less often than any VAE; with 128 in {high}, more often than any VAE of any width tried.")


def test_what_three_teachers_came_to():
    study, found = script("02_faces"), recorded("02_faces")
    assert (found["recipe"]["steps"], found["recipe"]["batch"], found["samples"], len(found["seeds"]), study.LESSONS.rate) == (1500, 32, 2000, 2, 2e-3)
    assert study.LESSONS.steps == found["recipe"]["steps"]
    says("studies.md", "each 1,500 updates of 32 faces and two seeds, and judges 2,000 drawings", "Adam with a rate of 0.002")
    arms = found["arms"]
    gan, others = arms["GAN"], [arm for name, arm in arms.items() if name != "GAN"]
    assert min(gan["precision"]) > max(flat(others, "precision")) and max(gan["recall"]) < min(flat(others, "recall"))
    says("studies.md", f"precision of {both(gan['precision'], '%')} % against {shown(max(flat(others, 'precision')), [], '%')} % at most")
    reach = " to ".join(shown(end(flat(others, "recall")), [], "%") for end in (min, max))
    says("studies.md", f"its recall is {both(gan['recall'], '%')} %, that of the others {reach} %")
    auto = arms["autoencoder"]
    assert min(gan[LEGAL]) < min(auto[LEGAL]) <= max(auto[LEGAL]) < max(gan[LEGAL])
    says("studies.md", f"two seeds do not settle: {both(gan[LEGAL], '%')} % against {both(auto[LEGAL], '%')} %")


@pytest.fixture(scope="module")
def levers() -> dict:
    return recorded("05_levers")["arms"]


def test_what_was_run_for_the_levers(levers):
    found, chapter = recorded("05_levers"), Recipe()
    recipe = found["recipe"]
    assert (chapter.steps, chapter.width, chapter.weight_decay) == (4000, 24, 0.2)
    assert (recipe["steps"], recipe["width"], recipe["weight_decay"], found["samples"], len(found["seeds"])) == (1200, 16, 0.4, 2000, 2)
    says("studies.md", "1,200 updates instead of 4,000, 16 features instead of 24, a weight decay of 0.4 instead of 0.2")
    usual = settings(chapter)
    assert {name for name, value in recipe.items() if value != usual[name]} == {"steps", "width", "weight_decay"}
    arms = script("05_levers").ARMS
    assert arms["learning rate 0.0002"].rate == arms["DCGAN's settings"].rate == 2e-4 and recipe["rate"] == 3e-3 and recipe["betas"][0] == 0
    assert arms["no decay"].floor == 1 and arms["momentum: first beta 0.5"].betas[0] == 0.5


def test_legality_cannot_rank_the_levers(levers):
    hardly = [name for name, arm in levers.items() if max(arm[LEGAL]) <= 1 / 2000]
    assert (len(hardly), len(levers)) == (7, 13)
    says("studies.md", f"{shown(max(flat(levers.values(), LEGAL)), [], '%')} % in the best run, and at most one face in 2,000 in seven of the thirteen rows")
    near = max(flat(levers.values(), "near"))
    assert near < min(arm[key][0] for arm in (levers["full"], levers["no decay"]) for key in (PATCHES, IRISES)) / 2
    says("studies.md", f"the distance over the whole picture that refuses nearly all: at most {shown(near, [], '%')} % pass that test in any run")


def test_the_two_groups_of_levers(levers):
    near = {name: arm[FRECHET] for name, arm in levers.items() if max(arm[FRECHET]) < 40}
    far = {name: arm[FRECHET] for name, arm in levers.items() if name not in near}
    assert len(near) == 8 and "full" in near
    assert set(far) == {"no penalties", "momentum: first beta 0.5", "DCGAN's settings", "batch norm in D, no penalties", "learning rate 0.0002"}
    (low, high), (above, top) = ([end(sum(group.values(), [])) for end in (min, max)] for group in (near, far))
    assert above > high + 10
    apart = max(abs(a - b) for a, b in near.values())
    says("studies.md", f"Eight lie between {low:.1f} and {high:.1f}, the recipe among them; within these, two runs of one row are up to {apart:.1f} apart")
    says("studies.md", f"The other five lie between {above:.1f} and {top:.0f}: no penalties, momentum, DCGAN's settings as a whole, batch norm in D without penalties, and the learning rate of 0.0002.")
    worst = sorted(far, key=lambda name: -min(far[name]))[:2]
    assert worst == ["learning rate 0.0002", "batch norm in D, no penalties"] and min(far[worst[0]]) > max(far[worst[1]]) and min(far[worst[1]]) > max(v for n in far if n not in worst for v in far[n])
    says("studies.md", f"That rate does most harm, with distances of {both(far[worst[0]])}, then batch norm in D without penalties, with {both(far[worst[1]])}.")
    dcgan = levers["DCGAN's settings"]
    assert max(dcgan[PATCHES]) <= 0.06
    says("studies.md", f"far behind too, with {both(dcgan[FRECHET])}, and hardly a face passes the test of its patches")


def test_what_surprised_among_the_levers(levers):
    full = levers["full"]
    assert min(levers["learning rate 0.0002"][FRECHET]) > max(levers["DCGAN's settings"][FRECHET])
    steady = levers["no decay"]
    assert min(steady[LEGAL]) > max(full[LEGAL]) and min(steady[IRISES]) > max(full[IRISES]) and min(steady[FRECHET]) > max(full[FRECHET])
    says("studies.md", f"*more* faces are legal, {both(steady[LEGAL], '%')} % instead of {both(full[LEGAL], '%')} %, and more irises pass")
    usual = levers["PyTorch's first weights"]
    says("studies.md", f"a Fréchet distance of {both(usual[FRECHET])} against the recipe's {both(full[FRECHET])}")
    undecayed = levers["no weight decay"]
    assert min(undecayed[FRECHET]) < max(full[FRECHET]) and max(undecayed[IRISES]) < min(full[IRISES]) / 2 + 0.01
    says("studies.md", f"hardly notices ({both(undecayed[FRECHET])}), but the irises do: {both(undecayed[IRISES], '%')} % pass instead of {both(full[IRISES], '%')} %")
    other = levers["non-saturating instead of relativistic"]
    assert min(other[FRECHET]) < max(full[FRECHET])


def test_the_other_numbers_of_the_levers(levers):
    repeated, full = (levers[name]["chequer"] for name in ("upsampling generator", "full"))
    assert max(repeated) < 1 < min(full)
    says("studies.md", f"{both(repeated)} of that of real faces, where the recipe has too much, {both(full)}")
    missing = {name: arm["least_eye_color"].count(0) for name, arm in levers.items() if 0 in arm["least_eye_color"]}
    assert missing == {"no penalties": 1, "batch norm in D, no penalties": 1, "learning rate 0.0002": 2}
    says("studies.md", "At least one eye colour is never read with confidence in one of the two runs without penalties, in one of the two with batch norm in D besides, and in both with the rate of 0.0002.")


def test_the_digits_of_mnist():
    study, found = script("05_mnist"), recorded("05_mnist")
    recipe, reader = found["recipe"], found["reader"]
    assert (recipe["steps"], recipe["width"], found["samples"], len(found["seeds"]), study.CONFIDENCE) == (1500, 16, 2000, 2, 0.9)
    assert reader["taught_on"] == 5000 and reader["taught_on"] + reader["tested_on"] == 10_000
    says("studies.md", "taught on 5,000 of the test digits", "with a probability of at least 0.9, which digit", "from all 10,000 in 1,500 updates with 16 features; two seeds, 2,000 pictures each")
    says("studies.md", f"the reader names {shown(reader['right'], [], '%')} % rightly, and it is sure of {shown(found['real']['read'], [], '%')} %.")
    says("studies.md", f"Of the generated ones it is sure of {both(found['generated']['read'], '%')} %.")


def test_what_is_run_for_the_long_run():
    study, chapter = script("05_longer"), Recipe()
    assert (chapter.steps, chapter.weight_decay) == (4000, 0.2)
    recipe, moments = study.RECIPE, {9: "nine", 10: "ten"}[len(study.POINTS)]
    assert recipe.flat == 0.5 and study.SAMPLES == 2000 and recipe == replace(chapter, steps=recipe.steps, weight_decay=recipe.weight_decay)
    says("studies.md", f"gives the recipe {recipe.steps:,}, with a weight decay of {recipe.weight_decay} instead of 0.2, and judges 2,000 faces by the averaged generator at {moments} moments")
    says("studies.md", f"begins to fall after half of the run: a row is a moment on the way to {recipe.steps:,}")


def test_how_far_the_long_run_came():
    curve = {name: dict(zip(recorded("05_longer")["curve"]["step"], values)) for name, values in recorded("05_longer")["curve"].items()}
    legal, last = curve["legal"], max(curve["legal"])
    says("studies.md", f"At the end {100 * legal[last]:.1f} % of the faces are legal", f"by {100 * (legal[last] - legal[last - 1000]):.1f} points over the last thousand updates")
    says("studies.md", f"the eyes, of which {100 * curve['irises'][last]:.1f} % pass", f"as a whole: {100 * curve['near'][last]:.1f} % pass the test of the distance")
    (claim,) = [claim for claim in read_record(SWEEPS / "05_faces_emerge.json")["claims"] if claim["id"] == "5.25"]
    assert len(claim["values"]) == 10 and legal[last] > max(claim["values"]) and legal[last] < 0.95
    says("studies.md", f"reach between {100 * min(claim['values']):.0f} and {100 * max(claim['values']):.0f} % on ten seeds (Claim 5.25)")


def test_how_they_are_run_again(monkeypatch):
    monkeypatch.delenv("GAN_EDU_LONG", raising=False)
    long = {path.stem: reason for path in all_studies() if (reason := getattr(script(path.stem), "unmet", lambda: None)()) and "GAN_EDU_LONG" in reason}
    assert set(long) == {"05_levers", "05_longer", "10_words", "10_rate", "12_cycles", "12_hidden", "12_rate"} and all("from twenty minutes to hours" in reason for reason in long.values())
    says("studies.md", "Seven of them, `05_levers`, `05_longer`, `10_words`, `10_rate`, `12_cycles`, `12_hidden` and `12_rate`, take from ten minutes to hours and run only when they are asked for: `GAN_EDU_LONG=1 make studies`.")


def test_what_was_run_for_the_grid():
    study, found = script("08_grid"), recorded("08_grid")
    assert (study.ROUNDS, study.BATCH, study.POINTS, study.BOX, study.STD) == (8000, 128, 512, 3.0, 0.05)
    assert found["rounds"] == 8000 and len(found["seeds"]) == 2 and found["samples"] == 10_000
    says("studies.md", "8,000 rounds of one small game, everything else the same, two seeds each", "its exact Lipschitz constant in the square of side 6")
    (chapter,) = [path for path in all_notebooks() if path.stem == "08_wasserstein_gan"]
    source = "\n".join(cell.source for cell in read(chapter).cells if cell.cell_type == "code")
    assert "steps, batch = 8000 * more, 128" in source and "lr=4e-3, betas=(0.0, 0.9)" in source and "{one_sided: 10.0}" in source
    assert study.ARMS["one-sided penalty 10"].weight == 10.0


def test_what_was_run_for_critics_of_faces():
    study, found = script("08_faces"), recorded("08_faces")
    usual = settings(Recipe())
    assert {name for name, value in found["recipe"].items() if value != usual[name]} == {"steps"}
    assert (found["recipe"]["steps"], found["samples"], len(found["seeds"]), len(study.ARMS) - 1) == (800, 2000, 2, 3)
    says("studies.md", "800 updates of the generator with three critics, and with chapter 5's own recipe, two seeds each, and judges 2,000 faces")


def test_what_critics_of_faces_came_to():
    arms = recorded("08_faces")["arms"]
    usual, held, clipped = (arms[name] for name in ("relativistic, R1 and R2", "penalty 10", "clipped at 0.01"))
    assert min(held[FRECHET]) < max(usual[FRECHET]) and min(clipped[FRECHET]) > 1.3 * max(v for name, arm in arms.items() if "clipped" not in name for v in arm[FRECHET])
    says("studies.md", f"with a gradient penalty, {both(held[FRECHET])}, and the two with chapter 5's recipe, {both(usual[FRECHET])}, have not been told apart; clipping, with {both(clipped[FRECHET])}, is far behind")
    assert max(flat(arms.values(), LEGAL)) < 0.02
    assert Recipe().penalty_every == 16
    assert 1.35 < sum(held["seconds"]) / sum(usual["seconds"]) < 1.65
    says("studies.md", "A step with a gradient penalty takes about one and a half times as long as one of the recipe, whose penalties are computed at one step in sixteen")


def test_what_the_weight_of_the_penalty_does():
    arms = recorded("08_grid")["arms"]
    found = {name: arm["found"] for name, arm in arms.items()}
    assert {*found["penalty 0.1"], *found["penalty 1"]} == {24, 25} and found["one-sided penalty 10"] == [25, 25]
    says("studies.md", "At 0.1 and at 1 the generator finds 24 or 25 modes", f"at 10 only {both(found['penalty 10'])}; five critic steps a round do not mend that, with {both(found['penalty 10, five critic steps'])}.")
    says("studies.md", f"With the same 10 and slopes below 1 free of charge it finds all, and {both(arms['one-sided penalty 10']['good'], '%')} % of its points are good.")


def test_what_is_dropped_and_what_is_blurred():
    arms = recorded("08_grid")["arms"]
    for name in ("clipped at 0.1", "clipped at 0.01"):
        assert all(near >= found + 8 for near, found in zip(arms[name]["near"], arms[name]["found"])) and max(arms[name]["good"]) < 0.1
        assert arms[name]["steepest"] == [0, 0]
    ordinary = arms["cross-entropy"]
    assert ordinary["near"] == [6, 18] and min(ordinary["good"]) > 0.9
    says("studies.md", f"The ordinary game drops modes, {25 - ordinary['near'][0]} in one run and {25 - ordinary['near'][1]} in the other, and draws the rest sharply. Under clipping many more modes are near than found")


def test_what_a_critics_report_is_worth():
    orders = {name: arm["order"] for name, arm in recorded("08_grid")["arms"].items()}
    assert max(orders["penalty 10"] + orders["penalty 10, five critic steps"]) < 0
    best = shown(max(sum(orders.values(), [])), [])
    says("studies.md", f"The best of all runs has {best}, and in all four with a two-sided penalty of 10 the number is below 0")


def test_how_discriminators_are_told():
    results, study = recorded("10_labels"), script("10_labels")
    arms = results["arms"]
    assert list(arms) == [*study.ARMS, study.HELD_OUT] and results["recipe"]["steps"] == 2000
    told = [arm for arm in arms if arm != "not told"]
    assert all(arms[arm]["both"] == [1.0, 1.0] for arm in told)
    says("studies.md", "Every discriminator that is told makes the generator obey; in these rows not one of 2,000 pictures has a wrong colour.")
    legal = {arm: both(values["legal"], "%") for arm, values in arms.items()}
    says("studies.md", f"With the means of the maps, {legal['projection']} % are legal, with every place compared {legal['every place']} %")
    says("studies.md", f"with a random start besides {legal['every place, random start']} %, and with concatenation {legal['concatenation']} %")
    says("studies.md", f"on the same pictures, leaves its generator at {legal['not told']} %. Pairs of colours that were never seen together come out right in every picture.")


def test_what_was_run_for_augmentation():
    results, study = recorded("10_augmentation"), script("10_augmentation")
    assert (study.COUNTS, study.ADDED, len(results["seeds"])) == ((32, 128, 512), 2048, 10)
    says("studies.md", f"the {{term}}`Bayes error`: {100 * results['bayes_error']:.2f} %", "taught on 32, 128 or 512 real examples", "with 2,048 examples by a conditional GAN", "Ten seeds")
    means = {name: sum(arm["error"]) / 10 for name, arm in results["arms"].items()}
    errors = {name: arm["error"] for name, arm in results["arms"].items()}
    harmed = {count: sum(map(operator.gt, errors[f"{count} real: real and fakes"], errors[f"{count} real: real alone"])) for count in study.COUNTS}
    assert harmed[32] == harmed[512] == 10 and all(means[f"{count} real: real and fakes"] > means[f"{count} real: real alone"] for count in study.COUNTS)
    assert {f"{100 * means[f'{count} real: real and more real']:.1f}" for count in study.COUNTS} == {"12.8"}
    says("studies.md", "Fakes besides the real points make the classifier worse on average at each of the three sizes, with 32 and with 512 real points for all ten seeds.", "the error is 12.8 %")


def test_what_is_asked_in_words():
    results, study = recorded("10_words"), script("10_words")
    arms = results["arms"]
    assert list(arms) == list(study.ARMS) and results["recipe"]["steps"] == 8000 and results["samples"] == 2000
    assert study.ARMS["mismatched pairs"].share == 0.5
    right, mixed = arms["right pairs"], arms["mismatched pairs"]
    says("studies.md", f"{both(mixed['all'], '%')} % against {both(right['all'], '%')} %")
    assert min(mixed["all"]) > max(right["all"]) and min(mixed["long_hair"]) > 0.8125 + 0.05
    says("studies.md", f"long hair is drawn longer than it is in real faces, {both(mixed['long_hair'], '')}.", "of real faces that fit it is 0.19 and 0.81")
    first, second = ({name: f"{values[0]:.1f} and {values[1]:.1f}" for name, values in right.items() if name.startswith(kind)} for kind in ("hairs", "irises"))
    says("studies.md", f"{first['hairs']} of 8 hair colours and {second['irises']} of 4 eye colours remain in the runs with right pairs")
    says("studies.md", f"completed, {first['hairs_filled']}, and {second['irises_filled']}.")


def test_how_often_it_comes_out_well():
    results = recorded("10_rate")
    arm = results["arms"]["projection"]
    assert len(results["seeds"]) == 10 and results["recipe"] | {"steps": 2000} == recorded("10_labels")["recipe"]
    assert set(arm["both"]) == {1.0} and sum(spread >= 0.83 for spread in arm["spread"]) == 9
    says("studies.md", f"the fewest legal ones are {100 * min(arm['legal']):.1f} %, and in nine of the ten runs the least spread is 0.83 or more.")


def span(values, form: str = ".1f", times: float = 100) -> str:
    return f"{times * min(values):{form}} to {times * max(values):{form}}"


def test_what_a_cycle_hides():
    results, study = recorded("12_hidden"), script("12_hidden")
    arms, at_16 = results["arms"], results["levels"].index(16)
    assert list(arms) == list(study.ARMS) and (results["recipe"]["steps"], len(results["seeds"]), results["samples"]) == (1000, 3, 1000)
    assert [study.ARMS[f"noise of {levels} levels"].noise * 255 / 2 for levels in (6, 51)] == pytest.approx([6.375, 51])
    assert study.ARMS["cycle from sketches"].cycle == (0, 10)
    hair = {name: list(zip(*arm["hair"])) for name, arm in arms.items()}
    assert set(hair["plain"][0]) == {1.0}
    says("studies.md", f"With noise of 16 levels on that sketch it still finds {span(hair['plain'][at_16])} %, and {span(hair['noise of 6 levels'][at_16])} % when")
    says("studies.md", f"Trained with 51 levels it finds {span(hair['noise of 51 levels'][0])} % without noise, and without the cycle from the anime faces {span(hair['cycle from sketches'][0])} %.")
    none, one = (span(column, ".4f", 1) for column in list(zip(*arms["plain"]["return_error"]))[:2])
    says("studies.md", f"differs from the first by {none} in a plain run, with one level of noise by {one}.")


def test_how_well_it_translates_in_the_end():
    results, study = recorded("12_rate"), script("12_rate")
    arm = results["arms"]["identity 5"]
    assert (study.RECIPE.steps, study.RECIPE.batch, study.RECIPE.strided, study.RECIPE.identity, len(arm["seeds"])) == (2500, 8, 2, 5.0, 10)
    assert set(arm["hair"]) == {1.0} and {name: arm["seeds"] for name, arm in results["arms"].items()}["identity 0"] == [study.KEPT]
    says("studies.md", f"All hair colours are right in all ten runs, and {100 * min(arm['eyes']):.1f} % of the eye colours or more.")
    silver = [lengths.pop(1) for lengths in arm["length_by_hair"]]
    says("studies.md", f"with a correlation of {span(silver, '.2f', 1)}, that of every other colour with {min(map(min, arm['length_by_hair'])):.2f} or more.")


def test_what_ties_a_translation_to_its_input():
    results, study = recorded("12_cycles"), script("12_cycles")
    arms = results["arms"]
    assert list(arms) == list(study.ARMS) and {len(arm["seeds"]) for arm in arms.values()} == {3, 10}
    assert (results["recipe"]["steps"], results["recipe"]["batch"], results["recipe"]["cycle"], results["recipe"]["critic_width"]) == (750, 8, [10, 10], 32)
    assert study.ARMS["identity 5, small patches, wide"][0].critic_width == 72
    says("studies.md", f"have the shares {', '.join(f'{100 * share:.0f}' for share in study.SHARES[:-1])} and {100 * study.SHARES[-1]:.0f} %.")
    large, small = "no identity", "no identity, small patches"
    wrong = {name: sum(right < 0.9 for right in arm["hair"]) for name, arm in arms.items()}
    clean = {name: sum(right < 0.9 and best > 0.99 for right, best in zip(arm["hair"], arm["hair_best"])) for name, arm in arms.items()}
    says("studies.md", f"are right in {wrong[large]} of ten runs, with small patches in {wrong[small]}; in {clean[large]} and {clean[small]} of these")
    assert wrong["identity 5"] == 0 and len(arms["same unequal shares"]["seeds"]) == 10
    says("studies.md", f"With the same unequal shares it is {wrong['same unequal shares']} of ten, and with the identity loss none.")
    says("studies.md", f"Without cycles at most {100 * max(arms['no cycle']['hair_best']):.1f} % are right after the best renaming.")
    eyes = flat([arms["identity 5, small patches"], arms["identity 5, small patches, wide"]], "eyes")
    says("studies.md", f"Critics with small patches have {span(eyes)} % of the eyes right in six runs.")
