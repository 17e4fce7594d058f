"""Figures: one style, actors that stay apart for every eye, labels that cover nothing, pixels that are exact."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from helpers_figures import styled  # noqa: F401
from matplotlib.colors import to_rgb

from gan_edu.plots import CRITIC, FAKE, REAL, TRUTH, density_panel, game_panels, label_line, picture_grid, plan_map

# Machado, Oliveira and Fernandes (2009): severity 1.0, on linear RGB
COLOUR_BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}


def bell(x, mean, std):
    return np.exp(-(((x - mean) / std) ** 2) / 2) / (std * np.sqrt(2 * np.pi))


def seen(colour, matrix):
    """CIELAB of a colour as seen by an eye with this deficiency."""
    srgb = np.array(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(matrix @ linear, 0, 1)
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", COLOUR_BLINDNESS)
def test_actors_differ_for_every_eye(eye):
    colours = [seen(style["color"], COLOUR_BLINDNESS[eye]) for style in (REAL, FAKE, CRITIC, TRUTH)]
    assert min(np.linalg.norm(a - b) for a, b in combinations(colours, 2)) > 15  # 2.3 is just noticeable


def test_actors_differ_without_colour():
    assert len({str(style["linestyle"]) for style in (REAL, FAKE, CRITIC, TRUTH)}) == 4


def test_text_is_ten_pixels_on_a_phone():
    smallest = min(plt.rcParams[f"{part}.labelsize"] for part in ("axes", "xtick", "ytick"))
    wide = plt.rcParams["figure.figsize"][0] * plt.rcParams["figure.dpi"]
    assert smallest * plt.rcParams["figure.dpi"] / 72 * 360 / wide == pytest.approx(10)


def test_label_at_a_point_stands_just_above_it():
    figure, ax = plt.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    label_line(ax, 0.5, 0.5, "middle", REAL)
    figure.canvas.draw()
    box, (x, y) = ax.texts[0].get_window_extent(), ax.transData.transform((0.5, 0.5))
    assert (box.x0 + box.x1) / 2 == pytest.approx(x, abs=1)
    assert 0 < box.y0 - y < 15


@pytest.mark.parametrize("mean", [-2.0, 0.0, 0.4, 3.0])
def test_labels_cover_no_line_and_no_other_label(mean):
    figure, ax = plt.subplots()
    x = np.linspace(-6, 6, 400)
    real, fake = bell(x, 0, 1), bell(x, mean, 0.8)
    density_panel(ax, x, real=real, fake=fake, discriminator=0.1 + 0.8 * real / (real + fake), optimum=real / (real + fake))
    figure.canvas.draw()
    boxes = [text.get_window_extent() for panel in figure.axes for text in panel.texts]
    points = np.concatenate([line.get_transform().transform(line.get_xydata()) for panel in figure.axes for line in panel.lines])
    assert len(boxes) == 4
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert not any(box.contains(*point) for box in boxes for point in points)


def test_label_needs_matching_points():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"equal, non-empty shape, got \(2,\) and \(3,\)"):
        label_line(ax, [0, 1], [0, 1, 2], "no", REAL)


def test_density_panel_draws_each_curve_in_its_actors_style():
    _, ax = plt.subplots()
    x = torch.linspace(-4, 4, 50)
    probability = torch.full((50,), 0.5, requires_grad=True)
    density_panel(ax, x, real=bell(x.numpy(), 0, 1), discriminator=probability, top=0.9)
    (data,), (judge,) = ax.lines, ax.figure.axes[1].lines
    assert (data.get_color(), judge.get_color()) == (REAL["color"], CRITIC["color"])
    assert ax.get_ylim() == (0, 0.9)
    np.testing.assert_array_equal(judge.get_ydata(), 0.5)


def test_density_panel_leaves_a_gap_where_the_optimum_is_nan():
    _, ax = plt.subplots()
    density_panel(ax, [0, 1, 2], optimum=[0.5, np.nan, 0.5])
    assert np.isnan(ax.lines[0].get_ydata()[1])


def test_density_panel_refuses_another_grid():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"shape of the grid x.*got \(4,\) and \(3,\)"):
        density_panel(ax, [0, 1, 2], real=[0, 1, 1, 0])


def test_game_panels_share_one_scale_and_draw_an_arrow_for_each_z():
    x, z = np.linspace(-4, 4, 200), np.linspace(-1, 1, 7)
    figure = game_panels(x, bell(x, 0, 1), [bell(x, 2, 0.5), bell(x, 0, 1)], [x * 0 + 0.5] * 2, z, [2 + z / 2, z], ["(a)", "(b)"])
    above, below = figure.axes[:2], figure.axes[2:4]
    assert above[0].get_ylim() == above[1].get_ylim()
    assert [ax.get_title(loc="left") for ax in above] == ["(a)", "(b)"]
    scales = [(ax.get_ylabel(), any(tick.get_text() for tick in ax.get_yticklabels())) for ax in (*above, *figure.axes[4:])]
    assert scales == [("density", True), ("", False), ("", False), ("$D(x)$", True)]  # one at each end of the row
    heads = [sorted(arrow.xy[0] for arrow in ax.texts) for ax in below]
    np.testing.assert_allclose(heads, [2 + z / 2, z])


def test_game_panels_refuse_unequal_stages():
    x = np.linspace(-1, 1, 5)
    with pytest.raises(ValueError, match=r"one length.*\[1, 2, 1, 1\]"):
        game_panels(x, x * 0, [x * 0], [x * 0] * 2, [0.0], [[0.0]], ["(a)"])
    with pytest.raises(ValueError, match=r"shape \(k,\): got \(2,\) and \(1,\)"):
        game_panels(x, x * 0 + 1, [x * 0 + 1], [x * 0], [0.0, 1.0], [[0.0]], ["(a)"])


def test_picture_grid_shows_every_pixel_as_a_sharp_square():
    pictures = torch.tensor([[[[-1.0, 1.0], [0.0, -1.0]]]])
    figure = picture_grid(pictures, 1, scale=1.0)
    figure.canvas.draw()
    grey = np.asarray(figure.canvas.buffer_rgba())[:, :, 0]
    assert grey.shape == (100, 100)
    assert {grey[25, 25], grey[75, 75]} == {0}
    assert grey[25, 75] == 255
    assert grey[75, 25] in (127, 128)
    assert len(np.unique(grey[10:90, 10:90])) == 3  # nothing between: no interpolation


def test_picture_grid_colour_titles_and_empty_places():
    pictures = torch.full((3, 3, 4, 4), -1.0)
    pictures[:, 0] = 1.0
    figure = picture_grid(pictures, 2, titles=["a", "b", "c"])
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c", ""]
    assert [len(ax.images) for ax in figure.axes] == [1, 1, 1, 0]
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array()[0, 0], [1, 0, 0])


@pytest.mark.parametrize(("pictures", "columns", "titles", "limits", "complaint"), [
    (torch.zeros(4, 8, 8), 2, None, (-1, 1), r"shape \(n, 1, h, w\).*got \(4, 8, 8\)"),
    (torch.zeros(0, 1, 8, 8), 2, None, (-1, 1), "n >= 1"),
    (torch.full((1, 1, 2, 2), float("nan")), 1, None, (-1, 1), "4 pixels are nan"),
    (torch.zeros(2, 1, 8, 8), 0, None, (-1, 1), "columns must be at least 1, got 0"),
    (torch.zeros(2, 1, 8, 8), 2, ["one"], (-1, 1), "each of the 2 pictures is needed, got 1"),
    (torch.zeros(2, 1, 8, 8), 2, None, (1, 1), "vmin must be below vmax"),
])
def test_picture_grid_refuses(pictures, columns, titles, limits, complaint):
    with pytest.raises(ValueError, match=complaint):
        picture_grid(pictures, columns, titles, *limits)


def test_plan_map_draws_the_mass_where_it_goes_and_its_sums_beside():
    plan = np.array([[0.1, 0.0, 0.0], [0.2, 0.3, 0.0], [0.0, 0.0, 0.4]])  # real places down, fake places across
    figure = plan_map(plan, [0.0, 1.0, 2.0], unit="m")
    above, left, middle = figure.axes[1], figure.axes[2], figure.axes[3]
    assert [bar.get_height() for bar in above.patches] == pytest.approx([0.1, 0.5, 0.4])  # data: the row sums
    assert [bar.get_width() for bar in left.patches] == pytest.approx([0.3, 0.3, 0.4])  # generated: the column sums
    image = middle.images[0]
    # the picture's rows are fake places, its columns real ones: mass 0.2 goes from fake 0 to real 1
    assert image.get_array()[0, 1] == pytest.approx(np.sqrt(0.2)) and image.get_array()[1, 0] == 0
    assert image.get_extent() == [-0.5, 2.5, -0.5, 2.5] and image.origin == "lower"
    assert middle.get_xlabel() == "to $x$ of the data (m)" and middle.get_ylabel() == "from $x$ of the generated (m)"
    assert above.get_xlim() == middle.get_xlim() and left.get_ylim() == middle.get_ylim()
    plt.close(figure)


def test_plan_map_takes_tensors_and_names_no_unit_unless_told():
    figure = plan_map(torch.eye(2, requires_grad=True), torch.tensor([0.0, 1.0]))
    assert figure.axes[3].get_xlabel() == "to $x$ of the data"
    plt.close(figure)


@pytest.mark.parametrize(("plan", "x"), [(np.eye(3), [0.0, 1.0]), (np.ones((2, 3)), [0.0, 1.0]), (np.eye(1), [0.0])])
def test_plan_map_refuses_shapes_that_do_not_fit(plan, x):
    with pytest.raises(ValueError, match="wanted a plan \\(n, n\\) over n >= 2 places x; got shapes"):
        plan_map(plan, x)
