from fractions import Fraction

import numpy as np
import pytest

from divas_jax.clip import Clip, Rung, stack_rows
from divas_jax.config import ViewConfig
from divas_jax.data.windows import (
    chunk_samples,
    loudness_gain,
    picture_chunks,
    picture_row,
    segment_shape,
    sound_chunks,
    sound_row,
)
from divas_jax.rates import WINDOW_SECONDS, frames_in, patches_in

NTSC_FILM = Fraction(24000, 1001)
VIEW = ViewConfig(crop=1.0, stored=1.0)


def clip_of(
    fps=NTSC_FILM, sample_rate=44100, n_frames=40, pts=None, seconds=None, sound_start=Fraction(-7, 1000), size=4
):
    """Frame i is filled with the grey level i; sample n is n / 2**20, which float32 holds exactly."""
    time_base = Fraction(1, 90000)
    if pts is None:
        time_base, pts = 1 / fps, np.arange(n_frames)
    frames = np.arange(n_frames, dtype=np.uint8)[:, None, None, None] * np.ones((1, size, size, 3), np.uint8)
    count = int((seconds or Fraction(n_frames) / fps + 1) * sample_rate)
    return Clip(
        frames=frames,
        frame_pts=np.asarray(pts, np.int64),
        time_base=time_base,
        samples=(np.arange(count) / 2**20).astype(np.float32),
        sample_rate=sample_rate,
        fps=fps,
        picture_start=Fraction(1, 3),
        sound_start=sound_start,
    )


VFR = clip_of(Fraction(30), pts=np.cumsum(np.random.default_rng(0).integers(1500, 6000, 40)))


@pytest.mark.parametrize("clip", [clip_of(), VFR, clip_of(Fraction(60000, 1001), 48000)])
def test_times_and_leads_are_those_of_exact_arithmetic(clip):
    first, starts = 5, [5, 8, 11]
    times = [clip.frame_time(start) for start in starts]
    pictures = picture_row(
        clip, clip.frames[5:30], first, starts, window=WINDOW_SECONDS, frames_padded=32, windows_padded=4
    )
    sounds = sound_row(clip, times, window=WINDOW_SECONDS, samples_padded=60000, windows_padded=4, gain=1.0)
    for index in range(25):
        exact = clip.frame_time(first + index) - clip.frame_time(first)
        assert pictures.times[index] == np.float32(float(exact))
    assert pictures.start.tolist() == [0, 3, 6, 0]
    assert pictures.window_mask.tolist() == sounds.window_mask.tolist() == [True, True, True, False]
    assert pictures.length == frames_in(WINDOW_SECONDS, clip.fps)
    assert sounds.length == patches_in(WINDOW_SECONDS, clip.sample_rate)
    origin = clip.sample_at(times[0])
    for window, time in enumerate(times):
        sample = round(float(sounds.samples[sounds.start[window]]) * 2**20)  # the sample's index in the clip
        assert sample - origin == sounds.start[window]
        exact = clip.sound_start + Fraction(sample, clip.sample_rate) - time
        assert abs(exact) <= Fraction(1, 2 * clip.sample_rate)
        assert sounds.lead[window] == np.float32(float(exact))


def test_padding_and_windows_over_an_edge_are_masked():
    clip = clip_of(
        Fraction(25), 16000, n_frames=12, seconds=Fraction(1, 2), sound_start=Fraction(1, 3) + Fraction(1, 25)
    )
    pictures = picture_row(
        clip, clip.frames, 0, [0, 7, 8, -1], window=WINDOW_SECONDS, frames_padded=20, windows_padded=5
    )
    assert pictures.window_mask.tolist() == [True, True, False, False, False]
    assert pictures.frame_mask.sum() == 12
    assert not pictures.frames[12:].any()
    times = [clip.frame_time(0), clip.frame_time(1), None, clip.frame_time(8), clip.frame_time(9)]
    sounds = sound_row(clip, times, window=WINDOW_SECONDS, samples_padded=10000, windows_padded=6, gain=1.0)
    # Sound runs from 0.04 s to 0.54 s after the first frame: 0.32 + 0.2 s is inside, 0.36 + 0.2 s is not.
    assert sounds.window_mask.tolist() == [False, True, False, True, False, False]
    assert sounds.start.tolist() == [0, 0, 0, 7 * 640, 0, 0]
    short = sound_row(clip, times, window=WINDOW_SECONDS, samples_padded=7 * 640 + 3199, windows_padded=6, gain=1.0)
    assert short.window_mask.tolist() == [False, True, False, False, False, False]


def test_a_sound_too_short_for_one_window_is_all_mask():
    clip = clip_of(Fraction(25), 16000, seconds=Fraction(1, 10))
    row = sound_row(clip, [clip.frame_time(0)], window=WINDOW_SECONDS, samples_padded=4000, windows_padded=2, gain=1.0)
    assert not row.window_mask.any()
    assert not row.samples.any()


@pytest.mark.parametrize("fps", [Fraction(20), NTSC_FILM, Fraction(30), Fraction(65, 2), Fraction(60)])
@pytest.mark.parametrize("spacing", [1, 3])
def test_segment_shape_holds_every_rate_of_its_rung(fps, spacing):
    rungs = (Rung(6, 75), Rung(12, 75))
    rung = next(i for i, rung in enumerate(rungs) if rung.fits(Rung(frames_in(WINDOW_SECONDS, fps), 75)))
    frames, samples = segment_shape(rungs[rung], rungs[rung - 1] if rung else None, 16, spacing)
    clip = clip_of(fps, 48000, n_frames=80)
    starts = list(range(0, 16 * spacing, spacing))
    last = starts[-1] + frames_in(WINDOW_SECONDS, fps)
    pictures = picture_row(
        clip, clip.frames[:last], 0, starts, window=WINDOW_SECONDS, frames_padded=frames, windows_padded=16
    )
    times = [clip.frame_time(start) for start in starts]
    sounds = sound_row(clip, times, window=WINDOW_SECONDS, samples_padded=samples, windows_padded=16, gain=1.0)
    assert pictures.window_mask.all()
    assert sounds.window_mask.all()


def test_slow_clips_that_a_smaller_rung_refuses_for_their_sound_fit_too():
    assert segment_shape(Rung(12, 75), Rung(6, 25), 16, 1) == (27, segment_shape(Rung(12, 75), None, 16, 1)[1])
    assert segment_shape(Rung(12, 75), Rung(6, 75), 16, 1)[1] < segment_shape(Rung(12, 75), None, 16, 1)[1]


def test_loudness_is_the_same_at_minus_35_and_minus_10_dbfs():
    voice = np.random.default_rng(0).standard_normal(48000).astype(np.float32)
    loud, soft = (voice * np.float32(10 ** (level / 20)) for level in (-10, -35))
    np.testing.assert_allclose(loud * loudness_gain(loud), soft * loudness_gain(soft), rtol=2e-6)
    assert np.isclose(np.std(loud * loudness_gain(loud)), 1, atol=0.01)
    assert loudness_gain(np.zeros(100, np.float32)) == 1
    assert loudness_gain(np.zeros(0, np.float32)) == 1


@pytest.mark.parametrize("clip", [clip_of(), VFR])
def test_picture_chunks_hold_every_window_once(clip):
    rung = Rung(6, 75)
    batch = stack_rows(list(picture_chunks(clip, VIEW, 4, windows=16, rung=rung)))
    length = frames_in(WINDOW_SECONDS, clip.fps)
    count = len(clip.frames) - length + 1
    assert batch.frames.shape == (-(-count // 16), 16 - 1 + 6, 4, 4, 3)
    assert batch.window_mask.reshape(-1).tolist() == [True] * count + [False] * (batch.window_mask.size - count)
    for window in range(count):
        row, start = window // 16, batch.start[window // 16, window % 16]
        shown = batch.frames[row, start : start + length, 0, 0, 0]
        assert shown.tolist() == list(range(window, window + length))
        between = batch.times[row, start + length - 1] - batch.times[row, start]
        assert np.isclose(between, float(clip.frame_time(window + length - 1) - clip.frame_time(window)), atol=1e-6)


def test_a_clip_shorter_than_a_window_has_no_chunks():
    assert not list(picture_chunks(clip_of(n_frames=4), VIEW, 4, windows=16, rung=Rung(6, 75)))


def test_sound_chunks_follow_a_grid_and_mask_where_there_is_no_sound():
    clip = clip_of(Fraction(25), 44100)
    times = [Fraction(n, 100) for n in range(-5, 50)]
    batch = stack_rows(list(sound_chunks(clip, times, windows=16, rung=Rung(6, 75))))
    assert batch.samples.shape == (4, segment_shape(Rung(6, 75), None, 16, 1)[1])
    gain = loudness_gain(clip.samples)
    for index, time in enumerate(times):
        row, window = divmod(index, 16)
        assert batch.window_mask[row, window] == (time >= clip.sound_start)
        if batch.window_mask[row, window]:
            heard = batch.samples[row, batch.start[row, window]]
            assert heard == clip.samples[clip.sample_at(time)] * np.float32(gain)
    assert not batch.window_mask[3, 7:].any()


def test_sound_chunks_widen_rather_than_lose_a_window():
    clip, rung = clip_of(Fraction(25), 16000, n_frames=100), Rung(6, 75)
    usual = segment_shape(rung, None, 10, 1)[1]
    for apart, wide in ((4, False), (8, True)):
        times = [clip.frame_time(apart * n) for n in range(10)]
        needed = chunk_samples(times, 16000, windows=10, window=WINDOW_SECONDS)
        assert (needed > usual) == wide
        row = next(sound_chunks(clip, times, windows=10, rung=rung))
        assert row.window_mask.all()
        assert row.samples.shape == (1 << (needed - 1).bit_length() if wide else usual,)
