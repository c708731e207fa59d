"""Where sound can be cut without being heard."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from divas_jax.media.hearing import Hearing, open_heard
from divas_jax.media.sound_stream import SoundStream
from divas_jax.title.repair import Cut

STEP_S = 0.01
"""Loudness is measured in steps of so much (s)."""

LEAST_S = 0.1
"""A cut looks for a quiet stretch of at least so much (s)."""


def quiet_times(file: Path, cuts: Sequence[Cut], hearing: Hearing | None = None) -> list[float]:
    """For each cut the start of the quietest stretch that it may take (s): as long as what is cut off there.

    Args:
      file: a media file.
      cuts: in order.
      hearing: which sound of it is meant.

    Raises:
      UserError: the file cannot be read.
    """
    if not cuts:
        return []
    with open_heard(file, hearing) as media:
        stream = SoundStream(media)
        step = max(1, round(STEP_S * stream.sample_rate))
        left, levels = np.zeros(0, np.float32), []
        for block in stream.blocks():
            left = np.concatenate([left, block])
            whole = len(left) // step * step
            levels.append(np.square(left[:whole].reshape(-1, step)).mean(1))
            left = left[whole:]
        return [_quietest(np.concatenate(levels), float(stream.start), step / stream.sample_rate, cut) for cut in cuts]


def _quietest(levels: np.ndarray, start: float, step: float, cut: Cut) -> float:
    """Among the starts from the earliest to the latest, the one whose stretch is quietest (s)."""
    width = max(1, round(max(LEAST_S, cut.before - cut.after) / step))
    first = max(0, round((cut.earliest - start) / step))
    last = max(first + 1, round((cut.latest - start) / step))
    sums = np.convolve(levels[first : last + width], np.ones(width), "valid")
    return start + (first + int(np.argmin(sums)) if len(sums) else first) * step
