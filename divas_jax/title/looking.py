"""How often faces are looked for, and how closely: detecting them is what most of the time goes into."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from divas_jax.title.faces import DetectedFace

OFTEN, SELDOM = Fraction(1, 5), Fraction(2, 5)
"""Seconds from one look to the next: while faces move or are new, and where they have been at rest."""

CLOSE_SIDE, QUICK_SIDE = 640, 320
"""Longer side of the largest and of the smallest copy in which faces are looked for (pixels)."""

STEP = 64
"""Sides between them are multiples of so many pixels: few sizes, each of which needs a scaler of its own."""

ENOUGH = 34.0
"""Faces that are so high in a copy (pixels) are found there as surely as in a larger one."""

RESTS = 3
"""Looks at which no face moved, until they are looked for less often."""

CLOSELY = 5
"""At the latest each so many looks one is close, for there may be a small face by now."""


class Looking:
    """When the next look is due, and in how large a copy; a new shot begins close and often."""

    def __init__(self) -> None:
        self.cut()

    def cut(self) -> None:
        """A new shot: nothing is known of its faces."""
        self._looked: Fraction | None = None
        self._resting = self._quick = 0
        self._needed = CLOSE_SIDE

    @property
    def stride(self) -> Fraction:
        """Seconds from the last look to the next one."""
        return SELDOM if self._resting >= RESTS else OFTEN

    @property
    def side(self) -> int:
        """Longer side of the copy for the next look (pixels)."""
        return self._needed if self._quick < CLOSELY - 1 else CLOSE_SIDE

    def due(self, time: Fraction) -> bool:
        """Whether it is time (s) for a look."""
        return self._looked is None or time >= self._looked + self.stride

    def looked(self, time: Fraction, faces: Sequence[DetectedFace], longest: int, resting: bool) -> None:
        """Takes what a look showed.

        Args:
          time: of the picture (s).
          faces: in the copy.
          longest: the copy's longer side (pixels).
          resting: whether all faces were known, and moved hardly since the last look.
        """
        self._quick = self._quick + 1 if self.side < CLOSE_SIDE else 0
        self._looked = time
        self._resting = self._resting + 1 if resting else 0
        least = min((face.box.height for face in faces), default=0.0)
        wanted = STEP * ceil(ENOUGH * longest / least / STEP) if least else CLOSE_SIDE
        self._needed = min(CLOSE_SIDE, max(QUICK_SIDE, wanted))
