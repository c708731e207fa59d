import numpy as np
import pytest

from divas_jax.config import ViewConfig
from divas_jax.data.view import GREY, Box, cut, seen, seen_box

RNG = np.random.default_rng(0)


def noise(height, width, n=2):
    return RNG.integers(0, 256, (n, height, width, 3), dtype=np.uint8)


def test_the_default_face_crop_is_a_pure_slice():
    frames = noise(128, 128)
    view = seen(frames, ViewConfig(), 96)
    assert np.array_equal(view, frames[:, 16:112, 16:112])
    assert np.shares_memory(view, frames)


def test_full_frame_keeps_the_height_and_cuts_the_sides():
    frames = noise(240, 426)
    view = seen(frames, ViewConfig(full_frame=True), 240)
    assert np.array_equal(view, frames[:, :, 93:333])
    assert np.shares_memory(view, frames)


def test_a_wider_stored_square_is_centred_horizontally_and_at_centre_y():
    box = seen_box(200, 300, ViewConfig(crop=1.0, stored=2.0, centre_y=0.6))
    assert box == Box(100.0, 70.0, 100.0)


def test_resizing_keeps_a_smooth_picture_where_it_was():
    y, x = np.mgrid[0:128, 0:128]
    frames = np.stack([x * 1.5 + 20, y * 1.5 + 20, 0 * x + 99], -1)[None].astype(np.uint8)
    out = cut(frames, Box(16.5, 15.25, 96.0), 48)[0].astype(float)
    # Pixel i of the output shows the stretch [2i, 2i + 2) of the box.
    expected = (np.arange(48) * 2 + 1 - 0.5) * 1.5 + 20
    np.testing.assert_allclose(out[24, :, 0], expected + 16.5 * 1.5, atol=1.0)
    np.testing.assert_allclose(out[:, 24, 1], expected + 15.25 * 1.5, atol=1.0)
    assert (out[..., 2] == 99).all()


def test_resizing_down_does_not_alias():
    checks = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (64, 64))[None, :, :, None].repeat(3, -1)
    out = cut(checks, Box(0.0, 0.0, 128.0), 40).astype(float)
    assert np.abs(out - 127.5).max() < 8


@pytest.mark.parametrize("box", [Box(-20.0, -10.0, 96.0), Box(60.0, 70.0, 96.0), Box(-3.0, 10.0, 134.0)])
def test_beyond_the_picture_is_grey(box):
    frames = np.full((1, 128, 128, 3), 200, np.uint8)
    size = int(box.side)
    out = cut(frames, box, size)[0]
    y, x = np.mgrid[0:size, 0:size]
    inside = (x + box.left >= 0) & (x + box.left < 128) & (y + box.top >= 0) & (y + box.top < 128)
    assert (out[inside] == 200).all()
    assert (out[~inside] == GREY).all()


def test_a_portrait_full_frame_gets_grey_sides():
    out = seen(np.full((1, 64, 32, 3), 200, np.uint8), ViewConfig(full_frame=True), 64)[0]
    assert (out[:, 16:48] == 200).all()
    assert (out[:, :16] == GREY).all()


def test_one_pixel_and_a_box_outside_are_no_error():
    assert seen(np.full((1, 1, 1, 3), 7, np.uint8), ViewConfig(), 96).shape == (1, 96, 96, 3)
    assert (cut(noise(20, 20), Box(50.0, 50.0, 8.0), 8) == GREY).all()
