"""The idx format of MNIST: two zero bytes, a type byte, the number of dimensions, the sizes, the data."""

import gzip
import math
import zlib
from pathlib import Path

import torch
from torch import Tensor

UNSIGNED_BYTE = 0x08


def read_idx(path: str | Path) -> Tensor:
    """Read one idx file of unsigned bytes, plain or gzipped.

    Returns a uint8 tensor of the shape written in the file. Raises FileNotFoundError when there is no
    such file and ValueError when it is truncated, damaged, too long or of another kind.
    Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
    """
    path = Path(path)
    content = _content(path)
    if len(content) < 4:
        raise ValueError(f"{path.name} is truncated: an idx header has 4 bytes or more, got {len(content)}")
    zeros, kind, ndim = content[:2], content[2], content[3]
    if zeros != b"\0\0" or kind != UNSIGNED_BYTE or ndim == 0:
        raise ValueError(
            f"{path.name} is no idx file of unsigned bytes: wanted it to start with 00 00 08 and the number "
            f"of dimensions, got {content[:4].hex(' ')}"
        )
    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(f"{path.name} is truncated: its header needs {start} bytes, got {len(content)}")
    shape = [int.from_bytes(content[k : k + 4], "big") for k in range(4, start, 4)]
    wanted, got = math.prod(shape), len(content) - start
    if got != wanted:
        state = "truncated" if got < wanted else "too long"
        raise ValueError(f"{path.name} is {state}: shape {tuple(shape)} needs {wanted} bytes of data, got {got}")
    if wanted == 0:
        return torch.empty(shape, dtype=torch.uint8)
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)[start:].reshape(shape)


def find(folder: Path, name: str, stems: list[str]) -> list[Path]:
    """Paths of the files `stems`, each plain or with .gz, in folder/name or else in folder.

    Raises FileNotFoundError that names the folder or the files that are missing.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"data folder {folder} does not exist or is no folder")
    place = folder / name if (folder / name).is_dir() else folder
    found = [_first_existing(place, stem) for stem in stems]
    missing = [stem for stem, path in zip(stems, found, strict=True) if path is None]
    if missing:
        raise FileNotFoundError(f"{place} lacks {' and '.join(missing)} (plain or .gz)")
    return [path for path in found if path is not None]


def _first_existing(folder: Path, stem: str) -> Path | None:
    candidates = [folder / stem, folder / f"{stem}.gz"]
    return next((path for path in candidates if path.is_file()), None)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    content = path.read_bytes()
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        return gzip.decompress(content)
    except EOFError as error:
        raise ValueError(f"{path.name} is truncated: the gzip stream ends early") from error
    except (OSError, zlib.error) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error
