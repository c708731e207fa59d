"""Predictions of scenes to the verdict on a title (4.4).

Three fits compete: one offset, a straight line, steps. More parameters must earn their keep (Schwarz's criterion), and
the best of them must explain the predictions far better than chance does, or there is no verdict. A drift is judged by
the milliseconds that it gathers over the title, never by its slope. Numbers below that name no source are fitted by no
code here; which verdicts they lead to on made-up titles is in docs/results.md.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from divas_jax.outcomes import SURE
from divas_jax.sync.predictions import Kind, Prediction
from divas_jax.sync.tolerances import STRICT
from divas_jax.title.coverage import coverage, gaps, severity
from divas_jax.title.fitting import Fit, Points, fit_constant, fit_line, nothing, refine, retrusted, trust_of
from divas_jax.title.known_rates import rate_error
from divas_jax.title.steps import fit_steps
from divas_jax.title.verdict import DEVIATIONS, Estimate, Piece, Verdict, Whole

LEAST_TRUST = 0.05
"""Predictions that are trusted less are left out."""

EVIDENCE = 8.0
"""Natural logarithm of how much likelier the best fit must make the predictions than pure chance."""

LEAST_DRIFT_MS = 25.0
"""Smaller drifts over a whole title are not called so (ms)."""

SCENE_MS = 15.0
"""Scenes err by at least so much (ms, standard deviation): half of real clips err by 10 ms and more. That a few of them
lie closer to a line is luck."""

DRIFT_ERRORS = 3.0
"""A drift is so many standard errors or more; of four scenes in a quarter of a minute that is 60 ms, of thirty 28."""

FASTEST_DRIFT = 60.0
"""Largest slope of a line (ms/s): of the rates that are taken for one another 23.976 and 25 differ most, by 43."""

_AGAINST_STEPS = 1.0
"""Natural logarithm of how much likelier steps must be than a line: a row of them imitates every drift."""

TOLD_FOR_CHANGE = 2
"""So many scenes that are sure by themselves carry a drift or a step: a few unsure ones lie on a line by chance."""

_TRUSTING = 2
"""Rounds in which the trust is fitted to the title."""

_RIGHT = 0.5
LEAN_MS = 8.0
"""What a model leans to on a whole title (ms, root mean square over 17 sources: the model card has it)."""

_SAMPLES = 400
_LEVEL = (2.5, 97.5)


def judge_title(
    predictions: Sequence[Prediction],
    start: float,
    end: float,
    search_ms: float,
    reason: str = "",
    whole: Whole | None = None,
    seed: int = 0,
) -> Verdict:
    """The verdict on a title.

    Args:
      predictions: of its scenes, in order.
      start: of the title (s).
      end: of the title (s).
      search_ms: how far each way offsets were searched (ms).
      reason: why there may be none, if it is known already; a sentence's end.
      whole: what all scenes say together if they have one offset, where that is sure enough to be told;
        taken where the scenes one by one are too few or too weak.
      seed: of RANSAC and of the bootstrap.
    """
    trusted = [place for place, each in enumerate(predictions) if each.trust >= LEAST_TRUST]
    fitted = _best(_points([predictions[place] for place in trusted], search_ms), seed) if trusted else None
    if fitted is None:
        return _thin(predictions, start, end, reason, whole)
    points, fit = fitted
    spans = [(predictions[place].start, predictions[place].end) for place in trusted]
    counted = [False] * len(predictions)
    for place, right in zip(trusted, fit.right, strict=True):
        counted[place] = bool(right > _RIGHT)
    pieces, slope = _pieces(points, spans, fit, start, end, seed)
    carrying = [each for each, counts in zip(predictions, counted, strict=True) if counts]
    kind = _kind(fit, pieces)
    return Verdict(
        kind=kind,
        start=start,
        end=end,
        pieces=pieces,
        slope=slope,
        rate=rate_error(slope) if kind in ("drift early", "drift late", "mixed") else None,
        predictions=tuple(predictions),
        counted=tuple(counted),
        agreement=float(np.average(fit.right > _RIGHT, weights=points.trust)),
        coverage=coverage(carrying, start, end),
        gaps=gaps(carrying, start, end),
        severity=severity(pieces, start, end),
    )


def _points(predictions: Sequence[Prediction], search_ms: float) -> Points:
    return Points(
        time=np.asarray([each.time for each in predictions], float),
        offset_ms=np.asarray([each.offset_ms for each in predictions], float),
        trust=trust_of(np.asarray([each.trust for each in predictions], float)),
        range_ms=2 * search_ms,
        told=np.asarray([each.told for each in predictions], bool),
        sure=np.asarray([each.told and each.trust >= SURE for each in predictions], bool),
    )


def _best(points: Points, seed: int) -> tuple[Points, Fit] | None:
    """The points, trusted anew, and their best fit; None if chance explains them nearly as well as trusted at first."""
    fit = _likeliest(points, seed)
    if fit.score - nothing(points) < EVIDENCE:
        return None
    for _ in range(_TRUSTING):
        points = retrusted(points, fit)
        fit = _likeliest(points, seed)
    return points, fit


def _likeliest(points: Points, seed: int) -> Fit:
    """The fit with the most evidence; changes need scenes that are told by themselves, one offset does not."""
    fits = [fit_constant(points)]
    if len(points.time) > 2:
        line = fit_line(points, seed)
        if abs(float(line.values[1])) <= FASTEST_DRIFT and _drifts(points, line):
            fits.append(line)
        fits.append(fit_steps(points))
    fits = [fits[0], *(fit for fit in fits[1:] if (points.told & (fit.right > _RIGHT)).sum() >= TOLD_FOR_CHANGE)]
    return max(fits, key=lambda fit: fit.score - (_AGAINST_STEPS if len(fit.starts) > 1 else 0.0))


def _drifts(points: Points, line: Fit) -> bool:
    """Whether a line gathers more, from its first to its last point, than the errors of its points could."""
    span = float(points.time[-1] - points.time[0])
    centred = points.time - np.average(points.time, weights=line.right)
    arms = float(np.sqrt((line.right * centred**2).sum()))
    if not arms:
        return False  # one time, or one right point, has no slope
    error = span * max(line.spread_ms, SCENE_MS) / arms  # standard error of the end's difference from the start
    return abs(float(line.values[1])) * span >= max(LEAST_DRIFT_MS, DRIFT_ERRORS * error)


def _pieces(
    points: Points, spans: Sequence[tuple[float, float]], fit: Fit, start: float, end: float, seed: int
) -> tuple[tuple[Piece, ...], Estimate]:
    """The pieces of a fit from the title's start to its end, and its slope (ms a minute), with intervals."""
    samples = _bootstrap(points, fit, seed)
    if fit.name == "steps" and len(fit.starts) > 1:
        edges = [start, *(_between(spans, fit, first) for first in fit.starts[1:]), end]
        levels = [_offset(fit.values[level], samples[:, level]) for level in fit.levels]
        pieces = [Piece(edges[i], edges[i + 1], level, level) for i, level in enumerate(levels)]
        return tuple(pieces), Estimate(0.0, 0.0, 0.0)
    if fit.name != "line":
        level = _offset(fit.values[0], samples[:, 0])
        return (Piece(start, end, level, level),), Estimate(0.0, 0.0, 0.0)
    ends = [
        _offset(fit.values @ [1.0, time - points.time[0]], samples @ [1.0, time - points.time[0]])
        for time in (start, end)
    ]
    return (Piece(start, end, *ends),), _estimate(60 * fit.values[1], 60 * samples[:, 1])


def _bootstrap(points: Points, fit: Fit, seed: int) -> Float[np.ndarray, "B K"]:
    """The fit's values on predictions drawn with replacement."""
    count = len(points.time)
    counts = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=_SAMPLES)
    return refine(points, fit.design, np.repeat(fit.values[None], _SAMPLES, 0), counts)[0]


def _offset(value: float, samples: np.ndarray) -> Estimate:
    """An offset (ms): what the scenes leave open, and what the model leans to in all of them alike."""
    inner = _estimate(value, samples)
    low, high = (float(np.hypot(end - value, DEVIATIONS * LEAN_MS)) for end in (inner.low, inner.high))
    return Estimate(inner.value, inner.value - low, inner.value + high)


def _estimate(value: float, samples: np.ndarray) -> Estimate:
    low, high = np.percentile(samples, _LEVEL)
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def _between(spans: Sequence[tuple[float, float]], fit: Fit, first: int) -> float:
    """The time of a step: half-way from the last right scene's end before it to the next one's start (s)."""
    right = fit.right > _RIGHT
    before = np.flatnonzero(right[:first])
    after = np.flatnonzero(right[first:])
    ended = spans[before[-1] if len(before) else first - 1][1]
    return (ended + spans[first + after[0] if len(after) else first][0]) / 2


def _kind(fit: Fit, pieces: Sequence[Piece]) -> Kind:
    if len(pieces) > 1:
        return "intermittent"
    first, last = pieces[0].start_ms.value, pieces[0].end_ms.value
    if fit.name == "line" and abs(last - first) >= LEAST_DRIFT_MS:
        if not STRICT.holds(np.asarray([first])).all():
            return "mixed"
        return "drift early" if last > first else "drift late"
    return "in sync" if STRICT.holds(np.asarray([first, last])).all() else "constant offset"


def _thin(predictions: Sequence[Prediction], start: float, end: float, reason: str, whole: Whole | None) -> Verdict:
    """Without agreement among the scenes: what they say together, or nothing."""
    pieces: tuple[Piece, ...] = ()
    kind: Kind = "not enough evidence"
    counted = [False] * len(predictions)
    if whole is not None:
        level = Estimate(whole.offset_ms, whole.offset_ms - whole.reach_ms, whole.offset_ms + whole.reach_ms)
        pieces = (Piece(start, end, level, level),)
        kind = "in sync" if STRICT.holds(np.asarray([whole.offset_ms])).all() else "constant offset"
        counted = [abs(each.offset_ms - whole.offset_ms) <= STRICT.early for each in predictions]
    carrying = [each for each, counts in zip(predictions, counted, strict=True) if counts]
    return Verdict(
        kind=kind,
        start=start,
        end=end,
        pieces=pieces,
        slope=None,
        rate=None,
        predictions=tuple(predictions),
        counted=tuple(counted),
        agreement=sum(counted) / max(1, len(counted)),
        coverage=coverage(carrying, start, end),
        gaps=gaps(carrying, start, end),
        severity=severity(pieces, start, end),
        reason="" if whole else reason or _no_verdict(predictions),
        by_whole=whole is not None,
        sure_words="" if whole is None else whole.sure,
    )


def _no_verdict(predictions: Sequence[Prediction]) -> str:
    return "its scenes do not agree with each other" if predictions else "no scenes to judge"
