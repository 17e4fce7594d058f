"""In-page figures as HTML, and panels with a kernel by calling what their buttons call."""

import asyncio
import base64
import io
import json
import re

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers_figures import styled  # noqa: F401
from PIL import Image

from gan_edu.plots import FAKE, REAL
from gan_edu.widgets import controls, flipbook, training_panel, two_bumps
from gan_edu.widgets.frames import pixels, png_uris
from gan_edu.widgets.kernel import NOTE


def figures(n):
    made = []
    for i in range(n):
        figure, ax = plt.subplots(figsize=(3, 2))
        ax.plot([0, 1], [0, i], **REAL)
        ax.plot([0, 1], [i, 0], **FAKE)
        ax.set_ylim(0, n)
        made.append(figure)
    return made


def book(n=3, **changes):
    arguments = {"frames": figures(n), "labels": [f"step {i}" for i in range(n)], "alts": [f"line at {i}" for i in range(n)],
                 "title": "Lines that rise"}
    return flipbook(**arguments | changes)


def decoded(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB"))


# frames

def test_frames_of_few_colours_are_kept_exactly():
    rng = np.random.default_rng(0)
    frames = [rng.choice(np.array([0, 100, 255], dtype=np.uint8), size=(5, 7, 3)) for _ in range(2)]
    for frame, uri in zip(frames, png_uris(frames), strict=True):
        np.testing.assert_array_equal(decoded(uri), frame)


def test_quantised_frames_keep_paper_white_and_lines_in_their_colour():
    frame = pixels(figures(3)[2])
    small = decoded(png_uris([frame])[0])
    assert len(np.unique(small.reshape(-1, 3), axis=0)) <= 64
    for colour in ((255, 255, 255), (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)):
        where = (frame == colour).all(axis=2)
        assert where.sum() > 20
        np.testing.assert_array_equal(small[where], np.broadcast_to(colour, (where.sum(), 3)))
    assert np.abs(small.astype(int) - frame).max() < 60


def test_a_picture_keeps_its_rare_colours():
    rng = np.random.default_rng(0)
    frame = np.clip(rng.normal((200, 60, 60), 25, size=(80, 80, 3)), 0, 255).astype(np.uint8)  # thousands of reds
    frame[40:44, 40:44] = (20, 40, 230)  # and a blue eye
    small = decoded(png_uris([frame])[0])
    assert 64 < len(np.unique(small.reshape(-1, 3), axis=0)) <= 256
    assert np.abs(small[40:44, 40:44].astype(int) - frame[40:44, 40:44]).max() < 25
    assert np.abs(small.astype(int) - frame).mean() < 12


def test_arrays_become_opaque_colour():
    grey = np.array([[0, 200]], dtype=np.uint8)
    np.testing.assert_array_equal(pixels(grey), [[[0] * 3, [200] * 3]])
    glass = np.array([[[0, 0, 0, 51], [9, 9, 9, 0]]], dtype=np.uint8)  # one fifth black, nothing
    np.testing.assert_array_equal(pixels(glass), [[[204] * 3, [255] * 3]])


@pytest.mark.parametrize("frame", [np.zeros((4, 4)), np.zeros((4, 4, 2), dtype=np.uint8), np.zeros((0, 4), dtype=np.uint8)])
def test_other_arrays_are_refused(frame):
    with pytest.raises(ValueError, match=re.escape(f"got {frame.dtype} of shape {frame.shape}")):
        pixels(frame)


# flipbook

def test_flipbook_is_the_same_at_every_run_and_another_for_other_content():
    first, again, other = book()._repr_html_(), book()._repr_html_(), book(title="Others")._repr_html_()
    assert first == again
    assert BeautifulSoup(first, "html.parser").figure["id"] != BeautifulSoup(other, "html.parser").figure["id"]


def test_flipbook_closes_its_figures():
    book()
    assert plt.get_fignums() == []


def test_flipbook_shows_its_start_without_a_script():
    page = BeautifulSoup(book(start=1)._repr_html_(), "html.parser")
    pages = json.loads(page.find("script", type="application/json").string)
    assert (page.img["src"], page.img["alt"], page.output.text) == (pages[1]["src"], "line at 1", "step 1")
    assert (int(page.img["width"]), int(page.img["height"])) == (300, 200)
    assert page.find(attrs={"data-part": "controls"}).has_attr("hidden")  # dead buttons are not shown
    assert "Lines that rise" in page.figcaption.text


def test_flipbook_has_every_frame_once_and_asks_nobody():
    html = book(4)._repr_html_()
    pages = json.loads(BeautifulSoup(html, "html.parser").find("script", type="application/json").string)
    assert [page["label"] for page in pages] == ["step 0", "step 1", "step 2", "step 3"]
    assert len({page["src"] for page in pages}) == 4
    assert "http" not in re.sub(r"data:image/png;base64,[\w+/=]+", "", html)


def test_flipbook_survives_any_text():
    sharp = '</script><b title="x">&\u2028'
    page = BeautifulSoup(book(1, labels=[sharp], alts=[sharp], title=sharp)._repr_html_(), "html.parser")
    assert page.find("b") is None
    assert page.img["alt"] == sharp
    assert json.loads(page.find("script", type="application/json").string)[0]["label"] == sharp


def test_flipbook_says_what_its_slider_moves():
    labels = [BeautifulSoup(made._repr_html_(), "html.parser").label for made in (book(), book(slider="Bits <shared>"))]
    assert [label.text for label in labels] == ["Frame", "Bits <shared>"]
    assert [label.input["type"] for label in labels] == ["range"] * 2


def test_flipbook_in_plain_text():
    assert repr(book()) == "Flipbook: Lines that rise (3 frames)"


@pytest.mark.parametrize(("changes", "complaint"), [
    ({"labels": ["one"]}, "got 3 frames, 1 labels, 3 alts"),
    ({"frames": [], "labels": [], "alts": []}, "got 0 frames"),
    ({"alts": ["a", " ", "c"]}, "at least one is empty"),
    ({"title": ""}, "at least one is empty"),
    ({"slider": ""}, "at least one is empty"),
    ({"start": 3}, "from 0 to 2, got 3"),
    ({"start": -1}, "from 0 to 2, got -1"),
    ({"frames": [np.zeros((n, 4), dtype=np.uint8) for n in (4, 5, 4)]}, r"one size.*\(4, 4, 3\), \(5, 4, 3\)"),
])
def test_flipbook_refuses(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        book(**changes)


# two bumps

def test_two_bumps_is_the_same_at_every_run():
    assert two_bumps()._repr_html_() == two_bumps()._repr_html_()


def test_two_bumps_starts_where_it_is_told():
    page = BeautifulSoup(two_bumps(real=(0.5, 1.02), fake=(-2, 0.3), prior=0.8)._repr_html_(), "html.parser")
    starts = {slider["data-part"]: float(slider["value"]) for slider in page.find_all("input")}
    assert starts == {"real-mean": 0.5, "real-std": 1.0, "fake-mean": -2.0, "fake-std": 0.3, "prior": 0.8}
    assert page.img["alt"].startswith("Two bumps: data (mean 0.50, std 1.00), generated (mean -2.00, std 0.30)")
    assert page.find(attrs={"data-part": "live"}).has_attr("hidden")


def test_two_bumps_has_a_prior_only_when_asked():
    assert len(BeautifulSoup(two_bumps()._repr_html_(), "html.parser").find_all("input")) == 4


@pytest.mark.parametrize(("arguments", "complaint"), [
    ({"real": (6, 1)}, "the mean of real must be from -5 to 5, got 6"),
    ({"fake": (0, 0)}, "the standard deviation of fake must be from 0.2 to 3, got 0"),
    ({"fake": (float("nan"), 1)}, "the mean of fake .* got nan"),
    ({"prior": 1.0}, "the prior must be from 0.05 to 0.95, got 1.0"),
])
def test_two_bumps_refuses(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        two_bumps(**arguments)


# with a kernel

def run_training(panel, seconds=0.0):
    """Press start in a running loop, press stop after some seconds (0: never), wait for the end."""

    async def hands():
        panel.start_button.click()
        if seconds:
            await asyncio.sleep(seconds)
            panel.stop_button.click()
        await asyncio.wait({panel.task}, timeout=20)

    asyncio.run(hands())


def count(rate=1.0):
    state = 0.0
    while True:
        state += rate
        yield state


def drawing(drawn):
    def draw(state):
        drawn.append(state)
        return figures(1)[0]

    return draw


def test_controls_draw_again_with_the_new_values():
    calls = []

    def draw(mean, steps, loss):
        calls.append((mean, steps, loss))
        return figures(3)[len(calls) % 2]

    panel = controls(draw, mean=(-1.0, 1.0, 0.5), steps=(1, 9, 3), loss=["minimax", "hinge"])
    mean, steps, loss, screen = panel.box.children
    assert calls == [(0.5, 3, "minimax")]
    first = bytes(screen.value)
    mean.value = -0.5
    assert bytes(screen.value) != first
    steps.value, loss.value = 4, "hinge"
    assert calls[1:] == [(-0.5, 3, "minimax"), (-0.5, 4, "minimax"), (-0.5, 4, "hinge")]
    assert not (mean.continuous_update or steps.continuous_update)
    assert [type(part) for part in panel.box.children] == [ipywidgets.FloatSlider, ipywidgets.IntSlider, ipywidgets.Dropdown, ipywidgets.Image]


def test_controls_leave_their_first_drawing_where_no_kernel_runs():
    panel = controls(lambda mean: figures(1)[0], mean=(0.0, 1.0, 0.5))
    picture = BeautifulSoup(panel._repr_mimebundle_()["text/html"], "html.parser").img
    assert picture["alt"] == "The drawing at mean = 0.5"
    assert decoded(picture["src"]).shape == (200, 300, 3)


def test_a_function_that_returns_no_figure_is_refused():
    with pytest.raises(ValueError, match="must return a matplotlib Figure, got NoneType"):
        controls(lambda mean: None, mean=(0.0, 1.0, 0.5))
    panel = training_panel(count, lambda state: None, 5, 1)
    run_training(panel)
    assert "must return a matplotlib Figure, got NoneType" in panel.text.value


@pytest.mark.parametrize("limits", [(0, 1), (0.0, 1.0, 2.0), (1, 1, 1), [], [1, 2], "text", (0, "a", 1), (float("nan"), 1.0, 0.5)])
def test_controls_refuse_other_limits(limits):
    with pytest.raises(ValueError, match="rate must"):
        controls(lambda rate: figures(1)[0], rate=limits)


def test_training_runs_all_steps_with_the_sliders_values():
    drawn = []
    panel = training_panel(count, drawing(drawn), steps=25, every=10, rate=(0.0, 2.0, 1.0))
    panel.parts["rate"].value = 0.5
    run_training(panel)
    assert drawn == [5.0, 10.0, 12.5]  # steps 10, 20 and the last
    assert (panel.progress.value, panel.text.value) == (25, "step 25 of 25, done")
    assert bytes(panel.screen.value).startswith(b"\x89PNG")
    assert (panel.start_button.disabled, panel.stop_button.disabled) == (False, True)
    assert plt.get_fignums() == []


def test_training_stops_when_told_and_starts_anew():
    panel = training_panel(count, drawing([]), steps=10**9, every=10**9)
    run_training(panel, seconds=0.3)
    first = panel.progress.value
    assert 0 < first < 10**9
    assert panel.text.value == f"step {first} of {10**9}, stopped"
    run_training(panel, seconds=0.3)
    assert panel.text.value.endswith("stopped")


def test_training_tells_the_time_left():
    panel = training_panel(count, drawing([]), steps=400, every=1)
    panel.show(100, 20.0)
    assert panel.text.value == "step 100 of 400, 60 s left"


def test_training_shows_the_error_of_a_run():
    def broken(rate=1.0):
        yield 1.0
        raise ValueError("the rate is too high")

    panel = training_panel(broken, drawing([]), steps=5, every=1)
    run_training(panel)
    assert panel.text.value == "step 1 of 5, ValueError: the rate is too high"
    assert not panel.start_button.disabled


def test_a_run_that_ends_early_says_so():
    panel = training_panel(lambda: iter([1.0, 2.0]), drawing([]), steps=5, every=1)
    run_training(panel)
    assert panel.text.value == "step 2 of 5, the run ended"


@pytest.mark.parametrize(("steps", "every"), [(0, 1), (5, 0)])
def test_training_refuses_no_steps(steps, every):
    with pytest.raises(ValueError, match=f"got {steps} and {every}"):
        training_panel(count, drawing([]), steps, every)


@pytest.mark.parametrize("make", [lambda: controls(lambda rate: figures(1)[0], rate=(0, 2, 1)),
                                  lambda: training_panel(count, drawing([]), 5, 1, rate=(0, 2, 1))])
def test_a_panel_without_a_kernel_is_a_sentence(make):
    panel, again = make(), make()
    bundle = panel._repr_mimebundle_()
    assert NOTE in BeautifulSoup(bundle["text/html"], "html.parser").text
    assert bundle["text/plain"].endswith(NOTE)
    assert {key: again._repr_mimebundle_()[key] for key in ("text/html", "text/plain")} == {key: bundle[key] for key in ("text/html", "text/plain")}
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.box.model_id
