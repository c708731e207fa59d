"""Films of any length, written picture by picture: every picture and every sample at its time."""

from fractions import Fraction

import numpy as np
import pytest
from click_flash import clip_of, errors_ms

from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.film import encode_film, film_container

RATES = [Fraction(24000, 1001), Fraction(25), Fraction(60000, 1001)]


def write(path, clip, container="mp4", **options):
    pictures = ((clip.frame_time(i), clip.frames[i]) for i in range(len(clip.frames)))
    blocks = np.array_split(clip.samples, np.cumsum([1, 5000, 700, 48_000]))
    encode_film(path, pictures, iter(blocks), clip.fps, clip.frames.shape[1:3], clip.sample_rate, container, **options)


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "ts"])
@pytest.mark.parametrize("fps", RATES, ids=str)
def test_click_and_flash(tmp_path, container, fps):
    clip = clip_of(fps, 48_000, seconds=2)
    path = tmp_path / f"film.{container}"
    write(path, clip, film_container(path))
    back = decode_clip(path)
    assert (back.fps, back.constant_rate, len(back.frames)) == (fps, True, len(clip.frames))
    assert abs(errors_ms(back)).max() < (0.5 if container in ("mkv", "ts") else 1.01 / 48)


def test_samples_without_loss_are_the_very_samples(tmp_path):
    clip = clip_of(25, 22_050, seconds=2)
    write(tmp_path / "film.mov", clip, "mov", audio_codec="pcm_s16le")
    back = decode_clip(tmp_path / "film.mov")
    assert back.sound_start == back.frame_time(0) == 0
    np.testing.assert_allclose(back.samples, clip.samples, atol=1e-4)


def test_all_or_nothing(tmp_path):
    clip = clip_of(25, 16_000, seconds=2)

    def breaking():
        yield Fraction(0), clip.frames[0]
        raise UserError("the film breaks")

    (tmp_path / "film.mp4").write_bytes(b"what was there")
    with pytest.raises(UserError, match="breaks"):
        encode_film(tmp_path / "film.mp4", breaking(), iter([clip.samples]), clip.fps, (32, 32), 16_000)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert (tmp_path / "film.mp4").read_bytes() == b"what was there"


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("gone/film.mp4", {}, "folder"),
        ("film.mp4", {"container": "webm"}, "webm"),
        ("film.mp4", {"audio_codec": "libopus"}, "22050"),
        ("film.mp4", {"audio_codec": "nonesuch"}, "nonesuch"),
    ],
)
def test_what_cannot_be_written(tmp_path, name, options, said):
    with pytest.raises(UserError, match=said):
        write(tmp_path / name, clip_of(25, 22_050, seconds=1), **options)
    assert list(tmp_path.iterdir()) == []


def test_the_suffix_tells_the_container(tmp_path):
    assert film_container(tmp_path / "a.MKV") == "matroska"
    with pytest.raises(UserError, match=r"a\.avi"):
        film_container(tmp_path / "a.avi")
