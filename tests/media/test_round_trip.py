"""Times survive the way through a file: encode_clip, then decode_clip."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from click_flash import clip_of, errors_ms

from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip

RATES = [Fraction(24000, 1001), 24, 25, Fraction(30000, 1001), 30, 50, Fraction(60000, 1001), 60]
LIMITS_MS = {"mp4": 0.5, "mov": 0.5, "mkv": 0.5, "webm": 0.5, "mpegts": 0.5, "flv": 1.0}
CONTAINERS = pytest.mark.parametrize("container", LIMITS_MS)


@CONTAINERS
@pytest.mark.parametrize("fps", RATES, ids=str)
def test_click_and_flash(container, fps):
    clip = clip_of(fps, 44_100 if container == "flv" else 48_000)
    back = decode_clip(encode_clip(clip, container=container))
    assert (back.fps, back.constant_rate, back.warnings) == (fps, True, ())
    assert len(back.frames) == len(clip.frames)
    assert abs(errors_ms(back)).max() < LIMITS_MS[container]


@CONTAINERS
@pytest.mark.parametrize(("picture_start", "sound_start"), [("0", "0.1234"), ("0.08", "0"), ("0", "-0.08")])
def test_sound_that_starts_late_or_early(container, picture_start, sound_start):
    clip = clip_of(25, 48_000, picture_start=picture_start, sound_start=sound_start)
    back = decode_clip(encode_clip(clip, container=container))
    assert abs(errors_ms(back)).max() < LIMITS_MS[container]


@pytest.mark.parametrize("sample_rate", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("fps", [Fraction(24000, 1001), 25, Fraction(30000, 1001), 60], ids=str)
def test_mp4_is_exact(fps, sample_rate):
    clip = clip_of(fps, sample_rate, picture_start="0.76", sound_start="0.02")
    back = decode_clip(encode_clip(clip))
    everywhere = range(len(clip.frames))
    assert [back.frame_time(i) for i in everywhere] == [clip.frame_time(i) for i in everywhere]
    assert abs(errors_ms(back)).max() <= 1000 / sample_rate


@pytest.mark.parametrize("sound_start", ["0.02", "0.1234", "1"])
def test_sound_without_priming_starts_where_it_did(sound_start):
    clip = clip_of(25, 48_000, picture_start="0.76", sound_start=sound_start)
    back = decode_clip(encode_clip(clip, container="mov", audio_codec="pcm_s16le"))
    assert back.frame_time(0) == clip.frame_time(0)
    assert back.sound_start == Fraction(round(clip.sound_start * 48_000), 48_000)
    assert len(back.samples) == len(clip.samples)


@CONTAINERS
def test_variable_frame_rate(container):
    distances = np.random.default_rng(0).integers(20, 120, 60)
    pts = np.concatenate([[0], np.cumsum(distances)])
    clip = clip_of(20, 48_000, pts=pts, time_base="1/1000", seconds=5)
    back = decode_clip(encode_clip(clip, container=container))
    assert not back.constant_rate
    assert len(back.frames) == len(clip.frames)
    assert abs(errors_ms(back)).max() < LIMITS_MS[container]
    steps = [back.frame_time(i) - back.frame_time(0) for i in range(len(pts))]
    assert max(abs(step - Fraction(int(t), 1000)) for step, t in zip(steps, pts, strict=True)) < Fraction(1, 10_000)


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_dropped_frames_are_not_a_constant_rate(container):
    pts = np.delete(np.arange(90), [20, 41, 42])
    clip = clip_of(30, 48_000, pts=pts)
    back = decode_clip(encode_clip(clip, container=container))
    assert back.fps == 30
    assert not back.constant_rate
    assert back.frame_pts * 30 * float(back.time_base) == pytest.approx(pts, abs=1e-9)
    assert abs(errors_ms(back)).max() < 0.5


@pytest.mark.parametrize("container", ["mov", "mkv"])
@pytest.mark.parametrize("sample_rate", [8_000, 96_000, 192_000])
def test_low_and_high_sample_rates(container, sample_rate):
    clip = clip_of(25, sample_rate, seconds=2)
    back = decode_clip(encode_clip(clip, container=container, audio_codec="pcm_s16le"))
    assert back.sample_rate == sample_rate
    assert len(back.samples) == len(clip.samples)
    np.testing.assert_allclose(back.samples, clip.samples, atol=1e-4)
    assert abs(errors_ms(back)).max() < 0.5


def test_pictures_survive():
    clip = clip_of(25, 16_000, seconds=1)
    ramp = np.broadcast_to(np.linspace(0, 255, 32).astype(np.uint8)[:, None, None], (32, 32, 3))
    clip = replace(clip, frames=np.stack([ramp] * 25))
    back = decode_clip(encode_clip(clip, crf=10))
    assert np.abs(back.frames.astype(int) - clip.frames).mean() < 3


@pytest.mark.parametrize("shape", [(1, 1), (33, 31), (2, 64)])
def test_small_and_odd_pictures(shape):
    clip = clip_of(25, 16_000, seconds=1)
    clip = replace(clip, frames=np.full((25, *shape, 3), 128, np.uint8))
    back = decode_clip(encode_clip(clip))
    assert back.frames.shape == (25, *shape, 3)
    assert abs(back.frames.astype(int) - 128).max() < 12


def test_target_is_written_at_once_or_not_at_all(tmp_path):
    clip = clip_of(25, 16_000, seconds=1)
    target = tmp_path / "clip.mp4"
    assert encode_clip(clip, target) == target.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    with pytest.raises(UserError, match="gone"):
        encode_clip(clip, tmp_path / "gone" / "clip.mp4")
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(UserError, match=r"folder\.mp4"):
        encode_clip(clip, tmp_path / "folder.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "folder.mp4"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"container": "gif"}, "gif"),
        ({"video_codec": "nonesuch"}, "nonesuch"),
        ({"audio_codec": "libopus"}, "22050"),
        ({"container": "webm", "video_codec": "libx264", "audio_codec": "aac"}, "webm"),
    ],
)
def test_what_does_not_go_together(options, said):
    with pytest.raises(UserError, match=said):
        encode_clip(clip_of(25, 22_050, seconds=1), **options)
