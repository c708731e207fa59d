from dataclasses import replace

import numpy as np
import pytest

from divas_jax.config import AugmentConfig, ViewConfig
from divas_jax.data.augment import BELOW_VOICE, ECHO_SECONDS, PictureChange, SoundChange, draw_change, draw_sound_change
from divas_jax.data.view import seen_box

NOTHING = AugmentConfig(**{name: 0.0 for name in vars(AugmentConfig())})
VIEW = ViewConfig()


def test_nothing_switched_on_changes_nothing():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        assert draw_change(128, 128, VIEW, 96, NOTHING, rng) == PictureChange(seen_box(128, 128, VIEW))
        sound = draw_sound_change(NOTHING, rng)
        assert sound == SoundChange(pink=sound.pink, seed=sound.seed, echo_seconds=sound.echo_seconds)


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


def test_noise_and_music_lie_5_to_30_db_below_the_voice():
    config = replace(NOTHING, noise=1.0, music=1.0)
    drawn = [draw_sound_change(config, np.random.default_rng(seed)) for seed in range(200)]
    for kind in ("noise", "music"):
        below = -20 * np.log10([getattr(change, kind) for change in drawn])
        assert BELOW_VOICE[0] <= below.min() < 6
        assert 29 < below.max() <= BELOW_VOICE[1]


def test_an_echo_is_at_most_as_loud_as_the_voice_and_changes_no_other_draw():
    without, with_it = replace(AugmentConfig(), echo=0.0), replace(AugmentConfig(), echo=1.0)
    for seed in range(200):
        dry, wet = (draw_sound_change(config, np.random.default_rng(seed)) for config in (without, with_it))
        assert (dry.echo, replace(wet, echo=0.0)) == (0.0, dry)
        assert 0.25 < wet.echo <= 1
        assert ECHO_SECONDS[0] <= wet.echo_seconds <= ECHO_SECONDS[1]


def test_chances_are_kept():
    config = replace(AugmentConfig(), noise=0.3, music=0.6, echo=0.4, gain=10.0, flip=0.25, blur=0.1, compression=0.8)
    rng = np.random.default_rng(0)
    sounds = [draw_sound_change(config, rng) for _ in range(2000)]
    pictures = [draw_change(128, 128, VIEW, 96, config, rng) for _ in range(2000)]
    shares = {
        "noise": np.mean([sound.noise > 0 for sound in sounds]),
        "music": np.mean([sound.music > 0 for sound in sounds]),
        "echo": np.mean([sound.echo > 0 for sound in sounds]),
        "flip": np.mean([picture.flip for picture in pictures]),
        "blur": np.mean([picture.blur > 0 for picture in pictures]),
        "compression": np.mean([picture.quality > 0 for picture in pictures]),
    }
    assert shares == {name: pytest.approx(getattr(config, name), abs=0.04) for name in shares}
    assert np.mean([sound.pink for sound in sounds]) == pytest.approx(0.5, abs=0.04)
    gains = [sound.gain for sound in sounds]
    assert -10 <= min(gains) < -9.8
    assert 9.8 < max(gains) <= 10
