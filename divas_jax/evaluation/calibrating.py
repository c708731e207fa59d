"""Fits a calibration: the probability of an answer within 40 ms, checked on speakers that the fit has not seen."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from jaxtyping import Bool
from sklearn.linear_model import LogisticRegression

from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipSource, decode_record
from divas_jax.errors import UserError
from divas_jax.evaluation.calibration import EVIDENCE, Calibration, Evidence, Logistic, evidence_of
from divas_jax.evaluation.changes import OtherSound
from divas_jax.evaluation.embedding import Embedder
from divas_jax.evaluation.judge import SEARCH
from divas_jax.evaluation.lengths import trials_by_length
from divas_jax.evaluation.protocols import drawn_offsets, moved_trials
from divas_jax.evaluation.reading import Decode, EmbeddedClip, Progress, embedded_groups
from divas_jax.evaluation.reliability import NEAR_MS, Checked, is_near, is_right
from divas_jax.evaluation.trial import Trial
from divas_jax.rates import milliseconds, nearest
from divas_jax.sync.tolerances import STRICT

FOLDS = 5
"""Parts of the speakers, where there are so many; each is judged by a fit on the others."""

REGULARISATION = 1.0
"""scikit-learn's C: a fit has six numbers and hundreds of trials, so it hardly matters."""

SEARCHED_BEYOND = 2 * SEARCH + Fraction(1, 10)
"""Seconds of sound each way that an offset and the search around it can need, rounded up to frames of 10 fps."""


def calibration_trials(
    embedder: Embedder,
    records: ClipSource,
    settings: EvaluateConfig,
    progress: Progress | None = None,
    decode: Decode = decode_record,
) -> list[Trial]:
    """What `predict` could meet: offsets within its search, clips whole and cut, and one shuffled pair for each clip.

    Args:
      embedder: the model.
      records: the clips, in sync, not trained on.
      settings: `trials` (offsets a clip) and `seed` are read.
      progress: told after each group of clips, in both passes.
      decode: from a record to its clip.

    Raises:
      UserError: there are fewer than two clips.
    """
    shuffled = OtherSound(records, decode)
    found = []
    for group in embedded_groups(embedder, records, 0, progress, decode, SEARCHED_BEYOND):
        found += searched_trials(group, settings)
    for group in embedded_groups(embedder, records, 0, progress, shuffled, SEARCHED_BEYOND):
        found += [replace(trial, matched=False) for trial in searched_trials(group, replace(settings, trials=1))]
    return found


def searched_trials(group: Sequence[EmbeddedClip], settings: EvaluateConfig, cut: bool = True) -> list[Trial]:
    """Trials with the search of `predict`, in ms instead of frames, and offsets within it; with `cut` by length too."""
    reaches = [max(1, nearest(SEARCH * clip.record.fps)) for clip in group]
    judged = trials_by_length if cut else moved_trials
    return judged(group, drawn_offsets(group, settings, reaches), reaches)


def evidence(trials: Sequence[Trial]) -> Evidence:
    """What the calibration reads of each answer."""
    rows = [evidence_of(trial.curve_ms, trial.curve, trial.windows, trial.fps) for trial in trials]
    return np.concatenate(rows) if rows else np.zeros((0, len(EVIDENCE)))


def fit(trials: Sequence[Trial], threshold: float, together_threshold: float) -> Calibration:
    """The logistic functions that fit the answers best.

    Args:
      trials: with answers, of matched and of shuffled pairs.
      threshold: see `Calibration`.
      together_threshold: the same.
    """
    found, right = evidence(trials), is_right(trials)
    matched = np.asarray([trial.matched for trial in trials], bool)
    return Calibration(
        lowest=tuple(found.min(0).tolist()),
        highest=tuple(found.max(0).tolist()),
        within=_logistic(found[matched], right[matched], None),
        together=_logistic(found, matched, "balanced"),
        threshold=threshold,
        together_threshold=together_threshold,
        search_ms=milliseconds(SEARCH),
        tolerance_ms=STRICT.early,
        near=_logistic(found[matched], is_near(trials)[matched], None),
        near_ms=NEAR_MS,
    )


def _logistic(found: Evidence, true: Bool[np.ndarray, " N"], class_weight: str | None) -> Logistic:
    spread = found.std(0)
    spread = np.where(spread > 1e-9, spread, 1.0)  # one frame rate only: the column stays 0
    weights, bias = np.zeros(len(EVIDENCE)), float(np.log((true.sum() + 1) / ((~true).sum() + 1)))
    if true.any() and not true.all():  # else there is nothing to tell apart: Laplace's rule of succession
        fitted = LogisticRegression(C=REGULARISATION, max_iter=1000, class_weight=class_weight)
        fitted.fit((found - found.mean(0)) / spread, true)
        weights, bias = fitted.coef_[0], float(fitted.intercept_[0])
    return Logistic(*(tuple(row.tolist()) for row in (found.mean(0), spread, weights)), bias=bias)


def cross_checked(trials: Sequence[Trial], threshold: float, together_threshold: float) -> Checked:
    """Each answer by a fit that has seen nothing of its speaker (or clip, where unnamed). Arguments as `fit`.

    Raises:
      UserError: there are fewer than two speakers.
    """
    speakers = [trial.speaker or trial.clip for trial in trials]
    names = sorted(set(speakers))
    if len(names) < 2:
        raise UserError(
            f"calibration needs clips of {FOLDS} speakers or more (of 2 at the very least), to check it on some that "
            f"it was not fitted on; all {len(trials)} answers are about one: {names[0]}"
        )
    # Round robin, largest first: folds of about the same size.
    names.sort(key=lambda name: (-speakers.count(name), name))
    fold = {name: place % FOLDS for place, name in enumerate(names)}
    folds = np.asarray([fold[speaker] for speaker in speakers])
    probability, told, found = np.zeros(len(trials)), np.zeros(len(trials), bool), evidence(trials)
    for part in np.unique(folds):
        held = folds == part
        seen = fit([trial for trial, out in zip(trials, held, strict=True) if not out], threshold, together_threshold)
        probability[held], told[held] = seen.probability(found[held]), seen.tells(found[held])
    return Checked(probability, told)


def few_speakers(speakers: int) -> str:
    """What to think of a calibration by so many; empty where they are enough for `FOLDS` parts."""
    if speakers >= FOLDS:
        return ""
    return (
        f"there are clips of {speakers} speakers only, so this calibration and its check say little about others; "
        f"clips of {FOLDS} or more are needed"
    )
