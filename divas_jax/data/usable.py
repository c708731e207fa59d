"""What a clip must have to be of use: a picture, a sound that is none but silence, and both long enough together."""

from fractions import Fraction

import numpy as np

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.rates import WINDOW_SECONDS

SMALLEST_SIDE = 32
"""Pictures with a shorter side than this are rejected (pixels)."""

FAINTEST = 1e-3
"""Sound whose loudest sample is below this is rejected as silent (-60 dBFS)."""


def common_seconds(clip: Clip, window: Fraction = WINDOW_SECONDS) -> Fraction:
    """Seconds in which picture and sound both run.

    Args:
      clip: of any length.
      window: what it must hold at least (s): the model's window, where one is to be had.

    Raises:
      UserError: the clip is of no use.
    """
    height, width = clip.frames.shape[1:3]
    if min(height, width) < SMALLEST_SIDE:
        raise UserError(f"{clip.name} has a picture below {SMALLEST_SIDE} pixels ({width}x{height})")
    start = max(clip.frame_time(0), clip.sound_start)
    common = min(clip.picture_end, clip.sound_end) - start
    if common < window + 1 / clip.fps:
        raise UserError(f"{clip.name} is shorter than a window and one frame ({max(0.0, float(common)):.2f} s)")
    if not np.abs(clip.samples).max() >= FAINTEST:  # NaN is as useless
        raise UserError(f"{clip.name} is silent")
    return common
