"""One timeline: exact times, the sign of an offset, and what cutting keeps."""

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import numpy as np
import pytest

from divas_jax.clip import Clip, Rung, SegmentBatch, SoundBatch, stack_rows

NTSC_FILM = Fraction(24000, 1001)


def _clip(n_frames: int = 10, fps: Fraction = NTSC_FILM, sample_rate: int = 48000, **changes) -> Clip:
    clip = Clip(
        frames=np.arange(n_frames, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8),
        frame_pts=np.arange(n_frames, dtype=np.int64),
        time_base=1 / fps,
        samples=np.zeros(int(n_frames / fps * sample_rate), np.float32),
        sample_rate=sample_rate,
        fps=fps,
    )
    return replace(clip, **changes)


def test_frame_times_are_exact_after_a_million_frames():
    clip = _clip(3, frame_pts=np.array([0, 1, 1_000_000]), picture_start=Fraction(1, 3))
    assert clip.frame_time(2) == Fraction(1, 3) + Fraction(125125, 3)
    assert isinstance(clip.frame_time(2), Fraction)
    assert clip.picture_end == clip.frame_time(2) + Fraction(1001, 24000)


def test_pts_beyond_32_bits():
    clip = _clip(2, frame_pts=np.array([0, 2**40]), time_base=Fraction(1, 90000))
    assert clip.frame_time(1) == Fraction(2**40, 90000)


def test_sample_times_are_exact_and_invert():
    clip = _clip(sample_rate=44100, sound_start=Fraction(-23, 1000))
    assert clip.sample_time(0) == Fraction(-23, 1000)
    assert clip.sample_time(123_456_789) == Fraction(-23, 1000) + Fraction(123_456_789, 44100)
    for index in (-7, 0, 1, 123_456_789):
        assert clip.sample_at(clip.sample_time(index)) == index
    assert clip.sound_end == clip.sound_start + Fraction(len(clip.samples), 44100)


def test_sample_at_is_the_nearest_sample():
    clip = _clip(sample_rate=48000)
    assert clip.sample_at(Fraction(14, 10) / 48000) == 1
    assert clip.sample_at(Fraction(16, 10) / 48000) == 2
    assert clip.sample_at(Fraction(-1)) == -48000


def test_positive_offset_makes_the_sound_early():
    clip = _clip(samples=np.linspace(-1, 1, 20_000, dtype=np.float32))
    event = 9_600
    early, late = clip.shifted(Fraction(120, 1000)), clip.shifted(Fraction(-120, 1000))
    assert early.sample_time(event) == clip.sample_time(event) - Fraction(3, 25)
    assert late.sample_time(event) == clip.sample_time(event) + Fraction(3, 25)
    assert early.frame_time(5) == clip.frame_time(5)


def test_an_offset_keeps_every_sample_and_undoes_itself():
    clip = _clip(samples=np.linspace(-1, 1, 20_000, dtype=np.float32))
    offset = Fraction(1001, 24000)
    assert clip.shifted(offset).samples is clip.samples
    assert clip.shifted(offset).shifted(-offset).sound_start == clip.sound_start


def test_every_second_frame_halves_the_rate_and_moves_nothing():
    clip = _clip(9, fps=Fraction(60000, 1001), picture_start=Fraction(1, 7))
    half = clip.frames_between(1, 8, 2)
    assert half.fps == Fraction(30000, 1001)
    assert half.frames[:, 0, 0, 0].tolist() == [1, 3, 5, 7]
    assert [half.frame_time(i) for i in range(4)] == [clip.frame_time(i) for i in (1, 3, 5, 7)]
    assert half.samples is clip.samples
    assert half.sound_start == clip.sound_start


def test_a_clip_cannot_be_changed_by_accident():
    with pytest.raises(FrozenInstanceError):
        _clip().fps = Fraction(25)


def test_shapes_are_checked_while_testing():
    with pytest.raises(Exception, match="frames"):
        _clip(frames=np.zeros((10, 2, 2), np.uint8))
    with pytest.raises(Exception, match="samples"):
        _clip(samples=np.zeros(10, np.float64))


@pytest.mark.parametrize(
    ("window", "fits"), [((6, 75), True), ((5, 25), True), ((7, 25), False), ((6, 76), False), ((12, 75), False)]
)
def test_rungs(window, fits):
    assert Rung(6, 75).fits(Rung(*window)) is fits


def test_rows_are_stacked_leaf_by_leaf():
    rows = [
        SoundBatch(
            samples=np.full(4, row, np.float32),
            sample_rate=np.float32(16000 * row),
            start=np.array([row, row + 1]),
            lead=np.zeros(2, np.float32),
            length=np.int32(25),
            window_mask=np.array([True, False]),
        )
        for row in (1, 2, 3)
    ]
    batch = stack_rows(rows)
    assert type(batch) is SoundBatch
    assert batch.samples.shape == (3, 4)
    assert batch.sample_rate.tolist() == [16000, 32000, 48000]
    assert batch.start.tolist() == [[1, 2], [2, 3], [3, 4]]
    assert batch.window_mask.dtype == bool


def test_a_step_reads_pictures_and_sounds():
    assert SegmentBatch._fields == ("pictures", "sounds", "voice")
