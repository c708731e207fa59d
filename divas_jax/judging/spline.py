"""A cubic through searched steps, as SciPy's `CubicSpline` draws it, whose import takes longer than a clip's answer."""

import numpy as np
from jaxtyping import Float


def cubic_spline(
    x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"], at: Float[np.ndarray, " G"]
) -> Float[np.ndarray, " G"]:
    """The twice smooth cubic through N >= 4 points, read anywhere.

    "Not a knot": its third derivative jumps neither at the second point nor at the last but one.

    Args:
      x: increasing.
      y: at each.
      at: where it is read.
    """
    step, rise = np.diff(x), np.diff(y) / np.diff(x)
    slope = np.linalg.solve(*_smooth(step, rise))
    piece = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(step) - 1)
    bend = (slope[:-1] + slope[1:] - 2 * rise) / step
    third, second = bend / step, (rise - slope[:-1]) / step - bend
    along = at - x[piece]
    return y[piece] + along * (slope[piece] + along * (second[piece] + along * third[piece]))


def _smooth(step: Float[np.ndarray, " M"], rise: Float[np.ndarray, " M"]) -> tuple[np.ndarray, np.ndarray]:
    """Equations for the slopes at the points: no jump of the second derivative, nor of the third at either end."""
    count = len(step) + 1
    matrix, right = np.zeros((count, count)), np.zeros(count)
    inner = np.arange(1, count - 1)
    matrix[inner, inner - 1], matrix[inner, inner + 1] = step[1:], step[:-1]
    matrix[inner, inner] = 2 * (step[:-1] + step[1:])
    right[1:-1] = 3 * (step[1:] * rise[:-1] + step[:-1] * rise[1:])
    matrix[0, :2], right[0] = _end(step[0], step[1], rise[0], rise[1])
    matrix[-1, :-3:-1], right[-1] = _end(step[-1], step[-2], rise[-1], rise[-2])
    return matrix, right


def _end(first: float, next_: float, rise: float, next_rise: float) -> tuple[tuple[float, float], float]:
    """The factors of the two outermost slopes, and what they come to."""
    both = first + next_
    right_side = ((first + 2 * both) * next_ * rise + first**2 * next_rise) / both
    return (next_, both), right_side
