"""Made-up talking heads as clips: pure functions of a seed."""

from collections.abc import Sequence
from enum import IntEnum
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.rates import nearest
from divas_jax.talkers.articulation import Articulation, draw_speaker, make_articulation
from divas_jax.talkers.distractions import distract
from divas_jax.talkers.face import render_face
from divas_jax.talkers.portrait import draw_look
from divas_jax.talkers.voice import make_voice

FRAME_RATES = tuple(
    Fraction(n, d)
    for n, d in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1))
)
"""Frame rates (frames/s) that talkers are drawn from."""

SAMPLE_RATES = (16000, 22050, 44100, 48000)
"""Sample rates (Hz) that talkers are drawn from."""


class Draw(IntEnum):
    """What is drawn at random about a talker, each from a stream of its own."""

    SPEAKER, TALK, VOICE, LOOK, FACE, DISTRACTION, RATES, TIMES, OTHER = range(9)


class _Timing(NamedTuple):
    pts: Int64[np.ndarray, " T"]
    time_base: Fraction
    fps: Fraction
    constant: bool


def talker_rng(seed: int, part: Draw) -> np.random.Generator:
    """One stream a part, so that no part of a talker depends on how another is made.

    Raises:
      UserError: a negative seed.
    """
    if seed < 0:
        raise UserError(f"seed {seed} of a talker is negative")
    return np.random.default_rng([seed, part])


def draw_rates(
    seed: int, rates: Sequence[Fraction] = FRAME_RATES, sample_rates: Sequence[int] = SAMPLE_RATES
) -> tuple[Fraction, int]:
    """The frame rate (frames/s) and sample rate (Hz) of talker `seed`, out of those allowed."""
    rng = talker_rng(seed, Draw.RATES)
    return rates[int(rng.integers(len(rates)))], int(sample_rates[int(rng.integers(len(sample_rates)))])


def draw_articulation(seed: int, duration: Fraction = Fraction(4)) -> Articulation:
    """What talker `seed` says in `duration` s: the very tracks that drive its face and voice."""
    return make_articulation(draw_speaker(talker_rng(seed, Draw.SPEAKER)), float(duration), talker_rng(seed, Draw.TALK))


def make_talker(
    seed: int,
    *,
    fps: Fraction | None = None,
    sample_rate: int | None = None,
    duration: Fraction = Fraction(4),
    size: int = 128,
    variable_rate: bool = False,
    distractions: bool = True,
) -> Clip:
    """A made-up person who talks, sound and mouth exactly together.

    Args:
      seed: who talks and what; the clip is a function of the arguments alone.
      fps: frame rate (frames/s), drawn from `FRAME_RATES` if None.
      sample_rate: Hz, drawn from `SAMPLE_RATES` if None.
      duration: s; rounded to whole frames.
      size: pixels a side. As in the corpus, the central three quarters are SyncNet's usual face crop.
      variable_rate: whether frames come as from a phone: jittered and at times missed.
      distractions: whether rooms, music, noise and other voices may be heard.

    Raises:
      UserError: a negative seed, or an argument out of range.
    """
    return _film(seed, seed, fps, sample_rate, duration, size, variable_rate, distractions)


def make_listener(
    seed: int,
    *,
    fps: Fraction | None = None,
    sample_rate: int | None = None,
    duration: Fraction = Fraction(4),
    size: int = 128,
    variable_rate: bool = False,
    distractions: bool = True,
) -> Clip:
    """Like `make_talker`, but the voice is another's, out of the picture: mouth and sound have no relation."""
    other = int(talker_rng(seed, Draw.OTHER).integers(2**62))
    return _film(seed, other, fps, sample_rate, duration, size, variable_rate, distractions)


def _film(
    face: int,
    voice: int,
    fps: Fraction | None,
    sample_rate: int | None,
    duration: Fraction,
    size: int,
    variable_rate: bool,
    distractions: bool,
) -> Clip:
    drawn_fps, drawn_rate = draw_rates(face)
    fps, sample_rate = fps or drawn_fps, sample_rate or drawn_rate
    _check(fps, sample_rate, duration, size)
    timing = _draw_timing(face, fps, duration, variable_rate)
    times = np.array([float(int(pts) * timing.time_base) for pts in timing.pts])
    seen = draw_articulation(face, duration)
    heard = seen if voice == face else draw_articulation(voice, duration)
    samples = nearest(nearest(duration * fps) / fps * sample_rate)
    return Clip(
        frames=render_face(seen, draw_look(talker_rng(face, Draw.LOOK)), times, size, talker_rng(face, Draw.FACE)),
        frame_pts=timing.pts,
        time_base=timing.time_base,
        samples=_record(heard, voice, samples, sample_rate, distractions),
        sample_rate=sample_rate,
        fps=timing.fps,
        constant_rate=timing.constant,
        name=f"talker-{face}" if voice == face else f"listener-{face}",
    )


def _check(fps: Fraction, sample_rate: int, duration: Fraction, size: int) -> None:
    if fps <= 0 or sample_rate < 8000:
        raise UserError(f"a talker cannot have {fps} frames/s and {sample_rate} Hz")
    if duration * fps < 1 or size < 16:
        raise UserError(f"a talker cannot last {float(duration)} s at {size} pixels")


def _record(
    talk: Articulation, seed: int, samples: int, sample_rate: int, distractions: bool
) -> Float32[np.ndarray, " S"]:
    """The voice as a microphone with a little noise of its own gets it, peaks between -16 and -1 dB of full scale."""
    sound = make_voice(talk, samples, sample_rate, talker_rng(seed, Draw.VOICE))
    rng = talker_rng(seed, Draw.DISTRACTION)
    sound = sound + (10 ** (-rng.uniform(55, 80) / 20) * rng.standard_normal(samples)).astype(np.float32)
    gain = 10 ** (-rng.uniform(1, 16) / 20)
    if distractions:
        sound = distract(sound, sample_rate, rng)
    return (sound * gain / max(1e-9, float(np.abs(sound).max()))).astype(np.float32)


def _draw_timing(seed: int, fps: Fraction, duration: Fraction, variable: bool) -> _Timing:
    """Presentation times: exact ones, or a phone's in its own clock, late by some ms and at times missed."""
    count = nearest(duration * fps)
    if not variable:
        return _Timing(np.arange(count, dtype=np.int64), 1 / fps, fps, True)
    rng = talker_rng(seed, Draw.TIMES)
    base = Fraction(1, int(rng.choice((1000, 90000))))
    even = np.array([nearest(i / fps / base) for i in range(count)], np.int64)
    most = int(min(0.004 + rng.uniform(0, 0.2) / fps, 0.8 / fps) / base)
    pts = even + rng.integers(0, most, count)
    pts = pts[rng.random(count) > rng.uniform(0.01, 0.08)]
    pts = pts - pts[0]
    return _Timing(pts, base, 1 / (Fraction(float(np.median(np.diff(pts)))) * base), False)
