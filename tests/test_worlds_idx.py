import gzip

import pytest
import torch

from gan_edu.worlds.idx import find, read_idx
from helpers_idx import idx_bytes, write_idx

VALUES = torch.arange(24, dtype=torch.uint8).reshape(2, 3, 4)


@pytest.mark.parametrize("name", ["values", "values.gz"])
def test_reads_what_was_written(tmp_path, name):
    write_idx(tmp_path / name, VALUES)
    read = read_idx(tmp_path / name)
    assert read.dtype == torch.uint8 and torch.equal(read, VALUES)


def test_hand_written_bytes(tmp_path):
    (tmp_path / "two").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 200, 7]))
    assert read_idx(tmp_path / "two").tolist() == [200, 7]


def test_empty_array(tmp_path):
    write_idx(tmp_path / "none", torch.zeros(0, 5, 5, dtype=torch.uint8))
    assert read_idx(tmp_path / "none").shape == (0, 5, 5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "truncated: an idx header has 4 bytes or more, got 0"),
        (b"\0\0\x08\x03\0\0\0\x02", "truncated: its header needs 16 bytes, got 8"),
        (idx_bytes(VALUES)[:-5], r"truncated: shape \(2, 3, 4\) needs 24 bytes of data, got 19"),
        (idx_bytes(VALUES) + b"!", r"too long: .* needs 24 bytes of data, got 25"),
        (b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0", "no idx file of unsigned bytes.*got 00 00 0d 01"),
        (b"<html>not found</html>", "no idx file"),
        (gzip.compress(idx_bytes(VALUES), mtime=0)[:-9], "gzip stream ends early"),
        (b"\x1f\x8b" + b"nonsense, no gzip at all", "is damaged"),
    ],
    ids=["empty", "half-header", "short", "long", "floats", "html", "gzip-short", "gzip-nonsense"],
)
def test_damaged_files_get_one_clear_error(tmp_path, content, message):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_idx(tmp_path / "file")
    assert str(error.value).startswith("file ")


def test_a_flipped_byte_in_a_gzip_file_is_noticed(tmp_path):
    content = bytearray(gzip.compress(idx_bytes(torch.randint(256, (50, 50), dtype=torch.uint8))))
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "file").write_bytes(bytes(content))
    with pytest.raises(ValueError, match="file is (damaged|truncated)"):
        read_idx(tmp_path / "file")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_idx(tmp_path / "file")


def test_find_prefers_the_named_folder_and_the_plain_file(tmp_path):
    (tmp_path / "world").mkdir()
    for path in ("a", "world/a", "world/a.gz", "world/b.gz"):
        (tmp_path / path).write_bytes(b"")
    assert find(tmp_path, "world", ["a", "b"]) == [tmp_path / "world/a", tmp_path / "world/b.gz"]
    assert find(tmp_path, "other", ["a"]) == [tmp_path / "a"]
