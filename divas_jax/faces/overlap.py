"""How much face boxes have in common."""

import numpy as np
from jaxtyping import Float64


def overlaps(boxes: Float64[np.ndarray, "N 4"], others: Float64[np.ndarray, "M 4"]) -> Float64[np.ndarray, "N M"]:
    """Intersection over union of every pair of boxes, each given as left, top, width and height."""
    start = np.maximum(boxes[:, None, :2], others[None, :, :2])
    end = np.minimum(boxes[:, None, :2] + boxes[:, None, 2:], others[None, :, :2] + others[None, :, 2:])
    shared = np.clip(end - start, 0, None).prod(-1)
    either = boxes[:, 2:].prod(-1)[:, None] + others[:, 2:].prod(-1)[None] - shared
    return shared / np.maximum(either, 1e-9)
