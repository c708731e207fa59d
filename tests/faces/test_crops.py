from fractions import Fraction

import numpy as np
import pytest

from divas_jax.config import ViewConfig
from divas_jax.data.view import GREY, seen_box
from divas_jax.faces.crops import Face, FaceTrack, crop_face, face_square


def gradient(height=300, width=400):
    picture = np.empty((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 255, width).astype(np.uint8)
    picture[..., 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    picture[..., 2] = 200
    return picture


def test_the_square_is_that_of_the_corpus():
    left, top, side = face_square(Face(100, 80, 60, 72))
    assert side == pytest.approx(1.4 * 128 / 96 * 72)
    assert (left + side / 2, top + side / 2) == pytest.approx((130, 116 + 0.2 * 72))


def test_the_view_sees_syncnets_crop():
    face = Face(0, 0, 60, 60)
    seen = seen_box(128, 128, ViewConfig())
    assert seen.side / 128 * face_square(face).side == pytest.approx(1.4 * 60)


def test_a_crop_shows_the_square():
    crop = crop_face(gradient(), Face(150, 100, 60, 60))
    assert crop.shape == (128, 128, 3)
    left, top, side = face_square(Face(150, 100, 60, 60))
    middle = crop[64, 64].astype(float)
    assert middle[0] == pytest.approx((left + side / 2) / 400 * 255, abs=2)
    assert middle[1] == pytest.approx((top + side / 2) / 300 * 255, abs=2)


def test_beyond_the_picture_is_grey():
    crop = crop_face(gradient(), Face(0, 100, 60, 60))
    assert (crop[:, :20] == GREY).all()
    assert (crop[:, -20:, 2] > 190).all()


def test_a_track_between_its_boxes():
    track = FaceTrack(np.array([1.0, 2.0]), np.array([[0.0, 0, 10, 20], [4, 8, 10, 24]]))
    assert track.at(Fraction(5, 4)) == pytest.approx((1, 2, 10, 21))
    assert track.at(Fraction(0)) == (0, 0, 10, 20)
    assert track.at(Fraction(9)) == (4, 8, 10, 24)
    assert Face(0.1, 0.2, 0.3, 0.4).scaled(100, 10) == pytest.approx((10, 2, 30, 4))


def test_steadying_takes_out_jitter_and_keeps_a_walk():
    times = np.arange(75) / 25
    boxes = np.stack([100 + 40 * times, np.full(75, 50.0), np.full(75, 60.0), np.full(75, 70.0)], axis=1)
    jittered = boxes.copy()
    jittered[30] += (25, -20, 10, 10)  # one frame of a detector that slipped
    steady = FaceTrack(times, jittered).steadied()
    np.testing.assert_allclose(steady.boxes[10:-10], boxes[10:-10], atol=2)
