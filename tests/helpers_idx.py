"""Small idx files for the tests."""

import gzip
from pathlib import Path

import torch


def idx_bytes(values: torch.Tensor) -> bytes:
    header = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return header + values.numpy().tobytes()


def write_idx(path: Path, values: torch.Tensor) -> None:
    content = idx_bytes(values)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def write_world(folder: Path, images: torch.Tensor, labels: torch.Tensor, gzipped: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ending = ".gz" if gzipped else ""
    write_idx(folder / f"train-images-idx3-ubyte{ending}", images)
    write_idx(folder / f"train-labels-idx1-ubyte{ending}", labels)
