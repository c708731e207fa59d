"""Distances between picture windows and sound windows: one function for training and evaluation (4.1)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


def safe_sqrt(square: Float[Array, "..."]) -> Float[Array, "..."]:
    """Square root whose gradient at 0 is 0, not NaN (d of equation 1 vanishes for equal embeddings)."""
    positive = square > 1e-12
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, square, 1.0)), 0.0)


def pairwise_distances(pictures: Float[Array, "*B Wv D"], sounds: Float[Array, "*B Wa D"]) -> Float[Array, "*B Wv Wa"]:
    """Frobenius norm of every difference (d of equation 1), by one Gram matrix in float32."""
    mean = sounds.mean(axis=-2, keepdims=True)  # distances do not move, but small numbers cancel better
    pictures, sounds = pictures - mean, sounds - mean
    gram = jnp.einsum("...vd,...ad->...va", pictures, sounds, precision=jax.lax.Precision.HIGHEST)
    norms = (pictures**2).sum(-1)[..., :, None] + (sounds**2).sum(-1)[..., None, :]
    return safe_sqrt(norms - 2.0 * gram)


def offset_matrix(
    distances: Float[Array, "*B Wv Wa"],
    mask: Bool[Array, "*B Wv Wa"],
    aligned: Int[Array, "*B Wv"],
    reach: int,
) -> tuple[Float[Array, "*B Wv O"], Bool[Array, "*B Wv O"]]:
    """D[W, O] of section 4.1: each picture window against the sound windows around its own.

    Args:
      distances: of every picture window to every sound window.
      mask: which of these pairs are real.
      aligned: the sound window that starts with each picture window; may lie outside.
      reach: steps searched each way (v_shift at one step a frame); O = 2 * reach + 1.

    Returns:
      The distances to sound window `aligned` - reach … + reach, and which exist.
    """
    index = aligned[..., None] + jnp.arange(-reach, reach + 1)
    inside = (index >= 0) & (index < distances.shape[-1])
    index = jnp.clip(index, 0, distances.shape[-1] - 1)
    matrix = jnp.take_along_axis(distances, index, axis=-1)
    exists = jnp.take_along_axis(mask, index, axis=-1) & inside
    return matrix, exists
