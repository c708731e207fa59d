"""A clip in, its offset out: in milliseconds and in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float

from divas_jax.clip import Clip
from divas_jax.config import Config
from divas_jax.errors import UserError
from divas_jax.judging.calibration import FARTHEST, Calibration, why_unsure
from divas_jax.judging.doubts import doubts, shape_doubts
from divas_jax.judging.embedding import ClipEmbeddings, Embedder
from divas_jax.judging.posterior import fine_curve
from divas_jax.judging.programs import KeptProgram
from divas_jax.media.decode import decode_clip
from divas_jax.model.shapes import Parameters
from divas_jax.rates import milliseconds, nearest
from divas_jax.sync.distances import offset_matrix, pairwise_distances
from divas_jax.sync.offsets import Offsets, read_offsets
from divas_jax.sync.tolerances import STRICT, in_words

SEARCH = Fraction(3, 5)
"""How far each way an offset is searched (s): the paper's 15 frames at 25 frames/s."""

FEWEST_PADDED = 128
"""Windows are padded to this or a larger power of two, so that few shapes are compiled."""


@dataclass(frozen=True)
class Judgement:
    """How far the sound of one clip is from its picture.

    Attributes:
      name: of the clip.
      offset_ms: positive = sound early (leads); between two searched steps by a parabola.
      coarse_ms: the searched step with the smallest distance, as the paper reads it.
      confidence: median - minimum of the curve (4.1).
      windows: picture windows that the answer rests on; those that were left out as like their neighbours count too.
      curve_ms: the searched offsets (ms), increasing.
      curve: distance at each of them (`sync.offsets.Offsets`); inf where too few windows have evidence.
      warnings: doubts about the file's times, its rates and the search, as sentences.
      probability: that `offset_ms` errs by at most 40 ms, 0 to 1; None where the model has no calibration.
      near: the probability of an error of at most so many ms, as (probability, ms); None where it is not known.
      interval_ms: offsets (ms) between which the true one lies with 90 %, if sound and picture belong together; None
        where it is not known.
      unsure: why no offset is told, `offset_ms` being a guess; None if it is told.
    """

    name: str
    offset_ms: float
    coarse_ms: float
    confidence: float
    windows: int
    curve_ms: Float[np.ndarray, " O"]
    curve: Float[np.ndarray, " O"]
    warnings: tuple[str, ...] = ()
    probability: float | None = None
    near: tuple[float, float] | None = None
    interval_ms: tuple[float, float] | None = None
    unsure: str | None = None

    @property
    def at_end(self) -> bool:
        """Whether the best offset is the farthest that was searched: the true one may lie beyond, this is no answer."""
        return int(np.argmin(self.curve)) in (0, len(self.curve) - 1)

    @property
    def words(self) -> str:
        """The offset as people say it and how sure it is, or that there is no telling and why."""
        offset_words = in_words(self.offset_ms)
        if self.probability is None:
            return offset_words
        if self.unsure:
            return f"cannot tell: {self.unsure} (best guess: {offset_words})"
        return f"{offset_words} ({self.sure})"

    @property
    def sure(self) -> str:
        """How sure the offset is, as people say it; empty where the model has no calibration."""
        if self.probability is None:
            return ""
        strict = percent_words(self.probability)
        sure = f"{strict} sure within {STRICT.early:.0f} ms"
        if self.near is None or percent_words(self.near[0]) == strict:  # the wider one would say nothing more
            return sure
        wide, wide_ms = self.near
        return f"{sure}, {percent_words(wide)} within {wide_ms:.0f} ms"


def percent_words(probability: float) -> str:
    """`94 %`; certainty is never claimed, either way."""
    return f"{min(99, max(1, round(100 * probability)))} %"


class Judge:
    """A model that tells offsets. Made by `divas_jax.load`."""

    def __init__(self, config: Config, parameters: Parameters, calibration: Calibration | None = None) -> None:
        self.config = config
        self.calibration = calibration
        self.embedder = Embedder(config, parameters)

    def offset(self, clip: Clip | str | Path, *, search: Fraction = SEARCH, fineness: int = 1) -> Judgement:
        """The offset of one clip that shows one face (or a full frame, if the model was trained so).

        Args:
          clip: a clip, or a media file.
          search: how far each way to look (s).
          fineness: steps searched per frame interval.

        Raises:
          UserError: the file cannot be read, or it is too short for a single comparison.
        """
        return self.offsets([clip], search=search, fineness=fineness)[0]

    def offsets(
        self, clips: Sequence[Clip | str | Path], *, search: Fraction = SEARCH, fineness: int = 1
    ) -> list[Judgement]:
        """The offsets of several clips, one after the other; all of them are held in memory.

        Raises:
          UserError: as `offset`.
        """
        read = [clip if isinstance(clip, Clip) else decode_clip(clip) for clip in clips]
        reaches = [max(1, nearest(search * clip.fps)) for clip in read]
        embedded = [self.embedder.embed([clip], reach, fineness)[0] for clip, reach in zip(read, reaches, strict=True)]
        judged = [
            judge_embeddings(clip, embedding, reach)
            for clip, embedding, reach in zip(read, embedded, reaches, strict=True)
        ]
        judged = [
            replace(judgement, warnings=(*judgement.warnings, *self._doubts(clip, judgement)))
            for judgement, clip in zip(judged, read, strict=True)
        ]
        if self.calibration is None:
            return judged
        return [
            with_probability(judgement, self.calibration, clip.fps, search)
            for judgement, clip in zip(judged, read, strict=True)
        ]

    def _doubts(self, clip: Clip, judgement: Judgement) -> Iterator[str]:
        yield from shape_doubts(clip, self.config.view)
        yield from doubts(clip, judgement.curve, self.config.data)


def judge_embeddings(clip: Clip, embeddings: ClipEmbeddings, reach_frames: int) -> Judgement:
    """Reads the offset of an embedded clip.

    Raises:
      UserError: no picture window meets a sound window.
    """
    reach = reach_frames * embeddings.steps_per_frame
    answer = jax.tree.map(lambda leaf: leaf[0, 0], offsets_of([embeddings], reach, np.zeros((1, 1), np.int32)))
    if not np.isfinite(answer.curve).any():
        within = milliseconds(embeddings.step * reach)
        raise UserError(
            f"{clip.name}: picture and sound share no window within {within:.0f} ms of each other, "
            "so there is nothing to compare"
        )
    step = milliseconds(embeddings.step)
    lag = milliseconds(embeddings.lag)
    return Judgement(
        name=clip.name,
        offset_ms=float(answer.fine_steps) * step + lag,
        coarse_ms=int(answer.steps) * step + lag,
        confidence=float(answer.confidence),
        windows=int(answer.windows) * embeddings.spacing,
        curve_ms=np.arange(-reach, reach + 1) * step + lag,
        curve=answer.curve[::-1].astype(np.float64),
        warnings=clip.warnings,
    )


def with_probability(
    judgement: Judgement, calibration: Calibration, fps: Fraction, search: Fraction, faces: float = 1.0
) -> Judgement:
    """The judgement with its probability, or with a warning where the search (s) is narrower than that calibrated for.

    Args:
      judgement: an answer.
      calibration: of the model.
      fps: frames/s.
      search: how far each way was searched (s).
      faces: see `Calibration.sureness`.
    """
    if milliseconds(search) < calibration.search_ms:
        least = f"{calibration.search_ms:g} ms"
        doubt = f"{judgement.name}: how sure the answer is, is known for a search of {least} each way or more only"
        return replace(judgement, warnings=(*judgement.warnings, doubt))
    answer = (judgement.curve_ms, judgement.curve, judgement.windows, fps)
    if judgement.at_end:
        return replace(judgement, probability=0.0, near=(0.0, calibration.near_ms), unsure=FARTHEST)
    sure = calibration.sureness(fine_curve(judgement.curve_ms, judgement.curve, judgement.windows, float(fps)), faces)
    return replace(
        judgement,
        probability=sure.probability,
        near=(sure.near, calibration.near_ms),
        interval_ms=sure.interval_ms,
        unsure=None if sure.told else why_unsure(calibration, *answer, faces),
    )


def offsets_of(clips: Sequence[ClipEmbeddings], reach: int, moved: np.ndarray, batch: int | None = None) -> Offsets:
    """Offsets of several clips under several artificial offsets each, in one pass (4.1, 4.2).

    An artificial offset of k steps (positive = sound early) pairs each picture
    window with the real sound k steps later; the windows are the same, so
    nothing is embedded again.

    Args:
      clips: embedded with a reach of at least `reach` + the largest move.
      reach: steps searched each way.
      moved: artificial offset in steps, [clips, trials].
      batch: clips to pad to, so that few shapes are compiled.

    Returns:
      `Offsets` with leading axes [clips, trials], as NumPy arrays.
    """
    count = batch or len(clips)
    moved = np.concatenate([moved, np.zeros((count - len(clips), moved.shape[1]), moved.dtype)]).astype(np.int32)
    answers = _offsets(reach, *padded_windows(clips, count), moved)
    return jax.tree.map(lambda leaf: np.asarray(leaf)[: len(clips)], answers)


def padded_length(clip: ClipEmbeddings) -> int:
    """Windows that a clip's pictures and sounds are padded to."""
    longest = max(len(clip.pictures), len(clip.sounds))
    return max(FEWEST_PADDED, 1 << (longest - 1).bit_length())


def padded_windows(
    clips: Sequence[ClipEmbeddings], count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Picture and sound embeddings of clips, their masks and `aligned`, padded so that few shapes are compiled.

    Args:
      clips: at most `count`.
      count: clips to pad to.
    """
    length = max(map(padded_length, clips))
    pictures, picture_mask = _padded([clip.pictures for clip in clips], count, length)
    sounds, sound_mask = _padded([clip.sounds for clip in clips], count, length)
    aligned = np.zeros(pictures.shape[:2], np.int32)
    for row, clip in enumerate(clips):
        sound_mask[row, : len(clip.sound_mask)] &= clip.sound_mask
        aligned[row, : len(clip.aligned)] = clip.aligned
    return pictures, sounds, picture_mask, sound_mask, aligned


def _padded(rows: Sequence[np.ndarray], count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    values = np.zeros((count, length, rows[0].shape[-1]), np.float32)
    mask = np.zeros((count, length), bool)
    for index, row in enumerate(rows):
        values[index, : len(row)] = row
        mask[index, : len(row)] = True
    return values, mask


def _compared(
    reach: int,
    pictures: jax.Array,
    sounds: jax.Array,
    picture_mask: jax.Array,
    sound_mask: jax.Array,
    aligned: jax.Array,
    moved: jax.Array,
) -> Offsets:
    distances = pairwise_distances(pictures, sounds)
    mask = picture_mask[:, :, None] & sound_mask[:, None, :]

    def trial(steps: jax.Array) -> Offsets:
        return read_offsets(*offset_matrix(distances, mask, aligned + steps[:, None], reach))

    return jax.vmap(trial, in_axes=1, out_axes=1)(moved)


_offsets = KeptProgram(_compared, 1)
