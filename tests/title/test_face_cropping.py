"""Crops out of parts of a picture are those of the whole picture."""

from fractions import Fraction

import av
import numpy as np
import pytest

from divas_jax.faces.crops import Face, crop_face
from divas_jax.media.container import open_media
from divas_jax.media.picture_stream import PictureStream
from divas_jax.title import face_cropping
from divas_jax.title.face_cropping import crop_faces


def _film(path, size, pixel_format):
    """One smooth colourful picture, with noise, as lossless video."""
    width, height = size
    y, x = np.mgrid[:height, :width] / height
    waves = np.stack([np.sin(9 * x), np.cos(7 * y), np.sin(5 * (x + y))], axis=-1)
    noise = np.random.default_rng(0).normal(0, 0.1, waves.shape)
    pixels = np.clip(127 + 100 * waves + 127 * noise, 0, 255).astype(np.uint8)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        sound = file.add_stream("pcm_s16le", rate=16_000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.int16), layout="mono")
        silence.sample_rate = 16_000
        for _ in range(2):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        file.mux([*stream.encode(), *sound.encode(silence), *sound.encode()])
    return path


def _picture(path):
    with open_media(path) as media:
        return next(iter(PictureStream(media)))


FACES = [Face(100, 60, 40, 50), Face(-20, -10, 60, 70), Face(300, 200, 30, 30), Face(90.3, 40.7, 61.1, 80.9)]


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "bgr0"])
@pytest.mark.parametrize("size", [(320, 240), (321, 241)])
def test_crops_of_parts_are_those_of_the_picture(tmp_path, monkeypatch, size, pixel_format):
    if size[0] % 2 and pixel_format.startswith("yuv42"):
        pytest.skip("colour is stored for two columns")
    monkeypatch.setattr(face_cropping, "MOST_OF_IT", 10)
    picture = _picture(_film(tmp_path / "film.mkv", size, pixel_format))
    whole = picture.pixels()
    for face, crop in zip(FACES, crop_faces(picture, FACES), strict=True):
        difference = np.abs(crop.astype(int) - crop_face(whole, face))
        assert difference.max() <= 3
        assert difference.mean() < 0.05


def test_large_faces_are_shrunk_on_the_way(tmp_path):
    """By 2, by 4, and by 2 where the picture's edge leaves a part that cannot be quartered."""
    picture = _picture(_film(tmp_path / "film.mkv", (1282, 960), "yuv420p"))
    whole = picture.pixels()
    faces = [Face(500, 300, 200, 210), Face(400, 150, 410, 420), Face(860, 200, 410, 420)]
    for face, crop in zip(faces, crop_faces(picture, faces), strict=True):
        difference = np.abs(crop.astype(int) - crop_face(whole, face))
        assert difference.max() <= 8
        assert difference.mean() < 1


def test_a_part_is_cut_and_not_the_whole(tmp_path):
    picture = _picture(_film(tmp_path / "film.mkv", (320, 240), "yuv420p"))
    part = picture.part(100, 60, 64, 96)
    assert part.shape == (96, 64, 3)
    difference = np.abs(part.astype(int) - picture.pixels()[60:156, 100:164])
    assert difference[2:-2, 2:-2].max() == 0
    assert _picture(_film(tmp_path / "rgb.mkv", (320, 240), "bgr0")).part(100, 60, 64, 96) is None


def test_a_face_beyond_the_picture_is_grey(tmp_path):
    picture = _picture(_film(tmp_path / "film.mkv", (320, 240), "yuv420p"))
    (crop,) = crop_faces(picture, [Face(1000, 1000, 40, 40)])
    assert np.ptp(crop) == 0
    assert picture.time == Fraction(0)
