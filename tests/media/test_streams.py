"""Pictures and sound one after the other are those that `decode_clip` reads at once."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from remux import copied

from divas_jax.media.container import open_media
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.media.picture_stream import PictureStream
from divas_jax.media.sound_stream import SoundStream
from divas_jax.media.tracks import title_of
from divas_jax.talkers import make_talker


@pytest.fixture(scope="module")
def talker():
    return make_talker(3, fps=Fraction(30000, 1001), sample_rate=22050, duration=Fraction(2), size=64)


def _sound(source):
    with open_media(source) as media:
        stream = SoundStream(media)
        return np.concatenate(list(stream.blocks())), stream.sample_rate, stream.start, media.warnings


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts", "flv"])
def test_streams_are_the_whole(talker, container):
    file = encode_clip(talker, container=container)
    whole = decode_clip(file)
    samples, sample_rate, start, _ = _sound(file)
    assert (sample_rate, start) == (whole.sample_rate, whole.sound_start)
    np.testing.assert_array_equal(samples, whole.samples)
    with open_media(file) as media:
        stream = PictureStream(media)
        pictures = list(stream)
        assert abs(float(stream.fps / talker.fps) - 1) < 1e-3
        assert [picture.pts * stream.time_base for picture in pictures] == [picture.time for picture in pictures]
        for index, picture in enumerate(pictures):
            assert abs(picture.time - whole.frame_time(index)) < Fraction(1, 1000)
            np.testing.assert_array_equal(picture.pixels(), whole.frames[index])
            assert picture.pixels(longest=32).shape == (32, 32, 3)
            assert picture.pixels(longest=1000).shape == whole.frames[index].shape


def test_late_sound_keeps_its_time(talker):
    file = encode_clip(talker.shifted(Fraction(-1, 4)))
    whole = decode_clip(file)
    samples, _, start, _ = _sound(file)
    assert start == whole.sound_start
    np.testing.assert_array_equal(samples, whole.samples)


@pytest.mark.parametrize("container", ["mp4", "mpegts"])
def test_pictures_before_the_first_key_picture_are_told(talker, container):
    """The first key picture is left out: what hangs on it cannot be decoded."""
    film = encode_clip(talker, container="mp4", keyframe_interval=45)
    cut = copied(film, container, keep=lambda kind, time: kind == "audio" or time > Fraction(1, 100))
    with open_media(cut) as media:
        first = next(iter(PictureStream(media)))
        told = Fraction(media.picture.start_time) * media.picture.time_base
        assert [warning for warning in media.warnings if f"first {float(first.time - told):.2f} s" in warning]
        assert first.time - told > 1
    with open_media(film) as media:
        list(PictureStream(media))
        assert not media.warnings


@pytest.mark.real
@pytest.mark.slow
def test_real_files_agree(real_clips):
    """Odd starts, variable rates, rounded time stamps, edit lists: both readers say the same."""
    for path in sorted(real_clips.glob("*.[mw]*")):
        if path.name == "h264_in_mpg_no_audio.mpg":
            continue
        whole = decode_clip(path, size=(16, 16))
        samples, sample_rate, start, warnings = _sound(path)
        assert sample_rate == whole.sample_rate
        assert abs(start - whole.sound_start) < Fraction(1, 1000), path.name
        assert abs(len(samples) - len(whole.samples)) <= sample_rate // 1000, path.name
        assert set(warnings) <= set(whole.warnings), path.name


@pytest.mark.parametrize(
    ("metadata", "title"),
    [
        ({"handler_name": "SoundHandler"}, ""),
        ({"handler_name": "ISO Media file produced by Google Inc. Created on: 03/22/2022."}, ""),
        ({"handler_name": "GPAC ISO Audio Handler"}, ""),
        ({"handler_name": "Apple Sound Media Handler"}, ""),
        ({"handler_name": "Commentary"}, "Commentary"),
        ({"title": " English audio "}, "English audio"),
    ],
)
def test_what_muxers_write_is_no_title(metadata, title):
    assert title_of(SimpleNamespace(metadata=metadata)) == title
