"""Offsets over time as steps: a row of constant pieces, some of which may share a level (4.4).

Started by dynamic programming, then simplified as long as that is worth more than it costs.
"""

from itertools import combinations, pairwise

import numpy as np

from divas_jax.title.fitting import Fit, Points, level_costs, levels_of, refined

STEP_MS = 50.0
"""Smallest step that counts (ms): below, the errors of single faces and speakers would make steps."""

STEP_PARAMETERS = 2
"""What a step costs, in parameters, besides a level that no piece had before: its place, and that it was looked for
everywhere."""

_LEAST_PIECE = 3
"""Right predictions that a piece between two steps needs."""


def fit_steps(points: Points) -> Fit:
    """The best row of constant pieces; one piece if no step of `STEP_MS` is worth its price."""
    fit = _with_steps(points, _step_places(points))
    while (simpler := _simpler(points, fit)) is not None:
        fit = simpler
    return fit


def _step_places(points: Points) -> tuple[int, ...]:
    """Where the cheapest row of levels changes: the number of each piece's first point.

    Exact for levels on a grid, by dynamic programming; a change costs `STEP_PARAMETERS`, as if its level were known.
    """
    costs = level_costs(points, levels_of(points))
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
    """The fit with pieces that begin at these points; pieces share a level where that is the better fit."""
    costs, levels = level_costs(points, levels_of(points)), levels_of(points)
    piece = np.searchsorted(starts, np.arange(len(points.time)), side="right") - 1
    of_piece = np.stack([costs[piece == number].sum(0) for number in range(len(starts))])

    def fit(shared: tuple[int, ...]) -> Fit:
        design = np.eye(max(shared) + 1)[np.asarray(shared)[piece]]
        cost = np.stack([of_piece[np.equal(shared, level)].sum(0) for level in range(max(shared) + 1)])
        parameters = 1 + max(shared) + STEP_PARAMETERS * (len(starts) - 1)
        return refined("steps", points, design, levels[cost.argmin(1)], parameters, starts, shared)

    best = fit(tuple(range(len(starts))))
    while True:
        fits = [fit(shared) for shared in _sharing(best)]
        better = max(fits, key=lambda one: one.score, default=best)
        if better.score <= best.score:
            return best
        best = better


def _sharing(fit: Fit) -> list[tuple[int, ...]]:
    """The levels of a fit's pieces with two of them made one, of pieces that do not touch and levels that are near."""
    touching = set(pairwise(fit.levels))
    found = []
    for one, other in combinations(range(len(fit.values)), 2):
        near = abs(fit.values[one] - fit.values[other]) < STEP_MS
        if near and not {(one, other), (other, one)} & touching:
            found.append(tuple(one if level == other else level - (level > other) for level in fit.levels))
    return found


def _simpler(points: Points, fit: Fit) -> Fit | None:
    """The best fit with a step less, or with two that lead away and back; None if it is worse and no step doubtful.

    A step is doubtful if it is too small or a piece beside it has too few points.
    """
    count = len(fit.starts)
    step = np.abs(np.diff(fit.values[list(fit.levels)]))
    piece = np.searchsorted(fit.starts, np.arange(len(points.time)), side="right") - 1
    support = np.bincount(piece, fit.right, count)
    doubtful = {
        number
        for number in range(1, count)
        if step[number - 1] < STEP_MS or min(support[number], support[number - 1]) < _LEAST_PIECE
    }
    without = [{number} for number in range(1, count)] + [{number, number + 1} for number in range(1, count - 1)]
    fits = [
        _with_steps(points, tuple(start for number, start in enumerate(fit.starts) if number not in dropped))
        for dropped in without
        if not doubtful or dropped & doubtful
    ]
    best = max(fits, key=lambda one: one.score, default=None)
    return best if best is not None and (doubtful or best.score >= fit.score) else None
