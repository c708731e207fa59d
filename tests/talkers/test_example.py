"""The example's sound is moved by exactly what was asked, out of real sound."""

from fractions import Fraction

import numpy as np
import pytest

from divas_jax.errors import UserError
from divas_jax.talkers.example import SAMPLE_RATE, SECONDS, shifted_talker


@pytest.fixture(scope="module")
def in_sync():
    return shifted_talker(Fraction(0))


@pytest.mark.parametrize("shift_ms", [120, -80])
def test_only_the_sound_moves_and_by_whole_samples(in_sync, shift_ms):
    moved = shifted_talker(Fraction(shift_ms, 1000))
    np.testing.assert_array_equal(moved.frames, in_sync.frames)
    samples = shift_ms * SAMPLE_RATE // 1000
    early, late = (moved, in_sync) if samples > 0 else (in_sync, moved)
    # Early sound: what is heard at n is what belongs to n + samples.
    np.testing.assert_array_equal(early.samples[: -abs(samples)], late.samples[abs(samples) :])
    assert not np.array_equal(moved.samples, in_sync.samples)


def test_sound_covers_the_whole_picture_without_silence():
    clip = shifted_talker(Fraction(2))
    assert (clip.frame_time(0), clip.sound_start) == (0, 0)
    assert clip.picture_end == clip.sound_end == SECONDS
    for edge in (clip.samples[:2400], clip.samples[-2400:]):
        assert np.abs(edge).max() > 1e-4


def test_index_gives_another_person(in_sync):
    assert not np.array_equal(shifted_talker(Fraction(0), 1).frames, in_sync.frames)


def test_too_large_a_shift_is_refused():
    with pytest.raises(UserError, match="2001 ms is too large"):
        shifted_talker(Fraction(2001, 1000))
