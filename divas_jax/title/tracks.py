"""Faces through time: detections of one shot joined by overlap."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from scipy.optimize import linear_sum_assignment

from divas_jax.faces.crops import Face, FaceTrack
from divas_jax.faces.overlap import overlaps
from divas_jax.title.faces import DetectedFace

GAP = Fraction(1, 2)
"""A face that is looked for in vain for so long (s) is still the same; its way between is a straight line."""

LEAST_OVERLAP = 0.2
"""Intersection over union of a box that is found and where its face was, or should be by now."""

STAYING = 0.3
"""How much it counts that a box is where its face was; that it is where the face should be counts 1.

Measured with `LEAST_OVERLAP` and `TREND` on made-up faces that cross, run, stop and shake with the camera.
"""

CONFIRMED = 3
"""Detections that make a track; fewer are a mistake of the detector."""

TREND = Fraction(7, 10)
"""A face goes on the way it went in the last so many seconds."""

RESTING = 0.12
"""A face that went by less than so many of its widths from one look to the next is at rest."""

REMEMBERED = Fraction(20)
"""Detections older than this (s) are forgotten: shots may last for hours."""


@dataclass(eq=False)
class TrackedFace:
    """One face since it appeared, or since `REMEMBERED` s ago.

    Attributes:
      times: of the detections (s), increasing.
      boxes: one each, in the units of the detections.
      scores: one each.
      identity: its number in the file; None until it was detected `CONFIRMED` times.
      missed: when it was first looked for in vain since the last detection (s); None if it was not.
    """

    times: list[Fraction] = field(default_factory=list)
    boxes: list[Face] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    identity: int | None = None
    missed: Fraction | None = None

    def face_track(self) -> FaceTrack:
        """Its way, as crops are made along it."""
        return FaceTrack(np.asarray([float(time) for time in self.times]), np.asarray(self.boxes, np.float64))

    def lost(self, time: Fraction) -> bool:
        """Whether a face found at `time` (s) must be another one."""
        since = self.times[-1] if self.missed is None else self.missed
        return time - since > GAP

    def moved(self) -> float:
        """How far its middle went, and by how much its size changed, between the last two detections (widths)."""
        before, last = self.boxes[-2:]
        across = last.left - before.left + (last.width - before.width) / 2
        down = last.top - before.top + (last.height - before.height) / 2
        return max(abs(across), abs(down), abs(last.width - before.width)) / last.width

    def expected(self, time: Fraction) -> Face:
        """Where it should be at `time` (s) if it goes on as it went; two detections alone say too little of that."""
        before = next(index for index, then in enumerate(self.times) if then >= self.times[-1] - TREND)
        past, last = self.boxes[before], self.boxes[-1]
        if len(self.times) - before < 3:
            return last
        ahead = float((time - self.times[-1]) / (self.times[-1] - self.times[before]))
        across = last.left + last.width / 2 - past.left - past.width / 2
        down = last.top + last.height / 2 - past.top - past.height / 2
        return Face(last.left + ahead * across, last.top + ahead * down, last.width, last.height)


class Tracker:
    """Joins detections to tracks; `cut` begins a new shot. Identities count through the file, from 0."""

    def __init__(self) -> None:
        self._all: list[TrackedFace] = []
        self._confirmed = 0

    @property
    def tracks(self) -> list[TrackedFace]:
        """Faces of this shot that were detected `CONFIRMED` times, seen in the last `REMEMBERED` s."""
        return [track for track in self._all if track.identity is not None]

    def add(self, time: Fraction, faces: Sequence[DetectedFace]) -> None:
        """Takes all detections of one picture, later than the last."""
        alive = [track for track in self._all if not track.lost(time)]
        matches = _matches(alive, time, [face.box for face in faces])
        for place, track in enumerate(alive):
            if place not in matches and track.missed is None:
                track.missed = time
        owners = {column: alive[row] for row, column in matches.items()}
        for column, face in enumerate(faces):
            if column not in owners:
                owners[column] = TrackedFace()
                self._all.append(owners[column])
            self._extend(owners[column], time, face)
        self._forget(time)

    def resting(self, time: Fraction) -> bool:
        """Whether each face was found at `time` (s), is confirmed, and is hardly anywhere else than the time before."""
        here = [track for track in self._all if not track.lost(time)]
        return all(track.identity is not None and track.times[-1] == time and track.moved() < RESTING for track in here)

    def cut(self) -> None:
        """A new shot: no face goes on."""
        self._all = []

    def _extend(self, track: TrackedFace, time: Fraction, face: DetectedFace) -> None:
        track.times.append(time)
        track.boxes.append(face.box)
        track.scores.append(face.score)
        track.missed = None
        if track.identity is None and len(track.times) >= CONFIRMED:
            track.identity = self._confirmed
            self._confirmed += 1

    def _forget(self, time: Fraction) -> None:
        for track in self._all:
            old = sum(then < time - REMEMBERED for then in track.times)
            del track.times[:old], track.boxes[:old], track.scores[:old]
        self._all = [track for track in self._all if track.times and not (track.identity is None and track.lost(time))]


def _matches(alive: Sequence[TrackedFace], time: Fraction, detected: Sequence[Face]) -> dict[int, int]:
    """Place among the tracks -> place among the boxes found, where they overlap enough."""
    was, expected, boxes = (
        np.asarray(faces, np.float64).reshape(-1, 4)
        for faces in ([track.boxes[-1] for track in alive], [track.expected(time) for track in alive], detected)
    )
    stayed, went = overlaps(was, boxes), overlaps(expected, boxes)
    worth = np.where(np.maximum(stayed, went) >= LEAST_OVERLAP, went + STAYING * stayed, 0)
    pairs = zip(*(places.tolist() for places in linear_sum_assignment(-worth)), strict=True)
    return {row: column for row, column in pairs if worth[row, column] > 0}
