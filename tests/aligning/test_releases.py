from fractions import Fraction

import numpy as np
import pytest

from divas_jax.aligning.releases import FEWEST, WIDEST_MS, Release, laid_over, openings, release_of
from divas_jax.clip import Clip

FPS, RATE = 25, 16000


def talking(seed, after_ms, seconds=8):
    """Lips that open now and then, and a hiss that begins so long after."""
    random = np.random.default_rng(seed)
    times = np.arange(seconds * FPS) / FPS
    starts = np.arange(0.7, seconds - 0.5, 0.8) + random.uniform(0, 0.1, len(np.arange(0.7, seconds - 0.5, 0.8)))
    height = np.zeros(len(times))
    loud = np.full(seconds * RATE, 0.001)
    clock = np.arange(seconds * RATE) / RATE
    for start in starts:
        height = np.maximum(height, np.clip((times - start) / 0.08, 0, 1) * (times < start + 0.45))
        begins = start + 0.016 + after_ms / 1000  # where lips pass `OPENING`
        loud[(clock >= begins) & (clock < begins + 0.35)] = 0.2
    samples = (loud * random.standard_normal(len(clock))).astype(np.float32)
    frames = np.zeros((len(times), 2, 2, 3), np.uint8)
    clip = Clip(frames, np.arange(len(times)), Fraction(1, FPS), samples, RATE, Fraction(FPS))
    lips = np.zeros((len(times), 2, 39), np.int8)
    lips[:, :, -7:-4] = np.round(60 * height)[:, None, None]
    return clip, lips, np.ones(len(times), bool)


def measured(after_ms):
    rows = [row for seed in range(6) for row in laid_over(*talking(seed, after_ms))]
    assert len(rows) >= FEWEST
    return release_of("made", rows)


@pytest.mark.parametrize("after_ms", [0, 100, -80])
def test_the_rise_is_found_where_it_is(after_ms):
    found = measured(after_ms)
    assert found.after_ms == pytest.approx(after_ms, abs=8)
    assert found.low_ms <= found.after_ms <= found.high_ms
    assert found.told


def test_a_moved_sound_moves_the_answer_as_much():
    rows = {}
    for late in (Fraction(0), Fraction(1, 10)):
        rows[late] = [
            row
            for seed in range(6)
            for clip, lips, seen in [talking(seed, 10)]
            for row in laid_over(clip.shifted(-late), lips, seen)
        ]
    apart = release_of("b", rows[Fraction(1, 10)]).after_ms - release_of("a", rows[0]).after_ms
    assert apart == pytest.approx(100, abs=5)


def test_sound_that_does_not_belong_is_not_told():
    random = np.random.default_rng(0)
    rows = []
    for seed in range(8):
        clip, lips, seen = talking(seed, 0)
        moved = Fraction(int(random.integers(-4000, 4000)), 10000)
        rows += laid_over(clip.shifted(moved), lips, seen)
    found = release_of("foreign", rows)
    assert found.high_ms - found.low_ms > WIDEST_MS
    assert not found.told


def test_few_openings_say_nothing():
    assert release_of("few", [np.zeros(9)] * (FEWEST - 1)) == Release("few", FEWEST - 1)


def test_lips_must_have_been_closed_and_seen():
    times = np.arange(60) / FPS
    height = np.where(times > 1.2, 1.0, 0.0)
    seen = np.ones(60, bool)
    (found,) = openings(height, seen, times)
    assert found == pytest.approx(1.2 + 0.2 / FPS, abs=0.001)
    assert openings(height, seen & (np.abs(times - 1.2) > 0.05), times) == []
    quick = np.where(np.arange(60) % 2, 1.0, 0.0)  # never closed for long
    assert openings(quick, seen, times) == []
