"""Every clip against artificial offsets made from its real surrounding sound (4.1, 4.2)."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int32

from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipRecord, ClipSource, decode_record
from divas_jax.evaluation.reading import (
    GROUP,
    Decode,
    EmbeddedClip,
    Progress,
    embedded_groups,
)
from divas_jax.evaluation.trial import Trial, about
from divas_jax.judging.embedding import ClipEmbeddings, Embedder
from divas_jax.judging.judge import offsets_of, padded_length
from divas_jax.rates import milliseconds
from divas_jax.sync.offsets import Offsets

MOST_PAIRS = 1 << 22
"""Pairs of windows whose distances are held at once (16 MiB of float32)."""

TOO_SHORT = "picture and sound share too few windows for a single comparison"


def random_offsets(
    embedder: Embedder,
    records: ClipSource,
    settings: EvaluateConfig,
    progress: Progress | None = None,
    decode: Decode = decode_record,
) -> list[Trial]:
    """The paper's protocol (4.2): `trials` random whole-frame offsets in [-v_shift, v_shift] for each clip.

    A clip is decoded and embedded once; an offset pairs its picture windows
    with other windows of its real sound. Whatever cannot be judged is in the
    list too, with the reason in `failure`.

    Args:
      embedder: the model.
      records: the clips, in sync.
      settings: `v_shift`, `trials` and `seed` are read.
      progress: told after each group of clips.
      decode: from a record to its clip.
    """
    groups = embedded_groups(embedder, records, 2 * settings.v_shift, progress, decode)
    return [trial for group in groups for trial in offset_trials(group, settings)]


def without_offsets(
    embedder: Embedder,
    records: ClipSource,
    settings: EvaluateConfig,
    progress: Progress | None = None,
    decode: Decode = decode_record,
) -> list[Trial]:
    """The protocol of older papers: every clip once, as it is. Arguments as `random_offsets`."""
    groups = embedded_groups(embedder, records, settings.v_shift, progress, decode)
    return [trial for group in groups for trial in in_sync_trials(group, settings)]


def drawn_offset(seed: int, clip: str, trial: int, v_shift: int) -> int:
    """An artificial offset (frames), uniform in [-v_shift, v_shift]; depends on its arguments alone."""
    name = int.from_bytes(hashlib.sha256(clip.encode()).digest()[:8], "little")
    return int(np.random.default_rng([seed, name, trial]).integers(-v_shift, v_shift + 1))


def offset_trials(group: Sequence[EmbeddedClip], settings: EvaluateConfig) -> list[Trial]:
    """The trials of `random_offsets` for clips embedded with a reach of 2 * v_shift frames or more."""
    reaches = [settings.v_shift] * len(group)
    return moved_trials(group, drawn_offsets(group, settings, reaches), reaches)


def in_sync_trials(group: Sequence[EmbeddedClip], settings: EvaluateConfig) -> list[Trial]:
    """The trials of `without_offsets` for clips embedded with a reach of v_shift frames or more."""
    return moved_trials(group, np.zeros((len(group), 1), np.int32), [settings.v_shift] * len(group))


def drawn_offsets(
    group: Sequence[EmbeddedClip], settings: EvaluateConfig, reaches: Sequence[int]
) -> Int32[np.ndarray, "clips trials"]:
    """`settings.trials` artificial offsets (frames) for each clip, each within its own reach (frames)."""
    drawn = [
        [drawn_offset(settings.seed, clip.record.name, trial, reach) for trial in range(settings.trials)]
        for clip, reach in zip(group, reaches, strict=True)
    ]
    return np.asarray(drawn, np.int32).reshape(len(group), settings.trials)


def answers(
    clips: Sequence[ClipEmbeddings], reach: Sequence[int], moved: Int32[np.ndarray, "clips trials"]
) -> Iterator[tuple[tuple[int, int], Offsets]]:
    """What the curves say; trials on clips of similar size go together, so that few shapes are compiled.

    Args:
      clips: embedded with a reach of at least `reach` + the largest move.
      reach: steps searched each way, for each clip.
      moved: artificial offsets (steps).

    Yields:
      (clip, trial) and its `Offsets`, without leading axes; in any order.
    """
    alike: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for index, clip in enumerate(clips):
        rows = alike.setdefault((reach[index], padded_length(clip)), [])
        rows += [(index, trial) for trial in range(moved.shape[1])]
    for (steps, size), rows in alike.items():
        batch = max(1, min(GROUP, MOST_PAIRS // size**2))
        for first in range(0, len(rows), batch):
            part = rows[first : first + batch]
            moves = np.asarray([[moved[row]] for row in part], np.int32)
            offsets = offsets_of([clips[index] for index, _ in part], steps, moves, batch)
            for place, row in enumerate(part):
                yield row, Offsets(*(leaf[place, 0] for leaf in offsets))


def moved_trials(
    group: Sequence[EmbeddedClip], frames: Int32[np.ndarray, "clips trials"], reaches: Sequence[int]
) -> list[Trial]:
    """What the model says of each clip under each artificial offset.

    Args:
      group: clips, embedded with a reach of at least their own one + their largest move.
      frames: artificial offsets (frames); positive = sound early.
      reaches: frames searched each way, for each clip.
    """
    embedded = {index: clip.embeddings for index, clip in enumerate(group) if clip.embeddings is not None}
    judged, embeddings = list(embedded), list(embedded.values())
    per_frame = np.asarray([clip.steps_per_frame for clip in embeddings], np.int32)
    moved = frames[judged] * per_frame[:, None]
    steps = [reaches[index] * int(steps) for index, steps in zip(judged, per_frame, strict=True)]
    trials = {
        (judged[row], trial): _trial(group[judged[row]].record, embeddings[row], int(moved[row, trial]), offsets)
        for (row, trial), offsets in answers(embeddings, steps, moved)
    }
    for (index, trial), count in np.ndenumerate(frames):
        record = group[index].record
        if group[index].embeddings is None:
            true_ms = milliseconds(int(count) / record.fps)
            trials[index, trial] = Trial(**about(record), true_ms=true_ms, failure=group[index].failure)
    return [trials[place] for place in np.ndindex(frames.shape)]


def _trial(record: ClipRecord, embeddings: ClipEmbeddings, moved: int, offsets: Offsets) -> Trial:
    step, lag = embeddings.step, milliseconds(embeddings.lag)
    known, true_ms = about(record), milliseconds(moved * step)
    if not np.isfinite(offsets.curve).any():
        return Trial(**known, true_ms=true_ms, failure=TOO_SHORT)
    reach = (len(offsets.curve) - 1) // 2
    return Trial(
        **known,
        true_ms=true_ms,
        predicted_ms=milliseconds(int(offsets.steps) * step) + lag,
        fine_ms=float(offsets.fine_steps) * milliseconds(step) + lag,
        confidence=float(offsets.confidence),
        windows=int(offsets.windows),
        curve_ms=np.arange(-reach, reach + 1) * milliseconds(step) + lag,
        curve=np.asarray(offsets.curve)[::-1].astype(np.float64),
    )
