"""Clips that poison training: the model is sure that they are out of sync, or finds no relation of sound and picture.

The list is a table to look at, and what `prepare --exclude` reads: clips are
left out by name and reason, never silently.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from divas_jax.errors import UserError
from divas_jax.evaluation.lines import Lines, number, percent
from divas_jax.evaluation.scores import source_name
from divas_jax.evaluation.trial import Trial
from divas_jax.sync.tolerances import STRICT

AWAY_MS = 100.0
"""A clip is away from zero where its answer is further off than this (ms): more than two frames at 25 frames/s."""

SURE, FLAT = 0.5, 0.05
"""Sure is who is more confident than half of the clips found in sync; unrelated, less than a twentieth of them."""

AWAY, UNRELATED, UNREADABLE = "away", "unrelated", "unreadable"

COLUMNS = ("name", "split", "source", "offset_ms", "confidence", "windows", "doubt")


@dataclass(frozen=True)
class AuditedClip:
    """What the model says of one clip as it is stored.

    Attributes:
      name: of the clip.
      split: where it lies.
      source: where it comes from.
      offset_ms: positive = sound early; NaN without an answer.
      confidence: median - minimum of the curve (4.1).
      windows: picture windows behind the answer.
      doubt: `AWAY`, `UNRELATED`, `UNREADABLE`, or empty.
    """

    name: str
    split: str
    source: str
    offset_ms: float
    confidence: float
    windows: int
    doubt: str


def audit(trials: Mapping[str, Sequence[Trial]]) -> list[AuditedClip]:
    """Judges every clip against those that the model finds in sync.

    Args:
      trials: of each split, one a clip, without an artificial offset.

    Raises:
      UserError: the model finds no clip in sync.
    """
    answered = [trial for split in trials.values() for trial in split if not trial.failure]
    in_sync = [trial.confidence for trial in answered if STRICT.holds(np.asarray([trial.fine_ms]))[0]]
    if not in_sync:
        raise UserError("the checkpoint finds no clip in sync, so it cannot tell which are not")
    sure, flat = np.quantile(in_sync, (SURE, FLAT)).tolist()
    return [
        AuditedClip(
            name=trial.clip,
            split=split,
            source=trial.source,
            offset_ms=trial.fine_ms,
            confidence=trial.confidence,
            windows=trial.windows,
            doubt=_doubt(trial, sure, flat),
        )
        for split, split_trials in trials.items()
        for trial in split_trials
    ]


def _doubt(trial: Trial, sure: float, flat: float) -> str:
    if trial.failure:
        return UNREADABLE
    if trial.confidence < flat:
        return UNRELATED
    return AWAY if abs(trial.fine_ms) > AWAY_MS and trial.confidence > sure else ""


def audit_table(clips: Sequence[AuditedClip]) -> Lines:
    """A row for each source: where its confident clips lie, and how many are doubted."""
    sources: dict[str, list[AuditedClip]] = defaultdict(list)
    for clip in clips:
        sources[source_name(clip.source)].append(clip)
    rows = (
        ("all", *_row(clips)),
        *((name, *_row(clips_of_source)) for name, clips_of_source in sorted(sources.items())),
    )
    return Lines(
        "Clips as they are stored",
        ("source", "clips", "in sync %", "median ms", AWAY, UNRELATED, UNREADABLE),
        rows,
        "In sync: answers within 40 ms. Median: of the offsets of the more confident half; positive: sound early. "
        f" Away: more than {AWAY_MS:.0f} ms and surer than half of the clips in sync.",
    )


def _row(clips: Sequence[AuditedClip]) -> tuple[str, ...]:
    answered = [clip for clip in clips if clip.doubt != UNREADABLE]
    offsets = np.asarray([clip.offset_ms for clip in answered])
    order = np.argsort([-clip.confidence for clip in answered])[: (len(answered) + 1) // 2]
    return (
        str(len(clips)),
        percent(STRICT.holds(offsets).mean()) if len(offsets) else "-",
        number(float(np.median(offsets[order])), 0) if len(order) else "-",
        *(str(sum(clip.doubt == doubt for clip in clips)) for doubt in (AWAY, UNRELATED, UNREADABLE)),
    )


def audit_csv(clips: Sequence[AuditedClip]) -> bytes:
    """The whole list, worst doubts first."""
    order = {AWAY: 0, UNRELATED: 1, UNREADABLE: 2, "": 3}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for clip in sorted(clips, key=lambda clip: (order[clip.doubt], -clip.confidence)):
        numbers = (f"{clip.offset_ms:.1f}", f"{clip.confidence:.4f}", clip.windows)
        writer.writerow((clip.name, clip.split, clip.source, *numbers, clip.doubt))
    return text.getvalue().encode()
