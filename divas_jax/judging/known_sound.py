"""Sound at a rate that a model knows: what is faster is halved, exactly on its own time line."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from divas_jax.clip import Clip, Rung
from divas_jax.rates import WINDOW_SECONDS, patches_in


def halvings(sample_rate: int, rungs: Sequence[Rung]) -> int:
    """The least power of two that brings a sample rate (Hz) to what the rungs hold; 1 where it must not be divided."""
    most, factor = max(rung.patches for rung in rungs), 1
    while patches_in(WINDOW_SECONDS, sample_rate // factor) > most and sample_rate % (2 * factor) == 0:
        factor *= 2
    return factor


def with_known_sound(clip: Clip, rungs: Sequence[Rung]) -> Clip:
    """The clip, or, where its sound has too many samples a second, the clip with every second, fourth, … of them.

    What would fold over is filtered out first, without delay; sample n of the result sounds exactly when sample
    n * factor of the clip did.
    """
    factor = halvings(clip.sample_rate, rungs)
    if factor == 1:
        return clip
    from scipy.signal import resample_poly  # late: few files need it

    samples = resample_poly(clip.samples, 1, factor).astype(np.float32) if len(clip.samples) else clip.samples
    return replace(clip, samples=samples, sample_rate=clip.sample_rate // factor)
