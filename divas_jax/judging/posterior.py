"""A posterior over offsets out of a distance curve: distances as log-likelihoods (ours; the paper has confidence).

A clip of s seconds is worth `sharpness` * s ** `growth` of distance: windows
overlap, and neighbours say much the same. The curve between the searched
steps is a cubic spline through them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from divas_jax.judging.spline import cubic_spline

GRID_MS = 5.0
"""The posterior is known at steps of this (ms)."""

LEAST = 1e-6
"""Probabilities and distances that are smaller count as this, so that their logarithms exist."""


@dataclass(frozen=True)
class Curve:
    """A distance curve on a fine grid.

    Attributes:
      offset_ms: offsets (ms), `GRID_MS` apart, between the first and the last that are known.
      distance: mean distance at each.
      median: of the searched steps' distances.
      seconds: of picture that the answer rests on (s).
      best: where the answer is: the smallest distance within a step of the searched one.
    """

    offset_ms: Float[np.ndarray, " G"]
    distance: Float[np.ndarray, " G"]
    median: float
    seconds: float
    best: int

    @property
    def depth(self) -> float:
        """How far the minimum lies below the median (distance)."""
        return self.median - float(self.distance[self.best])

    def share_within(self, ms: float) -> Float[np.ndarray, " G"]:
        """How much of each grid point (0 to 1) is within `ms` of the answer."""
        away = np.abs(self.offset_ms - self.offset_ms[self.best])
        return np.clip((ms - away) / GRID_MS + 0.5, 0, 1)


def fine_curve(curve_ms: Float[np.ndarray, " O"], curve: Float[np.ndarray, " O"], windows: int, fps: float) -> Curve:
    """A searched curve between its steps.

    Args:
      curve_ms: searched offsets (ms), increasing.
      curve: mean distance at each; inf where unknown, but not everywhere.
      windows: picture windows that the answer is averaged over.
      fps: frame rate (frames/s).
    """
    known = np.isfinite(curve)
    place, value = curve_ms[known], curve[known]
    grid = place[0] + GRID_MS * np.arange(int((place[-1] - place[0]) / GRID_MS) + 1)
    fine = cubic_spline(place, value, grid) if len(place) > 3 else np.interp(grid, place, value)
    # Between two steps a spline may dip below both; by no more than a parabola would.
    fine = np.maximum(fine, value.min() - np.ptp(value) / 8)
    step = float(np.diff(place).min(initial=np.inf))
    beside_minimum = np.abs(grid - place[np.argmin(value)]) <= step
    best = int(np.argmin(np.where(beside_minimum, fine, np.inf)))
    return Curve(grid, fine, float(np.median(value)), max(windows, 1) / fps, best)


@dataclass(frozen=True)
class Likelihood:
    """What a distance is worth.

    Attributes:
      sharpness: log-likelihood of a unit of distance for one second.
      growth: how it grows with seconds: 0 not at all, 1 as if no window repeated another.
      anywhere: chance that the answer has nothing to do with the curve.
    """

    sharpness: float
    growth: float
    anywhere: float

    def weight(self, curve: Curve) -> float:
        """What a unit of distance weighs in the log-likelihood, for a clip of the curve's length."""
        return self.sharpness * max(curve.seconds, LEAST) ** self.growth

    def posterior(self, curve: Curve) -> Float[np.ndarray, " G"]:
        """The probability of each offset of the grid, of a sound that belongs to its picture."""
        density = np.exp(-self.weight(curve) * (curve.distance - curve.distance[curve.best]))
        return (1 - self.anywhere) * density / density.sum() + self.anywhere / len(density)

    def factor(self, curve: Curve) -> float:
        """Logarithm of how much better the curve is explained by an offset than by none: its depth, over all offsets.

        Many minima that are equally deep add up, and shallow ones come to nothing.
        """
        rise = -self.weight(curve) * (curve.distance - curve.median)
        return float(np.logaddexp.reduce(rise) - np.log(len(rise)))


def interval_of(curve: Curve, posterior: Float[np.ndarray, " G"], share: float) -> tuple[float, float]:
    """The shortest stretch of offsets (ms) that holds so much of a posterior."""
    total = np.concatenate([[0.0], np.cumsum(posterior)])
    ends = np.minimum(np.searchsorted(total, total + share - 1e-12), len(posterior))
    whole = total[ends] - total >= share - 1e-9
    first = int(np.argmin(np.where(whole, ends - np.arange(len(total)), len(total) + 1)))
    last = max(first, int(ends[first]) - 1)
    return float(curve.offset_ms[first]), float(curve.offset_ms[min(last, len(posterior) - 1)])
