"""Sound at more samples a second than a model holds: halved without moving it."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from divas_jax.clip import Clip, Rung
from divas_jax.judging.known_sound import halvings, with_known_sound

RUNGS = [Rung(6, 75)]  # up to 48 kHz


@pytest.mark.parametrize(
    ("rate", "factor"), [(8_000, 1), (48_000, 1), (88_200, 2), (96_000, 2), (192_000, 4), (64_000, 2), (50_001, 1)]
)
def test_sound_is_halved_as_often_as_it_must_be(rate, factor):
    assert halvings(rate, RUNGS) == factor


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
    heard, again = with_known_sound([clip, replace(clip, frames=clip.frames)], RUNGS)
    assert heard.samples is again.samples
    assert (heard.sample_rate, len(heard.samples), heard.sound_start) == (48_000, 9_600, Fraction(1, 7))
    assert np.argmax(heard.samples) == 4_000
    np.testing.assert_allclose(heard.samples[500:-500], bump[::2][500:-500], atol=0.01)


def test_other_sound_stays_as_it_is():
    clip = clip_of(np.ones(9_600), 48_000)
    assert with_known_sound([clip], RUNGS)[0] is clip
