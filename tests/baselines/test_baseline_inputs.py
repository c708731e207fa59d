from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from time_telling import time_clip

from divas_jax.baselines.even_clip import even_clip
from divas_jax.baselines.inputs import (
    is_real,
    looks,
    sparse_input,
    stretches,
    syncnet_input,
    vocalist_input,
    window_count,
    windows,
)

KINDS = {
    "SyncNet": (syncnet_input(), (5, 112, 112, 1), (13, 20)),
    "VocaLiST": (vocalist_input(), (5, 48, 96, 3), (80, 16)),
    "SparseSync": (sparse_input(64, 50), (50, 64, 64, 3), (128, 200)),
}


@pytest.mark.parametrize("name", KINDS)
def test_shapes(name):
    kind, picture, sound = KINDS[name]
    even = even_clip(time_clip(noise=1))
    starts = np.arange(window_count(even, kind))[:3]
    seen = windows(looks(even, kind), starts, kind.frames)
    assert seen.shape == (3, *picture)
    assert 0 <= seen.min() < seen.max() <= 1
    assert stretches(even, starts, kind).shape == (3, *sound)


def test_sparse_sync_sees_five_seconds_at_first_hand():
    kind = sparse_input()
    assert (kind.frames, kind.size, kind.spectrum.columns) == (125, 224, 500)


def test_mouths_are_in_the_lower_half_of_a_face():
    clip = time_clip()
    frames = np.zeros((len(clip.frames), 128, 128, 3), np.uint8)
    frames[:, 64:112, 40:88] = 255
    even = even_clip(replace(clip, frames=frames))
    assert looks(even, syncnet_input())[:, 4:-4, 4:-4].min() == 255
    lower = looks(even, vocalist_input())
    assert lower[:, :, 24:72].min() == 255
    assert lower[:, :, :24].max() == 0


@pytest.mark.parametrize("name", KINDS)
def test_a_click_is_heard_where_it_is(name):
    kind = KINDS[name][0]
    samples = np.zeros(48000, np.float32)
    samples[16000 + 1600] = 1.0
    even = even_clip(replace(time_clip(), samples=samples))
    heard = stretches(even, np.asarray([25]), kind)[0]
    loud = np.abs(heard - heard[:, -1:]).sum(0).argmax()
    middle = loud * kind.spectrum.hop + kind.spectrum.span / 2
    assert abs(middle - 1600) <= kind.spectrum.hop / 2


def test_sound_beyond_the_clip_is_not_real():
    even = even_clip(time_clip(seconds=Fraction(2)))
    starts = np.asarray([-1, 0, 45, 46, 1000])
    assert is_real(even, starts, syncnet_input()).tolist() == [False, True, True, False, False]
    assert np.isfinite(stretches(even, starts, syncnet_input())).all()
