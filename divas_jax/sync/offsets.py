"""From the offset matrix to an offset and its confidence (4.1)."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

FEWEST = 4
"""Windows that a candidate must be averaged over to be one, unless none has as many."""

PULL = 20
"""Windows that stand for "no better than any other offset" in each candidate's mean. Found on validation clips, where
3 to 40 differ by less than 3 points on cuts of 1 s and by 1 on longer ones (docs/recipe.md)."""


class Offsets(NamedTuple):
    """What a batch of offset matrices says; candidate k is an offset of `reach` - k steps.

    Attributes:
      curve: mean distance of each candidate, from `reach` steps early to `reach` steps late, pulled to the median of
        all where few windows have it; inf where fewer than `FEWEST` have.
      best: index of its minimum.
      steps: the offset, v_shift - argmin, in steps; positive = sound early.
      fine_steps: the same with a parabola, through the means of the windows that have the minimum and both neighbours.
      confidence: median - minimum of the curve.
      windows: picture windows that the minimum was averaged over.
    """

    curve: Float[Array, "*B O"]
    best: Int[Array, "*B"]
    steps: Int[Array, "*B"]
    fine_steps: Float[Array, "*B"]
    confidence: Float[Array, "*B"]
    windows: Int[Array, "*B"]


def read_offsets(matrix: Float[Array, "*B W O"], exists: Bool[Array, "*B W O"]) -> Offsets:
    """Averages over windows, finds the minimum and how far it stands out (4.1).

    Every candidate is averaged over all windows that have it. Where the file
    ends, far candidates have fewer, and the smallest of many means of few
    windows would win by chance: they are pulled to the median of all means,
    as if `PULL` windows more had said it, relative to the candidate with the
    most windows, which keeps its mean: where all have the same, nothing is
    pulled. The paper does not say what it does there.
    """
    count = exists.sum(-2)
    mean = jnp.where(exists, matrix, 0.0).sum(-2) / jnp.maximum(count, 1)
    known = count >= jnp.maximum(jnp.minimum(FEWEST, count.max(-1, keepdims=True)), 1)
    usual = jnp.nanmedian(jnp.where(known, mean, jnp.nan), axis=-1, keepdims=True)
    most = jnp.maximum(count.max(-1, keepdims=True), 1)
    weight = count / (count + PULL) * ((most + PULL) / most)
    curve = jnp.where(known, usual - (usual - mean) * weight, jnp.inf)

    best = jnp.argmin(curve, axis=-1)
    reach = (matrix.shape[-1] - 1) // 2
    minimum = jnp.take_along_axis(curve, best[..., None], -1)[..., 0]
    windows = jnp.take_along_axis(count, best[..., None], -1)[..., 0]
    confidence = jnp.nanmedian(jnp.where(known, curve, jnp.nan), axis=-1) - minimum
    confidence = jnp.where(known.any(-1), confidence, 0.0)
    fine = reach - best - parabola_shift(_around(matrix, exists, best), jnp.ones_like(best))
    return Offsets(curve, best, reach - best, fine, confidence, windows)


def _around(
    matrix: Float[Array, "*B W O"], exists: Bool[Array, "*B W O"], best: Int[Array, "*B"]
) -> Float[Array, "*B 3"]:
    """The minimum and its neighbours, averaged over the windows that have all three; inf where there is none such.

    A window that one of them lacks would tilt the parabola.
    """
    last = matrix.shape[-1] - 1
    columns = jnp.clip(best[..., None] + jnp.arange(-1, 2), 0, last)[..., None, :]
    used = jnp.take_along_axis(exists, columns, -1).all(-1, keepdims=True)
    total = jnp.where(used, jnp.take_along_axis(matrix, columns, -1), 0.0).sum(-2)
    there = used.any(-2) & ((best > 0) & (best < last))[..., None]
    return jnp.where(there, total / jnp.maximum(used.sum(-2), 1), jnp.inf)


def parabola_shift(curve: Float[Array, "*B O"], best: Int[Array, "*B"]) -> Float[Array, "*B"]:
    """Where the vertex lies, in candidates from the minimum, in [-1/2, 1/2]; 0 at an edge."""
    last = curve.shape[-1] - 1
    left, middle, right = (
        jnp.take_along_axis(curve, jnp.clip(best + step, 0, last)[..., None], -1)[..., 0] for step in (-1, 0, 1)
    )
    inner = (best > 0) & (best < last) & jnp.isfinite(left) & jnp.isfinite(right)
    bend = jnp.where(inner, left - 2.0 * middle + right, 1.0)
    shift = jnp.where(inner, 0.5 * (left - right), 0.0) / jnp.where(bend > 1e-9, bend, jnp.inf)
    return jnp.clip(shift, -0.5, 0.5)
