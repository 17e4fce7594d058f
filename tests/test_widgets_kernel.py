"""Panels in a real kernel, spoken to as the page does: by messages, which a busy kernel would not hear."""

import time

import nbformat
import pytest
from nbclient import NotebookClient

from gan_edu.widgets.kernel import NOTE
from tools.records import ROOT

manager = pytest.importorskip("jupyter_client.manager")

SETUP = """
import time
import matplotlib.pyplot as plt
from gan_edu.widgets import controls, training_panel

def make_run(rate):
    for i in range(10**6):
        time.sleep(0.005)
        yield rate * i

def draw(rate):
    figure, ax = plt.subplots(figsize=(2, 1))
    ax.plot([0, rate])
    return figure

panel = training_panel(make_run, draw, 10**6, 5, rate=(0.0, 1.0, 0.5))
"""


class Page:
    """The page's side of the conversation."""

    def __init__(self, client):
        self.client = client

    def run(self, code):
        """The text that a cell prints."""
        request, texts = self.client.execute(code), []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != request:
                continue
            assert message["msg_type"] != "error", message["content"]["evalue"]
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                texts.append(message["content"]["text"])
            if message["content"].get("execution_state") == "idle":
                return "".join(texts).strip()

    def send(self, widget, **data):
        content = {"comm_id": self.run(f"print({widget}.model_id)"), "data": data}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def click(self, button):
        self.send(button, method="custom", content={"event": "click"})

    def wait_for(self, condition):
        """Asks the kernel until the condition holds; between two questions it is free to train."""
        for _ in range(100):
            if self.run(f"print({condition})") == "True":
                return
            time.sleep(0.1)
        pytest.fail(f"never true: {condition}; " + self.run("print(panel.text.value)"))


@pytest.fixture
def page():
    kernel = manager.KernelManager()
    kernel.start_kernel(cwd=str(ROOT))
    client = kernel.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield Page(client)
    client.stop_channels()
    kernel.shutdown_kernel(now=True)


def test_start_slide_and_stop_are_heard_while_it_trains(page):
    page.run(SETUP)
    page.send("panel.parts['rate']", method="update", state={"value": 0.25}, buffer_paths=[])
    page.click("panel.start_button")
    page.wait_for("panel.progress.value > 5 and len(panel.screen.value) > 0 and not panel.stop_button.disabled")
    assert page.run("print(panel.parts['rate'].value, panel.text.value.endswith('s left'))") == "0.25 True"
    page.click("panel.stop_button")
    page.wait_for("panel.text.value.endswith('stopped')")
    page.click("panel.start_button")
    page.wait_for("panel.text.value.endswith('s left')")
    page.click("panel.stop_button")
    page.wait_for("panel.text.value.endswith('stopped')")


def test_a_stored_notebook_holds_the_same_sentence_and_picture_each_time():
    def stored():
        cells = [SETUP, "panel", "controls(draw, rate=(0.0, 1.0, 0.5))"]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        NotebookClient(notebook, kernel_name="python3", record_timing=False, store_widget_state=False,
                       resources={"metadata": {"path": str(ROOT)}}).execute()
        assert notebook.cells[0].outputs == []
        return [cell.outputs for cell in notebook.cells[1:]]

    first, again = stored(), stored()
    for (output,), (other,) in zip(first, again, strict=True):
        assert NOTE in output.data["text/html"]
        assert {kind: output.data[kind] for kind in ("text/html", "text/plain")} == {kind: other.data[kind] for kind in ("text/html", "text/plain")}
    assert "data:image/png" in first[1][0].data["text/html"]
