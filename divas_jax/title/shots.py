"""Cuts between shots, by PySceneDetect's AdaptiveDetector, at exact presentation times."""

from fractions import Fraction

import cv2
import numpy as np
from jaxtyping import UInt8
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

DELAY = 2
"""Pictures after a cut that the detector must see before it tells (its window)."""

SHORTEST_SHOT = Fraction(2, 5)
"""Cuts that follow sooner (s) are flashes."""

_NOMINAL = 100.0
"""Frames/s of the detector's own clock, in which a picture's number stands for its time."""


class ShotFinder:
    """Fed with every picture of a file, in order, tells the times of the first pictures of new shots.

    Args:
      fps: about how many pictures come in a second.
    """

    def __init__(self, fps: Fraction) -> None:
        least = max(1, round(SHORTEST_SHOT * fps))
        self._detector = AdaptiveDetector(window_width=DELAY, min_scene_len=least)
        self._times: dict[int, Fraction] = {}
        self._count = 0

    def add(self, time: Fraction, picture: UInt8[np.ndarray, "H W 3"]) -> list[Fraction]:
        """Takes the next picture (small RGB); returns cuts (s) that are known now, `DELAY` pictures late."""
        self._times[self._count] = time
        found = self._detector.process_frame(
            FrameTimecode(self._count, _NOMINAL), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        )
        self._times.pop(self._count - 4 * DELAY, None)
        self._count += 1
        return [self._times[cut.frame_num] for cut in found if cut.frame_num in self._times]
