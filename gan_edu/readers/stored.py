"""Weights that are made once: shipped with the package, or built from code and kept in a cache folder."""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn

SHIPPED = Path(__file__).resolve().parent.parent / "weights"
FOLDER_VARIABLE = "GAN_EDU_CACHE"


def cache_folder() -> Path:
    """Where built weights are kept: GAN_EDU_CACHE, else gan_edu in the user's cache folder."""
    if os.environ.get(FOLDER_VARIABLE):
        return Path(os.environ[FOLDER_VARIABLE])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gan_edu"


def remembered(name: str, network: nn.Module, build: Callable[[nn.Module], object], shipped: Path = SHIPPED) -> nn.Module:
    """The network with its weights: from the package, else from the cache, else built and written to the cache.

    A file counts only when its SHA-256 is the one recorded beside it; a damaged or half-written one is
    built anew. build: trains the network it is given, in place. Weights are rounded to float16 for the
    file and used as float32, the same numbers whether read or just built. A cache that cannot be written
    is done without. Raises ValueError when a whole file holds another network's weights.
    """
    for folder in (shipped, cache_folder()):
        weights = whole_file(folder, name)
        if weights is not None:
            return _frozen(network, _state(weights, network))
    build(network)
    with suppress(OSError):
        write(cache_folder(), name, network)
    return _frozen(network, {key: value.half().float() for key, value in network.state_dict().items()})


def whole_file(folder: Path, name: str) -> Path | None:
    """The file of these weights if it is there and has the recorded digest, else None."""
    weights, record = folder / f"{name}.pt", folder / f"{name}.json"
    if not (weights.is_file() and record.is_file()):
        return None
    try:
        wanted = json.loads(record.read_text(encoding="utf8"))["sha256"]
    except (ValueError, KeyError, TypeError):
        return None
    return weights if hashlib.sha256(weights.read_bytes()).hexdigest() == wanted else None


def write(folder: Path, name: str, network: nn.Module, **record: object) -> None:
    """Write the weights as float16 and their digest beside them, each under a temporary name first."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, part = folder / f"{name}.pt", folder / f".{name}.{os.getpid()}.part"
    try:
        torch.save({key: value.half() for key, value in network.state_dict().items()}, part)
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
        os.replace(part, weights)
        part.write_text(json.dumps({"sha256": digest, **record}, indent=1) + "\n", encoding="utf8")
        os.replace(part, folder / f"{name}.json")
    finally:
        part.unlink(missing_ok=True)


def _state(weights: Path, network: nn.Module) -> dict[str, torch.Tensor]:
    state = torch.load(weights, map_location="cpu", weights_only=True)
    wanted = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in state.items()}
    if wanted != found:
        other = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))
        raise ValueError(f"{weights.name} holds another network's weights: {other[0]} should be {wanted.get(other[0])}, got {found.get(other[0])}")
    return {key: value.float() for key, value in state.items()}


def _frozen(network: nn.Module, state: dict[str, torch.Tensor]) -> nn.Module:
    network.load_state_dict(state)
    return network.requires_grad_(False).eval()
