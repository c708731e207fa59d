"""Sound at a rate that a model knows: what is faster is halved, what is slower doubled, on its own time line."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from divas_jax.clip import Clip, Rung
from divas_jax.rates import patches_in


def heard_rate(sample_rate: int, trained: Sequence[Rung], slowest: int) -> int:
    """The rate (Hz) that sound is brought to by halving or doubling; `sample_rate` itself where it is known, or odd.

    Args:
      sample_rate: of the sound (Hz).
      trained: the rungs that the model was trained on.
      slowest: the least rate that it was trained on (Hz); 0 for any.
    """
    most, rate = max(trained, key=lambda rung: rung.patches), sample_rate
    while patches_in(most.window, rate) > most.patches and rate % 2 == 0:
        rate //= 2
    if patches_in(most.window, rate) > most.patches:
        return sample_rate
    while 0 < rate < slowest and patches_in(most.window, 2 * rate) <= most.patches:
        rate *= 2
    return rate


def with_known_sound(clips: Sequence[Clip], trained: Sequence[Rung], slowest: int) -> list[Clip]:
    """The clips; where sound has too many or too few samples a second, at its `heard_rate`.

    What would fold over is filtered out first, without delay; sample n of a halved sound sounds exactly when sample
    2 n of the clip did, and sample 2 n of a doubled one when sample n did. Clips that share samples still do.

    Args:
      clips: any.
      trained: the rungs that the model was trained on.
      slowest: the least rate that it was trained on (Hz); 0 for any.
    """
    brought: dict[tuple[int, int], np.ndarray] = {}
    known = []
    for clip in clips:
        rate = heard_rate(clip.sample_rate, trained, slowest)
        if rate != clip.sample_rate:
            key = id(clip.samples), rate
            if key not in brought:
                brought[key] = _brought(clip.samples, clip.sample_rate, rate)
            clip = replace(clip, samples=brought[key], sample_rate=rate)
        known.append(clip)
    return known


def _brought(samples: Float32[np.ndarray, " S"], sample_rate: int, rate: int) -> Float32[np.ndarray, " R"]:
    if not len(samples):
        return samples
    from scipy.signal import resample_poly  # late: few files need it

    return resample_poly(samples, max(1, rate // sample_rate), max(1, sample_rate // rate)).astype(np.float32)
