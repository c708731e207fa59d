"""Cuts between shots, by PySceneDetect's AdaptiveDetector, at exact presentation times.

A cut that is missed joins two people's faces into one; a cut too many only
halves a scene. So the detector is a little more eager here than by default,
and no shot is too short: its `min_scene_len` would hide the second of two
cuts, not the first. What it takes for two cuts and is none, a photographer's
flash, is sorted out by what follows: the picture is as it was before.
"""

from collections import deque
from fractions import Fraction

import cv2
import numpy as np
from jaxtyping import UInt8
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

DELAY = 2
"""Pictures after a cut that must be seen before it is told (the detector's window)."""

RATIO = 2.5
"""A cut changes the picture so many times as much as the pictures around it change (3 by default)."""

RETURNED = 0.3
"""After a flash the picture differs from the one before it by less than this share of what the flash changed."""

_NOMINAL = 100.0
"""Frames/s of the detector's own clock: its picture numbers count, the times are ours."""

_Picture = UInt8[np.ndarray, "H W 3"]


class ShotFinder:
    """Fed with every picture of a file, in order, tells the times of the first pictures of new shots."""

    def __init__(self) -> None:
        self._detector = AdaptiveDetector(adaptive_threshold=RATIO, window_width=DELAY, min_scene_len=1)
        self._recent: deque[tuple[Fraction, _Picture]] = deque(maxlen=2 * DELAY + 2)
        self._count = 0

    def add(self, time: Fraction, picture: _Picture) -> list[Fraction]:
        """Takes the next picture; returns cuts (s) that are known now, `DELAY` pictures late.

        Args:
          time: s.
          picture: a small copy in RGB, all of one size; 256 pixels are plenty.
        """
        if not self._count:  # once more, for a cut to the second picture has too little before it
            self._look(time, picture)
        return self._look(time, picture)

    def finish(self) -> list[Fraction]:
        """There are no more pictures: returns cuts (s) among the last ones."""
        if not self._recent:
            return []
        time, last = self._recent[-1]
        return [cut for _ in range(DELAY) for cut in self._look(time, last)]

    def _look(self, time: Fraction, picture: _Picture) -> list[Fraction]:
        self._recent.append((time, picture))
        cuts = self._detector.process_frame(
            FrameTimecode(self._count, _NOMINAL), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        )
        self._count += 1
        return [self._recent[-1 - DELAY][0] for _ in cuts if not self._flash()]

    def _flash(self) -> bool:
        """Whether the cut `DELAY` pictures ago is one side of a flash as short as that."""
        pictures = [picture for _, picture in self._recent]
        cut = len(pictures) - 1 - DELAY
        change = RETURNED * _difference(pictures[cut - 1], pictures[cut])
        sides = ((cut - 1, cut + DELAY), (cut - 1 - DELAY, cut))
        return any(first >= 0 and _difference(pictures[first], pictures[last]) < change for first, last in sides)


def _difference(picture: _Picture, other: _Picture) -> float:
    return float(cv2.absdiff(picture, other).mean())
