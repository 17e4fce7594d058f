import os
from pathlib import Path

import pytest
import torch

from gan_edu.worlds import digits
from gan_edu.worlds.idx import read_idx
from helpers_idx import write_idx, write_world

FOLDER = Path(os.environ.get("GAN_EDU_DATA", "no-such-folder"))
REAL_IMAGES = [*FOLDER.glob("t10k-images-idx3-ubyte.gz"), *FOLDER.glob("mnist/t10k-images-idx3-ubyte.gz")]
needs_mnist = pytest.mark.skipif(
    not REAL_IMAGES, reason="GAN_EDU_DATA holds no mnist test files"
)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_bundled_digits():
    data = digits.bundled()
    assert data.x.shape == (1797, 1, 8, 8) and data.x.dtype == torch.float32
    assert data.x.min() == -1 and data.x.max() == 1
    assert data.y.dtype == torch.int64
    assert torch.bincount(data.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # the first digit's first row has grey levels 0 0 5 13 9 1 0 0 of 16
    torch.testing.assert_close(data.x[0, 0, 0], torch.tensor([0, 0, 5, 13, 9, 1, 0, 0]) / 8 - 1)


def test_split_keeps_every_digit_once_with_its_label():
    data = digits.bundled()
    marked = digits.Digits(torch.arange(1797.0).reshape(-1, 1, 1, 1), data.y)
    training, apart = digits.split(marked, 500, rng())
    assert len(training.x) == 1297 and len(apart.x) == 500
    order = torch.cat([training.x, apart.x]).flatten().long()
    assert torch.equal(order.sort().values, torch.arange(1797))
    assert not torch.equal(order, torch.arange(1797))
    assert torch.equal(torch.cat([training.y, apart.y]), data.y[order])
    again = digits.split(marked, 500, rng())
    assert torch.equal(again[1].x, apart.x)
    assert not torch.equal(digits.split(marked, 500, rng(1))[1].x, apart.x)


@pytest.mark.parametrize("held_out", [0, -1, 1797, 5000])
def test_split_refuses_an_empty_part(held_out):
    with pytest.raises(ValueError, match=f"from 1 to 1796, got {held_out}"):
        digits.split(digits.bundled(), held_out, rng())


def test_sample():
    drawn = digits.sample(6, generator=rng())
    assert torch.equal(drawn.x, digits.sample(6, generator=rng()).x)
    assert drawn.y.tolist() == [6, 1, 8, 4, 8, 5]
    few = digits.Digits(torch.zeros(2, 1, 8, 8), torch.tensor([3, 8]))
    assert set(digits.sample(50, generator=rng(), digits=few).y.tolist()) == {3, 8}
    with pytest.raises(ValueError, match="at least 1, got 0"):
        digits.sample(0, generator=rng())
    with pytest.raises(ValueError, match="no digits"):
        digits.sample(3, generator=rng(), digits=digits.Digits(torch.zeros(0, 1, 8, 8), torch.zeros(0)))


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("inside", ["mnist", "."])
def test_mnist_reads_plain_and_gzipped_files(tmp_path, gzipped, inside):
    images = torch.tensor([[[0, 255], [51, 204]], [[1, 2], [3, 4]]], dtype=torch.uint8)
    write_world(tmp_path / inside, images, torch.tensor([7, 2], dtype=torch.uint8), gzipped=gzipped)
    data = digits.mnist(tmp_path, train=True)
    assert data.x.shape == (2, 1, 2, 2) and data.x.dtype == torch.float32
    torch.testing.assert_close(data.x[0, 0], torch.tensor([[-1.0, 1.0], [-0.6, 0.6]]))
    assert data.y.tolist() == [7, 2] and data.y.dtype == torch.int64


def test_mnist_takes_its_folder_from_the_environment(tmp_path, monkeypatch):
    write_world(tmp_path / "fashion-mnist", torch.zeros(1, 2, 2, dtype=torch.uint8), torch.tensor([9], dtype=torch.uint8))
    monkeypatch.setenv("GAN_EDU_DATA", str(tmp_path))
    assert digits.mnist(name="fashion-mnist").y.tolist() == [9]
    monkeypatch.delenv("GAN_EDU_DATA")
    with pytest.raises(FileNotFoundError, match="GAN_EDU_DATA"):
        digits.mnist()


def test_mnist_names_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        digits.mnist(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte and train-labels-idx1-ubyte"):
        digits.mnist(tmp_path)
    write_world(tmp_path, torch.zeros(1, 2, 2, dtype=torch.uint8), torch.tensor([1], dtype=torch.uint8))
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="lacks train-labels-idx1-ubyte") as error:
        digits.mnist(tmp_path)
    assert "train-images" not in str(error.value)
    with pytest.raises(ValueError, match="mnist, fashion-mnist, got 'letters'"):
        digits.mnist(tmp_path, name="letters")


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        ((2, 3, 3), [1], "holds 2 pictures but .* 1 labels"),
        ((0, 3, 3), [], "holds no pictures"),
        ((1, 3, 3), [10], "labels must be 0 to 9, got 10"),
        ((1, 3), [1], "pictures need 3 dimensions, got 2"),
        ((1, 3, 3), [[1]], "labels need 1 dimension, got 2"),
    ],
)
def test_mnist_refuses_files_that_do_not_fit(tmp_path, images, labels, message):
    write_idx(tmp_path / "train-images-idx3-ubyte", torch.zeros(images, dtype=torch.uint8))
    write_idx(tmp_path / "train-labels-idx1-ubyte", torch.tensor(labels, dtype=torch.uint8))
    with pytest.raises(ValueError, match=message):
        digits.mnist(tmp_path)


@needs_mnist
def test_the_real_test_files():
    data = digits.mnist(FOLDER, train=False)
    assert data.x.shape == (10_000, 1, 28, 28)
    assert data.y[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert torch.bincount(data.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    raw = read_idx(REAL_IMAGES[0])
    torch.testing.assert_close((data.x[:, 0] + 1) * 127.5, raw.float(), rtol=0, atol=1e-4)
