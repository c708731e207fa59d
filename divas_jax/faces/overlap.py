"""How much face boxes have in common."""

import numpy as np
from jaxtyping import Float64


def overlaps(one: Float64[np.ndarray, "N 4"], other: Float64[np.ndarray, "M 4"]) -> Float64[np.ndarray, "N M"]:
    """Intersection over union of every pair of boxes, each given as left, top, width and height."""
    start = np.maximum(one[:, None, :2], other[None, :, :2])
    end = np.minimum(one[:, None, :2] + one[:, None, 2:], other[None, :, :2] + other[None, :, 2:])
    shared = np.clip(end - start, 0, None).prod(-1)
    either = one[:, 2:].prod(-1)[:, None] + other[:, 2:].prod(-1)[None] - shared
    return shared / np.maximum(either, 1e-9)
