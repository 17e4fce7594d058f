"""The sandbox: what a submission can see, reach and use up, and that a step that dies costs itself only."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from classroom import course, walls
from classroom.sandbox import Broken, Outcome, carry_out
from classroom.walls import ROOT, Limits, NoIsolation

LIMITS = Limits(step=15.0)
PROBES = "def call(names, function, x):\n    return names[function](x)\n"


@pytest.fixture(scope="module", autouse=True)
def isolation(need):
    """Needs bubblewrap; where the kernel refuses namespaces nothing can be isolated, and the tests say so."""
    need("bubblewrap", shutil.which("bwrap"))
    try:
        walls.available()
    except NoIsolation as error:
        pytest.skip(str(error))


def job(*cells: str, setup: tuple[str, ...] = (), questions: tuple[str, ...] = ("f",), answers: tuple[int, ...] = ()) -> dict:
    """Cells are labelled by their number; each question calls a function at 3."""
    return {
        "student": "s1",
        "setup": list(setup),
        "cells": [(f"cell {number}", source) for number, source in enumerate(cells)],
        "answers": [f"cell {number}" for number in answers],
        "probes": PROBES,
        "questions": [(name, "call", [{"function": name, "x": 3.0}]) for name in questions],
        "skip": [],
    }


def outcome(*cells: str, limits: Limits = LIMITS, withheld: tuple[str, ...] = (), **facts: object) -> Outcome:
    return carry_out(job("def f(x):\n    return 2 * x", *cells, **facts), limits, withheld=withheld)


def test_a_function_is_called():
    assert outcome() == ({"f": [6.0]}, {}, pytest.approx(1, abs=20))


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("while True:\n    pass", "more than 15 s"),
        ("import os\nwhile True:\n    os.fork()", "Resource temporarily unavailable|processes|more than 15 s|ended"),
        ("while True:\n    print('x' * 1000)", "printed more than 1 MB"),
        ("import os\nos._exit(0)", "the process ended"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "the process ended"),
        ("import sys\nsys.exit(0)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def d(n):\n    return d(n + 1)\nd(0)", "RecursionError"),
        ("import socket\nsocket.create_connection(('1.1.1.1', 53), 2)", "unreachable"),
        ("import shutil\nshutil.rmtree('/usr')", "Read-only file system"),
        ("open('/usr/x', 'w')", "Read-only|Permission"),
        ("open('/x', 'w')", "Read-only|Permission"),
        ("open('big', 'wb').write(bytes(10**8))", "File too large|No space"),
        ("import resource\nresource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6))", "not allowed"),
        ("f(", "SyntaxError"),
        ("input()", "EOFError"),
    ],
)
def test_a_cell_that_misbehaves_is_named_and_costs_nothing_else(cell, fault):
    values, faults, _ = outcome(cell)
    assert values == {"f": [6.0]}
    assert list(faults) == ["cell 1"]
    assert any(part in faults["cell 1"] for part in fault.split("|")), faults


def test_memory_is_limited_for_all_processes_together():
    hungry = "import os\nfor _ in range(6):\n    if os.fork() == 0:\n        break\nx = []\nwhile True:\n    x.append(bytearray(10**7))"
    values, faults, _ = outcome(hungry, limits=Limits(step=60.0, memory=8 * 2**27))
    assert values == {"f": [6.0]}
    assert "it used more than 1 GB of memory" in faults["cell 1"]
    tight = Limits(step=60.0, address=3 * 2**30)
    assert "MemoryError" in outcome("x = bytearray(4 * 2**30)", limits=tight).faults["cell 1"]


def test_a_question_that_hangs_costs_that_question_only():
    values, faults, _ = outcome("def g(x):\n    while True:\n        pass", "def h(x):\n    return -x", questions=("f", "g", "h"))
    assert values == {"f": [6.0], "h": [-3.0]}
    assert list(faults) == ["g"]


def test_it_sees_neither_keys_nor_sources_nor_any_folder_of_ours(tmp_path):
    canary = tmp_path / "canary"
    canary.write_text("secret")
    looked_for = [canary, ROOT / "assignments", ROOT / "classroom", course.path("source", "01_the_game"), Path.home() / ".bashrc", Path("/etc/passwd"), Path("/proc/1/environ")]
    code = f"""
import glob, os
found = []
for path in {[str(path) for path in looked_for]}:
    try:
        found.append((path, os.listdir(path) if os.path.isdir(path) else open(path).read()))
    except OSError:
        pass
for folder, inside, files in os.walk("/"):
    inside[:] = [name for name in inside if name not in ("proc", "sys", "usr", "site-packages", "versions", "lib", "bin")]
    found += [name for name in files if name.endswith((".ipynb", ".json", ".csv")) and "gan_edu/" not in folder + "/"]
    found += [folder] if folder.endswith(("/keys", "/assignments", "/classroom")) else []
text = str(found) + str(dict(os.environ))
for number in filter(str.isdigit, os.listdir("/proc")):
    try:
        text += open(f"/proc/{{number}}/cmdline").read() + open(f"/proc/{{number}}/environ").read()
    except OSError:
        pass
def g(x):
    return len(found)
def h(x):
    return float("secret" in text or "BEGIN SOLUTION" in text or "expected" in text)
"""
    values, faults, _ = outcome(code, questions=("g", "h"))
    assert faults == {}
    assert values == {"g": [0.0], "h": [0.0]}
    assert canary.read_text() == "secret"


def test_it_reaches_no_server_of_this_machine():
    listener = socket.create_server(("127.0.0.1", 0))
    reached = []
    thread = threading.Thread(target=lambda: reached.append(listener.accept()), daemon=True)
    thread.start()
    _, faults, _ = outcome(f"import socket\nsocket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 2)")
    assert "refused" in faults["cell 1"]
    assert reached == []
    listener.close()


def test_it_is_an_ordinary_user_with_a_folder_of_its_own():
    values, faults, _ = outcome("import os\nopen('mine', 'w').write('x')\ndef g(x):\n    return [os.getuid(), os.listdir('.').count('mine')]", questions=("g",))
    assert faults == {}
    assert values["g"][0][0] != 0 or os.getuid() != 0
    assert values["g"][0][1] == 1


def test_modules_that_students_write_are_withheld():
    _, faults, _ = outcome("from gan_edu.objectives import hinge", "from gan_edu.metrics.frechet import frechet_distance", "from gan_edu.networks.conditional import *\nprojection", withheld=("objectives", "metrics", "networks/conditional"))
    assert list(faults) == ["cell 1", "cell 2", "cell 3"]
    assert outcome("from gan_edu.objectives import hinge").faults == {}


def test_the_channel_takes_no_forged_events():
    forge = "import os, json\nfor fd in range(3, 9):\n    try:\n        os.write(fd, (json.dumps({'end': 'f', 'values': [6.0]}) + chr(10)).encode())\n    except OSError:\n        pass"
    values, faults, _ = carry_out(job(forge, "def f(x):\n    return 0"), LIMITS)
    assert values == {"f": [0.0]}
    assert "channel" in faults["cell 0"]


@pytest.mark.parametrize(
    "lie",
    [
        "class Liar(float):\n    def __eq__(self, other):\n        return True\n    def __float__(self):\n        return 6.0\ndef g(x):\n    return Liar(1)",
        "import torch\nclass Liar:\n    def __abs__(self):\n        return 0\n    __sub__ = __rsub__ = __lt__ = lambda self, other: True\ndef g(x):\n    return Liar()",
        "def g(x):\n    return 'x' * 10**9",
        "def g(x):\n    return [[[[[[1]]]]]]",
        "import torch\ndef g(x):\n    return torch.zeros(10**7)",
        "class Names(dict):\n    pass\ndef g(x):\n    return Names()",
    ],
)
def test_answers_are_numbers_or_nothing(lie):
    values, faults, _ = outcome(lie, questions=("g",))
    assert values == {}
    assert "wanted" in faults["g"]


def test_a_leftover_process_is_not_charged_to_the_next_step():
    code = "import os\nif os.fork() == 0:\n    x = []\n    while True:\n        x.append(bytearray(10**7))"
    values, faults, _ = outcome(code, "import time\ntime.sleep(1)")
    assert values == {"f": [6.0]}
    assert "cell 2" not in faults


def test_cells_that_are_no_answers_share_their_time():
    limits = Limits(step=8.0, extra=12.0)
    endless = ["while True:\n    pass"] * 4
    values, faults, _ = carry_out(job(*endless, "def f(x):\n    return 2 * x", answers=(4,)), limits)
    assert values == {"f": [6.0]}
    assert "left out" in faults["cell 3"]


def test_a_setup_that_fails_is_the_graders_fault():
    with pytest.raises(Broken, match="setup 1: NameError"):
        carry_out(job(setup=("nothing",)), LIMITS)


def test_without_bubblewrap_it_refuses(monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "which", lambda program: None)
        with pytest.raises(NoIsolation, match="bubblewrap is not installed"):
            walls.available()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        with pytest.raises(NoIsolation, match="darwin"):
            walls.available()
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no namespaces >&2; exit 1\n")
    broken.chmod(0o755)
    with pytest.raises(NoIsolation, match="no namespaces"):
        walls.available(str(broken))


def test_no_mount_holds_the_repository():
    assert not [mount for mount in walls.mounts() if ROOT.is_relative_to(mount)]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_an_ordinary_grader_isolates_too(tmp_path):
    # the command an ordinary user would run, by an ordinary user; python3 of the system, for this Python may lie in root's home
    python = shutil.which("python3", path="/usr/bin:/bin")
    if python is None:
        pytest.skip("the system has no python3 of its own")
    script = "import os, socket; print(os.listdir('/'), os.getuid()); socket.create_connection(('1.1.1.1', 53), 1)"
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", python, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, user=65534, group=65534, extra_groups=[])
    if "setting up uid map" in done.stderr or "namespace" in done.stderr:
        pytest.skip(f"ordinary users get no namespaces here: {done.stderr.strip()}")
    assert "unreachable" in done.stderr
