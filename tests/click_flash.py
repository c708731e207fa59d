"""Clips whose picture flashes and whose sound clicks at the same exact times."""

from fractions import Fraction

import numpy as np

from divas_jax.clip import Clip

SIDE = 32
FIRST, EVERY = 10, 17


def clip_of(fps, sample_rate, *, seconds=4, pts=None, time_base=None, picture_start=0, sound_start=0) -> Clip:
    """A clip with a click at the start of every flash."""
    fps = Fraction(fps)
    pts = np.arange(int(seconds * fps)) if pts is None else np.asarray(pts)
    frames = np.full((len(pts), SIDE, SIDE, 3), 20, np.uint8)
    samples = np.zeros(seconds * sample_rate, np.float32)
    clip = Clip(
        frames=frames,
        frame_pts=pts.astype(np.int64),
        time_base=Fraction(time_base or 1 / fps),
        samples=samples,
        sample_rate=sample_rate,
        fps=fps,
        picture_start=Fraction(picture_start),
        sound_start=Fraction(sound_start),
    )
    reach = sample_rate // 1000
    ramp = np.arange(-reach, reach + 1) / reach
    for flash in range(FIRST, len(pts), EVERY):
        frames[flash] = 235
        click = clip.sample_at(clip.frame_time(flash))
        if reach < click < len(samples) - reach:
            samples[click - reach : click + reach + 1] = 0.8 * np.exp(-4 * ramp**2) * np.cos(8 * ramp)
    return clip


def errors_ms(clip: Clip) -> np.ndarray:
    """Time of each click minus that of its flash (ms), for all flashes well inside the sound; at least two."""
    bright = clip.frames.mean(axis=(1, 2, 3)) > 120
    reach = clip.sample_rate // 8
    errors = []
    for flash in np.flatnonzero(bright):
        time = clip.frame_time(int(flash))
        near = clip.sample_at(time)
        if reach // 2 < near < len(clip.samples) - reach // 2:
            first = max(0, near - reach)
            peak = first + int(np.abs(clip.samples[first : near + reach]).argmax())
            errors.append(float(clip.sample_time(peak) - time) * 1000)
    assert len(errors) >= 2, "too few flashes came back"
    return np.array(errors)
