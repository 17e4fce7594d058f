"""Fetch a file whose digest is known, whole or not at all."""

import hashlib
import os
import tempfile
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 16


def fetch(url: str, path: Path, md5: str, timeout: float = 30.0) -> bool:
    """Download `url` to `path` unless the file is already there with the digest `md5` (hexadecimal).

    Writes to a temporary file in the same folder and renames it only after the check, so a download
    that breaks off leaves an earlier file as it was, and nothing else. Returns whether it downloaded.
    Raises ConnectionError when the transfer fails or ends early, ValueError when the digest is wrong.
    """
    if path.is_file() and _digest(path.read_bytes()) == md5:
        return False
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _copy(url, file, timeout)
        got = _digest(temporary.read_bytes())
        if got != md5:
            raise ValueError(f"{path.name} from {url}: wanted MD5 {md5}, got {got}; nothing was kept")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _copy(url: str, file: BinaryIO, timeout: float) -> None:
    received = 0
    wanted = None
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            length = response.headers.get("Content-Length")
            wanted = int(length) if length else None
            while chunk := response.read(CHUNK):
                file.write(chunk)
                received += len(chunk)
    except (OSError, HTTPException) as error:
        raise ConnectionError(f"download of {url} broke off after {received} bytes: {error}") from error
    if wanted is not None and received != wanted:
        raise ConnectionError(f"download of {url} broke off after {received} of {wanted} bytes; nothing was kept")


def _digest(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
