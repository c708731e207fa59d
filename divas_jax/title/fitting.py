"""Offsets over time as one offset or one line, through predictions of which many are wrong (4.4).

Every prediction is either right, and then normally distributed around the line, or wrong, and then anywhere in the
range that was searched. How likely each of the two is beforehand is its trust. Lines are started by RANSAC
and refined by expectation maximisation of that mixture; `steps.py` has rows of constant pieces.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from sklearn.linear_model import LinearRegression, RANSACRegressor

SPREAD_MS = 25.0
"""Standard deviation of right predictions that is assumed at first (ms)."""

SPREADS_MS = (6.0, 50.0)
"""Between which it may lie (ms)."""

_ROUNDS = 30
"""Rounds of expectation maximisation."""

_GRID_MS = 5.0
"""Distance between the levels on which constant offsets are looked for (ms)."""

_NEAR = 2.5
"""Predictions within so many standard deviations agree with a fit in RANSAC."""

LINE_PARAMETERS = 2
"""What a line costs: its two values."""

_MOST_SHIFT, _SHIFTS = 2.0, 50
"""Largest change of the logarithm of the odds of trust by `retrusted`, and rounds to find it."""

_TRUSTS = (0.02, 0.98)
"""Least and largest trust in a prediction, as no prediction is sure."""


@dataclass(frozen=True)
class Points:
    """Predictions as arrays, N of them.

    Attributes:
      time: s, increasing.
      offset_ms: positive = sound early.
      trust: probability to be right, strictly between 0 and 1.
      range_ms: width of the range in which wrong ones lie (ms).
      told: whether each is told by itself.
      sure: whether it is right by at least `outcomes.SURE` as well; without a calibration none is.
    """

    time: Float[np.ndarray, " N"]
    offset_ms: Float[np.ndarray, " N"]
    trust: Float[np.ndarray, " N"]
    range_ms: float
    told: Bool[np.ndarray, " N"]
    sure: Bool[np.ndarray, " N"]


@dataclass(frozen=True)
class Fit:
    """Offset = design @ values, K values.

    Attributes:
      name: constant, line or steps.
      design: of every point.
      values: ms; a line's second one is ms a unit of the second column.
      spread_ms: standard deviation of the right predictions (ms).
      right: probability of each point to be right.
      log_likelihood: natural logarithm.
      parameters: how many were chosen, places of steps among them.
      starts: number of the first point of every piece.
      levels: which of the values is that of each piece; pieces may share one. A line has one piece.
    """

    name: str
    design: Float[np.ndarray, "N K"]
    values: Float[np.ndarray, " K"]
    spread_ms: float
    right: Float[np.ndarray, " N"]
    log_likelihood: float
    parameters: int
    starts: tuple[int, ...] = (0,)
    levels: tuple[int, ...] = (0,)

    @property
    def score(self) -> float:
        """Logarithm of the evidence, after Schwarz: a parameter costs half the logarithm of the right points."""
        return self.log_likelihood - self.parameters / 2 * np.log(max(2.0, self.right.sum()))


def fit_constant(points: Points) -> Fit:
    """The best single offset."""
    levels = levels_of(points)
    best = levels[int(np.argmax(expect_levels(points, levels, SPREAD_MS)[1].sum(0)))]
    return refined("constant", points, np.ones((len(points.time), 1)), np.asarray([best]), 1)


def fit_line(points: Points, seed: int = 0) -> Fit:
    """The best straight line, in seconds from the first point; `values` are its offset there (ms) and slope (ms/s)."""
    since = points.time - points.time[0]
    design = np.stack([np.ones_like(since), since], 1)
    ransac = RANSACRegressor(
        LinearRegression(), min_samples=2, residual_threshold=_NEAR * SPREAD_MS, max_trials=1000, random_state=seed
    )
    try:
        ransac.fit(since[:, None], points.offset_ms, sample_weight=points.trust)
        first = np.asarray([ransac.estimator_.intercept_, ransac.estimator_.coef_[0]])
    except ValueError:  # no two points agree
        first = np.asarray([np.median(points.offset_ms), 0.0])
    flat = np.asarray([fit_constant(points).values[0], 0.0])
    fits = [refined("line", points, design, start, LINE_PARAMETERS) for start in (first, flat)]
    return max(fits, key=lambda fit: fit.log_likelihood)


def retrusted(points: Points, fit: Fit) -> Points:
    """The same predictions, trusted as much as those of this title agree with a fit.

    Trust was calibrated on clips; how many scenes have a visible speaker differs from title to title. So the odds of
    all are multiplied by one factor, with which their mean trust is their mean probability to be right.
    """
    logit, residual = np.log(points.trust / (1 - points.trust)), points.offset_ms - fit.design @ fit.values
    trust, shift = points.trust, 0.0
    for _ in range(_SHIFTS):
        right = _expect(trust, points.range_ms, residual, fit.spread_ms)[0]
        change = (right.sum() - trust.sum()) / (trust * (1 - trust)).sum()
        shift = float(np.clip(shift + change, -_MOST_SHIFT, _MOST_SHIFT))
        trust = trust_of(1 / (1 + np.exp(-logit - shift)))
    return replace(points, trust=trust)


def trust_of(trust: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Neither 0 nor 1, as no prediction is sure."""
    return np.clip(trust, *_TRUSTS)


def refined(
    name: str,
    points: Points,
    design: np.ndarray,
    start: np.ndarray,
    parameters: int,
    starts: tuple[int, ...] = (0,),
    levels: tuple[int, ...] = (0,),
) -> Fit:
    """A fit brought to the nearest maximum of the likelihood."""
    values, spread = refine(points, design, start[None], np.ones((1, len(points.time))))
    right, log_likelihood = _expect(points.trust, points.range_ms, points.offset_ms - design @ values[0], spread[0])
    return Fit(
        name, design, values[0], float(spread[0]), right, float(log_likelihood.sum()), parameters, starts, levels
    )


def refine(
    points: Points,
    design: Float[np.ndarray, "N K"],
    start: Float[np.ndarray, "B K"],
    counts: Float[np.ndarray, "B N"] | Int[np.ndarray, "B N"],
) -> tuple[Float[np.ndarray, "B K"], Float[np.ndarray, " B"]]:
    """Expectation maximisation of B fits at once.

    Args:
      points: the predictions.
      design: of the line or steps.
      start: values to start from.
      counts: how often each point counts in each fit (bootstrap).

    Returns:
      values, and standard deviations of right predictions (ms).
    """
    values, spread = start, np.full(len(start), SPREAD_MS)
    for _ in range(_ROUNDS):
        residual = points.offset_ms - values @ design.T
        weight = counts * _expect(points.trust, points.range_ms, residual, spread[:, None])[0]
        values = _solved(weight, design, points.offset_ms)
        squares = (weight * (points.offset_ms - values @ design.T) ** 2).sum(1)
        spread = np.clip(np.sqrt(squares / np.maximum(weight.sum(1), 1.0)), *SPREADS_MS)
    return values, spread


def _solved(
    weight: Float[np.ndarray, "B N"], design: Float[np.ndarray, "N K"], offset_ms: Float[np.ndarray, " N"]
) -> Float[np.ndarray, "B K"]:
    """The values with the least weighted squares."""
    small = 1e-6 * np.maximum(1.0, (design**2).max(0))
    right = weight @ (design * offset_ms[:, None])
    if (np.count_nonzero(design, axis=1) == 1).all():  # pieces: each value has points of its own
        return right / (weight @ design**2 + small)
    products = design[:, :, None] * design[:, None, :]  # one matrix product with these is fast; a sum of three is not
    normal = (weight @ products.reshape(len(design), -1)).reshape(-1, *products.shape[1:]) + np.diag(small)
    return np.linalg.solve(normal, right[..., None])[..., 0]


def _expect(
    trust: np.ndarray, range_ms: float, residual: np.ndarray, spread: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each point to be right, and the logarithm of its likelihood."""
    right = trust * np.exp(-0.5 * (residual / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    both = right + (1 - trust) / range_ms
    return right / both, np.log(both)


def nothing(points: Points) -> float:
    """Logarithm of the likelihood if every prediction is wrong."""
    return -len(points.time) * float(np.log(points.range_ms))


def levels_of(points: Points) -> Float[np.ndarray, " L"]:
    """The grid of levels on which constant offsets are looked for (ms)."""
    reach = points.range_ms / 2
    return np.arange(-reach, reach + _GRID_MS, _GRID_MS)


def expect_levels(
    points: Points, levels: Float[np.ndarray, " L"], spread_ms: float
) -> tuple[Float[np.ndarray, "N L"], Float[np.ndarray, "N L"]]:
    """Each point's probability to be right at every level (ms), and the logarithm of its likelihood there."""
    return _expect(points.trust[:, None], points.range_ms, points.offset_ms[:, None] - levels, spread_ms)
