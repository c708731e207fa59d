"""Who was said to speak against who does, in seconds of faces: exact, without a grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment

from divas_jax.faces.overlap import overlaps
from divas_jax.faces.speaker_labels import SpeakerLabel

LEAST_OVERLAP = 0.5
"""Intersection over union from which a face that was found is the labelled one."""

ALONE, AMONG, SEVERAL, NOBODY = "one speaker", "one speaker among others", "several speakers", "nobody speaks"
"""Conditions of a scene: S, SI and MS of Table 6, and scenes in which no visible face speaks."""


@dataclass(frozen=True)
class SceneTime:
    """Face-seconds of one scene.

    Attributes:
      file: where it is.
      start: s.
      end: s.
      condition: by how many of its faces speak in it.
      right: a face speaks and is said to.
      wrong: a face that does not speak, or is no labelled face at all, is said to.
      missed: a face speaks and is not said to, or was not found.
      speaking: labelled faces speak.
      labelled: labelled faces are seen.
      found: labelled faces are seen and were found.
    """

    file: str
    start: float
    end: float
    condition: str
    right: float
    wrong: float
    missed: float
    speaking: float
    labelled: float
    found: float


class _Way:
    """A face through time: its rows, and its box at any moment of them."""

    def __init__(self, rows: Sequence[SpeakerLabel]) -> None:
        self.rows = sorted(rows, key=lambda row: row.start)
        self.start, self.end = self.rows[0].start, max(row.end for row in self.rows)
        self._times = np.asarray([float(row.start + row.end) / 2 for row in self.rows])
        self._boxes = np.asarray([row.box for row in self.rows], np.float64)

    def at(self, time: Fraction) -> SpeakerLabel | None:
        """The row of a moment (s); None where the face is not seen."""
        return next((row for row in self.rows if row.start <= time < row.end), None)

    def box(self, time: Fraction) -> Float[np.ndarray, " 4"]:
        """Between the middles of its rows in proportion."""
        return np.asarray([np.interp(float(time), self._times, side) for side in self._boxes.T])


def scene_times(
    true: Sequence[SpeakerLabel], predicted: Sequence[SpeakerLabel], least_overlap: float = LEAST_OVERLAP
) -> list[SceneTime]:
    """Compares two tables of one file, scene by scene.

    A scene is a stretch of time in which labelled faces overlap: faces end with the shot.
    Between two ends of rows nothing changes: there, faces that were found are given to
    labelled ones, one to one, so that their boxes overlap most. What is said where no face
    is labelled does not count.

    Args:
      true: labels.
      predicted: what is judged.
      least_overlap: boxes that overlap less (intersection over union) are different faces.
    """
    predicted_ways = _ways(predicted)
    starts, ends = (np.asarray([float(getattr(way, side)) for way in predicted_ways]) for side in ("start", "end"))
    compared = []
    for faces in _scenes(_ways(true)):
        start, end = min(way.start for way in faces), max(way.end for way in faces)
        overlapping = np.flatnonzero((starts < float(end)) & (ends > float(start)))
        compared.append(_compared(start, end, faces, [predicted_ways[index] for index in overlapping], least_overlap))
    return compared


def _ways(rows: Sequence[SpeakerLabel]) -> list[_Way]:
    faces: dict[str, list[SpeakerLabel]] = {}
    for row in rows:
        faces.setdefault(row.face, []).append(row)
    return [_Way(face_rows) for face_rows in faces.values()]


def _scenes(ways: Sequence[_Way]) -> list[list[_Way]]:
    scenes: list[list[_Way]] = []
    reached = Fraction(-1)
    for way in sorted(ways, key=lambda way: way.start):
        if not scenes or way.start >= reached:
            scenes.append([])
        scenes[-1].append(way)
        reached = max(reached, way.end)
    return scenes


def condition(speakers: int, faces: int) -> str:
    """What Table 6 calls a scene with so many faces, so many of whom speak in it."""
    if speakers == 0:
        return NOBODY
    if speakers > 1:
        return SEVERAL
    return ALONE if faces == 1 else AMONG


def _compared(
    start: Fraction, end: Fraction, faces: Sequence[_Way], predicted: Sequence[_Way], least_overlap: float
) -> SceneTime:
    edges = {edge for way in (*faces, *predicted) for row in way.rows for edge in (row.start, row.end)}
    total = np.zeros(6)
    for before, after in pairwise(sorted(edge for edge in edges if start <= edge <= end)):
        total += float(after - before) * _moment((before + after) / 2, faces, predicted, least_overlap)
    speakers = sum(any(row.speaking for row in way.rows) for way in faces)
    kind = condition(speakers, len(faces))
    return SceneTime(faces[0].rows[0].file, float(start), float(end), kind, *map(float, total))


def _moment(
    time: Fraction, faces: Sequence[_Way], predicted: Sequence[_Way], least_overlap: float
) -> Float[np.ndarray, " 6"]:
    """The last six numbers of a `SceneTime` at a moment, in faces; none where no face is labelled."""
    true = [(way, row) for way in faces if (row := way.at(time))]
    seen = [(way, row) for way in predicted if (row := way.at(time))]
    if not true:
        return np.zeros(6)
    pairs = _pairs([way.box(time) for way, _ in true], [way.box(time) for way, _ in seen], least_overlap)
    speaks = np.asarray([row.speaking for _, row in true])
    called_speaking = np.asarray([index in pairs and seen[pairs[index]][1].speaking for index in range(len(true))])
    strangers = sum(row.speaking for index, (_, row) in enumerate(seen) if index not in pairs.values())
    wrong = (called_speaking & ~speaks).sum() + strangers
    return np.asarray(
        [
            (called_speaking & speaks).sum(),
            wrong,
            (speaks & ~called_speaking).sum(),
            speaks.sum(),
            len(true),
            len(pairs),
        ],
        np.float64,
    )


def _pairs(true: list[np.ndarray], predicted: list[np.ndarray], least_overlap: float) -> dict[int, int]:
    if not predicted:
        return {}
    shared = overlaps(np.asarray(true), np.asarray(predicted))
    shared[shared < least_overlap] = 0.0
    rows, columns = linear_sum_assignment(-shared)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if shared[row, column] > 0}
