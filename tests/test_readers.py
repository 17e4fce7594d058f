import json

import pytest
import torch
from torch.testing import assert_close

from gan_edu.readers import digits, faces, spoiled, stored
from gan_edu.readers.judge import CONFIDENCE, DISTANCE, PATCH_DISTANCE, at_reading_size, irises, judge
from gan_edu.readers.lessons import lesson_terms, teach
from gan_edu.readers.network import Reader
from gan_edu.worlds import faces as world
from tools.weights import recipes, stale


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tiny(seed: int = 0) -> Reader:
    return Reader(1, 8, {"kind": 3}, {"height": (2.0, 6.0)}, width=4, generator=rng(seed))


@pytest.fixture(scope="module")
def anime() -> Reader:
    return faces.reader("anime")


@pytest.fixture(scope="module")
def fresh() -> world.Faces:
    return world.sample(2000, generator=rng(41))


def test_reading_has_probabilities_quantities_and_features():
    reading = tiny().read(torch.rand(5, 1, 8, 8, generator=rng()))
    assert_close(reading.categories["kind"].sum(1), torch.ones(5))
    assert reading.categories["kind"].shape == (5, 3) and reading.quantities["height"].shape == (5,)
    assert reading.features.shape == (5, 128) and bool((reading.features >= 0).all())


def test_quantities_are_read_on_the_taught_range():
    network = tiny()
    with torch.no_grad():
        network.answer.weight.zero_()
        network.answer.bias.copy_(torch.tensor([0.0, 0.0, 0.0, -1.0]))
        assert_close(network.read(torch.zeros(1, 1, 8, 8)).quantities["height"], torch.tensor([2.0]))
        network.answer.bias[3] = 0.5
        assert_close(network.read(torch.zeros(1, 1, 8, 8)).quantities["height"], torch.tensor([5.0]))


def test_reading_in_chunks_is_reading(monkeypatch):
    x = torch.rand(7, 1, 8, 8, generator=rng())
    whole = tiny().read(x)
    monkeypatch.setattr("gan_edu.readers.network.CHUNK", 3)
    assert_close(tiny().read(x).features, whole.features)


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (2, 1, 16, 16), (1, 8, 8)])
def test_pictures_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"reads pictures of shape \(n, 1, 8, 8\); got"):
        tiny().read(torch.zeros(shape))


def test_bad_requests_are_refused():
    with pytest.raises(ValueError, match="no pictures"):
        tiny().read(torch.zeros(0, 1, 8, 8))
    with pytest.raises(ValueError, match="multiple of 8; got 12"):
        Reader(1, 12, {"kind": 2}, {}, generator=rng())
    with pytest.raises(ValueError, match="at least one category"):
        Reader(1, 8, {}, {}, generator=rng())
    with pytest.raises(ValueError, match="style must be one of portrait, anime, sketch, grey, got 'oil'"):
        faces.reader("oil")
    with pytest.raises(ValueError, match="size a multiple of 32; got"):
        at_reading_size(torch.zeros(1, 3, 48, 48))


def test_lesson_terms_by_hand():
    network = tiny()
    with torch.no_grad():
        network.answer.weight.zero_()
        network.answer.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 0.5]))
    truth = {"kind": torch.tensor([1]), "height": torch.tensor([3.0])}  # 3 of 2..6 is -0.5 of -1..1
    terms = lesson_terms(network, torch.zeros(1, 1, 8, 8), truth)
    assert terms["kind"].item() == pytest.approx(1.0986123)  # log 3
    assert terms["height"].item() == pytest.approx(1.0)  # (0.5 + 0.5)^2


def test_teaching_teaches_and_is_deterministic():
    def lessons(generator):
        while True:
            kind = torch.randint(3, (32,), generator=generator)
            x = kind.reshape(-1, 1, 1, 1) - 1 + 0.1 * torch.randn(32, 1, 8, 8, generator=generator)
            yield x, {"kind": kind, "height": 2.0 + 2 * kind}

    first, second = (teach(tiny(), lessons(rng(3)), 60, lr=1e-2) for _ in range(2))
    x, truth = next(lessons(rng(4)))
    assert (first.read(x).categories["kind"].argmax(1) == truth["kind"]).float().mean() == 1
    assert_close(first.read(x).features, second.read(x).features, rtol=0, atol=0)
    assert not any(parameter.requires_grad for parameter in first.parameters())


def test_weights_are_built_once_and_read_again(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_EDU_CACHE", str(tmp_path))
    built = []
    first = stored.remembered("tiny", tiny(1), built.append, shipped=tmp_path / "none")
    again = stored.remembered("tiny", tiny(2), built.append, shipped=tmp_path / "none")
    assert len(built) == 1
    for key, value in first.state_dict().items():
        assert_close(again.state_dict()[key], value, rtol=0, atol=0)


@pytest.mark.parametrize("damage", ["cut", "flip", "record", "no record"])
def test_damaged_weights_are_built_anew(tmp_path, monkeypatch, damage):
    monkeypatch.setenv("GAN_EDU_CACHE", str(tmp_path))
    stored.write(tmp_path, "tiny", tiny(1))
    file, record = tmp_path / "tiny.pt", tmp_path / "tiny.json"
    content = file.read_bytes()
    if damage == "cut":
        file.write_bytes(content[:-7])
    elif damage == "flip":
        file.write_bytes(content[:99] + bytes([content[99] ^ 1]) + content[100:])
    elif damage == "record":
        record.write_text("{")
    else:
        record.unlink()
    built = []
    stored.remembered("tiny", tiny(2), built.append, shipped=tmp_path / "none")
    assert len(built) == 1
    assert stored.whole_file(tmp_path, "tiny") is not None  # mended for the next time
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.json", "tiny.pt"]


def test_weights_of_another_network_are_refused(tmp_path):
    stored.write(tmp_path, "tiny", Reader(1, 8, {"kind": 4}, {}, width=4, generator=rng()))
    with pytest.raises(ValueError, match=r"tiny.pt holds another network's weights: answer.bias should be \(4,\), got \(4,\)|answer"):
        stored.remembered("tiny", Reader(1, 8, {"kind": 5}, {}, width=4, generator=rng()), print, shipped=tmp_path)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GAN_EDU_CACHE", str(tmp_path / "file"))
    network = stored.remembered("tiny", tiny(1), lambda network: None, shipped=tmp_path / "none")
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_shipped_weights_belong_to_the_code():
    assert list(stale()) == [], "run `make weights`: these are older than the code that makes them"
    for name in recipes():
        assert stored.whole_file(stored.SHIPPED, name) is not None
        assert set(json.loads((stored.SHIPPED / f"{name}.json").read_text())) == {"sha256", "code"}


def test_digits_are_read_on_held_out_handwriting():
    _, held_out = digits.training_and_held_out()
    read = digits.reader().read(held_out.x).categories["digit"].argmax(1)
    assert (read == held_out.y).float().mean() >= 0.97


@pytest.mark.slow
def test_a_reader_is_taught_in_seconds():
    _, held_out = digits.training_and_held_out()
    network = digits.teach_digits(digits.untaught(), steps=300)
    assert (network.read(held_out.x).categories["digit"].argmax(1) == held_out.y).float().mean() >= 0.97


@pytest.mark.parametrize("style", ["anime", "portrait"])
def test_fresh_faces_are_read(style):
    x, factors = world.sample(1500, generator=rng(42), style=style)
    reading = faces.reader(style).read(x)
    read = faces.factors_read(reading)
    for name in ("hair_color", "eye_color", "hair_shape"):
        assert (getattr(read, name) == getattr(factors, name)).float().mean() >= 0.98, name
    for name in ("length", "turn", "tilt", "mouth_open", "mouth_shape", "size", "shade", "skin", "background"):
        pair = torch.stack([getattr(read, name), getattr(factors, name)])
        assert torch.corrcoef(pair)[0, 1] >= 0.95, name


def test_the_judge_accepts_fresh_faces(anime, fresh):
    assert judge(fresh.x, anime).legal.float().mean() >= 0.99


@pytest.mark.parametrize(
    ("spoil", "most"),
    [(spoiled.noise, 0.01), (spoiled.blends, 0.05), (spoiled.half_swapped, 0.05), (spoiled.one_eyed, 0.05)],
)
def test_the_judge_refuses_what_is_no_face(anime, spoil, most):
    assert judge(spoil(1000, generator=rng(43)), anime).legal.float().mean() <= most


def test_each_limit_of_the_judge_earns_its_place(anime):
    """Without the limit on the eyes one-eyed faces pass; without the one on the whole picture, blends."""
    one_eyed = judge(spoiled.one_eyed(1000, generator=rng(43)), anime)
    without_eyes = (one_eyed.confidence >= CONFIDENCE) & (one_eyed.distance <= DISTANCE) & (one_eyed.worst_patch <= PATCH_DISTANCE)
    assert without_eyes.float().mean() > 0.05
    blends = judge(spoiled.blends(1000, generator=rng(43)), anime)
    assert ((blends.confidence < CONFIDENCE) | (blends.distance > DISTANCE)).float().mean() > 0.9


def test_a_sabotaged_reader_is_noticed(anime, fresh):
    """A reader whose hair colours are rolled by one makes the redrawn face differ: nothing is legal."""
    broken = faces.reader("anime")
    with torch.no_grad():
        broken.answer.weight[:8] = broken.answer.weight[:8].roll(1, 0)
        broken.answer.bias[:8] = broken.answer.bias[:8].roll(1, 0)
    assert judge(fresh.x[:300], broken).legal.float().mean() < 0.01


def test_larger_pictures_are_judged_at_reading_size(anime):
    factors = world.draw_factors(300, generator=rng(44))
    assert judge(world.draw(factors, size=64), anime).legal.float().mean() >= 0.95


def test_irises_are_where_the_eyes_are():
    factors = world.draw_factors(200, generator=rng(45))
    left, right = irises(factors)
    assert bool((left.sum((1, 2, 3)) >= 6).all()) and bool((right.sum((1, 2, 3)) >= 6).all())
    column = torch.arange(32.0)
    assert bool(((left * column).amax((1, 2, 3)) < (right * column).amax((1, 2, 3))).all())
    assert float((left * right).max()) == 0


@pytest.mark.parametrize("spoil", [spoiled.noise, spoiled.blends, spoiled.half_swapped, spoiled.one_eyed])
def test_spoiled_pictures_have_the_form_of_pictures(spoil):
    x, again = spoil(5, generator=rng(7)), spoil(5, generator=rng(7))
    assert x.shape == (5, 3, 32, 32) and float(x.abs().max()) <= 1
    assert_close(x, again, rtol=0, atol=0)


def test_readers_run_on_meta_and_follow_to():
    network = tiny().to("meta")
    assert network(torch.empty(4, 1, 8, 8, device="meta")).shape == (4, 4)
