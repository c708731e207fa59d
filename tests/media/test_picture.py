"""Time stamps to exact times, and frames to upright arrays."""

import io
from fractions import Fraction
from unittest.mock import Mock

import av
import numpy as np
import pytest

from divas_jax.errors import UserError
from divas_jax.media.container import Media
from divas_jax.media.picture import PictureReader, picture_times
from divas_jax.rates import STANDARD_RATES, nearest

MILLISECOND = Fraction(1, 1000)


@pytest.mark.parametrize("pts", [[0, 40, 240], [0, 33, 166, 199, 332]])
def test_pictures_of_which_every_other_is_missing_have_times(pts):
    """The middle of their distances is near none of them."""
    times = picture_times(pts, MILLISECOND, None)
    found = [float(times.start + int(each) * times.time_base) for each in times.pts]
    assert found == pytest.approx([each / 1000 for each in pts], abs=1e-3)


@pytest.mark.parametrize("declared", [None, Fraction(30), Fraction(1000)], ids=str)
@pytest.mark.parametrize("fps", STANDARD_RATES, ids=str)
def test_rates_come_back_from_milliseconds(fps, declared):
    start = Fraction(417, 10_000)
    pts = [nearest((start + i / fps) / MILLISECOND) for i in range(300)]
    times = picture_times(pts, MILLISECOND, declared)
    assert (times.fps, times.constant_rate) == (fps, True)
    assert abs(times.start - start) <= MILLISECOND / 2


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(24000, 1001), Fraction(2997, 100)], ids=str)
def test_two_hours_stay_exact(fps):
    count = int(7200 * fps)
    pts = np.rint(np.arange(count) * (1000 / float(fps))).astype(int).tolist()
    times = picture_times(pts, MILLISECOND, Fraction(24))
    last = times.start + int(times.pts[-1]) * times.time_base
    assert times.constant_rate
    assert abs(last - (count - 1) / fps) < MILLISECOND


def test_jitter_is_kept():
    pts = np.arange(100) * 33 + np.random.default_rng(0).integers(-8, 9, 100)
    times = picture_times(pts.tolist(), MILLISECOND, Fraction(30))
    assert not times.constant_rate
    assert (times.pts == pts - pts[0]).all()
    assert float(times.fps) == pytest.approx(1000 / 33, rel=0.02)


def test_one_frame():
    times = picture_times([760], MILLISECOND, None)
    assert (times.start, times.pts.tolist()) == (Fraction("0.76"), [0])


def test_frames_out_of_order_are_dropped_with_a_warning():
    stream = Mock(spec=av.VideoStream, average_rate=Fraction(25), guessed_rate=None, time_base=Fraction(1, 25))
    media = Media("odd.mkv", None, stream, Mock(spec=av.AudioStream), edited=False)
    reader = PictureReader(media)
    shown = []
    for pts in (0, 1, 1, 3, 2, None, 5):
        frame = av.VideoFrame(8, 8, "rgb24")
        frame.pts = pts
        shown.append(reader.accept(frame))
    assert shown == [True, True, False, True, False, True, True]
    assert reader.pts == [0, 1, 3, 4, 5]
    reader.warn()
    assert len(media.warnings) == 2


def test_a_stream_without_a_unit_of_time_is_refused_in_words():
    stream = Mock(spec=av.VideoStream, average_rate=Fraction(25), guessed_rate=None, time_base=None)
    media = Media("odd.mkv", None, stream, Mock(spec=av.AudioStream), edited=False)
    with pytest.raises(UserError, match=r"odd\.mkv has a stream whose time stamps have no unit"):
        PictureReader(media)


def test_rotation_of_the_display_matrix():
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        stream.set_display_rotation(-90)
        left = np.zeros((32, 64, 3), np.uint8)
        left[:, :32] = 255
        for _ in range(3):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(left, format="rgb24")))
        output.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer) as container:
        frame = next(container.decode(video=0))
        media = Media("phone.mp4", container, container.streams.video[0], Mock(spec=av.AudioStream), edited=True)
        reader = PictureReader(media, size=(40, 20))
        out = np.zeros(reader.shape(frame), np.uint8)
        reader.write(frame, out)
    assert out.shape == (40, 20, 3)
    assert out[:18].mean() > 200  # a quarter turn clockwise brings the left side up
    assert out[22:].mean() < 50
