"""What must hold of any model: a shuffled pair has no answer, and a mirror, a gain or a sample rate changes none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from divas_jax.clip import Clip
from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipRecord, ClipSource, decode_record
from divas_jax.evaluation.calibrating import SEARCHED_BEYOND, checked_by, searched_trials, sureness_of
from divas_jax.evaluation.changes import (
    OtherSound,
    as_detected,
    as_small,
    at_telephone_rate,
    greyed,
    in_a_room,
    in_noise,
    mirrored,
    quieter,
    resampled,
)
from divas_jax.evaluation.lines import Lines, interval, number, percent, share_json
from divas_jax.evaluation.reading import Change, Decode, Progress, embedded_ways
from divas_jax.evaluation.scores import area_under_curve, chance
from divas_jax.evaluation.shares import Share, share_of
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.calibration import Calibration
from divas_jax.judging.embedding import Embedder
from divas_jax.sync.tolerances import STRICT

UNCHANGED, SHUFFLED = "as it is", "sound of another clip"

VOICES = {f"another voice {below} dB below": float(below) for below in (10, 3)}
"""How far below its own another clip's sound lies (dB), by the name in the table."""

CHANGES: dict[str, Callable[[Clip], Clip]] = {
    "mirrored picture": mirrored,
    "picture without colour": greyed,
    "cropped as the detector does": as_detected,
    "sound at -20 dB": quieter,
    **{f"face of {pixels} pixels": partial(as_small, pixels=pixels) for pixels in (60, 40, 25)},
    "sample rate 48 to 44.1 kHz (or as 160 to 147)": resampled,
    "sound at 8 kHz": at_telephone_rate,
    "white noise 5 dB below": partial(in_noise, below=5.0),
    "a room (0.4 s, 6 dB below)": partial(in_a_room, seconds=0.4, below=6.0),
    "a hall (0.8 s, as loud as the voice)": partial(in_a_room, seconds=0.8, below=0.0),
}
"""What must not matter, by the name in the table."""

SMALL_MS = 5.0
"""The answer may move by less than this (ms) where the sample rate changes."""


@dataclass(frozen=True)
class Check:
    """One change and what became of the answers; the same clips and offsets as without it.

    Attributes:
      name: of the change.
      strict: answers within the strict tolerance.
      same: answers at the same searched step as without the change; of none for `UNCHANGED` and `SHUFFLED`.
      small: sub-frame answers moved by less than `SMALL_MS`.
      small_of_right: the same among the answers that were right (strict) without the change.
      mean_ms: mean absolute move of the sub-frame answer.
      median_ms: its median.
      refused: answers that the calibration does not tell; None without a calibration.
      confidence_auc: chance that an unchanged pair's confidence exceeds that of this check's; 0.5 where it does not
        matter.
      failures: clips without an answer, and why.
    """

    name: str
    strict: Share
    same: Share
    small: Share
    small_of_right: Share
    mean_ms: float
    median_ms: float
    refused: Share | None
    confidence_auc: float
    failures: dict[str, str]


def sanity(
    embedder: Embedder,
    records: ClipSource,
    settings: EvaluateConfig,
    calibration: Calibration | None = None,
    progress: Progress | None = None,
    decode: Decode = decode_record,
) -> list[Check]:
    """Every clip as it is and under each change; whole clips, with the search of `predict`.

    Args:
      embedder: the model.
      records: the clips, in sync.
      settings: `trials` (offsets a clip) and `seed` are read.
      calibration: tells what is refused.
      progress: told after each group of clips, which counts once for each of the `PASSES`.
      decode: from a record to its clip.

    Raises:
      UserError: there are fewer than two clips.
    """
    ways: dict[str, Change] = {UNCHANGED: lambda _, clip: clip}
    ways |= {name: partial(_alone, change) for name, change in CHANGES.items()}
    other = OtherSound(records, decode)
    ways |= {name: partial(other.under_it, below=below) for name, below in VOICES.items()}
    ways[SHUFFLED] = other
    trials_of: dict[str, list[Trial]] = {name: [] for name in ways}
    for group in embedded_ways(embedder, records, ways, 0, progress, decode, SEARCHED_BEYOND):
        for name, clips in group.items():
            trials_of[name] += searched_trials(clips, settings, cut=False)
    return [_check(name, trials, trials_of[UNCHANGED], calibration) for name, trials in trials_of.items()]


PASSES = len(CHANGES) + len(VOICES) + 2
"""How often `sanity` judges every clip."""


def _alone(change: Callable[[Clip], Clip], _: ClipRecord, clip: Clip) -> Clip:
    return change(clip)


def _check(name: str, trials: Sequence[Trial], unchanged: Sequence[Trial], calibration: Calibration | None) -> Check:
    # The offset drawn for a clip depends on its name alone, so both lists have the same trials in the same order.
    pairs = [
        (changed, original)
        for changed, original in zip(trials, unchanged, strict=True)
        if not changed.failure and not original.failure
    ]
    answered = [changed for changed, _ in pairs]
    clips = [changed.clip for changed in answered]
    compared = pairs if name in CHANGES or name in VOICES else []
    moved = np.asarray([abs(changed.fine_ms - original.fine_ms) for changed, original in compared])
    same = np.asarray(
        [abs(changed.predicted_ms - original.predicted_ms) < 1e-6 for changed, original in compared], bool
    )
    was_right = STRICT.holds(np.asarray([original.error_ms for _, original in compared]))
    confidence = np.asarray([[original.confidence, changed.confidence] for changed, original in pairs]).T
    first = np.repeat([True, False], len(pairs))
    return Check(
        name,
        share_of(STRICT.holds(np.asarray([changed.error_ms for changed in answered])), clips, chance(answered, STRICT)),
        share_of(same, clips[: len(same)]),
        share_of(moved < SMALL_MS, clips[: len(same)]),
        share_of(moved[was_right] < SMALL_MS, [clips[place] for place in np.flatnonzero(was_right)]),
        float(moved.mean()) if len(moved) else float("nan"),
        float(np.median(moved)) if len(moved) else float("nan"),
        _refused(answered, calibration),
        area_under_curve(confidence.ravel(), first),
        {changed.clip: changed.failure for changed in trials if changed.failure},
    )


def _refused(trials: Sequence[Trial], calibration: Calibration | None) -> Share | None:
    if calibration is None:
        return None
    return share_of(~checked_by(sureness_of(trials, calibration)).told, [trial.clip for trial in trials])


def sanity_table(checks: Sequence[Check]) -> Lines:
    """The checks as a table, one row each."""
    rows = [
        (
            check.name,
            str(check.strict.total),
            f"{percent(check.strict.value)} ({interval(check.strict, 0)})" if check.strict.total else "-",
            percent(check.strict.chance),
            percent(check.same.value),
            f"{number(check.mean_ms, 1)} / {number(check.median_ms, 1)}",
            f"{percent(check.small.value)} / {percent(check.small_of_right.value)}",
            percent(check.refused.value) if check.refused else "-",
            number(check.confidence_auc, 3),
        )
        for check in checks
    ]
    head = ("change", "trials", "strict", "chance", "same", "moved (ms)", "< 5 ms", "refused", "AUC")
    note = (
        "% of answers. Same: the same searched step as without the change. Moved: the sub-frame answer, mean / median; "
        "by less than 5 ms: of all / of those that were right. Refused: not told by the calibration (- without one). "
        " AUC: chance that an unchanged pair is more confident. Shuffled pairs should come out at chance, refused."
    )
    return Lines("Sanity (offsets up to 0.6 s, search of 0.6 s)", head, tuple(rows), note)


def sanity_json(checks: Sequence[Check]) -> dict[str, Any]:
    """The checks as plain values for other programs, by name."""
    return {check.name: _check_json(check) for check in checks}


def _check_json(check: Check) -> dict[str, Any]:
    shares = ("strict", "same", "small", "small_of_right", "refused")
    numbers = {name: value for name, value in vars(check).items() if name not in ("name", *shares)}
    shares_of = {name: getattr(check, name) for name in shares}
    return (
        {"trials": check.strict.total}
        | {name: share and share_json(share) for name, share in shares_of.items()}
        | numbers
    )
