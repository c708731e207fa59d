"""The lips of a made-up talker as numbers: it knows them by construction, where real clips need a landmark model.

They are laid out as those of `lip_shapes.py` usually are, 32 components and then 7 distances, so that talkers and real
clips teach together: of the components, the first eight are what moves a talker's mouth, of what is left nothing is.
"""

from fractions import Fraction

import numpy as np
from jaxtyping import Float, Int8

from divas_jax.data.clip_record import LipShapes
from divas_jax.talkers.articulation import Tracks
from divas_jax.talkers.mouth import GAPE, jaw_drop
from divas_jax.talkers.talker import draw_articulation

COMPONENTS, DISTANCES = 32, 7
"""Numbers of a shape."""

_FULL = 6.0
"""Deviations that the largest int8 stands for."""

_PLACES = (0.5, 0.0, -0.5)
"""Where the height between the inner lips is measured, in halves of the mouth's width."""


def talker_lips(seed: int, duration: Fraction, times: Float[np.ndarray, " T"]) -> LipShapes:
    """The lip shapes of talker `seed` in pictures shown at these times (s); a mirror shows the same.

    Args:
      seed: who talks and what, as in `make_talker`.
      duration: of the clip that was made (s).
      times: of its pictures (s).
    """
    shapes = _shapes(draw_articulation(seed, duration).at(times))
    return LipShapes(np.repeat(shapes[:, None], 2, axis=1), np.ones(len(times), bool))


def _shapes(tracks: Tracks) -> Int8[np.ndarray, "T K"]:
    """Each number less its mean in the clip, in its deviations over many talkers."""
    opening, width, rounding = tracks.opening, tracks.width, tracks.rounding
    slits = [GAPE * opening * (1 - (place / 0.9) ** 2) ** 0.75 for place in _PLACES]
    outer = 0.86 + 0.28 * width - 0.36 * rounding
    plump = 1 + 0.30 * rounding - 0.12 * width
    distances = [
        *slits,
        outer,
        0.9 * outer,
        GAPE * opening + 4 * plump,
        jaw_drop(opening.astype(np.float32)) - 2 * plump,
    ]
    moving = [opening, width, rounding, tracks.teeth, tracks.tongue, outer, plump, opening**2]
    moving += [np.zeros_like(opening)] * (COMPONENTS - len(moving))
    spreads = np.asarray([0.3, 0.2, 0.25, 0.25, 0.25, 0.12, 0.1, 0.35] + [1.0] * (COMPONENTS - 8))
    wide = np.asarray([1.4, 2.0, 1.4, 0.12, 0.1, 2.0, 1.2])
    numbers = np.concatenate([(np.stack(moving, 1)) / spreads, np.stack(distances, 1) / wide], axis=1)
    return np.clip(np.rint((numbers - numbers.mean(0)) / _FULL * 127), -127, 127).astype(np.int8)
