"""Runs of a study side by side, one thread each, so that the numbers do not depend on how many cores there are."""

import os
import runpy
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch

WORKERS = 2


def side_by_side(study: str, function: str, jobs: list[tuple]) -> list:
    """Call the function of that name in the script ``study`` on each job's arguments; results in the jobs' order.

    A study is a script and no module, so each process reads it anew and finds the function by its name. The processes
    are started fresh: a forked one could wait for ever for threads that were not forked with it.
    """
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        return list(pool.map(_call, [study] * len(jobs), [function] * len(jobs), jobs))


def _one_thread() -> None:
    torch.set_num_threads(1)


def _call(study: str, function: str, arguments: tuple) -> object:
    return runpy.run_path(os.fspath(study))[function](*arguments)
