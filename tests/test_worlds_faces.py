from itertools import combinations

import pytest
import torch
from torch.nn.functional import avg_pool2d
from torch.testing import assert_close

from gan_edu.worlds import faces
from gan_edu.worlds.faces import frames, shapes
from gan_edu.worlds.faces.palette import ANIME, PORTRAIT

COLORLESS = ("hair_color", "eye_color", "background", "skin")


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def plain(n: int = 1, **changed) -> faces.Factors:
    """n faces alike: straight black hair, looking ahead, every range at its middle, shade 1; then what is changed."""
    values = {name: torch.zeros(n, dtype=torch.int64) for name in faces.CATEGORIES}
    values |= {name: torch.full((n,), (low + high) / 2) for name, (low, high) in faces.RANGES.items()}
    values |= {"shade": torch.ones(n), "size": torch.ones(n)}
    for name, value in changed.items():
        kind = values[name].dtype
        values[name] = torch.as_tensor(value, dtype=kind).expand(n).clone()
    return faces.Factors(**values)


def some(n: int = 32, seed: int = 0, **changed) -> faces.Factors:
    drawn = faces.draw_factors(n, generator=rng(seed))
    return drawn._replace(**{name: torch.full_like(getattr(drawn, name), value) for name, value in changed.items()})


def at(x: torch.Tensor, u: float, v: float) -> torch.Tensor:
    """The pixel at a place of the upright head of size 1, v down from the frame's middle: (n, c)."""
    side = x.shape[-1]
    across, down = frames.ZOOM * u, frames.PIVOT + frames.ZOOM * (v - frames.PIVOT)
    column, row = (int((place + 1) / 2 * side) for place in (across, down))
    return x[:, :, row, column]


def ink(*color: float) -> torch.Tensor:
    return 2 * torch.tensor(color) - 1


def change(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Root mean square difference of each pair of pictures: (n,)."""
    return (first - second).square().mean((1, 2, 3)).sqrt()


# ---- what a picture is


@pytest.mark.parametrize("style", faces.STYLES)
@pytest.mark.parametrize("size", [8, 32, 45])
def test_shape_kind_and_range(style, size):
    drawn = faces.sample(5, generator=rng(), style=style, size=size)
    assert drawn.x.shape == (5, faces.CHANNELS[style], size, size) and drawn.x.dtype == torch.float32
    assert bool((drawn.x.abs() <= 1).all()) and bool((drawn.x.std(dim=(1, 2, 3)) > 0.1).all())
    assert all(value.shape == (5,) for value in drawn.factors)


def test_names_and_numbers_agree():
    assert faces.CATEGORIES == {
        "hair_color": len(faces.HAIR_COLORS), "eye_color": len(faces.EYE_COLORS), "hair_shape": len(faces.HAIR_SHAPES),
    }
    assert len(set(faces.HAIR_COLORS)) == 8 and len(set(faces.EYE_COLORS)) == 4 and len(set(faces.HAIR_SHAPES)) >= 4
    assert {*faces.CATEGORIES, *faces.RANGES} == set(faces.Factors._fields)
    assert faces.CHANNELS == {"portrait": 3, "anime": 3, "sketch": 1, "grey": 1} and set(faces.STYLES) == set(faces.CHANNELS)


def test_factors_are_uniform_and_independent():
    factors = faces.draw_factors(20_000, generator=rng(3))
    for name, number in faces.CATEGORIES.items():
        shares = torch.bincount(getattr(factors, name), minlength=number) / 20_000
        assert_close(shares, torch.full((number,), 1 / number), atol=0.015, rtol=0)
    unit = [(getattr(factors, name) - low) / (high - low) for name, (low, high) in faces.RANGES.items()]
    for values in unit:  # Kolmogorov's distance of 20,000 uniform draws exceeds 0.0138 once in a thousand
        steps = torch.arange(1, 20_001) / 20_000
        assert float((values.sort().values - steps).abs().max()) < 0.015
    table = torch.stack([*unit, *(getattr(factors, name).float() for name in faces.CATEGORIES)])
    assert float((torch.corrcoef(table) - torch.eye(len(table))).abs().max()) < 0.035


# ---- colours where they belong, by hand


@pytest.mark.parametrize("color", range(8))
def test_hair_colour_above_the_forehead(color):
    x = faces.draw(plain(hair_color=color), size=256)
    assert_close(at(x, 0.0, -0.62)[0], ink(*ANIME.hair[color]), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("style", "colors", "u", "v"), [("anime", ANIME, 0.145, 0.22), ("anime", ANIME, 0.385, 0.22)])
@pytest.mark.parametrize("color", range(4))
def test_eye_colour_beside_the_pupil(style, colors, u, v, color):
    for side in (-1, 1):
        x = faces.draw(plain(eye_color=color, eye_open=1.0, line=1.0), style, size=256)
        assert_close(at(x, side * u, v)[0], ink(*colors.eye[color]), atol=0.1, rtol=0)


def test_inside_of_the_open_mouth():
    x = faces.draw(plain(mouth_open=1.0, mouth_shape=0.0), size=256)
    assert_close(at(x, 0.0, 0.50)[0], ink(*ANIME.mouth), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("shape", "v"), [(1.0, 0.555), (-1.0, 0.445)])
def test_the_middle_of_a_smile_lies_below_its_corners_and_of_a_frown_above(shape, v):
    """The closed mouth's middle lies 0.055 off the mouth's place at 0.50: there is its line, and skin on the other side."""
    x = faces.draw(plain(mouth_shape=shape, mouth_open=0.0), size=256).mean(1, keepdim=True)
    assert float(at(x, 0.0, v)) < float(at(x, 0.0, 1.0 - v)) - 0.4


@pytest.mark.parametrize(("place", "color"), list(enumerate(ANIME.sky)))
def test_background_in_the_corner(place, color):
    x = faces.draw(plain(background=float(place)), size=256)
    assert_close(x[0, :, 0, 0], ink(*color), atol=0.01, rtol=0)


def test_shade_multiplies_every_colour():
    factors, (low, _) = some(8), faces.RANGES["shade"]
    dark, bright = (faces.draw(factors._replace(shade=torch.full((8,), value))) for value in (low, 1.0))
    assert_close(dark + 1, low * (bright + 1), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("colors", "apart", "from_blends"), [(ANIME, 0.35, 0.2), (PORTRAIT, 0.25, 0.15)])
@pytest.mark.parametrize("part", ["hair", "eye"])
def test_no_two_colours_and_no_blend_of_two_pass_for_another(colors, apart, from_blends, part):
    table = torch.tensor(getattr(colors, part))
    shades = torch.linspace(*faces.RANGES["shade"], 9).reshape(-1, 1)
    for first, second in combinations(range(len(table)), 2):
        assert float(torch.cdist(shades * table[first], shades * table[second]).min()) > apart
        others = [k for k in range(len(table)) if k not in (first, second)]
        blend = (table[first] + table[second]) / 2
        assert float((table[others] - blend).norm(dim=1).min()) > from_blends


@pytest.mark.parametrize("colors", [ANIME, PORTRAIT])
def test_hair_is_never_the_colour_of_skin_or_background(colors):
    places = torch.linspace(0, 1, 11).reshape(-1, 1)
    for start, end in (colors.skin, colors.sky):
        path = torch.lerp(torch.tensor(start), torch.tensor(end), places)
        assert float(torch.cdist(torch.tensor(colors.hair), path).min()) > 0.15


@pytest.mark.parametrize(("style", "columns", "rows"), [("anime", 3, 4), ("portrait", 2, 3)])
def test_eyes_are_large_enough_to_read_at_32_pixels(style, columns, rows):
    """The open eye's box of pixels in which eye colour makes a clear difference."""
    first, second = (faces.draw(plain(eye_color=k, eye_open=1.0), style) for k in (0, 2))
    clear = ((first - second).abs().amax(1)[0] > 0.5)[:, :16]
    assert int(clear.any(0).sum()) >= columns and int(clear.any(1).sum()) >= rows


# ---- styles


@pytest.mark.parametrize("name", COLORLESS)
def test_no_colour_leaks_into_the_sketch(name):
    factors = some()
    others = faces.draw_factors(32, generator=rng(9))._asdict()[name]
    assert not torch.equal(others, getattr(factors, name))
    changed = factors._replace(**{name: others})
    assert torch.equal(faces.draw(factors, "sketch"), faces.draw(changed, "sketch"))
    assert not torch.equal(faces.draw(factors), faces.draw(changed))


def test_sketch_is_dark_lines_on_paper():
    x = faces.draw(some(64, shade=1.0), "sketch")
    assert float((x > 0.6).float().mean()) > 0.5 and bool((x.amin((1, 2, 3)) < -0.2).all())


def test_grey_is_the_luminance_of_anime():
    factors = some()
    red, green, blue = faces.draw(factors, "anime").unbind(1)
    assert_close(faces.draw(factors, "grey")[:, 0], 0.299 * red + 0.587 * green + 0.114 * blue, atol=1e-5, rtol=0)


def test_portrait_and_anime_are_a_true_pair_yet_differ():
    drawn = faces.sample(16, generator=rng(4), style="portrait")
    assert torch.equal(drawn.x, faces.draw(drawn.factors, "portrait"))
    assert float(change(drawn.x, faces.draw(drawn.factors, "anime")).min()) > 0.15


# ---- geometry


@pytest.mark.parametrize("style", faces.STYLES)
def test_every_factor_shows(style):
    factors = some(8)
    hidden = COLORLESS if style == "sketch" else ()
    for name in {*faces.Factors._fields} - {*hidden}:
        low, high = faces.RANGES.get(name, (0, 1))
        ends = [factors._replace(**{name: torch.full_like(getattr(factors, name), end)}) for end in (low, high)]
        floor = {"line": 0.002, "shade": 0.02, "eye_color": 0.005}.get(name, 0.015)
        assert float(change(*(faces.draw(end, style) for end in ends)).min()) > floor, name


@pytest.mark.parametrize("shape", range(len(faces.HAIR_SHAPES)))
def test_hair_of_every_shape_grows_with_length(shape):
    n = 8
    factors = plain(n, hair_shape=shape, hair_color=3)._replace(length=torch.linspace(0, 0.85, n))  # then it leaves the picture
    others = factors._replace(hair_color=torch.full((n,), 5))
    hair = (faces.draw(factors, size=64) - faces.draw(others, size=64)).abs().amax(1) > 0.5
    area = hair.sum((1, 2)).float()
    assert bool((area.diff() > 0).all()) and float(area[-1] - area[0]) > 0.02 * 64 * 64


def test_hair_colour_changes_hair_and_brows_only():
    first, second = (faces.draw(plain(hair_color=k, length=0.0), size=256) for k in (3, 5))
    for u, v in ((0.0, 0.30), (0.0, 0.50), (0.28, 0.22), (-0.28, 0.22), (0.0, 0.62)):  # nose, mouth, eyes, chin
        assert torch.equal(at(first, u, v), at(second, u, v))
    assert torch.equal(first[:, :, :, :8], second[:, :, :, :8])  # background
    assert float((at(first, 0.0, -0.62) - at(second, 0.0, -0.62)).abs().max()) > 1


@pytest.mark.parametrize("shape", [faces.HAIR_SHAPES.index(name) for name in ("straight", "spiky", "tails")])
def test_mirrored_turn_and_tilt_give_the_mirrored_face_but_for_the_lights_in_the_eyes(shape):
    factors = some(8, hair_shape=shape)
    other = factors._replace(turn=-factors.turn, tilt=-factors.tilt)
    straight, mirrored = faces.draw(factors, size=64), faces.draw(other, size=64).flip(3)
    differs = (straight - mirrored).abs().amax(1) > 1e-3
    eyes = torch.zeros_like(differs)
    for pair in ((factors, False), (other, True)):
        recolored = pair[0]._replace(eye_color=(pair[0].eye_color + 1) % 4)
        mask = (faces.draw(pair[0], size=64) - faces.draw(recolored, size=64)).abs().amax(1) > 1e-3
        eyes |= mask.flip(2) if pair[1] else mask
    near = torch.nn.functional.max_pool2d(eyes.float().unsqueeze(1), 9, 1, 4)[:, 0] > 0
    assert not bool((differs & ~near).any()) and bool(differs.any())


def test_turn_moves_the_eyes_and_tilt_the_crown_to_the_right():
    def middle(x: torch.Tensor, y: torch.Tensor) -> float:
        weight = (x - y).abs().sum((0, 1, 2))
        return float((weight * torch.arange(x.shape[-1])).sum() / weight.sum())

    def eyes(**changed) -> float:
        return middle(*(faces.draw(plain(eye_color=k, **changed), size=64) for k in (0, 2)))

    assert eyes(turn=1.0) > eyes(turn=0.0) + 1 > eyes(turn=-1.0) + 2
    crowns = [middle(*(faces.draw(plain(hair_color=k, tilt=tilt, length=0.0), size=64)[:, :, :16] for k in (3, 5))) for tilt in (-1.0, 0.0, 1.0)]
    assert crowns[2] > crowns[1] + 0.5 > crowns[0] + 1


def test_a_picture_of_twice_the_size_averages_to_the_small_one():
    factors = some()
    for style in faces.STYLES:
        small, large = faces.draw(factors, style, 32), avg_pool2d(faces.draw(factors, style, 64), 2)
        assert float(change(small, large).max()) < 0.15  # edges are two pixels wide, so the large picture is sharper
        assert float(change(small, large.roll(1, 3)).mean()) > 2 * float(change(small, large).mean())


# ---- shapes


def test_distance_to_a_circle_is_exact_to_first_order():
    u = torch.tensor([0.5, 0.49, 0.51, 0.3])
    distance = shapes.ellipse(u, torch.zeros(4), 0.5, 0.5)
    assert_close(distance[:3], torch.tensor([0.0, -0.01, 0.01]), atol=2e-4, rtol=0)
    assert distance[3] < -0.2


def test_distance_to_an_ellipse_at_its_ends():
    u, v = torch.tensor([0.81, 0.0]), torch.tensor([0.0, 0.21])
    assert_close(shapes.ellipse(u, v, 0.8, 0.2), torch.full((2,), 0.01), atol=5e-4, rtol=0)


def test_coverage_is_a_half_on_the_edge_and_adds_up_across_it():
    edge = shapes.EDGE
    distance = torch.tensor([-edge, -edge / 4, 0.0, edge / 4, edge]) * 0.1
    assert_close(shapes.coverage(distance, 0.1), torch.tensor([1.0, 0.75, 0.5, 0.25, 0.0]))


def test_a_thin_line_grows_pale_and_keeps_its_weight():
    across = torch.linspace(-5, 5, 2001)
    for half_width in (0.1, 0.5, 2.0):
        cover = shapes.band(across, half_width, 1.0)
        assert float(cover.sum() * 10 / 2000) == pytest.approx(2 * half_width, rel=1e-3)


def test_triangle_wave_by_hand():
    x = torch.tensor([-1.0, -0.75, 0.0, 0.25, 0.5, 0.75, 1.0])
    assert_close(shapes.triangle_wave(x), torch.tensor([-1.0, 0.0, -1.0, 0.0, 1.0, 0.0, -1.0]))


# ---- determinism, batches, devices, gradients


def test_a_generator_decides_everything_and_nothing_else_does():
    torch.manual_seed(1)
    first = faces.sample(6, generator=rng(5))
    torch.manual_seed(2)
    before = torch.get_rng_state()
    second = faces.sample(6, generator=rng(5))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.x, second.x) and all(map(torch.equal, first.factors, second.factors))
    assert not torch.equal(first.x, faces.sample(6, generator=rng(6)).x)


def test_seeded_factors():
    factors = faces.draw_factors(64, generator=rng(0))
    assert [int(getattr(factors, name)[0]) for name in faces.CATEGORIES] == [4, 3, 1]
    assert float(factors.length[0]) == pytest.approx(0.147311, abs=1e-5)
    assert float(factors.tilt[0]) == pytest.approx(-0.277455, abs=1e-5)


@pytest.mark.parametrize(
    ("style", "mean", "spread", "pixel"),
    [
        ("portrait", -0.07158, 0.35109, (0.0168, -0.2824, 0.0277)),
        ("anime", 0.05231, 0.46048, (-0.1637, -0.3756, -0.1195)),
        ("sketch", 0.57528, 0.34807, (-0.1064,)),
        ("grey", 0.04035, 0.38293, (-0.2830,)),
    ],
)
def test_seeded_pictures(style, mean, spread, pixel):
    """The drawing is fixed: readers' weights and the book's numbers rest on it."""
    x = faces.sample(64, generator=rng(0), style=style).x
    assert float(x.mean()) == pytest.approx(mean, abs=1e-4)
    assert float(x.std()) == pytest.approx(spread, abs=1e-4)
    assert_close(x[0, :, 18, 10], torch.tensor(pixel), atol=1e-3, rtol=0)


@pytest.mark.parametrize("size", [32, 160])
def test_a_batch_is_its_faces_one_by_one(size):
    """70 faces of 32x32, or 3 of 160x160, are drawn in more than one piece."""
    factors = some(70 if size == 32 else 3)
    together = faces.draw(factors, size=size)
    for k in range(0, len(together), 23):
        alone = faces.draw(faces.Factors(*(value[k : k + 1] for value in factors)), size=size)
        assert_close(together[k : k + 1], alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("style", faces.STYLES)
def test_gradients_reach_every_factor_that_shows_and_are_finite(style):
    hidden = COLORLESS if style == "sketch" else ()
    names = [name for name in faces.RANGES if name not in hidden]
    factors = some(8)
    leaves = {name: getattr(factors, name).clone().requires_grad_() for name in names}
    loss = faces.draw(factors._replace(**leaves), style).square().sum()
    for name, gradient in zip(names, torch.autograd.grad(loss, list(leaves.values())), strict=True):
        assert bool(torch.isfinite(gradient).all()), name
        assert int((gradient != 0).sum()) >= 6, name


@pytest.mark.parametrize("name", ["length", "turn", "eye_open", "background", "skin", "size", "shade"])
def test_gradient_is_the_slope_of_the_picture(name):
    factors = some(1, seed=7)
    low, high = faces.RANGES[name]
    value, step = torch.tensor([low + 0.37 * (high - low)]), 1e-3 * (high - low)
    weights = torch.rand(1, 3, 64, 64, generator=rng(8))

    def score(place: torch.Tensor) -> torch.Tensor:
        return (weights * faces.draw(factors._replace(**{name: place}), size=64)).double().sum()

    place = value.clone().requires_grad_()
    (slope,) = torch.autograd.grad(score(place), place)
    difference = (score(value + step) - score(value - step)) / (2 * step)
    assert float(slope) == pytest.approx(float(difference), rel=0.1)


def test_meta_device_gives_the_shape_without_the_work():
    factors = faces.Factors(*(value.to("meta") for value in some(3)))
    for style, channels in (("anime", 3), ("grey", 1)):
        x = faces.draw(factors, style, 64)
        assert x.is_meta and x.shape == (3, channels, 64, 64)


@pytest.mark.gpu
def test_a_gpu_draws_the_same_faces():
    if not torch.cuda.is_available():
        pytest.skip("no accelerator here")
    factors = some()
    there = faces.draw(faces.Factors(*(value.cuda() for value in factors)))
    assert there.is_cuda
    assert_close(there.cpu(), faces.draw(factors), atol=1e-3, rtol=0)


# ---- bad input


@pytest.mark.parametrize("n", [0, -3])
def test_too_few(n):
    with pytest.raises(ValueError, match=rf"n must be at least 1, got {n}"):
        faces.sample(n, generator=rng())
    with pytest.raises(ValueError, match=rf"n must be at least 1, got {n}"):
        faces.draw_factors(n, generator=rng())


@pytest.mark.parametrize("style", ["manga", "", "Anime", None])
def test_unknown_style(style):
    for attempt in (lambda: faces.draw(plain(), style), lambda: faces.sample(1, generator=rng(), style=style)):
        with pytest.raises(ValueError, match="style must be one of portrait, anime, sketch, grey, got"):
            attempt()


@pytest.mark.parametrize("size", [7, 0, -32])
def test_too_small(size):
    with pytest.raises(ValueError, match=f"size must be at least 8 pixels, got {size}"):
        faces.draw(plain(), size=size)


def test_a_refused_sample_leaves_the_generator_alone():
    generator = rng(1)
    with pytest.raises(ValueError, match="size"):
        faces.sample(4, generator=generator, size=4)
    assert torch.equal(generator.get_state(), rng(1).get_state())


@pytest.mark.parametrize("name", faces.RANGES)
def test_quantity_outside_its_range(name):
    low, high = faces.RANGES[name]
    for value in (low - 0.01, high + 0.01, float("nan"), float("inf")):
        factors = some(4)
        getattr(factors, name)[2] = value
        with pytest.raises(ValueError, match=rf"{name} must be from {low} to {high}, got {value:g}"):
            faces.draw(factors)


@pytest.mark.parametrize("name", faces.RANGES)
def test_both_ends_of_a_range_belong_to_it(name):
    for end in faces.RANGES[name]:
        assert bool(torch.isfinite(faces.draw(plain(**{name: end}), size=8)).all())


@pytest.mark.parametrize(("name", "number"), faces.CATEGORIES.items())
def test_category_that_does_not_exist(name, number):
    for value in (-1, number):
        factors = some(4)
        getattr(factors, name)[3] = value
        with pytest.raises(ValueError, match=rf"{name} must be from 0 to {number - 1}, got {value}"):
            faces.draw(factors)


def test_factors_of_different_lengths_or_none():
    with pytest.raises(ValueError, match=r"shape \(n,\).*turn has \(2,\)"):
        faces.draw(some(4)._replace(turn=torch.zeros(2)))
    with pytest.raises(ValueError, match=r"shape \(n,\).*turn has \(4, 1\)"):
        faces.draw(some(4)._replace(turn=torch.zeros(4, 1)))
    with pytest.raises(ValueError, match="n of at least 1"):
        faces.draw(faces.Factors(*(value[:0] for value in some(4))))


def test_kinds_of_factors_mixed_up():
    with pytest.raises(ValueError, match="turn must be a float32 tensor, got torch.int64"):
        faces.draw(some(4)._replace(turn=torch.zeros(4, dtype=torch.int64)))
    with pytest.raises(ValueError, match="hair_color must be an int64 tensor, got torch.float32"):
        faces.draw(some(4)._replace(hair_color=torch.zeros(4)))


def test_a_factor_without_a_place():
    with pytest.raises(ValueError, match="beard"):
        some(1)._replace(beard=torch.zeros(1))
