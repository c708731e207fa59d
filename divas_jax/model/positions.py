"""Sinusoidal positions in space and time (3.1, 3.2, equation 2)."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

TAU = 10_000.0
"""tau of equation 2."""

TIME_SCALE = 100.0
"""Positions per second of the time-aware encoding (3.2)."""


def sinusoids(position: Float[Array, "..."], dim: int) -> Float[Array, "... {dim}"]:
    """Sin and cos, interleaved, of a position at `dim` / 2 wavelengths (equation 2).

    Entry 2i is sin(x / tau^(2i / dim)), entry 2i + 1 its cosine. A third of
    equation 2 is this with dim = D / 3, the audio positions with dim = D.
    """
    wavelength = TAU ** (jnp.arange(0, dim, 2, dtype=jnp.float32) / dim)
    angle = position[..., None] / wavelength
    return jnp.stack([jnp.sin(angle), jnp.cos(angle)], axis=-1).reshape(*position.shape, dim)


def grid_positions(rows: int, columns: int, dim: int) -> Float[Array, "N {dim}"]:
    """Place of each patch in the image plane: the x and y thirds of equation 2, the z third zero."""
    third = dim // 3
    x, y = np.divmod(np.arange(rows * columns), columns)
    place = [sinusoids(jnp.asarray(axis, jnp.float32), third) for axis in (x, y)]
    return jnp.concatenate([*place, jnp.zeros((rows * columns, third))], axis=-1)


def frame_positions(z: Float[Array, "..."], dim: int) -> Float[Array, "... {dim}"]:
    """Time of a frame inside its window: the z third of equation 2, the others zero.

    Args:
      z: 100 * (presentation time - window start) in s (3.2), or the frame's index (3.1).
      dim: embedding width D.
    """
    third = dim // 3
    time = sinusoids(z, third)
    return jnp.concatenate([jnp.zeros((*z.shape, 2 * third)), time], axis=-1)


def sound_positions(p: Float[Array, "..."], dim: int) -> Float[Array, "... {dim}"]:
    """Time of an audio patch inside its window.

    Args:
      p: 100 * (time of the patch's first sample - window start) in s (3.2), or the patch's index (3.1).
      dim: embedding width D.
    """
    return sinusoids(p, dim)
