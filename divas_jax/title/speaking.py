"""Who speaks when: whose mouth goes with the sound, moment by moment, at the offset of the whole file (5.6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Float16
from scipy.ndimage import uniform_filter1d

from divas_jax.judging.embedding import ClipEmbeddings
from divas_jax.rates import milliseconds
from divas_jax.sync.distances import offset_matrix, pairwise_distances
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.scene_judging import is_told
from divas_jax.title.scenes import Track

SMOOTHED = 1.0
"""Evidence is averaged over so long (s): one window of 0.2 s says too little."""

SHARE = 0.5
"""A face speaks where it stands out by this share of what the speakers of the file do on average."""

AGREES_MS = 80.0
"""A turn's own best offset is no further (ms) from the file's: a listener's may stand out by chance, but elsewhere."""

SHORTEST_TURN = 0.3
"""Shorter turns and shorter gaps between turns are noise (s)."""


class Turn(NamedTuple):
    """A stretch of time in which a face is seen, and speaks or does not.

    Attributes:
      face: its identity.
      start: s.
      end: s.
      box: left, top, width and height in its middle, as fractions of the picture.
      speaking: whether its mouth goes with the sound.
    """

    face: int
    start: float
    end: float
    box: tuple[float, float, float, float]
    speaking: bool


@dataclass(frozen=True)
class TrackWindows:
    """The windows of one face in one scene.

    Attributes:
      face: its identity.
      times: middle of each window (s).
      offsets_ms: searched (ms), increasing.
      distances: of each window at each offset; NaN where there is none.
      ends: s; start of the first picture, end of the last.
      boxes: at each picture, as in `Turn`.
      box_times: of the pictures (s).
    """

    face: int
    times: Float[np.ndarray, " W"]
    offsets_ms: Float[np.ndarray, " O"]
    distances: Float16[np.ndarray, "W O"]
    ends: tuple[float, float]
    boxes: Float[np.ndarray, "T 4"]
    box_times: Float[np.ndarray, " T"]


@dataclass
class WindowWatch:
    """Keeps what each window says, while the embeddings are there; to be passed to `answer_file` as `watch`.

    Attributes:
      reach_s: how far each way offsets are searched (s).
      tracks: what was kept.
    """

    reach_s: Fraction
    tracks: list[TrackWindows] = field(default_factory=list)

    def __call__(self, track: Track, embeddings: ClipEmbeddings) -> None:
        """Takes one track."""
        if not len(embeddings.pictures) or not len(embeddings.sounds):
            return
        reach = max(1, round(self.reach_s / embeddings.step))
        pictures, sounds, mask, aligned = map(
            jnp.asarray, (embeddings.pictures, embeddings.sounds, embeddings.sound_mask, embeddings.aligned)
        )
        distances = pairwise_distances(pictures, sounds)
        on_device = offset_matrix(distances, jnp.broadcast_to(mask, distances.shape), aligned, reach)
        matrix, exists = map(np.asarray, on_device)
        clip, half = track.clip, Fraction(1, 10)
        starts = range(0, len(embeddings.pictures) * embeddings.spacing, embeddings.spacing)
        steps = np.arange(-reach, reach + 1) * milliseconds(embeddings.step) + milliseconds(embeddings.lag)
        self.tracks.append(
            TrackWindows(
                track.identity,
                np.asarray([float(clip.frame_time(index) + half) for index in starts]),
                steps,
                np.where(exists, matrix, np.nan)[:, ::-1].astype(np.float16),
                (float(track.start), float(track.end)),
                track.boxes,
                np.asarray([float(clip.frame_time(index)) for index in range(len(clip.frames))]),
            )
        )


def turns(answer: FileAnswer, tracks: Sequence[TrackWindows]) -> list[Turn]:
    """Who speaks when, face by face; nobody does where the file's offset is not told.

    Args:
      answer: of the file.
      tracks: what `WindowWatch` kept of it.
    """
    judgement = answer.judgement
    level = SHARE * judgement.confidence if judgement and is_told(judgement) else np.inf
    lifts = [standing_out(track, judgement.offset_ms if judgement else 0.0) for track in tracks]
    stretches = []
    for index, track in enumerate(tracks):
        rivals = [np.full(len(track.times), -np.inf)]
        for other, lift in zip(tracks, lifts, strict=True):
            if other is not track and other.ends[0] < track.ends[1] and track.ends[0] < other.ends[1]:
                rivals.append(np.interp(track.times, other.times, lift, left=-np.inf, right=-np.inf))
        speaks = (lifts[index] > level) & (lifts[index] >= np.max(rivals, axis=0))
        speaks = _agreeing(track, _steadied(speaks, track.times), judgement.offset_ms if judgement else 0.0)
        stretches += _stretches(track, speaks)
    return sorted(stretches, key=lambda turn: (turn.start, turn.face))


def standing_out(track: TrackWindows, offset_ms: float) -> Float[np.ndarray, " W"]:
    """How far the distance at the file's offset lies below the window's median over all offsets, smoothed."""
    values = track.distances.astype(np.float32)
    at = int(np.argmin(np.abs(track.offsets_ms - offset_ms)))
    at_offset = np.nanmin(np.where(np.isnan(values), np.inf, values)[:, max(0, at - 1) : at + 2], axis=1)
    known = np.isfinite(at_offset) & (np.isfinite(values).sum(1) > values.shape[1] // 2)
    median = np.nanmedian(np.where(known[:, None], values, 0.0), axis=1)
    lift = np.where(known, median - np.where(known, at_offset, 0.0), 0.0)
    width = max(1, round(SMOOTHED / _step(track.times)))
    return uniform_filter1d(lift, width, mode="nearest")


def _step(times: Float[np.ndarray, " W"]) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else SMOOTHED


def _steadied(speaks: np.ndarray, times: Float[np.ndarray, " W"]) -> np.ndarray:
    """Without gaps and turns shorter than `SHORTEST_TURN`."""
    least = SHORTEST_TURN / _step(times)
    for value in (False, True):
        for first, last in _runs(speaks == value):
            if last - first < least and (value or (first > 0 and last < len(speaks))):
                speaks = speaks.copy()
                speaks[first:last] = not value
    return speaks


def _agreeing(track: TrackWindows, speaks: np.ndarray, offset_ms: float) -> np.ndarray:
    """Only the turns whose own distances say the file's offset."""
    speaks = speaks.copy()
    for first, last in _runs(speaks):
        values = track.distances[first:last].astype(np.float32)
        known = np.any(np.isfinite(values), axis=0)
        curve = np.full(len(known), np.inf)
        curve[known] = np.nanmean(values[:, known], axis=0)
        if abs(float(track.offsets_ms[curve.argmin()]) - offset_ms) > AGREES_MS:
            speaks[first:last] = False
    return speaks


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _stretches(track: TrackWindows, speaks: np.ndarray) -> list[Turn]:
    """The whole track in stretches; the first begins with the track, the last ends with it."""
    middles = (track.times[1:] + track.times[:-1]) / 2
    stretches = []
    for speaking in (False, True):
        for first, last in _runs(speaks == speaking):
            start = track.ends[0] if first == 0 else float(middles[first - 1])
            end = track.ends[1] if last == len(speaks) else float(middles[last - 1])
            left, top, width, height = track.boxes[int(np.argmin(np.abs(track.box_times - (start + end) / 2)))].tolist()
            stretches.append(Turn(track.face, start, end, (left, top, width, height), speaking))
    return stretches
