"""The wall around one student's process: bubblewrap and its options, and what stands there without it.

The student's process sees the system's folders, this Python with its packages, and `gan_edu` without the modules that an
assignment asks students to write. It does not see the repository, the keys, other submissions or any folder to write in
but an empty one in memory. Source of the tool: https://github.com/containers/bubblewrap
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CHILD = Path(__file__).with_name("child.py")
INSIDE = "/sandbox"
WORK = "/student"
USERS = range(10_000, 60_000)  # ordinary users for the sandboxes of a grader who is root


class NoIsolation(RuntimeError):
    """This machine cannot isolate a submission; the message says what is missing."""


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


def available(program: str = "bwrap") -> None:
    """Raises NoIsolation, saying why, where a submission could not be isolated."""
    if not sys.platform.startswith("linux"):
        raise NoIsolation(f"isolation needs Linux and bubblewrap; this is {sys.platform}. Use Linux, WSL or a container")
    if shutil.which(program) is None:
        raise NoIsolation("bubblewrap is not installed; on Debian and Ubuntu: apt install bubblewrap")
    if clash := [mount for mount in mounts() if ROOT.is_relative_to(mount)]:
        raise NoIsolation(f"the book lies in {ROOT}, inside {clash[0]}, which submissions can read: move it, or its keys could be read")
    tried = subprocess.run([*_wall(Limits(), (), program), "/usr/bin/env", "true"], capture_output=True, text=True)
    if tried.returncode:
        raise NoIsolation(f"bubblewrap cannot make a sandbox here: {tried.stderr.strip()[:200]}")


def isolated(limits: Limits, withheld: tuple[str, ...], slot: int = 0) -> tuple[list[str], dict]:
    """The command that runs the child behind bubblewrap, and what the job must say for it."""
    facts = {
        "path": [INSIDE],
        "alone": True,
        "limits": {"user": user(slot) if os.getuid() == 0 else 0} | _limits(limits),
    }
    return [*_wall(limits, withheld), sys.executable, "-s", "-E", "-B", f"{INSIDE}/child.py"], facts


def user(slot: int) -> int:
    """A number of its own for each sandbox of this grader, and others for another grader's: the kernel counts processes by user."""
    return USERS[(os.getpid() * 16 + slot) % len(USERS)]


def unprotected(limits: Limits, withheld: tuple[str, ...], slot: int = 0) -> tuple[list[str], dict]:
    """The same without a wall: limits for each process, and nothing else, stands between the student's code and you."""
    del withheld, slot
    return [sys.executable, "-s", "-E", "-B", str(CHILD)], {"path": [str(ROOT)], "limits": {"user": 0} | _limits(limits) | {"processes": 4096}}


def _limits(limits: Limits) -> dict:
    return {"memory": limits.address, "processes": limits.processes, "file_size": limits.disk}


def environment(folder: str) -> dict[str, str]:
    """The variables that a student's process sees; `folder` is its home."""
    one = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TQDM_DISABLE")}
    return one | {"PATH": "/usr/bin:/bin", "HOME": folder, "USER": "student", "LOGNAME": "student", "MPLBACKEND": "Agg", "LANG": "C.UTF-8"}


def mounts() -> list[Path]:
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
    visible = mounts()
    command = [program, *spaces, "--die-with-parent", "--new-session", *rights]
    # folders above a mount would be closed to an ordinary user
    above = sorted({parent for path in (*visible, Path(INSIDE, "gan_edu")) for parent in path.parents} - {Path("/")})
    for folder in above:
        command += ["--perms", "0755", "--dir", str(folder)]
    for mount in visible:
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
    for name, value in environment(WORK).items():
        command += ["--setenv", name, value]
    return command
