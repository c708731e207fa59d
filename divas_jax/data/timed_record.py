"""A stored clip that knows when each of its frames is shown. Apart from `records.py`, so that it needs no TFDS."""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from jaxtyping import Int64

from divas_jax.data.clip_record import ClipRecord

_STAMPS = "<i8"  # presentation times are stored little-endian


@dataclass(frozen=True)
class TimedRecord(ClipRecord):
    """A `ClipRecord` with the presentation times of its frames.

    Frame i is shown at `picture_start + frame_pts[i] * time_base`, as in `Clip`.

    Attributes:
      pts: `frame_pts` as bytes of little-endian int64; empty if unknown.
      time_base: seconds per unit of the presentation times.
      picture_start: time (s) to which they are relative.
    """

    pts: bytes = field(default=b"", repr=False)
    time_base: Fraction = Fraction(1)
    picture_start: Fraction = Fraction(0)

    @property
    def frame_pts(self) -> Int64[np.ndarray, " T"]:
        """Presentation time stamps in units of `time_base`."""
        return np.frombuffer(self.pts, dtype=_STAMPS).astype(np.int64)


def pack_pts(frame_pts: Int64[np.ndarray, " T"]) -> bytes:
    """Presentation time stamps as `TimedRecord.pts` stores them."""
    return frame_pts.astype(_STAMPS).tobytes()
