"""Sound at more or fewer samples a second than a model knows: halved or doubled without moving it."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from divas_jax.clip import Clip, Rung
from divas_jax.judging.known_sound import heard_rate, with_known_sound

RUNGS = [Rung(6, 75)]  # up to 48 kHz


@pytest.mark.parametrize(
    ("rate", "heard"),
    [
        (8_000, 8_000),
        (48_000, 48_000),
        (88_200, 44_100),
        (96_000, 48_000),
        (192_000, 48_000),
        (64_000, 32_000),
        (50_001, 50_001),
        (200_004, 200_004),
    ],
)
def test_sound_is_halved_as_often_as_it_must_be(rate, heard):
    assert heard_rate(rate, RUNGS, 0) == heard


@pytest.mark.parametrize(
    ("rate", "heard"), [(8_000, 16_000), (11_025, 22_050), (12_000, 24_000), (5_512, 22_048), (16_000, 16_000)]
)
def test_sound_is_doubled_until_it_is_fast_enough(rate, heard):
    assert heard_rate(rate, RUNGS, 16_000) == heard


def test_doubled_sound_is_never_faster_than_what_is_known():
    assert heard_rate(12_000, [Rung(6, 25)], 16_000) == 12_000  # 24 kHz would not fit


def clip_of(samples, rate):
    return Clip(
        frames=np.zeros((5, 8, 8, 3), np.uint8),
        frame_pts=np.arange(5),
        time_base=Fraction(1, 25),
        samples=samples.astype(np.float32),
        sample_rate=rate,
        fps=Fraction(25),
        sound_start=Fraction(1, 7),
    )


def test_what_is_halved_sounds_when_it_did():
    time = np.arange(19_200)
    bump = np.exp(-(((time - 8_000) / 40) ** 2))
    whistle = 0.5 * np.sin(2 * np.pi * 40_000 * time / 96_000)  # would fold over to 8 kHz
    clip = clip_of(bump + whistle, 96_000)
    heard, again = with_known_sound([clip, replace(clip, frames=clip.frames)], RUNGS, 16_000)
    assert heard.samples is again.samples
    assert (heard.sample_rate, len(heard.samples), heard.sound_start) == (48_000, 9_600, Fraction(1, 7))
    assert np.argmax(heard.samples) == 4_000
    np.testing.assert_allclose(heard.samples[500:-500], bump[::2][500:-500], atol=0.01)


def test_what_is_doubled_sounds_when_it_did():
    bump = np.exp(-(((np.arange(1_600) - 700) / 40) ** 2))
    (heard,) = with_known_sound([clip_of(bump, 8_000)], RUNGS, 16_000)
    assert (heard.sample_rate, len(heard.samples), heard.sound_start) == (16_000, 3_200, Fraction(1, 7))
    assert np.argmax(heard.samples) == 1_400
    np.testing.assert_allclose(heard.samples[::2][50:-50], bump[50:-50], atol=0.01)


def test_other_sound_stays_as_it_is():
    clip = clip_of(np.ones(9_600), 48_000)
    assert with_known_sound([clip], RUNGS, 16_000)[0] is clip
