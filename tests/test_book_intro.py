"""The numbers in book/intro.md, computed again: what the page says must be what comes out."""

import re
from math import inf, log, pi, sqrt
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from helpers_prose import BOOK, says

from gan_edu import divergences
from gan_edu.worlds import glyphs, mixtures
from tools import intro_figure
from tools.notebooks import all_notebooks, read


@pytest.mark.parametrize("chapter, code, sentence", [
    ("01_structured_learning", 'longer_training = {"quick": 1, "full": 10}[SCALE]', "take ten times as many steps"),
    ("04_the_game", '{"quick": 1000, "full": 20_000}[SCALE]', "lasts 20,000 rounds instead of 1,000"),
    ("02_autoencoder_vae_gan", 'more = {"quick": 1, "full": 5}[SCALE]', "in chapter 2 the teachers take five times as many"),
    ("03_discriminator_creates", 'more = {"quick": 1, "full": 10}[SCALE]', "in chapter 3 the judges of its rounds do"),
    ("05_faces_emerge", '{"quick": 4000, "full": 24_000}[SCALE]', "take 24,000 updates instead of 4,000"),
    ("07_js_vs_wasserstein", 'more = {"quick": 1, "full": 4}[SCALE]', "the critic of Section 7.7 takes four times as many steps"),
    ("08_wasserstein_gan", 'more = {"quick": 1, "full": 4}[SCALE]', "in chapters 8, 10 and 12 the critics and the games do"),
    ("10_conditional_gan", 'more = {"quick": 1, "full": 4}[SCALE]', "in chapters 8, 10 and 12 the critics and the games do"),
    ("12_cyclegan", 'more = {"quick": 1, "full": 4}[SCALE]', "in chapters 8, 10 and 12 the critics and the games do"),
    ("14_evaluation", 'more = {"quick": 1, "full": 4}[SCALE]', "chapter 14 starts from 8,000 faces instead of 2,000"),
])
def test_what_the_full_scale_changes(chapter, code, sentence):
    (path,) = [path for path in all_notebooks() if path.stem == chapter]
    scaled = [cell.source for cell in read(path).cells if cell.cell_type == "code" and "[SCALE]" in cell.source]
    assert len(scaled) == 1 and code in scaled[0]
    says("how_to_read.md", sentence)


def answer(number: int) -> str:
    text = (BOOK / "intro.md").read_text(encoding="utf8")
    return re.search(rf"```{{dropdown}} Answer {number}\n(.*?)```", text, re.DOTALL)[1]


def test_the_poster_and_the_pen():
    assert 256 * 256 == 2**16 == glyphs.PICTURES and 256 * 4 == pytest.approx(1000, rel=0.05)
    assert int((glyphs.probabilities() > 0).sum()) == 304
    says("intro.md", "this pen can draw 304")


def test_the_share_of_impossible_pictures():
    impossible = glyphs.independent_probabilities()[glyphs.probabilities() == 0].sum().item()
    assert round(100 * impossible, 1) == 91.5
    says("intro.md", "91.5 % of what it draws is impossible")


def test_the_first_figure_is_drawn_by_the_code_and_shows_what_the_caption_says():
    pen, machine = intro_figure.pen(), intro_figure.machine()
    assert intro_figure.FIGURE.read_text(encoding="utf8") == intro_figure.svg(pen, machine)
    assert glyphs.legal(_signed(pen)).all() and not glyphs.legal(_signed(machine)).any()
    says("intro.md", "not one of the twelve is in the pen's power")


def _signed(ink: torch.Tensor) -> torch.Tensor:
    return 2.0 * ink[:, None] - 1


def test_answer_1_density_above_one():
    density = mixtures.gaussian(0.0, 0.1).density(torch.zeros(1, 1)).item()
    assert density == pytest.approx(1 / (0.1 * sqrt(2 * pi)), rel=1e-6) and round(density, 2) == 3.99
    assert round(norm(0, 0.1).cdf(0.01) - norm(0, 0.1).cdf(-0.01), 2) == 0.08
    assert "3.99" in answer(1) and "0.08" in answer(1)


def test_answer_2_bayes():
    assert 8 / (8 + 18) == pytest.approx(4 / 13) and round(4 / 13, 2) == 0.31 and "4/13" in answer(2) and "0.31" in answer(2)


def test_answer_3_second_moment():
    assert quad(lambda x: x * x * norm(1, 2).pdf(x), -inf, inf)[0] == pytest.approx(5) and "= 5$" in answer(3)


def test_answer_4_change_of_variables():
    width = 1e-6
    assert (sqrt(0.25 + width) - sqrt(0.25 - width)) / (2 * width) == pytest.approx(1) and answer(4).strip().startswith("1.")


def test_answer_5_largest_at_three_quarters():
    y = np.linspace(0.001, 0.999, 999)
    assert y[np.argmax(3 * np.log(y) + np.log(1 - y))] == pytest.approx(0.75) and r"y = \tfrac34" in answer(5)


def test_answer_6_logit():
    assert torch.logit(torch.tensor(0.75)).item() == pytest.approx(log(3)) and round(log(3), 2) == 1.10 and "1.10" in answer(6)


def test_answer_7_slope_of_the_minimax_loss():
    t = torch.tensor([0.0, -40.0], requires_grad=True)
    torch.log(1 - torch.sigmoid(t)).sum().backward()
    assert t.grad[0].item() == -0.5 and abs(t.grad[1].item()) < 1e-15 and r"-\tfrac12" in answer(7)


def test_answer_8_kl():
    p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75])
    assert round(divergences.kl(p, q), 3) == 0.144 and round(divergences.kl(q, p), 3) == 0.131
    assert divergences.kl(p, torch.tensor([1.0, 0.0])) == inf
    assert all(word in answer(8) for word in ("0.144", "0.131", "infinite"))


def test_answer_9_detach_as_printed():
    text = (BOOK / "intro.md").read_text(encoding="utf8")
    lines = [line.strip() for line in re.search(r"```python\n(.*?)```", text, re.DOTALL)[1].strip().splitlines()]
    gradients = []
    for printed in (lines, [line.replace(".detach()", "") for line in lines]):
        names = {"torch": torch}
        exec("\n".join(printed), names)
        gradients.append(names["w"].grad.item())
    assert gradients == [6.0, 12.0] and answer(9).strip().startswith("6.") and "12" in answer(9)


def test_answer_10_broadcasting():
    assert (torch.zeros(64, 1) - torch.zeros(64)).shape == (64, 64) and "`(64, 64)`" in answer(10)


def test_every_question_has_an_answer_that_is_tested():
    text = (BOOK / "intro.md").read_text(encoding="utf8")
    numbers = [int(n) for n in re.findall(r"{dropdown} Answer (\d+)", text)]
    tested = [int(n) for n in re.findall(r"def test_answer_(\d+)_", Path(__file__).read_text(encoding="utf8"))]
    assert numbers == tested == list(range(1, 11))
