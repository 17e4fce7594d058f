import io

import numpy as np
import pytest
from PIL import Image

from tools.normalise import quantise


def png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    return stream.getvalue()


def gradient(mode: str) -> Image.Image:
    ramp = np.linspace(0, 255, 200)
    red, green = np.array(np.meshgrid(ramp, ramp)) + np.random.default_rng(0).integers(-3, 4, (2, 200, 200))
    red, green = red.clip(0, 255).astype(np.uint8), green.clip(0, 255).astype(np.uint8)
    # photograph-like: few pixels are alike
    planes = [red, green, np.full_like(red, 40), np.full_like(red, 255)]
    return Image.fromarray(np.stack(planes[: len(mode)], axis=-1))


def test_a_picture_of_few_colours_keeps_them_exactly():
    picture = Image.new("RGBA", (40, 30), (255, 255, 255, 255))
    picture.paste((213, 94, 0, 255), (5, 5, 20, 20))
    picture.putpixel((30, 25), (0, 0, 0, 255))
    small = Image.open(io.BytesIO(quantise(png(picture))))
    assert small.mode == "P"
    assert np.array_equal(np.asarray(small.convert("RGB")), np.asarray(picture.convert("RGB")))


def test_many_colours_become_256_and_stay_close():
    picture = gradient("RGB")
    small = Image.open(io.BytesIO(quantise(png(picture))))
    assert len(small.getcolors()) <= 256
    difference = np.asarray(small.convert("RGB")).astype(int) - np.asarray(picture).astype(int)
    assert np.abs(difference).mean() < 6  # of 255: invisible at the size of a figure


def test_a_picture_of_very_many_colours_keeps_the_rare_ones():
    rng = np.random.default_rng(0)
    pixels = np.clip(rng.normal((200, 60, 60), 25, size=(120, 120, 3)), 0, 255).astype(np.uint8)
    pixels[60:64, 60:64] = (20, 40, 230)
    small = np.asarray(Image.open(io.BytesIO(quantise(png(Image.fromarray(pixels))))).convert("RGB")).astype(int)
    assert np.abs(small[60:64, 60:64] - pixels[60:64, 60:64]).max() < 25


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_same_bytes_every_time_and_a_second_pass_changes_nothing(mode):
    data = png(gradient(mode))
    once = quantise(data)
    assert quantise(data) == once and quantise(once) == once
    assert len(once) < len(data)


def test_transparency_survives():
    picture = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    picture.paste((0, 114, 178, 255), (0, 0, 10, 20))
    alpha = np.asarray(Image.open(io.BytesIO(quantise(png(picture)))).convert("RGBA"))[..., 3]
    assert (alpha[:, :10] == 255).all() and (alpha[:, 10:] == 0).all()
