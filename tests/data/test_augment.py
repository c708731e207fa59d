from dataclasses import replace

import numpy as np
import pytest

from divas_jax.config import AugmentConfig, ViewConfig
from divas_jax.data.augment import BELOW_VOICE, PictureChange, changed_pictures, changed_sound, draw_change
from divas_jax.data.view import Box, seen

NOTHING = AugmentConfig(**{name: 0.0 for name in vars(AugmentConfig())})
VIEW = ViewConfig()
WHOLE = Box(0.0, 0.0, 96.0)


def pictures(side=128, n=3, seed=0):
    rng = np.random.default_rng(seed)
    small = rng.integers(60, 200, (n, 8, 8, 3), dtype=np.uint8)
    return np.kron(small, np.ones((1, side // 8, side // 8, 1), np.uint8))


def voice(seconds=2, rate=48000, level=0.05):
    return (level * np.random.default_rng(1).standard_normal(seconds * rate)).astype(np.float32)


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def test_nothing_switched_on_is_the_identity():
    frames, samples = pictures(), voice()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        change = draw_change(128, 128, VIEW, 96, NOTHING, rng)
        assert np.array_equal(changed_pictures(frames, change, 96), seen(frames, VIEW, 96))
        assert np.shares_memory(changed_pictures(frames, change, 96), frames)
        assert changed_sound(samples, NOTHING, rng) is samples


@pytest.mark.parametrize(
    ("name", "touched"),
    [
        ("shift", {"box"}),
        ("scale", {"box"}),
        ("flip", {"flip"}),
        ("colour", {"brightness", "contrast", "saturation"}),
        ("blur", {"blur"}),
        ("compression", {"quality"}),
    ],
)
def test_each_switch_changes_its_own_part_only(name, touched):
    off = draw_change(128, 128, VIEW, 96, NOTHING, np.random.default_rng(3))
    on = draw_change(128, 128, VIEW, 96, replace(NOTHING, **{name: 0.999}), np.random.default_rng(3))
    every = draw_change(128, 128, VIEW, 96, replace(AugmentConfig(), **{name: 0.999}), np.random.default_rng(3))
    assert {field for field in vars(on) if getattr(on, field) != getattr(off, field)} == touched
    if name not in ("shift", "scale"):  # those two share the box
        assert all(getattr(on, field) == getattr(every, field) for field in touched)


def test_the_box_stays_within_its_ranges():
    config = replace(NOTHING, shift=0.06, scale=0.08)
    boxes = [draw_change(128, 128, VIEW, 96, config, np.random.default_rng(seed)).box for seed in range(200)]
    sides = np.array([box.side for box in boxes])
    middles = np.array([(box.left + box.side / 2, box.top + box.side / 2) for box in boxes])
    assert 96 * 0.92 <= sides.min() < 96 * 0.94
    assert 96 * 1.06 < sides.max() <= 96 * 1.08
    assert np.abs(middles - 64).max() <= 96 * 0.06
    assert (np.abs(middles - 64).max(axis=0) > 96 * 0.05).all()


@pytest.mark.parametrize(
    "change",
    [
        PictureChange(WHOLE, flip=True),
        PictureChange(WHOLE, brightness=1.2, contrast=0.8, saturation=0.7),
        PictureChange(WHOLE, blur=1.0),
        PictureChange(WHOLE, quality=20),
        PictureChange(Box(2.5, 3.25, 90.0), flip=True, brightness=0.9, blur=0.5, quality=40),
    ],
)
def test_every_frame_of_a_segment_changes_alike(change):
    """A still stays a still, so no change looks like a moving mouth."""
    still = np.repeat(pictures(96, 1), 4, axis=0)
    out = changed_pictures(still, change, 96)
    assert (out == out[:1]).all()
    assert not np.array_equal(out, still)


def test_flip_mirrors_and_colour_follows_its_formula():
    frames = pictures(96)
    assert np.array_equal(changed_pictures(frames, PictureChange(WHOLE, flip=True), 96), frames[:, :, ::-1])
    out = changed_pictures(frames, PictureChange(WHOLE, brightness=1.1, contrast=0.8, saturation=0.5), 96)
    luma = np.array([0.299, 0.587, 0.114])
    mean = float((frames[0] @ luma).mean())
    grey = frames @ luma
    expected = 1.1 * (mean + 0.8 * (0.5 * frames + 0.5 * grey[..., None] - mean))
    np.testing.assert_allclose(out, np.clip(expected, 0, 255), atol=1)
    doubled = changed_pictures(frames, PictureChange(WHOLE, brightness=2.0), 96)
    np.testing.assert_allclose(doubled, np.minimum(frames.astype(float) * 2, 255), atol=1)


def test_blur_and_compression_soften_without_shifting():
    frames = np.zeros((1, 96, 96, 3), np.uint8)
    frames[:, 48:] = 200
    blurred = changed_pictures(frames, PictureChange(WHOLE, blur=1.5), 96).astype(float)
    assert np.abs(np.diff(blurred[0, :, 0, 0])).max() < 100
    assert np.isclose(blurred.mean(), frames.mean(), atol=1)
    squeezed = changed_pictures(pictures(96), PictureChange(WHOLE, quality=15), 96).astype(float)
    assert 1 < np.abs(squeezed - pictures(96)).mean() < 20


@pytest.mark.parametrize("kind", ["noise", "music"])
def test_noise_and_music_lie_5_to_30_db_below_the_voice(kind):
    samples = voice()
    other = np.random.default_rng(5).standard_normal(30000).astype(np.float32) if kind == "music" else None
    config = replace(NOTHING, noise=1.0) if kind == "noise" else NOTHING
    below = []
    for seed in range(12):
        added = changed_sound(samples, config, np.random.default_rng(seed), other) - samples
        below.append(20 * np.log10(rms(samples) / rms(added)))
    assert BELOW_VOICE[0] - 0.5 < min(below) < 12
    assert 20 < max(below) < BELOW_VOICE[1] + 0.5


def test_white_and_pink_noise_both_come():
    silence_between = np.zeros(1 << 16, np.float32)
    silence_between[:64] = 1
    slopes = []
    for seed in range(8):
        added = changed_sound(silence_between, replace(NOTHING, noise=1.0), np.random.default_rng(seed))
        power = np.abs(np.fft.rfft(added - silence_between)) ** 2
        slopes.append(power[100:1000].mean() / power[10000:30000].mean())
    assert min(slopes) < 2
    assert max(slopes) > 10


def test_gain_keeps_the_shape_until_the_recorder_clips():
    samples = voice(level=0.01)
    out = changed_sound(samples, replace(NOTHING, gain=10.0), np.random.default_rng(0))
    factor = rms(out) / rms(samples)
    assert factor != 1
    assert 10**-0.5 <= factor <= 10**0.5
    np.testing.assert_allclose(out, samples * factor, rtol=1e-4)
    assert np.abs(changed_sound(voice(level=0.9), replace(NOTHING, gain=20.0), np.random.default_rng(0))).max() <= 1


def test_silence_and_no_sound_at_all_stay_finite():
    config = replace(AugmentConfig(), noise=1.0)
    for samples in (np.zeros(1000, np.float32), np.zeros(0, np.float32)):
        out = changed_sound(samples, config, np.random.default_rng(0), np.zeros(10, np.float32))
        assert out.shape == samples.shape
        assert not out.any()
