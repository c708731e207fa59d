"""What a model says of a clip: how much worse than usual each lateness of its sound would fit, piece by piece.

A piece is a few seconds of a clip. For each of its picture windows the distance
to the sound windows around it is taken less the window's own mean; what has no
sound says nothing, for or against.
"""

import functools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

import jax
import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline

from divas_jax.aligning.sources import Entry
from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.judging.embedding import ClipEmbeddings, Embedder
from divas_jax.judging.judge import padded_windows
from divas_jax.judging.posterior import Curve
from divas_jax.rates import milliseconds
from divas_jax.sync.distances import offset_matrix, pairwise_distances

STEP_MS = 10.0
"""Latenesses are compared at steps of this (ms)."""

FINEST = Fraction(1, 50)
"""Sound windows are embedded at least this often (s); a spline goes through them."""

PIECE_S = 4.0
"""About how long a piece is (s)."""

GROUP = 16
"""Clips that are read and embedded together."""

SILENT_DB = -55.0
"""A clip whose sound is quieter than this (dB of full scale) says nothing."""


@dataclass(frozen=True)
class HeardPiece:
    """What a few seconds say.

    Attributes:
      begins: when, in the clip (s).
      seconds: of picture (s).
      rise: mean distance at each lateness of the grid, less the usual one; 0 where nothing is known.
    """

    begins: float
    seconds: float
    rise: Float[np.ndarray, " G"]

    def curve(self, late_ms: Float[np.ndarray, " G"]) -> Curve:
        """The same as a distance curve over latenesses (ms)."""
        return Curve(late_ms, self.rise, float(np.median(self.rise)), self.seconds, int(np.argmin(self.rise)))


@dataclass(frozen=True)
class Evidence:
    """What is known of one clip.

    Attributes:
      name: of the clip.
      pieces: none where it cannot be used.
      why: why not.
    """

    name: str
    pieces: tuple[HeardPiece, ...]
    why: str = ""


def late_grid(search: Fraction) -> Float[np.ndarray, " G"]:
    """The latenesses (ms) that are compared: `STEP_MS` apart, as far as the search (s) goes each way."""
    reach = int(milliseconds(search) / STEP_MS)
    return np.arange(-reach, reach + 1) * STEP_MS


def evidence_of(embedder: Embedder, entries: Sequence[Entry], search: Fraction) -> Iterator[Evidence]:
    """What a model says of each clip, in order; the next group is read while one is embedded.

    Args:
      embedder: the model.
      entries: the clips.
      search: how far each way (s).
    """
    groups = [entries[first : first + GROUP] for first in range(0, len(entries), GROUP)]
    with ThreadPoolExecutor(1) as reader:
        ahead = [reader.submit(_read_all, group) for group in groups[:1]]
        for number, group in enumerate(groups):
            clips = ahead.pop().result()
            ahead += [reader.submit(_read_all, other) for other in groups[number + 1 : number + 2]]
            yield from _of_group(embedder, group, clips, search)


def _read_all(entries: Sequence[Entry]) -> list[Clip | str]:
    return [_read(entry) for entry in entries]


def _read(entry: Entry) -> Clip | str:
    """The clip, or why there is none."""
    try:
        clip = entry.read()
    except UserError as error:
        return str(error)
    power = float(np.mean(np.square(clip.samples, dtype=np.float64))) if clip.samples.size else 0.0
    level = 10 * np.log10(power + 1e-12)
    return clip if level >= SILENT_DB else f"{clip.name} is silent ({level:.0f} dB of full scale)"


def _of_group(
    embedder: Embedder, entries: Sequence[Entry], clips: Sequence[Clip | str], search: Fraction
) -> Iterator[Evidence]:
    """Clips of one rate are embedded together, so that no batch is filled up with copies."""
    by_rate: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, clip in enumerate(clips):
        if isinstance(clip, Clip):
            by_rate[ceil(search * clip.fps), ceil(1 / clip.fps / FINEST)].append(place)
    pieces: dict[int, tuple[HeardPiece, ...]] = {}
    for (reach, fineness), places in by_rate.items():
        clips_of_rate = [clip for clip in (clips[place] for place in places) if isinstance(clip, Clip)]
        for place, clip, embedded in zip(
            places, clips_of_rate, embedder.embed(clips_of_rate, reach, fineness), strict=True
        ):
            pieces[place] = pieces_of(embedded, float(clip.fps), reach, late_grid(search))
    for place, (entry, clip) in enumerate(zip(entries, clips, strict=True)):
        if isinstance(clip, str):
            yield Evidence(entry.name, (), clip)
        else:
            short = "" if pieces[place] else f"{clip.name} is shorter than a window"
            yield Evidence(entry.name, pieces[place], short)


def pieces_of(
    embedded: ClipEmbeddings, fps: float, reach_frames: int, late_ms: Float[np.ndarray, " G"]
) -> tuple[HeardPiece, ...]:
    """The pieces of an embedded clip.

    Args:
      embedded: with a reach of at least `reach_frames`.
      fps: frames/s.
      reach_frames: how far each way (frames).
      late_ms: the grid of latenesses (ms).
    """
    reach, windows = reach_frames * embedded.steps_per_frame, len(embedded.pictures)
    matrix, exists = (np.asarray(part)[0, :windows] for part in _matrix(*padded_windows([embedded], 1), reach))
    if not exists.any():
        return ()
    usual = np.where(exists, matrix, 0).sum(1, keepdims=True) / np.maximum(exists.sum(1, keepdims=True), 1)
    rise = np.where(exists, matrix - usual, 0)
    step, lag = milliseconds(embedded.step), milliseconds(embedded.lag)
    searched = np.arange(-reach, reach + 1) * step - lag  # candidate k pairs a picture with sound k - reach steps later
    edges = np.linspace(0, windows, max(1, round(windows / fps / PIECE_S)) + 1).round().astype(int)
    return tuple(
        HeardPiece(first / fps, (last - first) / fps, CubicSpline(searched, rise[first:last].mean(0))(late_ms))
        for first, last in pairwise(edges)
    )


@functools.partial(jax.jit, static_argnums=5)
def _matrix(
    pictures: jax.Array,
    sounds: jax.Array,
    picture_mask: jax.Array,
    sound_mask: jax.Array,
    aligned: jax.Array,
    reach: int,
) -> tuple[jax.Array, jax.Array]:
    mask = picture_mask[:, :, None] & sound_mask[:, None, :]
    return offset_matrix(pairwise_distances(pictures, sounds), mask, aligned, reach)
