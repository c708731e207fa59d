"""Made-up titles: what their scenes would be judged as, without a film (4.4, the last row of Table 3).

Every scene of a title errs as measured clips did, a share of them says anything, and a verdict of the whole is asked
for. Whoever gives it is handed in: `title/` lies above this package.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from divas_jax.errors import UserError
from divas_jax.evaluation.calibrating import checked_by, sureness_of
from divas_jax.evaluation.trial import Trial
from divas_jax.judging.calibration import Calibration
from divas_jax.sync.predictions import KINDS, Kind, Prediction

RIGHT_MS = 90.0
"""Answers that err by more say nothing of their title (ms): they are drawn anew from the whole search."""

SCENES_S = (2.0, 8.0)
"""Shortest and longest scene (s)."""

LENGTHS_S = (20 * 60.0, 3 * 3600.0)
"""Shortest and longest title (s)."""

SEARCH_MS = 600.0
"""How far each way a scene's offset is searched (ms)."""

CONSTANT_MS, DRIFT_MS, STEP_MS = (60.0, 400.0), (60.0, 300.0), (80.0, 300.0)
"""Smallest and largest constant offset, drift over the title and step of an intermittent one (ms)."""

LEAN_ANSWERS = 10
"""Right answers that a source needs to have a mean error of its own."""

ASSUMED_SPREAD_MS, ASSUMED_TRUST = 18.0, 0.65
"""Standard deviation (ms) and trust of scenes where nothing was measured; the trust is what scenes get without a
calibration (`title.checked_title.TRUST_IF_TOLD`)."""

Times = Float[np.ndarray, " N"]


class TitleAnswer(NamedTuple):
    """A verdict.

    Attributes:
      kind: of it.
      at: offset (ms) at a time (s); None where none is told.
      intervals: a time (s), and the lower and the upper end of the 95 % interval there (ms), at its ends or pieces.
    """

    kind: Kind
    at: Callable[[float], float] | None = None
    intervals: tuple[tuple[float, float, float], ...] = ()


JudgeTitle = Callable[[Sequence[Prediction], float], TitleAnswer]
"""Predictions and a length (s) to the verdict."""


@dataclass(frozen=True)
class SceneErrors:
    """How single scenes err; a scene is drawn from them with replacement.

    Attributes:
      right_ms: errors of answers within `RIGHT_MS`, without their source's lean.
      right_trust: how much each of them is trusted, 0 to 1.
      wrong_trust: how much answers are trusted that err by more.
      leans_ms: by how much all right answers of a source err alike; a title has one of them.
    """

    right_ms: Times
    right_trust: Times
    wrong_trust: Float[np.ndarray, " W"]
    leans_ms: Float[np.ndarray, " L"]


def assumed_errors(seed: int = 0) -> SceneErrors:
    """Normal errors and one trust for all: the least that a model can say of itself."""
    spread = np.random.default_rng(seed).normal(0, ASSUMED_SPREAD_MS, 2000)
    return SceneErrors(spread, np.full(2000, ASSUMED_TRUST), np.full(2000, ASSUMED_TRUST), np.zeros(1))


def scene_errors(trials: Sequence[Trial], calibration: Calibration | None) -> SceneErrors:
    """From the answers to clips, some of which had another clip's sound.

    Args:
      trials: of `calibration_trials`.
      calibration: of the model; without one all are trusted alike.

    Raises:
      UserError: none of them is right, or none wrong.
    """
    judged = [trial for trial in trials if not trial.failure and len(trial.curve_ms)]
    error = np.asarray([trial.fine_error_ms if trial.matched else np.inf for trial in judged])
    trust = np.full(len(judged), ASSUMED_TRUST)
    if calibration is not None and judged:
        trust = checked_by(sureness_of(judged, calibration)).probability
    right = np.abs(error) <= RIGHT_MS
    if right.all() or not right.any():
        raise UserError(f"of {len(judged)} clips' answers {right.sum()} are right: no titles can be made up from them")
    sources = [trial.source for trial, counts in zip(judged, right, strict=True) if counts]
    lean = _leans(error[right], sources)
    return SceneErrors(error[right] - lean, trust[right], trust[~right], np.unique(lean))


def _leans(error_ms: Times, sources: Sequence[str]) -> Times:
    """Mean error of each answer's source (ms); of sources with few answers the mean of all."""
    lean, of = np.full(len(error_ms), error_ms.mean()), np.asarray(sources)
    for source in np.unique(of):
        if (of == source).sum() >= LEAN_ANSWERS:
            lean[of == source] = error_ms[of == source].mean()
    return lean


def error_words(errors: SceneErrors) -> str:
    """How single scenes err, in a sentence."""
    middle, leans = float(np.median(np.abs(errors.right_ms))), errors.leans_ms
    return (
        f"scenes err as {len(errors.right_ms)} right answers (median {middle:.1f} ms, beside {leans.min():+.0f} "
        f"to {leans.max():+.0f} ms that all of a title lean to; trusted {np.median(errors.right_trust):.2f}) "
        f"and {len(errors.wrong_trust)} wrong ones (trusted {np.median(errors.wrong_trust):.2f})"
    )


class MadeTitle(NamedTuple):
    """A title whose truth is known.

    Attributes:
      kind: the right verdict.
      length: s.
      offset: times (s) to offsets (ms); None where no scene has a speaker.
    """

    kind: Kind
    length: float
    offset: Callable[[Times], Times] | None


def _drifting(drift_ms: float, length: float, times: Times) -> Times:
    return -drift_ms * times / length


def made_title(kind: Kind, rng: np.random.Generator, length: float | None = None) -> MadeTitle:
    """A title of this kind, its numbers drawn; `length` (s) too where it is not given."""
    length = float(np.exp(rng.uniform(*np.log(LENGTHS_S)))) if length is None else length
    sign, constant = rng.choice([-1.0, 1.0]), rng.uniform(*CONSTANT_MS)
    drift, step = rng.uniform(*DRIFT_MS), sign * rng.uniform(*STEP_MS)
    first = rng.uniform(0.1, 0.6) * length
    last = first + max(180.0, 0.15 * length)
    turn = rng.choice([-1.0, 1.0])
    offsets: dict[Kind, Callable[[Times], Times] | None] = {
        "in sync": lambda t: 0 * t,
        "constant offset": lambda t: sign * constant + 0 * t,
        "drift early": lambda t: drift * t / length,
        "drift late": lambda t: -drift * t / length,
        "mixed": lambda t: sign * constant + turn * drift * t / length,
        "intermittent": lambda t: np.where((t > first) & (t < last), step, 0.0),
        "not enough evidence": None,
    }
    return MadeTitle(kind, length, offsets[kind])


def scene_predictions(
    title: MadeTitle, errors: SceneErrors, density: float, outliers: float, rng: np.random.Generator
) -> list[Prediction]:
    """What the scenes of a title are judged as.

    Args:
      title: the title.
      errors: of single scenes.
      density: share of the title that lies in scenes, 0 to 1.
      outliers: share of the scenes that say anything (non-speakers, dialogue of nobody in the picture), 0 to 1.
      rng: draws.
    """
    count = max(1, round(density * title.length / np.mean(SCENES_S)))
    lasts = rng.uniform(*SCENES_S, count)
    starts = np.sort(rng.uniform(0, title.length - SCENES_S[1], count))
    right = rng.random(count) >= (outliers if title.offset else 1.0)
    place = rng.integers(len(errors.right_ms), size=count)
    truth = np.zeros(count) if title.offset is None else title.offset(starts + lasts / 2)
    lean = rng.choice(errors.leans_ms)
    predicted_ms = np.where(right, truth + lean + errors.right_ms[place], rng.uniform(-SEARCH_MS, SEARCH_MS, count))
    trust = np.where(right, errors.right_trust[place], rng.choice(errors.wrong_trust, count))
    return [
        Prediction(float(start), float(start + last), float(offset), 1.0, float(sure))
        for start, last, offset, sure in zip(starts, lasts, predicted_ms, trust, strict=True)
    ]


class JudgedTitle(NamedTuple):
    """One title and what was said of it.

    Attributes:
      true: the right verdict.
      predicted: the verdict.
      error_ms: told - true offset in the middle of every scene (ms); NaN where nothing was told.
      held: whether each 95 % interval holds the true offset; of none where there is no true one.
    """

    true: Kind
    predicted: Kind
    error_ms: Times
    held: tuple[bool, ...] = ()


def outcome(
    judge: JudgeTitle, title: MadeTitle, errors: SceneErrors, density: float, outliers: float, rng: np.random.Generator
) -> JudgedTitle:
    """Draws the scenes of a title and has it judged; arguments as in `scene_predictions`."""
    predictions = scene_predictions(title, errors, density, outliers, rng)
    answer = judge(predictions, title.length)
    times = np.asarray([each.time for each in predictions])
    answered_ms = (
        np.full(len(times), np.nan) if answer.at is None else np.asarray([answer.at(float(time)) for time in times])
    )
    if title.offset is None:
        return JudgedTitle(title.kind, answer.kind, answered_ms)
    held = tuple(low <= float(title.offset(np.asarray([time]))[0]) <= high for time, low, high in answer.intervals)
    return JudgedTitle(title.kind, answer.kind, answered_ms - title.offset(times), held)


def outcomes_by_kind(
    judge: JudgeTitle, errors: SceneErrors, titles: int, density: float, outliers: float, seed: int
) -> list[JudgedTitle]:
    """So many titles of every kind."""
    rng = np.random.default_rng(seed)
    return [
        outcome(judge, made_title(kind, rng), errors, density, outliers, rng) for kind in KINDS for _ in range(titles)
    ]


def smallest_drift(
    judge: JudgeTitle,
    errors: SceneErrors,
    drifts_ms: Sequence[float],
    titles: int,
    density: float,
    outliers: float,
    length: float,
    seed: int,
) -> float:
    """The smallest drift (ms over the title) that is called so in 95 % of titles and more; NaN if none is.

    Args:
      judge: gives verdicts.
      errors: of single scenes.
      drifts_ms: to try, from large to small; the first that is missed ends it.
      titles: how many are judged of each.
      density: share of the title in scenes.
      outliers: share of scenes that say anything.
      length: of the titles (s).
      seed: of the draws.
    """
    smallest = float("nan")
    for drift in drifts_ms:
        rng = np.random.default_rng([seed, round(drift)])
        title = MadeTitle("drift late", length, partial(_drifting, drift, length))
        right = sum(
            outcome(judge, title, errors, density, outliers, rng).predicted == "drift late" for _ in range(titles)
        )
        if right < 0.95 * titles:
            break
        smallest = drift
    return smallest
