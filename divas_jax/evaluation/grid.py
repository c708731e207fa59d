"""The 21-class protocol of Table 5: offsets from -2.0 to 2.0 s in steps of 200 ms (5.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Int32

from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipSource, decode_record
from divas_jax.evaluation.protocols import drawn_offset
from divas_jax.evaluation.reading import Decode, EmbeddedClip, Progress, embedded_groups
from divas_jax.judging.embedding import ClipEmbeddings, Embedder
from divas_jax.rates import nearest
from divas_jax.sync.offsets import FEWEST

CLASS_STEP = Fraction(1, 5)
"""Seconds between two classes."""

CLASSES = np.arange(-10, 11)
"""The classes, in units of `CLASS_STEP`; positive = sound early."""

FEWEST_WINDOWS = FEWEST
"""Picture windows that must have real sound at all 21 candidates, as many as `sync.offsets` asks for."""

TOO_SHORT = "too short for a search of 2 s each way"

GRID_REACH = 2 * 10 * CLASS_STEP
"""Seconds of sound each way that the largest class and the search around it can need."""


@dataclass(frozen=True)
class GridTrial:
    """One clip under one class of offset.

    Attributes:
      clip: name of the clip.
      true_class: the offset applied, in units of 200 ms; positive = sound early.
      predicted_class: the class with the smallest mean distance; None if the clip is too short or unreadable.
      windows: picture windows that have real sound at all 21 candidates.
      failure: why there is no answer; empty if there is one.
    """

    clip: str
    true_class: int
    predicted_class: int | None
    windows: int
    failure: str = ""


def class_grid(
    embedder: Embedder,
    records: ClipSource,
    settings: EvaluateConfig,
    progress: Progress | None = None,
    decode: Decode = decode_record,
) -> list[GridTrial]:
    """Each clip under `trials` classes drawn at random. Arguments as `protocols.random_offsets`.

    The sound is the clip's own at every candidate, so only clips take part in
    which `FEWEST_WINDOWS` picture windows have real sound from 2 s before to
    2 s after the offset applied: 4.2 s of picture and sound and a few frames.
    Both the offset and the candidates are the classes rounded to a step of the
    sound grid, at most half a frame away; the true one is met exactly.
    """
    groups = embedded_groups(embedder, records, 0, progress, decode, GRID_REACH)
    return [trial for group in groups for trial in grid_trials(group, settings)]


def grid_trials(group: Sequence[EmbeddedClip], settings: EvaluateConfig) -> list[GridTrial]:
    """The trials of `class_grid` for clips embedded with a reach of `GRID_REACH` or more."""
    drawn = {
        clip.record.name: [
            drawn_offset(settings.seed, f"{clip.record.name}/grid", n, 10) for n in range(settings.trials)
        ]
        for clip in group
    }
    return [_grid_trial(clip, true) for clip in group for true in drawn[clip.record.name]]


def _grid_trial(clip: EmbeddedClip, true: int) -> GridTrial:
    if clip.embeddings is None:
        return GridTrial(clip.record.name, true, None, 0, clip.failure)
    curve, windows = class_curve(clip.embeddings, true)
    if windows < FEWEST_WINDOWS:
        return GridTrial(clip.record.name, true, None, windows, TOO_SHORT)
    return GridTrial(clip.record.name, true, int(CLASSES[curve.argmin()]), windows)


def class_curve(clip: ClipEmbeddings, true: int) -> tuple[Float[np.ndarray, "21"], int]:
    """Mean distance (d of equation 1) at each class, with the sound moved to class `true`.

    Returns:
      The distances, and how many windows they are averaged over: those with real sound at every class.
    """
    steps = _class_steps(clip)
    index = clip.aligned[:, None] + steps[true - CLASSES[0]] - steps
    inside = (index >= 0) & (index < len(clip.sounds))
    index = np.where(inside, index, 0)
    whole = (inside & clip.sound_mask[index]).all(-1) if len(clip.sounds) else np.zeros(len(index), bool)
    if not whole.any():
        return np.full(len(CLASSES), np.inf, np.float32), 0
    distances = np.linalg.norm(clip.pictures[whole, None] - clip.sounds[index[whole]], axis=-1)
    return distances.mean(0), int(whole.sum())


def _class_steps(clip: ClipEmbeddings) -> Int32[np.ndarray, "21"]:
    """Each class in steps of the clip's sound grid."""
    return np.asarray(
        [np.sign(frames) * nearest(abs(int(frames)) * CLASS_STEP / clip.step) for frames in CLASSES], np.int32
    )
