"""Panels that compute anew with a running kernel: sliders for a function, and training that can be stopped.

Only what ipywidgets 7 has, because Colab runs that version.
"""

import asyncio
import io
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from html import escape
from typing import TypeVar

import ipywidgets as w
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from gan_edu.widgets.frames import pixels, png_uris

State = TypeVar("State")
Limits = tuple[float, float, float] | tuple[int, int, int] | list[str]

NOTE = "This panel needs a running kernel: open the chapter in Colab or Jupyter."


class Panel:
    """A widget with a sentence, and perhaps a picture, in its place wherever no kernel runs."""

    def __init__(self, box: w.DOMWidget, title: str, picture: str = "") -> None:
        self.box, self.title, self.picture = box, title, picture

    def __repr__(self) -> str:
        return f"{self.title}. {NOTE}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        # a page that knows widgets takes the last of these, any other page the sentence
        html = f'<div class="gan-panel">{self.picture}<p><em>{escape(self.title)}. {NOTE}</em></p></div>'
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {"text/plain": repr(self), "text/html": html, "application/vnd.jupyter.widget-view+json": view}


def slider(name: str, limits: Limits) -> w.ValueWidget:
    """The control for (low, high, start) of floats or of ints, or for a list of texts.

    Raises ValueError for anything else, or when low <= start <= high, low < high does not hold.
    """
    if isinstance(limits, list) and limits and all(isinstance(text, str) for text in limits):
        return w.Dropdown(options=limits, value=limits[0], description=name)
    if not isinstance(limits, tuple) or len(limits) != 3 or not all(type(v) in (int, float) for v in limits):
        raise ValueError(f"{name} must be (low, high, start) or a list of texts, got {limits!r}")
    low, high, start = limits
    if not low <= start <= high or low == high:
        raise ValueError(f"{name} must have low <= start <= high and low < high, got {limits!r}")
    if all(type(v) is int for v in limits):
        return w.IntSlider(start, low, high, description=name, continuous_update=False)
    return w.FloatSlider(start, min=low, max=high, step=(high - low) / 100, description=name, continuous_update=False)


def controls(draw: Callable[..., Figure], **sliders: Limits) -> Panel:
    """Draw now, and again whenever the reader lets go of a slider.

    draw: called with the sliders' values, returns a Figure, which is shown and closed. sliders: for each
    argument (low, high, start), floats or ints, or a list of texts. Pages without a kernel keep the first drawing.
    Raises ValueError for other limits or when draw returns no Figure. Needs a running kernel.
    """
    parts = {name: slider(name, limits) for name, limits in sliders.items()}
    # An Output widget would be the usual screen, but what it catches is lost when a notebook is executed and stored.
    screen = w.Image(format="png")

    def drawing() -> Figure:
        return _checked(draw(**{name: part.value for name, part in parts.items()}))

    def redraw(_: object) -> None:
        screen.value = _png(drawing())

    for part in parts.values():
        part.observe(redraw, names="value")
    first = pixels(drawing())
    stored = png_uris([first])[0]
    screen.value = b64decode(stored.split(",")[1])
    where = ", ".join(f"{name} = {part.value}" for name, part in parts.items())
    picture = f'<img src="{stored}" alt="{escape(f"The drawing at {where}")}" width="{first.shape[1]}" height="{first.shape[0]}">'
    return Panel(w.VBox([*parts.values(), screen]), f"Drawn at {where}", picture)


class TrainingPanel(Panel):
    """Training that starts anew with the values of the sliders, draws as it goes, and can be stopped.

    The steps run in a task of the kernel's own event loop, some milliseconds at a time, so that the
    message of the stop button is heard in between; no thread touches torch or matplotlib.
    """

    def __init__(self, make_run: Callable[..., Iterator[State]], draw: Callable[[State], Figure], steps: int,
                 every: int, sliders: dict[str, Limits]) -> None:
        self.make_run, self.draw, self.steps, self.every = make_run, draw, steps, every
        self.parts = {name: slider(name, limits) for name, limits in sliders.items()}
        self.start_button, self.stop_button = w.Button(description="Start"), w.Button(description="Stop", disabled=True)
        self.progress, self.text = w.IntProgress(min=0, max=steps), w.Label("not started")
        self.screen = w.Image(format="png")
        self.task: asyncio.Task | None = None
        self.start_button.on_click(self.start)
        self.stop_button.on_click(self.stop)
        row = w.HBox([self.start_button, self.stop_button, self.progress, self.text])
        super().__init__(w.VBox([*self.parts.values(), row, self.screen]), f"Training panel, {steps} steps")

    def start(self, _: object = None) -> None:
        """Begin a new run with the sliders' values; one that is still going is stopped first."""
        self.stop()
        self.task = asyncio.get_running_loop().create_task(self.train())

    def stop(self, _: object = None) -> None:
        """End the run after the step that is being computed; its last picture stays."""
        if self.task is not None:
            self.task.cancel()

    async def train(self) -> None:
        """Run all steps, handing the loop back every 50 milliseconds."""
        self.start_button.disabled, self.stop_button.disabled = True, False
        began = rested = time.monotonic()
        step, ending = 0, "the run ended"
        try:
            run = self.make_run(**{name: part.value for name, part in self.parts.items()})
            for step, state in zip(range(1, self.steps + 1), run, strict=False):
                if step % self.every == 0 or step == self.steps:
                    self.screen.value = _png(_checked(self.draw(state)))
                if time.monotonic() - rested > 0.05:
                    self.show(step, time.monotonic() - began)
                    await asyncio.sleep(0.01)
                    rested = time.monotonic()
            ending = "done" if step == self.steps else ending
        except asyncio.CancelledError:
            ending = "stopped"
        except Exception as error:  # a task's error would be lost; the panel is where the reader looks
            ending = f"{type(error).__name__}: {error}"
        self.progress.value, self.text.value = step, f"step {step} of {self.steps}, {ending}"
        self.start_button.disabled, self.stop_button.disabled = False, True

    def show(self, step: int, seconds: float) -> None:
        """The bar, and the time left if the steps go on at the same pace."""
        left = seconds / step * (self.steps - step)
        self.progress.value, self.text.value = step, f"step {step} of {self.steps}, {left:.0f} s left"


def training_panel(make_run: Callable[..., Iterator[State]], draw: Callable[[State], Figure], steps: int, every: int,
                   **sliders: Limits) -> TrainingPanel:
    """Train again with other settings: sliders, a start and a stop button, progress with the time left.

    make_run: called with the sliders' values, returns an iterator of states, one a step (a generator function, say).
    draw: a state as a Figure, which is shown and closed. steps: how many states are taken, at least 1.
    every: a picture each so many steps, at least 1. sliders: as for `controls`.
    Raises ValueError for steps or every below 1. Needs a running kernel; nothing is computed before Start.
    """
    if steps < 1 or every < 1:
        raise ValueError(f"steps and every must be at least 1, got {steps} and {every}")
    return TrainingPanel(make_run, draw, steps, every, sliders)


def _checked(figure: Figure) -> Figure:
    if not isinstance(figure, Figure):
        raise ValueError(f"the drawing function must return a matplotlib Figure, got {type(figure).__name__}")
    return figure


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    plt.close(figure)
    return stream.getvalue()
