"""Real handwriting: scikit-learn's bundled 8x8 digits, and MNIST or Fashion-MNIST from idx files.

Pictures are float32 in [-1, 1], ink high; labels are int64 from 0 to 9. Nothing is downloaded unless
`download` is called. Sources: Alpaydin and Kaynak 1998, "Optical recognition of handwritten digits"
(the bundled digits); LeCun, Bottou, Bengio and Haffner 1998 (MNIST); Xiao, Rasul and Vollgraf 2017,
arXiv 1708.07747 (Fashion-MNIST).
"""

import os
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_edu.worlds.downloads import fetch
from gan_edu.worlds.idx import find, read_idx

FOLDER_VARIABLE = "GAN_EDU_DATA"
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
ADDRESSES = {
    "mnist": "https://ossci-datasets.s3.amazonaws.com/mnist",
    "fashion-mnist": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
}
MD5 = {
    "mnist": (
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "fashion-mnist": (
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
}


class Digits(NamedTuple):
    """Pictures and labels.

    x: (n, 1, h, w) float32 in [-1, 1], ink high; y: (n,) int64 in 0..9.
    """

    x: Tensor
    y: Tensor


def bundled() -> Digits:
    """The 1,797 digits that come with scikit-learn, 8x8 pixels, 17 grey levels, x = level / 8 - 1."""
    from sklearn.datasets import load_digits  # slow to import, and only needed here

    pixels, labels = load_digits(return_X_y=True)
    x = torch.as_tensor(pixels, dtype=torch.float32).reshape(-1, 1, 8, 8) / 8 - 1
    return Digits(x, torch.as_tensor(labels, dtype=torch.int64))


def split(digits: Digits, held_out: int, generator: torch.Generator) -> tuple[Digits, Digits]:
    """Shuffle and cut in two: (training digits, held_out digits kept apart).

    Raises ValueError unless 1 <= held_out < number of digits.
    """
    count = len(digits.x)
    if not 1 <= held_out < count:
        raise ValueError(f"held_out must be from 1 to {count - 1}, got {held_out}")
    order = torch.randperm(count, generator=generator, device=generator.device).to(digits.x.device)
    apart, training = order[:held_out], order[held_out:]
    return Digits(digits.x[training], digits.y[training]), Digits(digits.x[apart], digits.y[apart])


def sample(n: int, *, generator: torch.Generator, digits: Digits | None = None) -> Digits:
    """Draw n digits with replacement, from `digits` or, without it, from the bundled ones.

    Raises ValueError for n < 1 or when there is nothing to draw from.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    source = bundled() if digits is None else digits
    if len(source.x) == 0:
        raise ValueError("there are no digits to draw from")
    chosen = torch.randint(len(source.x), (n,), generator=generator, device=generator.device)
    chosen = chosen.to(source.x.device)
    return Digits(source.x[chosen], source.y[chosen])


def mnist(folder: str | Path | None = None, name: str = "mnist", train: bool = True) -> Digits:
    """MNIST or Fashion-MNIST from the four original idx files, plain or gzipped.

    name: "mnist" or "fashion-mnist". The files lie in folder/name or in folder itself; without
    `folder` the environment variable GAN_EDU_DATA names it. x = level / 127.5 - 1.
    Raises FileNotFoundError (no folder, or which files are missing) and ValueError (a damaged file,
    an empty one, or pictures and labels that do not belong together).
    """
    if name not in MD5:
        raise ValueError(f"name must be one of {', '.join(MD5)}, got {name!r}")
    part = "train" if train else "t10k"
    images_path, labels_path = find(
        _folder(folder), name, [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
    )
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3:
        raise ValueError(f"{images_path.name}: pictures need 3 dimensions, got {images.ndim}")
    if labels.ndim != 1:
        raise ValueError(f"{labels_path.name}: labels need 1 dimension, got {labels.ndim}")
    if len(images) != len(labels):
        raise ValueError(
            f"{images_path.name} holds {len(images)} pictures but {labels_path.name} {len(labels)} labels"
        )
    if images.numel() == 0:
        raise ValueError(f"{images_path.name} holds no pictures")
    if int(labels.max()) > 9:
        raise ValueError(f"{labels_path.name}: labels must be 0 to 9, got {int(labels.max())}")
    return Digits(images.unsqueeze(1).float() / 127.5 - 1, labels.long())


def download(folder: str | Path, name: str = "mnist", *, address: str | None = None) -> list[Path]:
    """Fetch the four gzipped idx files into folder/name, each checked against its known MD5 digest.

    name: "mnist" or "fashion-mnist"; address: another place that serves the same four files. Files
    already there and whole are kept; a file that breaks off or differs leaves nothing behind, so calling
    again goes on where it stopped. Returns the four paths. Raises ValueError (unknown name, wrong digest)
    and ConnectionError (a transfer that failed or ended early).
    """
    if name not in MD5:
        raise ValueError(f"name must be one of {', '.join(MD5)}, got {name!r}")
    place = Path(folder) / name
    place.mkdir(parents=True, exist_ok=True)
    source = (address or ADDRESSES[name]).rstrip("/")
    paths = [place / f"{stem}.gz" for stem in FILES]
    try:
        for path, md5 in zip(paths, MD5[name], strict=True):
            fetch(f"{source}/{path.name}", path, md5)
    finally:
        if not any(place.iterdir()):
            place.rmdir()
    return paths


def _folder(folder: str | Path | None) -> Path:
    if folder is not None:
        return Path(folder)
    if os.environ.get(FOLDER_VARIABLE):
        return Path(os.environ[FOLDER_VARIABLE])
    raise FileNotFoundError(
        f"no data folder: pass folder=... or set {FOLDER_VARIABLE}; "
        "gan_edu.worlds.digits.download fetches the files"
    )
