"""Between the steps of a curve."""

import numpy as np
from jaxtyping import Float


def vertex(curve: Float[np.ndarray, " G"], best: int) -> float:
    """Where the parabola through the highest point and its neighbours is highest: steps from `best`, in [-1/2, 1/2]."""
    if not 0 < best < len(curve) - 1:
        return 0.0
    left, top, right = curve[best - 1 : best + 2]
    bend = left - 2 * top + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
