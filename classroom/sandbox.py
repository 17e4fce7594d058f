"""One student's code, isolated by bubblewrap: no network, a read-only system, limits on time, memory, processes and output.

The student's process sees the system's folders, this Python with its packages, and `gan_edu` without the modules that an
assignment asks students to write. It does not see the repository, the keys, other submissions or any folder to write in
but an empty one in memory. Source of the tool: https://github.com/containers/bubblewrap
"""

import json
import os
import selectors
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CHILD = Path(__file__).with_name("child.py")
INSIDE = "/sandbox"
WORK = "/student"
FIRST_USER = 60_000  # ordinary users for the sandboxes of a grader who is root; a number of its own for each


class NoIsolation(RuntimeError):
    """This machine cannot isolate a submission; the message says what is missing."""


class Broken(RuntimeError):
    """A run ended before the student's code began: the fault is the grader's."""


class Limits(NamedTuple):
    """What one submission may use."""

    step: float = 20.0  # seconds for one cell or one question
    start: float = 120.0  # seconds until the setup has ended
    extra: float = 60.0  # seconds for all cells together that are no answers
    memory: int = 3 * 2**30  # bytes of all processes together
    address: int = 8 * 2**30  # bytes of address space of one process
    processes: int = 32
    printed: int = 2**20  # bytes
    answered: int = 32 * 2**20  # bytes
    disk: int = 64 * 2**20  # bytes, in memory


class Outcome(NamedTuple):
    """What became of a job: values by step, what went wrong by step, seconds."""

    values: dict[str, list]
    faults: dict[str, str]
    seconds: float


def available(program: str = "bwrap") -> None:
    """Raises NoIsolation, saying why, where a submission could not be isolated."""
    if not sys.platform.startswith("linux"):
        raise NoIsolation(f"isolation needs Linux and bubblewrap; this is {sys.platform}. Use Linux, WSL or a container")
    if shutil.which(program) is None:
        raise NoIsolation("bubblewrap is not installed; on Debian and Ubuntu: apt install bubblewrap")
    if clash := [mount for mount in _mounts() if ROOT.is_relative_to(mount)]:
        raise NoIsolation(f"the book lies in {ROOT}, inside {clash[0]}, which submissions can read: move it, or its keys could be read")
    tried = subprocess.run([*_wall(Limits(), (), program), "/usr/bin/env", "true"], capture_output=True, text=True)
    if tried.returncode:
        raise NoIsolation(f"bubblewrap cannot make a sandbox here: {tried.stderr.strip()[:200]}")


def isolated(limits: Limits, withheld: tuple[str, ...], slot: int = 0) -> tuple[list[str], dict]:
    """The command that runs the child behind bubblewrap, and what the job must say for it."""
    facts = {
        "path": [INSIDE],
        "alone": True,
        "limits": {"user": FIRST_USER + slot if os.getuid() == 0 else 0} | _limits(limits),
    }
    return [*_wall(limits, withheld), sys.executable, "-s", "-E", "-B", f"{INSIDE}/child.py"], facts


def unprotected(limits: Limits, withheld: tuple[str, ...], slot: int = 0) -> tuple[list[str], dict]:
    """The same without a wall: limits for each process, and nothing else, stands between the student's code and you."""
    del withheld, slot
    return [sys.executable, "-s", "-E", "-B", str(CHILD)], {"path": [str(ROOT)], "limits": {"user": 0} | _limits(limits) | {"processes": 4096}}


def carry_out(job: dict, limits: Limits, wall=isolated, withheld: tuple[str, ...] = (), slot: int = 0) -> Outcome:
    """Run the job to its end, starting again without the step at which it was stopped or died. Raises Broken."""
    command, facts = wall(limits, withheld, slot)
    steps = Steps.of(job)
    values: dict[str, list] = {}
    faults: dict[str, str] = {}
    skip: set[str] = set()
    started, spent = time.monotonic(), 0.0
    for _ in range(len(steps.cells) + len(steps.questions) + 1):
        attempt = _attempt(command, job | facts | {"skip": sorted(skip)}, steps, limits)
        values |= attempt.values
        faults |= attempt.errors
        if broken := [f"{label}: {faults[label]}" for label in steps.setup if label in faults]:
            raise Broken("; ".join(broken))
        if attempt.stopped is None:
            return Outcome(values, faults, time.monotonic() - started)
        if attempt.at not in steps.cells + steps.questions:
            raise Broken(attempt.stopped)
        faults[attempt.at] = attempt.stopped
        spent += attempt.extra + (time.monotonic() - attempt.since if attempt.at in steps.cells and attempt.at not in job["answers"] else 0.0)
        skip |= {attempt.at} | set(values) | {label for label in faults if label in steps.questions}
        if spent > limits.extra:
            left = [label for label in steps.cells if label not in job["answers"] and label not in skip]
            faults |= {label: "left out: cells that are no answers had used up their time" for label in left}
            skip |= set(left)
    raise Broken("more attempts than steps")


class Steps(NamedTuple):
    """Labels of a job's steps, in their order."""

    setup: list[str]
    cells: list[str]
    questions: list[str]

    @classmethod
    def of(cls, job: dict) -> "Steps":
        setup = [f"setup {number}" for number in range(1, len(job["setup"]) + 1)]
        return cls(setup, [label for label, _ in job["cells"]], [label for label, _, _ in job["questions"]])


class Attempt:
    """What one process did before it finished or was stopped."""

    def __init__(self, steps: Steps, answers: list[str]) -> None:
        self.steps, self.answers = steps, answers
        self.values: dict[str, list] = {}
        self.errors: dict[str, str] = {}
        self.at: str | None = None  # the step under way, or the last one
        self.begun: set[str] = set()
        self.since = time.monotonic()
        self.extra = 0.0  # seconds in cells that are no answers
        self.stopped: str | None = None  # why it did not finish
        self.finished = False

    def take(self, line: bytes) -> None:
        """One event of the child's. Raises ValueError for anything that a child does not say."""
        event = json.loads(line)
        label = event.get("begin", event.get("end"))
        if event.get("finished"):
            self.finished = True
        elif "begin" in event and label not in self.begun and label in sum(self.steps, []):
            self.at, self.since = label, time.monotonic()
            self.begun.add(label)
        elif "end" in event and label == self.at:
            if label in self.steps.cells and label not in self.answers:
                self.extra += time.monotonic() - self.since
            if "error" in event:
                self.errors[label] = str(event["error"])[:400]
            elif label in self.steps.questions:
                self.values[label] = list(event["values"])
            self.since = time.monotonic()
        else:
            raise ValueError(f"an event out of turn: {line[:80]!r}")

    def overdue(self, limits: Limits) -> bool:
        waiting = self.at is None or self.at in self.steps.setup
        return time.monotonic() - self.since > (limits.start if waiting else limits.step)


def _attempt(command: list[str], job: dict, steps: Steps, limits: Limits) -> Attempt:
    attempt = Attempt(steps, job["answers"])
    with tempfile.TemporaryFile() as letter, tempfile.TemporaryDirectory() as folder:
        letter.write(json.dumps(job).encode())
        letter.seek(0)
        process = subprocess.Popen(
            command, stdin=letter, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=_environment(folder), start_new_session=True
        )
        try:
            _listen(process, attempt, limits)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()
    return attempt


def _listen(process: subprocess.Popen, attempt: Attempt, limits: Limits) -> None:
    """Follow the child until it finishes or must be stopped; says why in `attempt.stopped`."""
    answered, printed, rest = 0, 0, b""
    last_words = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while not attempt.finished:
            for key, _ in selector.select(0.2):
                data = os.read(key.fd, 65_536)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    printed += len(data)
                    last_words = (last_words + data)[-300:]
                else:
                    answered += len(data)
                    *lines, rest = (rest + data).split(b"\n")
                    try:
                        for line in lines:
                            attempt.take(line)
                    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                        attempt.stopped = "it wrote into the channel between the grader and the sandbox"
                        return
            if attempt.finished:
                return
            if why := _too_much(process.pid, attempt, limits, printed, answered):
                attempt.stopped = why
                return
            if not selector.get_map() or process.stdout not in {key.fileobj for key in selector.get_map().values()}:
                said = last_words.decode("utf8", "replace").strip().splitlines()
                attempt.stopped = f"the process ended (status {process.wait()})" + (f": {said[-1][:120]}" if said and attempt.at is None else "")
                return


def _too_much(pid: int, attempt: Attempt, limits: Limits, printed: int, answered: int) -> str | None:
    if printed > limits.printed:
        return f"it printed more than {limits.printed // 2**20} MB"
    if answered > limits.answered:
        return f"its answers were larger than {limits.answered // 2**20} MB"
    if attempt.overdue(limits):
        return f"it took more than {limits.step:g} s"
    held, processes = resident(pid)
    if held > limits.memory:
        return f"it used more than {limits.memory / 2**30:g} GB of memory" + (f", in {processes} processes" if processes > 4 else "")
    return None


def resident(pid: int) -> tuple[int, int]:
    """Bytes that a process and all below it hold in memory (shared pages counted for each), and how many they are."""
    parents, pages = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue  # it ended meanwhile
        parents[int(folder.name)], pages[int(folder.name)] = int(fields[1]), int(fields[21])
    family = {pid}
    grown = True
    while grown:
        more = {child for child, parent in parents.items() if parent in family} - family
        grown = bool(more)
        family |= more
    return sum(pages.get(member, 0) for member in family) * os.sysconf("SC_PAGE_SIZE"), len(family)


def _limits(limits: Limits) -> dict:
    return {"memory": limits.address, "processes": limits.processes, "file_size": limits.disk}


def _environment(folder: str) -> dict[str, str]:
    one = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TQDM_DISABLE")}
    return one | {"PATH": "/usr/bin:/bin", "HOME": folder, "USER": "student", "LOGNAME": "student", "MPLBACKEND": "Agg", "LANG": "C.UTF-8"}


def _mounts() -> list[Path]:
    """The system and this Python, to be read only. What lies below another of them is left out."""
    wanted = [Path("/usr"), Path(sys.base_prefix), *(Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")), Path(sys.prefix, "bin"), Path(sys.prefix, "pyvenv.cfg")]
    real = list(dict.fromkeys(path for path in wanted if path.exists()))
    return [path for path in real if not any(other != path and path.is_relative_to(other) for other in real)]


def _wall(limits: Limits, withheld: tuple[str, ...], program: str = "bwrap") -> list[str]:
    """bubblewrap and its options, up to the program that is run inside.

    A root grader's sandbox keeps the right to become an ordinary user, because the kernel does not limit root's processes;
    the child uses it first of all. Any other grader's sandbox is a user namespace.
    """
    root = os.getuid() == 0
    spaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"] if root else ["--unshare-all"]
    rights = ["--cap-drop", "ALL", *(["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if root else [])]
    command = [program, *spaces, "--die-with-parent", "--new-session", *rights]
    # folders above a mount would be closed to an ordinary user
    above = sorted({parent for path in (*_mounts(), Path(INSIDE, "gan_edu")) for parent in path.parents} - {Path("/")})
    for folder in above:
        command += ["--perms", "0755", "--dir", str(folder)]
    for mount in _mounts():
        command += ["--ro-bind", str(mount), str(mount)]
    for link in ("/lib", "/lib32", "/lib64", "/bin"):
        if os.path.islink(link):
            command += ["--symlink", os.readlink(link), link]
        elif os.path.isdir(link):
            command += ["--ro-bind", link, link]
    command += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    command += ["--ro-bind", str(CHILD), f"{INSIDE}/child.py", "--ro-bind", str(ROOT / "gan_edu"), f"{INSIDE}/gan_edu"]
    for module in withheld:
        place = f"{INSIDE}/gan_edu/{module}"
        command += ["--tmpfs", place, "--remount-ro", place] if (ROOT / "gan_edu" / module).is_dir() else ["--ro-bind", "/dev/null", f"{place}.py"]
    command += ["--perms", "0777", "--size", str(limits.disk), "--tmpfs", WORK, "--chdir", WORK, "--remount-ro", "/", "--clearenv"]
    for name, value in _environment(WORK).items():
        command += ["--setenv", name, value]
    return command
