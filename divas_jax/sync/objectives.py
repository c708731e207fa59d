"""Four losses on one distance tensor [B, Wv, Wa]; entry (w, w) of a row is in sync. A fifth meets other rows' sounds.

Each returns a `Loss`: a sum over pairs and how many pairs, so that parts of a
batch merge exactly.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from divas_jax.config import ObjectiveConfig
from divas_jax.sync.distances import pairwise_distances

Distances = Float[Array, "B W W"]
Mask = Bool[Array, "B W W"]


class Loss(NamedTuple):
    """A mean in two parts.

    Attributes:
      total: sum of the loss over pairs.
      pairs: their number.
    """

    total: Float[Array, ""]
    pairs: Float[Array, ""]

    def mean(self) -> Float[Array, ""]:
        """Loss of an average pair; 0 for none."""
        return self.total / jnp.maximum(self.pairs, 1.0)


def objective(config: ObjectiveConfig, distances: Distances, mask: Mask, key: Array) -> Loss:
    """The configured loss.

    Args:
      config: which, and its settings.
      distances: of every picture window to every sound window of its segment.
      mask: which pairs of windows are real.
      key: for the random pairs of `contrastive` and `multiway`.
    """
    distances = jnp.where(mask, distances, 0.0)  # what is masked may be infinite: no gradient may meet it
    if config.name == "contrastive":
        return contrastive(distances, mask, key, config.margin, config.negatives)
    if config.name == "multiway":
        return multiway(distances, mask, key, config.sounds, config.scale)
    if config.name == "offset_curve":
        return curve_match(distances, mask, config.scale)
    return matrix_match(distances, mask, config.scale)


def contrastive(distances: Distances, mask: Mask, key: Array, margin: float, negatives: float) -> Loss:
    """Equation 1: in-sync pairs are drawn together, others pushed `margin` apart.

    With chance `negatives` a picture window meets, instead of its own sound
    window, any other of its segment: from one frame away up to its length.
    """
    coin, pick = jax.random.split(key)
    in_sync = jnp.eye(distances.shape[-1], dtype=bool)
    others = mask & ~in_sync
    score = jnp.where(others, jax.random.uniform(pick, distances.shape), -1.0)
    other = jnp.take_along_axis(distances, score.argmax(-1)[..., None], -1)[..., 0]
    same = jnp.diagonal(distances, axis1=-2, axis2=-1)

    moved = (jax.random.uniform(coin, same.shape) < negatives) & others.any(-1)
    return equation_1(jnp.where(moved, other, same), ~moved, jnp.diagonal(mask, axis1=-2, axis2=-1), margin)


def equation_1(
    distance: Float[Array, "..."], in_sync: Bool[Array, "..."], real: Bool[Array, "..."], margin: float
) -> Loss:
    """L of equation 1 for given pairs: y d^2 + (1 - y) max(0, m - d)^2, halved."""
    pair = jnp.where(in_sync, distance**2, jnp.maximum(0.0, margin - distance) ** 2)
    return Loss(0.5 * jnp.where(real, pair, 0.0).sum(), real.sum().astype(jnp.float32))


def multiway(distances: Distances, mask: Mask, key: Array, sounds: int, scale: float) -> Loss:
    """One picture window chooses its sound among `sounds` of its segment (Perfect Match, the paper's [10])."""
    in_sync = jnp.eye(distances.shape[-1], dtype=bool)
    score = jnp.where(mask, jax.random.uniform(key, distances.shape), -1.0)
    score, chosen = jax.lax.top_k(jnp.where(in_sync, 2.0, score), min(sounds, distances.shape[-1]))
    logits = -scale * jnp.take_along_axis(distances, chosen, -1)  # the true sound comes first
    logits = jnp.where(score >= 0.0, logits, -jnp.inf)
    real = jnp.diagonal(mask, axis1=-2, axis2=-1)
    return _match(jnp.where(real[..., None], logits, 0.0)[..., 0], _log_sum(logits, real), real)


def matrix_match(distances: Distances, mask: Mask, scale: float) -> Loss:
    """Every picture window of a segment against every sound window of it, softmax both ways."""
    logits = jnp.where(mask, -scale * distances, -jnp.inf)
    real = jnp.diagonal(mask, axis1=-2, axis2=-1)
    true = jnp.where(real, jnp.diagonal(-scale * distances, axis1=-2, axis2=-1), 0.0)
    there = _match(true, _log_sum(logits, real), real)
    back = _match(true, _log_sum(jnp.swapaxes(logits, -1, -2), real), real)
    return Loss(0.5 * (there.total + back.total), there.pairs)


def curve_match(distances: Distances, mask: Mask, scale: float) -> Loss:
    """A whole segment chooses its offset by the mean distance at each, as evaluation does (4.1); a pair is a segment.

    Offsets up to half of the segment compete, where at least half of its windows meet. The mean counts as often as
    the segment has windows: each of them is a witness.
    """
    logits, windows = _curve_logits(distances, mask, scale)
    real = windows > 0
    true = jnp.where(real, logits[..., distances.shape[-1] // 2, None], 0.0)
    return _match(true, _log_sum(logits[..., None, :], real), real)


def stranger_match(
    config: ObjectiveConfig,
    pictures: Float[Array, "B W D"],
    sounds: Float[Array, "B W D"],
    seen: Bool[Array, "B W"],
    heard: Bool[Array, "B W"],
    voice: Int[Array, " B"],
) -> Loss:
    """`offset_curve` or `offset_matrix` in which the sounds of all other segments compete too, at every offset.

    Within a segment everything belongs together, so that distances need only be right against each other. Here they
    must be small for what belongs and large for what does not.

    Args:
      config: which of the two, and the scale.
      pictures: embeddings of the windows of each segment.
      sounds: likewise.
      seen: which picture windows are real.
      heard: which sound windows are real.
      voice: segments with the same number share a sound, and are no strangers.
    """
    count, width = seen.shape
    flat = pairwise_distances(pictures.reshape(count * width, -1), sounds.reshape(count * width, -1))
    distances = jnp.swapaxes(flat.reshape(count, width, count, width), 1, 2)
    competes = (voice[:, None] != voice[None, :]) | jnp.eye(count, dtype=bool)
    mask = seen[:, None, :, None] & heard[None, :, None, :] & competes[:, :, None, None]
    distances = jnp.where(mask, distances, 0.0)
    if config.name == "offset_curve":
        return _stranger_curves(distances, mask, config.scale)
    rows, real = (jnp.swapaxes(values, 1, 2).reshape(1, count * width, -1) for values in (distances, mask))
    return matrix_match(rows, real, config.scale)


def _stranger_curves(distances: Float[Array, "B B W W"], mask: Bool[Array, "B B W W"], scale: float) -> Loss:
    """A segment chooses its own sound at offset 0 among all offsets of all sounds."""
    reach = distances.shape[-1] // 2
    # Every rival counts as often as the segment's own sound.
    own_windows = jnp.diagonal(mask.any(-1).sum(-1)).astype(jnp.float32)
    logits, _ = _curve_logits(distances, mask, scale, own_windows[:, None, None])
    real = jnp.isfinite(jnp.diagonal(logits[..., reach]))
    true = jnp.where(real, jnp.diagonal(logits[..., reach]), 0.0)
    rows = logits.reshape(len(mask), 1, -1)
    return _match(true[:, None], _log_sum(rows, real[:, None]), real[:, None])


def _curve_logits(
    distances: Float[Array, "*B W W"],
    mask: Bool[Array, "*B W W"],
    scale: float,
    windows: Float[Array, "..."] | None = None,
) -> tuple[Float[Array, "*B O"], Float[Array, "..."]]:
    """What each offset of a curve scores, -inf where fewer than half of `windows` meet; and how many these are.

    By default they are the windows that meet without an offset.
    """
    width = distances.shape[-1]
    reach = width // 2
    place = jnp.arange(width)
    band = (place - place[:, None])[..., None] == jnp.arange(-reach, reach + 1)  # one contraction compiles at once
    total, count = (
        jnp.einsum("...wv,wvo->...o", values, band.astype(jnp.float32), precision=jax.lax.Precision.HIGHEST)
        for values in (jnp.where(mask, distances, 0.0), mask.astype(jnp.float32))
    )
    windows = count[..., reach, None] if windows is None else windows
    mean = total / jnp.maximum(count, 1.0)
    return jnp.where((count > 0) & (2 * count >= windows), -scale * windows * mean, -jnp.inf), windows


def _log_sum(logits: Float[Array, "B W K"], real: Bool[Array, "B W"]) -> Float[Array, "B W"]:
    return jax.nn.logsumexp(jnp.where(real[..., None], logits, 0.0), axis=-1)


def _match(true: Float[Array, "B W"], log_sum: Float[Array, "B W"], real: Bool[Array, "B W"]) -> Loss:
    return Loss(jnp.where(real, log_sum - true, 0.0).sum(), real.sum().astype(jnp.float32))


def matched(distances: Distances, mask: Mask) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """How many picture windows are nearest to their own sound window, and out of how many."""
    real = jnp.diagonal(mask, axis1=-2, axis2=-1)
    nearest = jnp.where(mask, distances, jnp.inf).argmin(-1) == jnp.arange(distances.shape[-1])
    return (nearest & real).sum().astype(jnp.float32), real.sum().astype(jnp.float32)
