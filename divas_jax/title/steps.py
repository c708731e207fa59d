"""Offsets over time as steps: a row of constant pieces, some of which may share a level (4.4).

Started by dynamic programming, then simplified as long as that is worth more than it costs. All of this is done with
levels on a grid, where a row costs no more than a sum; only the row that is left is refined.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from divas_jax.title.fitting import SPREAD_MS, Fit, Points, expect_levels, levels_of, refined

STEP_MS = 50.0
"""Smallest step that counts (ms): below, the errors of single faces and speakers would make steps."""

STEP_PARAMETERS = 2
"""What a step costs, in parameters, besides a level that no piece had before: its place, and that it was looked for
everywhere."""

_LEAST_PIECE = 3.0
"""Right predictions that a piece between two steps needs: four, as none is wholly right. Or, beside ..."""

_LARGE_STEP_MS = 100.0
"""... a step of this or more (ms), fewer: that three faces in a row lean by less is no rarity."""

_LEAST_SURE = 1.8
"""There two that are sure by themselves are enough, if both are nearly wholly right."""

_MANY = 12
"""In rows of more pieces it is not looked anew, for each step that may go, which of the pieces left share a level."""

_LOOKS = 2
"""Times that the row is looked for: first with a usual spread, then with that of the row found."""


class _Row(NamedTuple):
    """A row of pieces.

    Attributes:
      starts: number of the first point of every piece.
      shared: which of the levels is that of each piece.
      levels: each level's place on the grid.
      score: as `Fit.score`, on the grid; each level is charged by all points, not by the right ones alone.
    """

    starts: tuple[int, ...]
    shared: tuple[int, ...]
    levels: tuple[int, ...]
    score: float


@dataclass(frozen=True)
class _Grid:
    """What the points say of every level.

    Attributes:
      points: the predictions.
      spread_ms: standard deviation of right ones.
    """

    points: Points
    spread_ms: float

    @cached_property
    def levels_ms(self) -> Float[np.ndarray, " L"]:
        return levels_of(self.points)

    @cached_property
    def _expected(self) -> tuple[Float[np.ndarray, "N L"], Float[np.ndarray, "N L"]]:
        return expect_levels(self.points, self.levels_ms, self.spread_ms)

    @property
    def costs(self) -> Float[np.ndarray, "N L"]:
        """Negative logarithm of each point's likelihood at every level."""
        return -self._expected[1]

    @cached_property
    def _costs_until(self) -> Float[np.ndarray, "Edges L"]:
        return np.pad(self.costs.cumsum(0), ((1, 0), (0, 0)))

    @cached_property
    def _right_until(self) -> Float[np.ndarray, "Edges L"]:
        return np.pad(self._expected[0].cumsum(0), ((1, 0), (0, 0)))

    @cached_property
    def _sure_until(self) -> Float[np.ndarray, "Edges L"]:
        counted = self.points.sure[:, None] * self._expected[0]
        return np.pad(counted.cumsum(0), ((1, 0), (0, 0)))

    def costs_of(self, starts: tuple[int, ...]) -> Float[np.ndarray, "P L"]:
        """Costs of pieces at every level."""
        return np.diff(self._costs_until[[*starts, len(self.points.time)]], axis=0)

    def enough_in(self, row: _Row, step_ms: Float[np.ndarray, " S"]) -> Bool[np.ndarray, " S"]:
        """Whether the pieces on both sides of each step have predictions enough for it."""
        right, sure = (
            np.diff(until[[*row.starts, len(self.points.time)]], axis=0)[np.arange(len(row.starts)), self.places(row)]
            for until in (self._right_until, self._sure_until)
        )
        least, least_sure = (np.minimum(each[1:], each[:-1]) for each in (right, sure))
        return (least >= _LEAST_PIECE) | ((step_ms >= _LARGE_STEP_MS) & (least_sure >= _LEAST_SURE))

    @staticmethod
    def places(row: _Row) -> list[int]:
        """The place of each piece's level on the grid."""
        return [row.levels[level] for level in row.shared]

    def row(self, starts: tuple[int, ...], shared: tuple[int, ...]) -> _Row:
        """The best row with these pieces, of which some share a level."""
        of_piece = self.costs_of(starts)
        costs = np.zeros((max(shared) + 1, of_piece.shape[1]))
        np.add.at(costs, list(shared), of_piece)
        parameters = _parameters(shared)
        score = -costs.min(1).sum() - parameters / 2 * np.log(len(self.points.time))
        return _Row(starts, shared, tuple(int(place) for place in costs.argmin(1)), float(score))


def fit_steps(points: Points) -> Fit:
    """The best row of constant pieces; one piece if no step of `STEP_MS` is worth its price."""
    spread_ms, fits = SPREAD_MS, []
    for _ in range(_LOOKS):
        grid = _Grid(points, spread_ms)
        fits.append(_refined(grid, _best_row(grid)))
        spread_ms = fits[-1].spread_ms
    return max(fits, key=lambda fit: fit.score)


def _refined(grid: _Grid, row: _Row) -> Fit:
    piece = np.searchsorted(row.starts, np.arange(len(grid.points.time)), side="right") - 1
    design = np.eye(len(row.levels))[np.asarray(row.shared)[piece]]
    first = grid.levels_ms[list(row.levels)]
    return refined("steps", grid.points, design, first, _parameters(row.shared), row.starts, row.shared)


def _parameters(shared: tuple[int, ...]) -> int:
    return 1 + max(shared) + STEP_PARAMETERS * (len(shared) - 1)


def _best_row(grid: _Grid) -> _Row:
    row = _sharing(grid, _step_places(grid))
    while (simpler := _simpler(grid, row)) is not None:
        row = simpler
    return row


def _step_places(grid: _Grid) -> tuple[int, ...]:
    """Where the cheapest row of levels changes: the number of each piece's first point.

    Exact for levels on a grid, by dynamic programming; a change costs `STEP_PARAMETERS`, as if its level were known.
    """
    costs = grid.costs
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


def _sharing(grid: _Grid, starts: tuple[int, ...]) -> _Row:
    """The best row with these pieces; some share a level where that is worth it."""
    return _shared_more(grid, grid.row(starts, tuple(range(len(starts)))))


def _shared_more(grid: _Grid, row: _Row) -> _Row:
    """The row, or one with the same pieces of which more share a level."""
    starts = row.starts
    while True:
        rows = [grid.row(starts, shared) for shared in _with_one_level_less(grid, row)]
        better = max(rows, key=lambda candidate: candidate.score, default=row)
        if better.score <= row.score:
            return row
        row = better


def _with_one_level_less(grid: _Grid, row: _Row) -> list[tuple[int, ...]]:
    """The ways of making two levels one: levels that differ by less than a step, of pieces that do not touch."""
    touching = set(pairwise(row.shared))
    levels_ms, merged = grid.levels_ms[list(row.levels)], []
    for first, second in combinations(range(len(row.levels)), 2):
        alike = abs(levels_ms[first] - levels_ms[second]) < STEP_MS
        if alike and not {(first, second), (second, first)} & touching:
            merged.append(tuple(first if level == second else level - (level > second) for level in row.shared))
    return merged


def _simpler(grid: _Grid, row: _Row) -> _Row | None:
    """The best row with a step less, or with two that lead away and back; None if it is worse and no step doubtful.

    A step is doubtful if it is too small or a piece beside it has too few points.
    """
    count = len(row.starts)
    step = np.abs(np.diff(grid.levels_ms[grid.places(row)]))
    doubtful = {int(number) + 1 for number in np.flatnonzero((step < STEP_MS) | ~grid.enough_in(row, step))}
    without = [{number} for number in range(1, count)] + [{number, number + 1} for number in range(1, count - 1)]
    candidates = [dropped for dropped in without if not doubtful or dropped & doubtful]
    if count > _MANY:
        rows = [_dropped(grid, row, dropped) for dropped in candidates]
    else:
        rows = [_sharing(grid, tuple(row.starts[number] for number in range(count) if number not in dropped))
                for dropped in candidates]  # fmt: skip
    best = max(rows, key=lambda candidate: candidate.score, default=None)
    if best is None or not (doubtful or best.score >= row.score):
        return None
    return _shared_more(grid, best)


def _dropped(grid: _Grid, row: _Row, dropped: set[int]) -> _Row:
    """The row without these steps; the pieces that are left share levels as they did."""
    left = [number for number in range(len(row.starts)) if number not in dropped]
    levels = {level: place for place, level in enumerate(dict.fromkeys(row.shared[number] for number in left))}
    return grid.row(tuple(row.starts[number] for number in left), tuple(levels[row.shared[number]] for number in left))
