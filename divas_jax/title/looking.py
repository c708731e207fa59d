"""How often faces are looked for, and how closely: detecting them is what most of the time goes into."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

import numpy as np

from divas_jax.faces.overlap import overlaps
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
"""Each so many looks one is close too, for there may be a small face by now."""

SAME = 0.3
"""Boxes that overlap so much (intersection over union) are of one face."""


class Looking:
    """When the next look is due, and in how large copies; a new shot begins close and often.

    A face's boxes in copies of two sizes differ by a few percent of it. So where a smaller copy is enough, known
    faces keep to it, and the close look beside it is for faces that only it shows.
    """

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
    def sides(self) -> tuple[int, ...]:
        """Longer sides of the copies for the next look (pixels), what is found in the first counting most."""
        close = self._needed < CLOSE_SIDE and self._quick >= CLOSELY - 1
        return (self._needed, CLOSE_SIDE) if close else (self._needed,)

    def due(self, time: Fraction) -> bool:
        """Whether it is time (s) for a look."""
        return self._looked is None or time >= self._looked + self.stride

    def looked(self, time: Fraction, faces: Sequence[DetectedFace], longest: int, resting: bool) -> None:
        """Takes what a look showed.

        Args:
          time: of the picture (s).
          faces: in the picture.
          longest: the picture's longer side, in the units of the faces.
          resting: whether all faces were known, and moved hardly since the last look.
        """
        self._quick = 0 if CLOSE_SIDE in self.sides else self._quick + 1
        self._looked = time
        self._resting = self._resting + 1 if resting else 0
        least = min((face.box.height for face in faces), default=0.0)
        wanted = STEP * ceil(ENOUGH * longest / least / STEP) if least else CLOSE_SIDE
        self._needed = min(CLOSE_SIDE, max(QUICK_SIDE, wanted))


def joined(looks: Sequence[Sequence[DetectedFace]]) -> list[DetectedFace]:
    """The faces of several looks at one picture: those of the first, and of the others what it does not show."""
    merged = list(looks[0])
    for look in looks[1:]:
        known, seen = (np.asarray([face.box for face in faces], np.float64).reshape(-1, 4) for faces in (merged, look))
        most = np.max(overlaps(known, seen), axis=0, initial=0.0)
        merged += [face for face, overlap in zip(look, most.tolist(), strict=True) if overlap < SAME]
    return merged
