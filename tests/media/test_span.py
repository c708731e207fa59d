from fractions import Fraction

import numpy as np
import pytest

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.media import span
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.media.span import container_rate, decode_span

NTSC = Fraction(30_000, 1001)


def film(fps=NTSC, seconds=4, sample_rate=22_050, variable=False, height=48, width=64):
    rng = np.random.default_rng(1)
    count = int(seconds * fps)
    scale = 90_000
    pts = np.array([int(i / fps * scale) for i in range(count)], np.int64)
    if variable:
        pts = np.delete(pts, [20, 61, 62]) + np.append(0, rng.integers(0, 600, count - 4))
    frames = np.repeat(rng.integers(20, 235, (len(pts), 6, 8, 3), dtype=np.uint8), height // 6, 1).repeat(width // 8, 2)
    return Clip(
        frames=frames,
        frame_pts=pts if variable else np.arange(count, dtype=np.int64),
        time_base=Fraction(1, scale) if variable else 1 / fps,
        samples=(0.1 * rng.standard_normal(int(seconds * sample_rate))).astype(np.float32),
        sample_rate=sample_rate,
        fps=fps,
        constant_rate=not variable,
    )


@pytest.mark.parametrize(("container", "variable"), [("mp4", False), ("mp4", True), ("mkv", False), ("ts", False)])
@pytest.mark.parametrize(("start", "end"), [("0", "0.5"), ("2.61", "3.4"), ("3.5", "9")])
def test_a_span_is_what_the_whole_file_holds_there(tmp_path, container, variable, start, end):
    start, end = Fraction(start), Fraction(end)
    path = tmp_path / f"film.{container}"
    encode_clip(film(variable=variable), path, container=container, keyframe_interval=12)
    whole = decode_clip(path)
    begun = whole.picture_start - Fraction(1, 500)  # mkv rounds times to milliseconds
    start, end = start + begun, end + begun
    part = decode_span(path, start, end)
    inside = [i for i in range(len(whole.frames)) if start <= whole.frame_time(i) < end]
    np.testing.assert_array_equal(part.frames, whole.frames[inside])
    assert part.frame_time(0) == 0
    times = [whole.frame_time(i) - whole.frame_time(inside[0]) for i in inside]
    assert [part.frame_time(i) for i in range(len(part.frames))] == times
    assert part.sample_rate == whole.sample_rate
    assert part.constant_rate == (not variable)
    assert variable or part.fps == whole.fps

    assert 0 <= part.sound_start < Fraction(1, part.sample_rate)
    assert abs(part.sound_end - part.picture_end) < Fraction(1, 500)
    first = whole.sample_at(part.sound_start + whole.frame_time(inside[0]))
    late = range(-10, 11) if container == "mkv" else (0,)  # mkv's milliseconds average out differently: 0.5 ms
    heard = [whole.samples[max(0, first + n) :][: len(part.samples) - 20] for n in late]
    assert min(np.abs(part.samples[: len(other)] - other).max() for other in heard) < 1e-4


def test_most_of_a_long_file_is_not_decoded(tmp_path, monkeypatch):
    path = tmp_path / "film.mp4"
    encode_clip(film(seconds=6), path, keyframe_interval=15)
    read = []
    original = span.Media.frames
    monkeypatch.setattr(
        span.Media, "frames", lambda media, *streams: (read.append(f) or f for f in original(media, *streams))
    )
    decode_span(path, Fraction(4), Fraction("4.2"))
    seconds = [float(frame.pts * frame.time_base) for frame in read]
    assert min(seconds) > 2
    assert max(seconds) < 5.5


def test_pictures_are_resized_or_replaced(tmp_path):
    path = tmp_path / "film.mp4"
    encode_clip(film(seconds=1, height=90, width=160), path)
    assert decode_span(path, Fraction(0), Fraction(1, 2), height=60).frames.shape[1:] == (60, 106, 3)
    times = []

    def shown(time, picture):
        times.append(time)
        return picture[10:20, 30:45]

    part = decode_span(path, Fraction(1, 4), Fraction(1, 2), shown=shown)
    whole = decode_clip(path)
    first = next(i for i in range(30) if whole.frame_time(i) >= Fraction(1, 4))
    np.testing.assert_array_equal(part.frames, whole.frames[first : first + len(times), 10:20, 30:45])
    assert float(times[0]) == pytest.approx(float(whole.frame_time(first)), abs=1e-6)


def test_the_header_tells_the_rate(tmp_path):
    path = tmp_path / "film.mp4"
    encode_clip(film(seconds=1), path)
    assert float(container_rate(path)) == pytest.approx(float(NTSC), rel=1e-4)


@pytest.mark.parametrize(("start", "end"), [(5, 6), (2, 2)])
def test_a_span_without_pictures_is_refused(tmp_path, start, end):
    path = tmp_path / "film.mp4"
    encode_clip(film(seconds=3), path)
    with pytest.raises(UserError, match=rf"^scene 1 has no picture between {start}\.00 and {end}\.00 s"):
        decode_span(path, Fraction(start), Fraction(end), name="scene 1")


@pytest.mark.real
@pytest.mark.parametrize("file", ["grid_s1.mpg", "interview_23976.mp4", "jwp_2997_48k.mp4", "webcam_60fps.mp4"])
def test_a_span_of_a_real_file(real_clips, file):
    whole = decode_clip(real_clips / file, size=(48, 64))
    start = Fraction(16, 10)
    part = decode_span(real_clips / file, start, start + 1)
    inside = [i for i in range(len(whole.frames)) if start <= whole.frame_time(i) < start + 1]
    assert len(part.frames) == len(inside)
    origin = whole.frame_time(inside[0])
    assert [part.frame_time(k) for k in (0, 9)] == [0, whole.frame_time(inside[9]) - origin]
    first = whole.sample_at(part.sound_start + origin)
    np.testing.assert_allclose(part.samples, whole.samples[first : first + len(part.samples)], atol=0.05)
