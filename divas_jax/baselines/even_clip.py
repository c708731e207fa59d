"""A clip at 25 frames/s and 16 kHz, the only rates that the competitors know (Tables 1 and 5, 5.2 and 5.5)."""

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from jaxtyping import Float32, UInt8

from divas_jax.clip import Clip
from divas_jax.media.resample import Resampler
from divas_jax.rates import nearest

FRAME_RATE = Fraction(25)
"""Frames/s."""

SAMPLE_RATE = 16_000
"""Samples/s."""

SAMPLES_PER_FRAME = 640
"""Samples that sound while one frame is shown."""


@dataclass(frozen=True)
class EvenClip:
    """Frame k is shown k / 25 s after the first; meanwhile sound samples `lead` + 640 k and following.

    Attributes:
      frames: RGB pictures, or what a competitor sees of them.
      samples: mono sound.
      lead: sample nearest to the moment at which the first frame is shown; may lie outside the sound.
    """

    frames: UInt8[np.ndarray, "T H W C"]
    samples: Float32[np.ndarray, " S"]
    lead: int


def even_clip(clip: Clip) -> EvenClip:
    """The clip at 25 frames/s and 16 kHz, by repeating and leaving out whole frames.

    Of the frames the one whose own time is nearest is taken (the earlier one of two as near), as FFmpeg's `fps` filter
    does: that favours neither early nor late sound. It still moves a picture by up to half a frame, and that is what
    the paper holds against conversion (section 1).
    """
    times = [clip.frame_time(index) for index in range(len(clip.frames))]
    start = times[0]
    count = max(1, ceil((clip.picture_end - start) * FRAME_RATE))
    chosen = [_nearest_place(times, start + k / FRAME_RATE) for k in range(count)]
    resampler = Resampler(clip.sample_rate, SAMPLE_RATE)
    samples = np.concatenate([resampler.add(clip.samples), resampler.finish()])
    return EvenClip(clip.frames[chosen], samples, nearest((start - clip.sound_start) * SAMPLE_RATE))


def _nearest_place(times: list[Fraction], time: Fraction) -> int:
    place = bisect_left(times, time)
    if place == len(times) or (place and time - times[place - 1] <= times[place] - time):
        return place - 1
    return place
