"""Trials to numbers: accuracies with their intervals, errors, and what the confidence is worth (4.2, 4.3)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from divas_jax.evaluation.grid import CLASSES, GridTrial
from divas_jax.evaluation.shares import Share, share_of
from divas_jax.evaluation.trial import Trial
from divas_jax.rates import rate_name
from divas_jax.sync.tolerances import ACCEPTABLE, STRICT, TOLERANCES, Tolerance

WIDEST = 30
"""Characters of a source's name that a table shows."""

LENGTH_CLASSES = ((0.0, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, float("inf")))
"""Duration of clips (s), lower end included."""


@dataclass(frozen=True)
class Scores:
    """What a set of trials says.

    Attributes:
      accuracy: of the coarse answer, by name of the tolerance.
      fine_accuracy: the same of the sub-frame answer, which users get.
      bias_ms: mean error of the sub-frame answers that err by at most the widest tolerance; positive: judged too early.
      mean_abs_ms: mean absolute error of the coarse answer, which the paper reads.
      median_abs_ms: its median.
      fine_mean_abs_ms: mean absolute error of the sub-frame answer.
      fine_median_abs_ms: its median.
      confidence_right: mean confidence of the answers within the strict tolerance; NaN of none.
      confidence_wrong: and of the others.
      confidence_auc: chance that a right answer is more confident than a wrong one; NaN where one kind is missing.
    """

    accuracy: dict[str, Share]
    fine_accuracy: dict[str, Share]
    bias_ms: float
    mean_abs_ms: float
    median_abs_ms: float
    fine_mean_abs_ms: float
    fine_median_abs_ms: float
    confidence_right: float
    confidence_wrong: float
    confidence_auc: float

    @property
    def trials(self) -> int:
        """Answers that were counted."""
        return self.accuracy[STRICT.name].total


def answered(trials: Iterable[Trial]) -> list[Trial]:
    """The trials with an answer."""
    return [trial for trial in trials if not trial.failure]


def failures(trials: Iterable[Trial] | Iterable[GridTrial]) -> dict[str, str]:
    """Clips without an answer to some trial, and why."""
    return {trial.clip: trial.failure for trial in trials if trial.failure}


def scores(trials: Sequence[Trial]) -> Scores:
    """Numbers of the trials that have an answer."""
    trials = answered(trials)
    errors = np.asarray([trial.error_ms for trial in trials])
    fine = np.asarray([trial.fine_error_ms for trial in trials])
    confidence = np.asarray([trial.confidence for trial in trials])
    right, clips = STRICT.holds(errors), [trial.clip for trial in trials]
    return Scores(
        {
            tolerance.name: share_of(tolerance.holds(errors), clips, chance(trials, tolerance))
            for tolerance in TOLERANCES
        },
        {tolerance.name: share_of(tolerance.holds(fine), clips, chance(trials, tolerance)) for tolerance in TOLERANCES},
        _mean(fine[np.abs(fine) <= -ACCEPTABLE.late]),
        _mean(np.abs(errors)),
        _median(np.abs(errors)),
        _mean(np.abs(fine)),
        _median(np.abs(fine)),
        _mean(confidence[right]),
        _mean(confidence[~right]),
        area_under_curve(confidence, right),
    )


def chance(trials: Iterable[Trial], tolerance: Tolerance) -> float:
    """The share of the offsets searched that would have been right, averaged over trials; NaN of none."""
    return _mean(np.asarray([tolerance.holds(np.round(trial.curve_ms - trial.true_ms, 6)).mean() for trial in trials]))


def area_under_curve(score: np.ndarray, right: np.ndarray) -> float:
    """Chance that a right one's score exceeds a wrong one's (ties count half); NaN where one kind is missing."""
    wrong_count, right_count = int((~right).sum()), int(right.sum())
    if not wrong_count or not right_count:
        return float("nan")
    ranks = rankdata(score)[right].sum()
    return float((ranks - right_count * (right_count + 1) / 2) / (right_count * wrong_count))


def by(trials: Sequence[Trial], label: Callable[[Trial], str], order: Callable[[Trial], Any]) -> dict[str, Scores]:
    """Scores of the answered trials of each label, in the order of what label and trial share."""
    groups: dict[str, list[Trial]] = {}
    for trial in sorted(answered(trials), key=order):
        groups.setdefault(label(trial), []).append(trial)
    return {name: scores(group) for name, group in groups.items()}


def breakdowns(trials: Sequence[Trial]) -> dict[str, dict[str, Scores]]:
    """Scores by frame rate (frames/s), sample rate (Hz), length of the clip (s), and source where there are several."""
    groups = {
        "frame rate": by(trials, frame_rate, lambda trial: float(trial.fps) if trial.constant_rate else float("inf")),
        "sample rate": by(trials, lambda trial: f"{trial.sample_rate} Hz", lambda trial: trial.sample_rate),
        "length": by(trials, lambda trial: length_class(trial.duration), lambda trial: trial.duration),
    }
    if len({trial.source for trial in trials}) > 1:
        groups["source"] = by(trials, lambda trial: source_name(trial.source), lambda trial: source_name(trial.source))
    return groups


def source_name(source: str) -> str:
    """What a table calls a source: not wider than `WIDEST`, and the end of a name tells more than its start."""
    if len(source) <= WIDEST:
        return source or "unknown source"
    return f"…{source[1 - WIDEST :]}"


def frame_rate(trial: Trial) -> str:
    """What the table calls the trial's frame rate."""
    return f"{rate_name(trial.fps)} fps" if trial.constant_rate else "variable"


def length_class(duration: float) -> str:
    """What the table calls a duration (s)."""
    low, high = next((low, high) for low, high in LENGTH_CLASSES if low <= duration < high)
    return f"{low:g} s and more" if high == float("inf") else f"{low:g} to {high:g} s"


@dataclass(frozen=True)
class GridScores:
    """Table 5.

    Attributes:
      exact: answers that are the true class.
      tolerant: answers that are the true class or next to it (200 ms).
      clips: clips that were long enough.
      too_short: clips that were not, or could not be read.
      median_windows: picture windows behind an answer.
    """

    exact: Share
    tolerant: Share
    clips: int
    too_short: int
    median_windows: float


def grid_scores(trials: Sequence[GridTrial]) -> GridScores:
    """Numbers of the trials that have an answer."""
    answered = [(trial, trial.predicted_class) for trial in trials if trial.predicted_class is not None]
    done = [trial for trial, _ in answered]
    apart = np.asarray([abs(predicted - trial.true_class) for trial, predicted in answered], np.int64)
    strict, tolerant = (
        share_of(
            apart <= allowed,
            [trial.clip for trial in done],
            _mean(np.asarray([(abs(CLASSES - trial.true_class) <= allowed).mean() for trial in done])),
        )
        for allowed in (0, 1)
    )
    clips = {trial.clip for trial in done}
    others = {trial.clip for trial in trials} - clips
    windows = _median(np.asarray([trial.windows for trial in done]))
    return GridScores(strict, tolerant, len(clips), len(others), windows)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else float("nan")
