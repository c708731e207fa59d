"""Fits a calibration: the probability of an answer within 40 ms, checked on speakers that the fit has not seen."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipSource, decode_record
from divas_jax.errors import UserError
from divas_jax.evaluation.changes import OtherSound
from divas_jax.evaluation.lengths import trials_by_length
from divas_jax.evaluation.protocols import drawn_offsets, moved_trials
from divas_jax.evaluation.reading import Change, Decode, EmbeddedClip, Progress, embedded_ways
from divas_jax.evaluation.reliability import NEAR_MS, HeldOutAnswers, is_near, is_right
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.calibration import PLACE, Calibration, Logistic, Sureness, pair_numbers, place_numbers
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.judge import SEARCH
from divas_jax.judging.posterior import Curve, Likelihood, fine_curve
from divas_jax.rates import milliseconds, nearest
from divas_jax.sync.tolerances import STRICT

FOLDS = 5
"""Parts of the speakers, where there are so many; each is judged by a fit on the others."""

REGULARISATION = 1.0
"""scikit-learn's C: a fit has a few numbers and hundreds of trials, so it hardly matters."""

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
      progress: told after each group of clips, which counts twice.
      decode: from a record to its clip.

    Raises:
      UserError: there are fewer than two clips.
    """
    ways: dict[str, Change] = {"own": lambda _, clip: clip, "other": OtherSound(records, decode)}
    own: list[Trial] = []
    other: list[Trial] = []
    for group in embedded_ways(embedder, records, ways, 0, progress, decode, SEARCHED_BEYOND):
        own += searched_trials(group["own"], settings)
        other += searched_trials(group["other"], replace(settings, trials=1))
    return own + [replace(trial, matched=False) for trial in other]


def searched_trials(group: Sequence[EmbeddedClip], settings: EvaluateConfig, cut: bool = True) -> list[Trial]:
    """Trials with the search of `predict`, in ms instead of frames, and offsets within it; with `cut` by length too."""
    reaches = [max(1, nearest(SEARCH * clip.record.fps)) for clip in group]
    judged = trials_by_length if cut else moved_trials
    return judged(group, drawn_offsets(group, settings, reaches), reaches)


def curve_of(trial: Trial) -> Curve:
    """The distance curve of an answer."""
    return fine_curve(trial.curve_ms, trial.curve, trial.windows, float(trial.fps))


def sureness_of(trials: Sequence[Trial], calibration: Calibration) -> list[Sureness]:
    """What each answer is worth."""
    return [calibration.sureness(curve_of(trial)) for trial in trials]


def fit(trials: Sequence[Trial], threshold: float, strangers: float) -> Calibration:
    """The posterior and the logistic functions that fit the answers best.

    Args:
      trials: with answers, of matched and of shuffled pairs.
      threshold: see `Calibration`.
      strangers: share of shuffled pairs, of any one length, that may at most be told.
    """
    curves, matched = [curve_of(trial) for trial in trials], np.asarray([trial.matched for trial in trials], bool)
    pairs = [(curve, trial.true_ms) for curve, trial in zip(curves, trials, strict=True) if trial.matched]
    likelihood = fit_likelihood([curve for curve, _ in pairs], np.asarray([true for _, true in pairs]))
    posteriors = [likelihood.posterior(curve) for curve, _ in pairs]

    def place(right: Bool[np.ndarray, " N"], within_ms: float) -> Logistic:
        rows = [
            place_numbers(curve, posterior, within_ms) for (curve, _), posterior in zip(pairs, posteriors, strict=True)
        ]
        return _logistic(np.asarray(rows).reshape(-1, len(PLACE)), right[matched], None)

    rows = np.asarray([pair_numbers(likelihood, curve) for curve in curves])
    calibration = Calibration(
        likelihood=likelihood,
        within=place(is_right(trials), STRICT.early),
        near=place(is_near(trials), NEAR_MS),
        together=_logistic(rows, matched, "balanced"),
        threshold=threshold,
        together_thresholds=((1.0, 0.0),),
        search_ms=milliseconds(SEARCH),
        tolerance_ms=STRICT.early,
        near_ms=NEAR_MS,
    )
    foreign = [(trial, curve) for trial, curve in zip(trials, curves, strict=True) if not trial.matched]
    return replace(calibration, together_thresholds=_refusing(calibration, foreign, strangers))


def fit_likelihood(curves: Sequence[Curve], true_ms: Float[np.ndarray, " N"]) -> Likelihood:
    """The likelihood under which the true offsets (ms) of these curves are most probable."""
    places = [int(np.argmin(np.abs(curve.offset_ms - true))) for curve, true in zip(curves, true_ms, strict=True)]
    rises = [curve.distance - curve.distance[curve.best] for curve in curves]
    seconds = np.asarray([curve.seconds for curve in curves])

    def likelihood(numbers: Float[np.ndarray, "3"]) -> Likelihood:
        sharpness, growth, odds = numbers
        return Likelihood(float(np.exp(sharpness)), float(growth), float(1 / (1 + np.exp(-odds))))

    def surprise(numbers: Float[np.ndarray, "3"]) -> float:
        now = likelihood(numbers)
        weights = now.sharpness * seconds**now.growth
        total = 0.0
        for rise, weight, place in zip(rises, weights, places, strict=True):
            density = np.exp(-weight * rise)
            total -= np.log((1 - now.anywhere) * density[place] / density.sum() + now.anywhere / len(rise))
        return total / max(1, len(rises))

    typical = np.median([curve.depth for curve in curves]) if curves else 1.0
    start = np.asarray([np.log(5 / max(typical, 1e-3)), 0.7, -3.0])
    bounds = ((start[0] - 6, start[0] + 6), (0.0, 1.0), (-7.0, 0.0))
    return likelihood(minimize(surprise, start, method="Nelder-Mead", bounds=bounds, options={"maxfev": 250}).x)


def _refusing(
    calibration: Calibration, foreign: Sequence[tuple[Trial, Curve]], strangers: float
) -> tuple[tuple[float, float], ...]:
    """The lowest thresholds of `together` at which of each length about this share of shuffled pairs is told."""
    lengths: dict[float, list[tuple[float, float]]] = {}
    for trial, curve in foreign:
        sureness = calibration.sureness(curve)
        lengths.setdefault(trial.part, []).append((curve.seconds, sureness.together if sureness.told else 0.0))
    thresholds: dict[float, float] = {}
    for pairs in lengths.values():
        seconds, allowed = float(np.median([length for length, _ in pairs])), int(strangers * len(pairs))
        highest = sorted((together for _, together in pairs), reverse=True)
        least = float(np.nextafter(highest[allowed], 2.0)) if allowed < len(highest) else 0.0
        thresholds[seconds] = max(least, thresholds.get(seconds, 0.0))
    return tuple(sorted(thresholds.items())) or ((1.0, 0.0),)


def _logistic(numbers: Float[np.ndarray, "N K"], true: Bool[np.ndarray, " N"], class_weight: str | None) -> Logistic:
    spread, width = numbers.std(0), numbers.shape[1]
    spread = np.where(spread > 1e-9, spread, 1.0)
    weights, bias = np.zeros(width), float(np.log((true.sum() + 1) / ((~true).sum() + 1)))
    if true.any() and not true.all():  # else there is nothing to tell apart: Laplace's rule of succession
        fitted = LogisticRegression(C=REGULARISATION, max_iter=1000, class_weight=class_weight)
        fitted.fit((numbers - numbers.mean(0)) / spread, true)
        weights, bias = fitted.coef_[0], float(fitted.intercept_[0])
    rows = (numbers.mean(0), spread, weights, numbers.min(0), numbers.max(0))
    mean, scale, weight, lowest, highest = (tuple(row.tolist()) for row in rows)
    return Logistic(mean, scale, weight, bias, lowest, highest)


def cross_checked(trials: Sequence[Trial], threshold: float, strangers: float) -> HeldOutAnswers:
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
    held_out: dict[int, Sureness] = {}
    for part in np.unique(folds):
        held = np.flatnonzero(folds == part).tolist()
        seen = fit([trials[index] for index in np.flatnonzero(folds != part).tolist()], threshold, strangers)
        held_out |= dict(zip(held, sureness_of([trials[index] for index in held], seen), strict=True))
    return checked_by([held_out[index] for index in range(len(trials))])


def checked_by(answers: Sequence[Sureness]) -> HeldOutAnswers:
    """The answers in columns."""
    columns = [
        np.asarray([getattr(answer, name) for answer in answers]) for name in ("probability", "told", "together")
    ]
    return HeldOutAnswers(columns[0].astype(float), columns[1].astype(bool), columns[2].astype(float))


def few_speakers(speakers: int) -> str:
    """What to think of a calibration by so many; empty where they are enough for `FOLDS` parts."""
    if speakers >= FOLDS:
        return ""
    return (
        f"there are clips of {speakers} speakers only, so this calibration and its check say little about others; "
        f"clips of {FOLDS} or more are needed"
    )
