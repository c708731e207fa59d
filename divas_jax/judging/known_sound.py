"""Sound at a rate that a model knows: what is faster is halved, exactly on its own time line."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from divas_jax.clip import Clip, Rung
from divas_jax.rates import patches_in


def halvings(sample_rate: int, trained: Sequence[Rung]) -> int:
    """The least power of two that brings a sample rate (Hz) to what the rungs hold; 1 where it must not be divided."""
    most, factor = max(trained, key=lambda rung: rung.patches), 1
    while patches_in(most.window, sample_rate // factor) > most.patches and sample_rate % (2 * factor) == 0:
        factor *= 2
    return factor


def with_known_sound(clips: Sequence[Clip], trained: Sequence[Rung]) -> list[Clip]:
    """The clips; where sound has too many samples a second, with every second, fourth, … of them.

    What would fold over is filtered out first, without delay; sample n of the result sounds exactly when sample
    n * factor of the clip did. Clips that share samples still do.

    Args:
      clips: any.
      trained: the rungs that the model was trained on.
    """
    halved: dict[tuple[int, int], np.ndarray] = {}
    known = []
    for clip in clips:
        factor = halvings(clip.sample_rate, trained)
        if factor > 1:
            key = id(clip.samples), factor
            if key not in halved:
                halved[key] = _every(clip.samples, factor)
            clip = replace(clip, samples=halved[key], sample_rate=clip.sample_rate // factor)
        known.append(clip)
    return known


def _every(samples: Float32[np.ndarray, " S"], factor: int) -> Float32[np.ndarray, " R"]:
    if not len(samples):
        return samples
    from scipy.signal import resample_poly  # late: few files need it

    return resample_poly(samples, 1, factor).astype(np.float32)
