from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from time_telling import NTSC, time_clip

from divas_jax.baselines.even_clip import even_clip


def shown(clip):
    """Times (s) that the frames' colours tell."""
    return (clip.frames[:, 0, 0].astype(np.int64) * [65536, 256, 1]).sum(-1) * 1e-4


def test_leaves_a_clip_at_25_frames_and_16_khz_as_it_is():
    clip = time_clip(Fraction(25))
    even = even_clip(clip)
    assert np.array_equal(even.frames, clip.frames)
    assert np.array_equal(even.samples, clip.samples)
    assert even.lead == 0


def test_takes_every_second_frame_of_50():
    clip = time_clip(Fraction(50))
    assert np.array_equal(even_clip(clip).frames, clip.frames[::2])


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30), Fraction(60), *NTSC.values()], ids=float)
def test_shows_the_nearest_frame(fps):
    even = even_clip(time_clip(fps))
    apart = shown(even) - np.arange(len(even.frames)) / 25
    assert np.abs(apart[:-1]).max() <= 0.5 / float(fps) + 1e-4
    assert np.abs(apart[-1]) <= 1 / float(fps)  # the last frame is shown until the picture ends
    assert len(even.frames) in (75, 74)


def test_a_variable_rate_is_made_even():
    clip = time_clip(Fraction(30), variable=True)
    even = even_clip(clip)
    times = np.asarray([float(clip.frame_time(index)) for index in range(len(clip.frames))])
    nearest = np.abs(times[:, None] - np.arange(len(even.frames)) / 25).argmin(0)
    assert np.array_equal(shown(even), shown(clip)[nearest])


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000])
def test_sound_keeps_its_time(rate):
    clip = time_clip(sample_rate=rate)
    tone = np.sin(2 * np.pi * 200 * np.arange(len(clip.samples)) / rate).astype(np.float32)
    even = even_clip(replace(clip, samples=tone))
    expected = np.sin(2 * np.pi * 200 * np.arange(len(even.samples)) / 16000)
    assert np.abs(even.samples - expected)[200:-200].max() < 0.01


@pytest.mark.parametrize("late", [Fraction(1, 10), Fraction(-3, 10)])
def test_lead_is_where_the_picture_begins(late):
    clip = replace(time_clip(), picture_start=Fraction(7), sound_start=Fraction(7) + late)
    assert even_clip(clip).lead == -late * 16000
