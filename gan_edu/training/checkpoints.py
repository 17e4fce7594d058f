"""Saving a run and going on from it."""

import os
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from gan_edu.training.averages import Average
from gan_edu.training.finite import Diverged

Part: TypeAlias = nn.Module | Optimizer | LRScheduler | Average | torch.Generator
FORMAT = "gan-edu checkpoint 1"


def save_checkpoint(path: Path | str, step: int, parts: Mapping[str, Part]) -> None:
    """Write the state of every part, and the number of steps done, to one file.

    parts: everything that changes while training goes on, by name; see ``gan_edu.training`` for a whole run.
    The file holds plain state dicts. It is written under another name, with ``.partial`` at its end, and renamed when
    it is complete, so that whoever is killed meanwhile keeps the checkpoint from before.

    Raises ValueError without parts or with a negative step, and Diverged when a number in a part is not finite; the
    checkpoint from before then stays as it is.
    """
    if not parts or step < 0:
        raise ValueError(f"wanted at least one part and a step of at least 0; got step {step} and parts {list(parts)}")
    states = {name: {"kind": type(part).__name__, "state": _state(part)} for name, part in parts.items()}
    for key, tensor in _tensors(states):
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise Diverged(f"step {step}: {key.replace('.state', '', 1)} is not finite; nothing was written to {path}")
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        torch.save({"format": FORMAT, "step": step, "parts": states}, file)
        file.flush()
        os.fsync(file.fileno())  # else a power cut could leave the new name on an empty file
    partial.replace(path)


def load_checkpoint(path: Path | str, parts: Mapping[str, Part]) -> int:
    """Put every part back into the state it was saved in, on the device where it is now; return the steps done.

    Nothing is changed before everything has been checked. The file is read with ``weights_only=True``, so that
    a file from elsewhere cannot run code.
    Raises FileNotFoundError when there is no such file, and ValueError when it is no checkpoint or a damaged one, when
    its parts have other names, or when one is the state of another network, optimiser or kind of device.
    """
    saved = _read(Path(path))
    if saved["parts"].keys() != parts.keys():
        raise ValueError(f"{path}: wanted the parts {sorted(parts)}, but the checkpoint has {sorted(saved['parts'])}")
    for name, part in parts.items():
        difference = _difference(part, saved["parts"][name])
        if difference:
            raise ValueError(f"{path}: {name} is another than was saved under this name: {difference}")
    for name, part in parts.items():
        restore = part.set_state if isinstance(part, torch.Generator) else part.load_state_dict
        restore(saved["parts"][name]["state"])
    return saved["step"]


def _read(path: Path) -> dict:
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}")
    try:
        spoilt = zipfile.ZipFile(path).testzip()  # torch writes checksums into its file, but does not compare them
        if spoilt:
            raise ValueError(f"wrong checksum of {spoilt}")
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, ValueError, LookupError, EOFError, OSError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is damaged or no checkpoint ({error})") from error
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise ValueError(f"{path} is no checkpoint of this package")
    return saved


def _state(part: Part) -> dict | Tensor:
    return part.get_state() if isinstance(part, torch.Generator) else part.state_dict()


def _tensors(state: object, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """Every tensor in nested dicts and lists, with the way to it."""
    if isinstance(state, Tensor):
        yield name, state
    elif isinstance(state, (Mapping, list, tuple)):
        for key, inner in state.items() if isinstance(state, Mapping) else enumerate(state):
            yield from _tensors(inner, f"{name}.{key}" if name else str(key))


def _difference(part: Part, saved: dict) -> str | None:
    """In words, the first thing in which a saved state cannot be this part's; None where it can."""
    kind, present, state = type(part).__name__, _state(part), saved["state"]
    if saved["kind"] != kind:
        return f"{kind} here, {saved['kind']} in the checkpoint"
    if isinstance(part, LRScheduler):
        return None
    if isinstance(part, Optimizer):
        here, there = ([len(group["params"]) for group in groups["param_groups"]] for groups in (present, state))
        return None if here == there else f"it moves {here} tensors here, {there} in the checkpoint"
    here, there = ({name: tuple(tensor.shape) for name, tensor in _tensors(either)} for either in (present, state))
    for name in [*here, *there]:
        if here.get(name) != there.get(name):
            return f"{name or 'its state'} has shape {here.get(name, 'none')} here, {there.get(name, 'none')} in the checkpoint"
    return None
