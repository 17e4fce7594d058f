"""The five assignments: nothing leaks, every question is worth what it says, self-checks name the common mistakes, wrong answers lose marks."""

import re

import numpy as np
import pytest
import torch
from helpers_assignments import answered, assignment, calls_of_check, points, prepared, replaced, self_check
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance
from torch import nn

from classroom import child, course, marking, notebooks
from gan_edu import divergences, likelihoods, objectives
from gan_edu.games.conditional import always_wrong
from gan_edu.metrics.frechet import frechet_distance
from gan_edu.metrics.inception import inception_score
from gan_edu.metrics.neighbours import precision_recall
from gan_edu.penalties import gradient_penalty
from tools import hygiene
from tools.settings import BOOTSTRAP, setting

NAMES = course.names()

# assignment, question, a piece of the model's answer, what stands there instead, words of the hint that must come
MUTANTS = [
    ("01_the_game", "q1", "p / seen.clamp(min=1e-30)", "q / seen.clamp(min=1e-30)", "share of the generated"),
    ("01_the_game", "q1", "torch.where(seen > 0, p / seen.clamp(min=1e-30), 0.5)", "p / seen", "you divide 0 by 0"),
    ("01_the_game", "q1", "torch.where(seen > 0, p / seen.clamp(min=1e-30), 0.5)", "p / q", "ratio p/q"),
    ("01_the_game", "q1", ", 0.5)", ", 0.0)", "return 1/2"),
    ("01_the_game", "q2", " + torch.log(1 - D_fake).mean()", "", "you summed over real only"),
    ("01_the_game", "q2", "torch.log(D_real).mean() + torch.log(1 - D_fake).mean()", "-torch.log(D_real).mean() - torch.log(1 - D_fake).mean()", "the sign is turned"),
    ("01_the_game", "q2", "torch.log(1 - D_fake)", "torch.log(D_fake)", "log(1 - D), not log D"),
    ("01_the_game", "q2", "torch.log(D_real).mean() + torch.log(1 - D_fake).mean()", "torch.cat([torch.log(D_real), torch.log(1 - D_fake)]).mean()", "one mean over all"),
    ("01_the_game", "q3", "return softplus(-real_logits).mean() + softplus(fake_logits).mean()", "return -softplus(-real_logits).mean() - softplus(fake_logits).mean()", "this is V"),
    ("01_the_game", "q3", "softplus(-real_logits).mean() + softplus(fake_logits).mean()", "softplus(real_logits).mean() + softplus(-fake_logits).mean()", "exchanged"),
    ("01_the_game", "q3", "softplus(fake_logits)", "softplus(-fake_logits)", "called real here"),
    ("01_the_game", "q3", " + softplus(fake_logits).mean()", "", "you summed over real only"),
    ("01_the_game", "q3", "softplus(-real_logits).mean()", "-torch.log(torch.sigmoid(real_logits)).mean()", "use softplus"),
    ("01_the_game", "q4", "softplus(-fake_logits)", "-softplus(fake_logits)", "this is the saturating loss"),
    ("01_the_game", "q4", "softplus(-fake_logits)", "softplus(fake_logits)", "the discriminator's loss"),
    ("01_the_game", "q4", "softplus(-fake_logits)", "-softplus(-fake_logits)", "the sign is turned"),
    ("01_the_game", "q5", "generator_loss(D(G(z)))", "generator_loss(D(G(z).detach()))", "the generator never moved"),
    ("01_the_game", "q5", "optimizer_D.zero_grad()\n    discriminator_loss(D(real), D(G(z).detach())).backward()\n    optimizer_D.step()\n    optimizer_G.zero_grad()", "optimizer_D.zero_grad()\n    optimizer_G.zero_grad()\n    discriminator_loss(D(real), D(G(z))).backward()\n    optimizer_D.step()", "left in its gradients"),
    ("01_the_game", "q5", "generator_loss(D(G(z)))", "(-softplus(D(G(z))).mean())", "the saturating loss"),
    ("01_the_game", "q5", "discriminator_loss(D(real), D(G(z).detach())).backward()", "(-discriminator_loss(D(real), D(G(z).detach()))).backward()", "wanted"),
    ("01_the_game", "q5", "generator_loss(D(G(z))).backward()", "(-generator_loss(D(G(z)))).backward()", "wanted"),
    ("01_the_game", "q5", "    optimizer_D.zero_grad()\n", "", "clear D's gradients"),
    ("01_the_game", "q5", "    optimizer_G.zero_grad()\n", "", "G's gradients of the step before"),
    ("02_distances", "q6", "    optimizer.zero_grad()\n", "", "zero_grad is missing"),
    ("02_distances", "q6", "loss + weight * gradient", "loss + 10 * gradient", "argument weight is not used"),
    ("04_saying_what_you_want", "q6", "    optimizer.zero_grad()\n", "", "zero_grad is missing"),
    ("04_saying_what_you_want", "q6", "fooling + cycle *", "fooling + 10 *", "argument cycle is not used"),
    ("02_distances", "q1", "(kl(p) + kl(q)) / 2", "kl(p) + kl(q)", "twice the right value"),
    ("02_distances", "q1", "(kl(p) + kl(q)) / 2", "-(kl(p) + kl(q)) / 2", "the sign is turned"),
    ("02_distances", "q1", "(kl(p) + kl(q)) / 2", "kl(p)", "KL(p, m) only"),
    ("02_distances", "q1", "torch.where(a > 0, a * torch.log(torch.where(a > 0, a / m, 1.0)), 0.0)", "(a * torch.log(a / m))", "0 times log 0"),
    ("02_distances", "q2", "width * ", "", "you forgot the width"),
    ("02_distances", "q2", ".abs()", "", "absolute values"),
    ("02_distances", "q2", "torch.cumsum(p - q, 0)", "(p - q)", "running totals"),
    ("02_distances", "q4", "fake_scores.mean() - real_scores.mean()", "real_scores.mean() - fake_scores.mean()", "the sign is turned"),
    ("02_distances", "q4", "return -fake_scores.mean()", "return fake_scores.mean()", "the sign is turned"),
    ("02_distances", "q5", "torch.rand(len(real), generator=generator).reshape(-1, *[1] * (real.dim() - 1))", "torch.rand(1, generator=generator)", "one mixing weight for the whole batch"),
    ("02_distances", "q5", "create_graph=True", "retain_graph=True", "create_graph=True"),
    ("02_distances", "q5", "slope.flatten(1)", "slope.detach().flatten(1)", "create_graph=True"),
    ("02_distances", "q5", ".norm(dim=1) - 1)", ".norm(dim=1))", "subtract 1"),
    ("02_distances", "q5", "slope.flatten(1).norm(dim=1)", "slope.norm()", "norm over the whole batch"),
    ("02_distances", "q5", "weight * real + (1 - weight) * fake", "weight * fake + (1 - weight) * real", "right but for the side"),
    ("02_distances", "q5", "critic(mixed).sum()", "critic(mixed).mean()", "differentiate the sum"),
    ("02_distances", "q6", "fake = fake.detach()", "pass", "detach the generated"),
    ("02_distances", "q6", "loss + weight *", "loss - weight *", "the penalty is subtracted"),
    ("02_distances", "q6", "return -loss.item()", "return loss.item()", "the sign is turned"),
    ("02_distances", "q6", "loss = critic_loss(critic(real), critic(fake))", "loss = critic_loss(critic(fake), critic(real))", "went the wrong way"),
    ("03_three_generators", "q1", "return (softplus(logits) - x * logits).sum(1).mean()", "return -(softplus(logits) - x * logits).sum(1).mean()", "the sign is turned"),
    ("03_three_generators", "q1", ".sum(1).mean()", ".mean()", "averaged over pixels"),
    ("03_three_generators", "q2", "torch.exp(2 * log_deviation) - 1) - log_deviation", "torch.exp(2 * log_deviation) - 1) + log_deviation", "wrong sign"),
    ("03_three_generators", "q2", "0.5 * (mean**2 + torch.exp(2 * log_deviation) - 1) - log_deviation", "0.5 * (mean**2 + torch.exp(log_deviation) - 1 - log_deviation)", "log of the variance"),
    ("03_three_generators", "q2", "return (0.5", "return -(0.5", "never negative"),
    ("03_three_generators", "q3", "torch.exp(log_deviation) *", "log_deviation *", "through exp"),
    ("03_three_generators", "q3", "return mean +", "return mean.detach() +", "one of the two only"),
    ("03_three_generators", "q3", "return mean + torch.exp(log_deviation) * torch.randn(mean.shape, generator=generator)", "return (mean + torch.exp(log_deviation) * torch.randn(mean.shape, generator=generator)).detach()", "no gradient passes"),
    ("03_three_generators", "q4", " + code_divergence(mean, log_deviation)", " - code_divergence(mean, log_deviation)", "subtracted"),
    ("03_three_generators", "q4", " + code_divergence(mean, log_deviation)", "", "divergence of the code is missing"),
    ("03_three_generators", "q4", "decode(code)", "decode(mean)", "decoded the mean"),
    ("03_three_generators", "q4", "code = draw_code(mean, log_deviation, generator)", "code = draw_code(mean, log_deviation, generator).detach()", "the code was detached"),
    ("03_three_generators", "q6", ".min(1)", ".min(0)", "from each real picture"),
    ("04_saying_what_you_want", "q1", "torch.randint(1, kinds", "torch.randint(0, kinds", "are right"),
    ("04_saying_what_you_want", "q1", "shift = torch.randint(1, kinds, labels.shape, generator=generator)", "shift = 1", "the same wrong label"),
    ("04_saying_what_you_want", "q1", "return (labels + shift) % kinds", "drawn = torch.randint(0, kinds, labels.shape, generator=generator)\n    return torch.where(drawn == labels, (drawn + 1) % kinds, drawn)", "more often than others"),
    ("04_saying_what_you_want", "q2", "softplus(D(real, wrong))", "softplus(-D(real, wrong))", "called right here"),
    ("04_saying_what_you_want", "q2", "fake.detach()", "fake", "detach the generated"),
    ("04_saying_what_you_want", "q2", "D(real, wrong)", "D(fake, wrong)", "*real* picture"),
    ("04_saying_what_you_want", "q2", "(generated + mismatched) / 2", "generated", "mismatched pairs are missing"),
    ("04_saying_what_you_want", "q2", "softplus(-D(real, labels))", "softplus(D(real, labels))", "wanted"),
    ("04_saying_what_you_want", "q4", "head(features).squeeze(1) + ", "", "the head is missing"),
    ("04_saying_what_you_want", "q4", ".squeeze(1)", "", "every picture met every label"),
    ("04_saying_what_you_want", "q5", " + (G(F(b)) - b).abs().mean()", "", "only the cycle from A"),
    ("04_saying_what_you_want", "q6", "(D_B(G(a)) - 1).square().mean() + (D_A(F(b)) - 1)", "(D_A(G(a)) - 1).square().mean() + (D_B(F(b)) - 1)", "each judges its own domain"),
    ("04_saying_what_you_want", "q6", "cycle_loss(G, F, a, b)", "((F(G(a).detach()) - a).abs().mean() + (G(F(b).detach()) - b).abs().mean())", "stops between the generators"),
    ("04_saying_what_you_want", "q6", "fooling + cycle", "fooling - cycle", "wanted"),
    ("04_saying_what_you_want", "q6", "(fooling +", "(-fooling +", "wanted"),
    ("05_judging", "q1", ".mean().exp()", ".mean()", "the exponential is missing"),
    ("05_judging", "q1", "torch.special.xlogy(probabilities, probabilities) - torch.special.xlogy(probabilities, mean)", "torch.special.xlogy(probabilities, mean) - torch.special.xlogy(probabilities, probabilities)", "the sign is turned"),
    ("05_judging", "q2", "(len(features) - 1)", "len(features)", "divide by n - 1"),
    ("05_judging", "q3", "- 2 * cross", "+ 2 * cross", "subtract it"),
    ("05_judging", "q3", "- 2 * cross", "- cross", "the factor 2"),
    ("05_judging", "q3", "(mean_1 - mean_2).square().sum() + ", "", "the means are missing"),
    ("05_judging", "q5", "return mean + (noise * values.clamp(min=0).sqrt()) @ vectors.T", "return real", "deserve their good distance"),
    ("05_judging", "q5", "return mean + (noise", "return mean - 1 + (noise", "sees these"),
    ("05_judging", "q6", " + torch.diag(torch.full((len(real),), math.inf))", "", "counted as its own nearest neighbour"),
    ("05_judging", "q6", "(torch.cdist(fake, real) <= radius).any(1)", "(torch.cdist(fake, real) <= radius).all(1)", "all balls at once"),
]


def named(value: object) -> str:
    return re.sub(r"\W+", " ", value)[:30].strip() if isinstance(value, str) else ""


@pytest.mark.parametrize(("name", "question", "old", "new", "hint"), MUTANTS, ids=named)
def test_a_wrong_answer_loses_marks_and_is_told_why(name, question, old, new, hint):
    notebook = replaced(name, question, old, new)
    assert points(name, notebook)[question] < assignment(name).points[question]
    assert hint in (self_check(name, notebook, question) or "nothing was objected to")


def test_there_are_twenty_mutants_of_signs_and_detaches():
    turned = [row for row in MUTANTS if re.sub(r"[-+() ]", "", row[2]) == re.sub(r"[-+() ]", "", row[3])]
    detached = [row for row in MUTANTS if "detach" in row[2] + row[3]]
    assert len(MUTANTS) > 70
    assert len(detached) >= 9
    assert len(turned) + len(detached) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_the_model_earns_everything_and_passes_its_checks(name):
    notebook = answered(name, "s42")
    assert points(name, notebook) == assignment(name).points
    assert [self_check(name, notebook, question) for question in assignment(name).points] == [None] * len(assignment(name).points)


@pytest.mark.parametrize("name", NAMES)
def test_every_hint_can_appear(name):
    """No hint's numbers are the right ones, or those of a hint before it."""
    called = calls_of_check(name)
    assert len(called) >= len(assignment(name).questions)
    for what, right, mistakes in called:
        numbers = [np.asarray(wrong, dtype=float) for wrong in (right, *(wrong for wrong, _ in mistakes))]
        hints = [hint for _, hint in mistakes]
        for later, one in enumerate(numbers[1:]):
            for earlier, other in enumerate(numbers[: later + 1]):
                alike = one.shape == other.shape and np.allclose(one, other, 1e-3, 1e-5, equal_nan=True)
                assert not alike or (earlier > 0 and hints[later] == hints[earlier - 1]), f"{what}: {hints[later]!r} can never appear"


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_student_version_earns_nothing(name):
    assert sum(points(name, assignment(name).release).values()) == 0


@pytest.mark.parametrize("name", NAMES)
def test_functions_that_do_nothing_earn_nothing(name):
    bodies = {}
    for cell in assignment(name).source.cells:
        if notebooks.is_answer(cell):
            question = notebooks.identity(cell).rpartition("-")[2]
            bodies[question] = "\n".join(f"def {function}(*_, **__):\n    pass" for function in re.findall(r"^def (\w+)", cell.source, re.MULTILINE))
    assert sum(points(name, answered(name, **bodies)).values()) == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_student_version_is_what_its_source_gives(name):
    assert notebooks.load(course.path("release", name)) == assignment(name).release


@pytest.mark.parametrize("name", NAMES)
def test_nothing_leaks_into_the_student_version(name):
    text = course.path("release", name).read_text(encoding="utf8")
    for secret in ("BEGIN SOLUTION", "BEGIN HIDDEN", "hidden_tests", "classroom", "Rubric", "Model answer"):
        assert secret not in text
    given = "\n".join(cell.source for cell in assignment(name).release.cells)
    inside = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", "\n".join(cell.source for cell in assignment(name).source.cells), re.DOTALL)
    lines = {line.strip() for block in inside for line in block.splitlines()}
    # what a solution shares with the student's part are imports' like and closing brackets, no line of thought
    assert len(inside) >= len(assignment(name).points)
    assert {line for line in lines if len(line) > 12 and line in given} <= {"optimizer.zero_grad()", "optimizer.step()", "optimizer_D.zero_grad()", "optimizer_G.zero_grad()", "optimizer_D.step()", "optimizer_G.step()"}
    assert all(cell.get("outputs", []) == [] for cell in assignment(name).release.cells)


@pytest.mark.parametrize("name", NAMES)
def test_an_assignment_is_built_as_all_are(name):
    found = assignment(name)
    identities = [notebooks.identity(cell) for cell in found.source.cells if "nbgrader" in cell.metadata]
    plain = [cell.source for cell in found.source.cells if cell.cell_type == "code" and "nbgrader" not in cell.metadata]
    assert [source.splitlines()[-1] for source in plain] == ['STUDENT = "s0000000"']
    assert len(set(identities)) == len(identities)
    assert all(identity.startswith(f"{name[3:]}-") for identity in identities)
    checks = {notebooks.identity(cell).split("-")[1]: cell.metadata["nbgrader"]["points"] for cell in found.source.cells if notebooks.is_check(cell)}
    assert checks == found.points
    assert len(found.personal) == 1
    assert list(found.open.values()) == [4]
    table = {f"q{number}": float(worth) for number, worth in re.findall(r"^\| (\d) [^|]+\| (\d+) \|$", found.source.cells[0].source, re.MULTILINE)}
    assert table == checks | {"q7": 4}
    assert BOOTSTRAP.format(repository=setting()[0], release=setting()[1]) in [cell.source for cell in found.release.cells]
    assert f"/assignments/release/{name}/{name}.ipynb)" in found.release.cells[0].source


@pytest.mark.parametrize("name", NAMES)
def test_a_source_is_stored_as_chapters_are(name):
    checks = [check for check in hygiene.CHECKS if check not in (hygiene.parameters_exact, hygiene.cells_short)]
    assert [fault for check in checks for fault in check(assignment(name).source)] == []
    assert [fault for check in (hygiene.no_machine, hygiene.portable_text) for fault in check(assignment(name).release)] == []
    lengths = {notebooks.identity(cell): len(cell.source.splitlines()) for cell in assignment(name).release.cells if cell.cell_type == "code"}
    assert {identity: length for identity, length in lengths.items() if length > (50 if identity.endswith("-check") else 40)} == {}


@pytest.mark.parametrize("name", NAMES)
def test_personal_numbers_differ_between_students_and_are_those_of_the_notebook(name):
    (personal,) = assignment(name).personal
    numbers = [tuple(personal.expected(f"s{student}").values()) for student in range(40)]
    for one, other in [(a, b) for a in range(40) for b in range(a)]:
        # two students share at most one number to within the tolerance
        assert sum(marking.agree(x, y, personal.tolerance) for x, y in zip(numbers[one], numbers[other], strict=True)) < 2
    for student in ("s1", "ä 2", "20261123"):
        assert points(name, answered(name, student))[personal.name] == sum(personal.points.values())


def answers(name: str) -> dict:
    """Names of the model solution."""
    names: dict = {"__name__": "__main__", "STUDENT": "s0"}
    for cell in assignment(name).source.cells:
        if notebooks.is_setup(cell) or notebooks.is_answer(cell):
            child.execute(cell.source, "cell", names)
    torch.set_default_dtype(torch.float32)
    return names


def test_the_models_agree_with_the_package():
    game, distances, three, wanted, judging = (answers(name) for name in NAMES)
    p, q = torch.rand(2, 9, dtype=torch.float64)
    torch.testing.assert_close(game["optimal_discriminator"](p, q), divergences.optimal_discriminator(p, q))
    real, fake = torch.randn(2, 8)
    assert game["discriminator_loss"](real, fake) == objectives.non_saturating.critic(real, fake)
    assert game["generator_loss"](fake) == objectives.non_saturating.generator(real, fake)
    p, q = p / p.sum(), q / q.sum()
    assert float(distances["jensen_shannon"](p, q)) == pytest.approx(divergences.js(p, q), rel=1e-9)
    places = 0.3 * np.arange(9)
    assert float(distances["wasserstein"](p, q, 0.3)) == pytest.approx(wasserstein_distance(places, places, p, q), rel=1e-9)
    assert distances["critic_loss"](real, fake) == objectives.wasserstein.critic(real, fake)
    critic = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    a, b = torch.randn(2, 6, 3)
    mine = distances["gradient_penalty"](critic, a, b, torch.Generator().manual_seed(1))
    torch.testing.assert_close(mine, gradient_penalty(generator=torch.Generator().manual_seed(1))(critic, b, a))  # there t is the share of the fake
    mean, log_deviation = torch.randn(2, 4, 3)
    assert float(three["code_divergence"](mean, log_deviation)) == pytest.approx(float(likelihoods.gaussian_kl(mean, log_deviation).mean()), rel=1e-5)
    x, logits = torch.rand(4, 6).round(), torch.randn(4, 6)
    assert float(three["reconstruction_loss"](logits, x)) == pytest.approx(float(likelihoods.bernoulli_nll(x, logits).mean()), rel=1e-5)
    np.testing.assert_allclose(three["nearest_distance"](x, logits), cdist(x, logits).min(1), rtol=1e-5)
    labels = torch.arange(4).repeat(50)
    drawn = wanted["wrong_labels"](labels, 4, torch.Generator().manual_seed(0))
    other = always_wrong(4, generator=torch.Generator().manual_seed(0))(labels)
    assert not (drawn == labels).any() and not (other == labels).any()
    rows = torch.rand(20, 4, dtype=torch.float64).softmax(1)
    assert float(judging["inception_score"](rows)) == pytest.approx(inception_score(rows).score, rel=1e-9)
    one, two = torch.randn(2, 40, 3, dtype=torch.float64)
    measured = judging["frechet_distance"](*judging["moments"](one), *judging["moments"](two + 1))
    assert float(measured) == pytest.approx(frechet_distance(one, two + 1).value, rel=1e-6)
    assert float(judging["precision"](one, two, 3)) == pytest.approx(precision_recall(one, two, 3).precision)


def test_inputs_are_random_and_the_same_for_one_seed():
    for name in NAMES:
        first, again, other = (marking.draw(assignment(name), seed) for seed in (1, 1, 2))
        assert first == again
        assert all(first[label] != other[label] for label in first)
        assert set(prepared(name)[1]) >= set(first)
