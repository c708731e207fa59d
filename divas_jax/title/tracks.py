"""Faces through time: detections of one shot joined by overlap."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from jaxtyping import Float64
from scipy.optimize import linear_sum_assignment

from divas_jax.data.crops import Face, FaceTrack
from divas_jax.title.faces import DetectedFace

GAP = Fraction(1, 2)
"""A face that is not seen for so long (s) is still the same; its way between is a straight line."""

LEAST_OVERLAP = 0.25
"""Intersection over union of two boxes of one face, 0.2 s apart."""

CONFIRMED = 3
"""Detections that make a track; fewer are a mistake of the detector."""


@dataclass
class TrackedFace:
    """One face since it appeared.

    Attributes:
      identity: its number in the file.
      times: of the detections (s).
      boxes: one each, in the units of the detections.
      scores: one each.
    """

    identity: int
    times: list[Fraction] = field(default_factory=list)
    boxes: list[Face] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def face_track(self) -> FaceTrack:
        """Its way, as crops are made along it."""
        return FaceTrack(np.asarray([float(time) for time in self.times]), np.asarray(self.boxes, np.float64))


class Tracker:
    """Joins detections to tracks; `cut` begins a new shot. Identities count through the file."""

    def __init__(self) -> None:
        self._all: list[TrackedFace] = []
        self._next = 0

    @property
    def tracks(self) -> list[TrackedFace]:
        """Faces of this shot that were detected `CONFIRMED` times."""
        return [track for track in self._all if len(track.times) >= CONFIRMED]

    def add(self, time: Fraction, faces: Sequence[DetectedFace]) -> None:
        """Takes all detections of one picture, later than the last."""
        alive = [track for track in self._all if time - track.times[-1] <= GAP]
        overlap = _overlaps([track.boxes[-1] for track in alive], [face.box for face in faces])
        taken = set()
        for row, column in zip(*linear_sum_assignment(-overlap), strict=True):
            if overlap[row, column] >= LEAST_OVERLAP:
                _extend(alive[row], time, faces[column])
                taken.add(column)
        for column, face in enumerate(faces):
            if column not in taken:
                self._all.append(TrackedFace(self._next))
                self._next += 1
                _extend(self._all[-1], time, face)
        self._all = [track for track in self._all if track in alive or track.times[-1] > time - 20]

    def cut(self) -> None:
        """A new shot: no face goes on."""
        self._all = []


def _extend(track: TrackedFace, time: Fraction, face: DetectedFace) -> None:
    track.times.append(time)
    track.boxes.append(face.box)
    track.scores.append(face.score)


def _overlaps(one: Sequence[Face], other: Sequence[Face]) -> Float64[np.ndarray, "N M"]:
    """Intersection over union of every pair."""
    a, b = (np.asarray(boxes, np.float64).reshape(-1, 4) for boxes in (one, other))
    start = np.maximum(a[:, None, :2], b[None, :, :2])
    end = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    inside = np.clip(end - start, 0, None).prod(-1)
    union = a[:, 2:].prod(-1)[:, None] + b[:, 2:].prod(-1)[None] - inside
    return inside / np.maximum(union, 1e-9)
