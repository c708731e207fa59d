"""What of a clip makes it hard to judge: a picture that stands still, speech that hardly stands out of its noise."""

import numpy as np

from divas_jax.clip import Clip

_MOMENT_S = 0.05
_LOUD, _QUIET = 95, 10
_FLOOR = 1e-5
"""Nothing is quieter than this (-100 dBFS), so that digital silence between words counts as a pause and no more."""


def motion_of(clip: Clip) -> float:
    """Mean difference between one picture and the next (grey levels, 0 to 255), at the median; nan for one picture.

    Only every fourth line and column is looked at.
    """
    pictures = clip.frames[:, ::4, ::4].astype(np.int16)
    return float(np.median(np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2, 3)))) if len(pictures) > 1 else np.nan


def contrast_db_of(clip: Clip) -> float:
    """How far its loud moments of 50 ms lie above its quiet ones (dB); nan where there is next to no sound."""
    moment = max(1, round(_MOMENT_S * clip.sample_rate))
    count = len(clip.samples) // moment
    if count < 2:
        return np.nan
    moments = clip.samples[: count * moment].reshape(count, moment).astype(np.float64)
    levels = np.maximum(np.sqrt(np.mean(moments**2, axis=1)), _FLOOR)
    return float(20 * np.log10(np.percentile(levels, _LOUD) / np.percentile(levels, _QUIET)))
