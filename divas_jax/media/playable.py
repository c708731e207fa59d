"""Clips whose sound every player can play."""

from dataclasses import replace

import numpy as np

from divas_jax.clip import Clip
from divas_jax.media.encode import written_rates
from divas_jax.media.resample import Resampler

PLAYABLE = 48_000
"""Sample rate of what was made of a clip whose own is none that AAC knows (Hz)."""


def playable(clip: Clip) -> Clip:
    """The clip at a sample rate that AAC knows."""
    known = written_rates("aac")
    if not known or clip.sample_rate in known:
        return clip
    resampler = Resampler(clip.sample_rate, PLAYABLE)
    samples = np.concatenate([resampler.add(clip.samples), resampler.finish()])
    return replace(clip, samples=samples, sample_rate=PLAYABLE)
