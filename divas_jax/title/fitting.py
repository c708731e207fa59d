"""Offsets over time as one line or several steps, through predictions of which many are wrong (4.4).

Every prediction is either right, and then normally distributed around the line, or wrong, and then anywhere in the
range that was searched. How likely each of the two is beforehand is its trust. Lines are started by RANSAC, steps by
dynamic programming, and both are refined by expectation maximisation of that mixture.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.linear_model import LinearRegression, RANSACRegressor

SPREAD_MS = 25.0
"""Standard deviation of right predictions that is assumed at first (ms)."""

SPREADS_MS = (6.0, 40.0)
"""Between which it may lie (ms)."""

STEP_MS = 50.0
"""Smallest step that counts (ms): below, the errors of single faces and speakers would make steps."""

_ROUNDS = 30
_GRID_MS = 5.0
_NEAR = 2.5
"""Predictions within so many standard deviations agree with a fit in RANSAC."""

LINE_PARAMETERS = 3
"""What a line costs: its two values, and that a false drift is worse than a small one missed."""

STEP_PARAMETERS = 3
"""What a step costs, in parameters: its level, its place, and that it was looked for everywhere."""

_LEAST_PIECE = 3
"""Right predictions that a piece between two steps needs."""


@dataclass(frozen=True)
class Points:
    """Predictions as arrays, N of them.

    Attributes:
      time: s, increasing.
      offset_ms: positive = sound early.
      trust: probability to be right, strictly between 0 and 1.
      range_ms: width of the range in which wrong ones lie (ms).
    """

    time: Float[np.ndarray, " N"]
    offset_ms: Float[np.ndarray, " N"]
    trust: Float[np.ndarray, " N"]
    range_ms: float


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
    """

    name: str
    design: Float[np.ndarray, "N K"]
    values: Float[np.ndarray, " K"]
    spread_ms: float
    right: Float[np.ndarray, " N"]
    log_likelihood: float
    parameters: int
    starts: tuple[int, ...] = (0,)

    @property
    def score(self) -> float:
        """Logarithm of the evidence, after Schwarz: a parameter costs half the logarithm of the right points."""
        return self.log_likelihood - self.parameters / 2 * np.log(max(2.0, self.right.sum()))


def fit_constant(points: Points) -> Fit:
    """The best single offset."""
    levels = _levels(points)
    best = levels[int(np.argmin(_level_costs(points, levels).sum(0)))]
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


def fit_steps(points: Points) -> Fit:
    """The best row of constant pieces; one piece if no step of `STEP_MS` is worth its price."""
    starts = _step_places(points)
    while True:
        fit = _with_steps(points, starts)
        if len(starts) == 1:
            return fit
        weak = _weakest(points, fit)
        if weak is None:
            return fit
        starts = starts[:weak] + starts[weak + 1 :]


def refined(
    name: str, points: Points, design: np.ndarray, start: np.ndarray, parameters: int, starts: tuple[int, ...] = (0,)
) -> Fit:
    """A fit brought to the nearest maximum of the likelihood."""
    values, spread = refine(points, design, start[None], np.ones((1, len(points.time))))
    right, log_likelihood = _expect(points.trust, points.range_ms, points.offset_ms - design @ values[0], spread[0])
    return Fit(name, design, values[0], float(spread[0]), right, float(log_likelihood.sum()), parameters, starts)


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
    small = 1e-6 * np.eye(design.shape[1]) * np.maximum(1.0, (design**2).max(0))
    for _ in range(_ROUNDS):
        residual = points.offset_ms - values @ design.T
        weight = counts * _expect(points.trust, points.range_ms, residual, spread[:, None])[0]
        normal = np.einsum("bn,nk,nl->bkl", weight, design, design) + small
        values = np.linalg.solve(normal, np.einsum("bn,nk,n->bk", weight, design, points.offset_ms)[..., None])[..., 0]
        squares = (weight * (points.offset_ms - values @ design.T) ** 2).sum(1)
        spread = np.clip(np.sqrt(squares / np.maximum(weight.sum(1), 1.0)), *SPREADS_MS)
    return values, spread


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


def _levels(points: Points) -> np.ndarray:
    reach = points.range_ms / 2
    return np.arange(-reach, reach + _GRID_MS, _GRID_MS)


def _level_costs(points: Points, levels: np.ndarray) -> Float[np.ndarray, "N L"]:
    """Negative logarithm of each point's likelihood at every level."""
    residual = points.offset_ms[:, None] - levels
    return -_expect(points.trust[:, None], points.range_ms, residual, SPREAD_MS)[1]


def _step_places(points: Points) -> tuple[int, ...]:
    """Where the cheapest row of levels changes: the number of each piece's first point.

    Exact for levels on a grid, by dynamic programming; a change costs `STEP_PARAMETERS`.
    """
    costs = _level_costs(points, _levels(points))
    change = STEP_PARAMETERS / 2 * float(np.log(len(costs)))
    total, came = costs[0], np.zeros(costs.shape, int)
    for place in range(1, len(costs)):
        best = int(np.argmin(total))
        moves = total[best] + change < total
        came[place] = np.where(moves, best, np.arange(len(total)))
        total = np.minimum(total, total[best] + change) + costs[place]
    level, starts = int(np.argmin(total)), []
    for place in range(len(costs) - 1, 0, -1):
        if came[place, level] != level:
            starts.append(place)
            level = int(came[place, level])
    return (0, *reversed(starts))


def _with_steps(points: Points, starts: tuple[int, ...]) -> Fit:
    """The fit with pieces that begin at these points."""
    piece = np.searchsorted(starts, np.arange(len(points.time)), side="right") - 1
    design = np.eye(len(starts))[piece]
    costs, levels = _level_costs(points, _levels(points)), _levels(points)
    first = np.asarray([levels[np.argmin(costs[piece == number].sum(0))] for number in range(len(starts))])
    return refined("steps", points, design, first, 1 + STEP_PARAMETERS * (len(starts) - 1), starts)


def _weakest(points: Points, fit: Fit) -> int | None:
    """The piece that should end where the one before it ends: too small a step, too few points, or not worth it."""
    support = fit.right @ fit.design
    doubtful = [
        number
        for number in range(1, len(fit.starts))
        if abs(fit.values[number] - fit.values[number - 1]) < STEP_MS
        or min(support[number], support[number - 1]) < _LEAST_PIECE
    ]
    scores = {
        number: _with_steps(points, fit.starts[:number] + fit.starts[number + 1 :]).score
        for number in doubtful or range(1, len(fit.starts))
    }
    best = max(scores, key=scores.__getitem__)
    return best if doubtful or scores[best] >= fit.score else None
