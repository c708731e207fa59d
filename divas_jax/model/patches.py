"""Raw frames and raw samples to patches, on the device (3.1)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt8

FAINTEST = 1 / 32
"""Pictures that vary less (standard deviation, of [-1, 1]) are not brought to full contrast: that is noise."""


def picture_patches(
    frames: UInt8[Array, "B T H W C"], patch: int, *, contrast: bool = False
) -> Float[Array, "B T N P"]:
    """Patches of h = w = `patch` pixels and one frame, row by row, scaled to [-1, 1]; P = patch * patch * C.

    Args:
      frames: pictures.
      patch: side (pixels).
      contrast: bring each picture to a mean of 0 and a standard deviation of 1 instead (ours).
    """
    batch, time, height, width, channels = frames.shape
    rows, columns = height // patch, width // patch
    split = frames.reshape(batch, time, rows, patch, columns, patch, channels)
    flat = split.transpose(0, 1, 2, 4, 3, 5, 6).reshape(batch, time, rows * columns, patch * patch * channels)
    values = flat.astype(jnp.float32) / 127.5 - 1.0
    if not contrast:
        return values
    deviation = jnp.std(values, axis=(2, 3), keepdims=True)
    return (values - values.mean(axis=(2, 3), keepdims=True)) / jnp.maximum(deviation, FAINTEST)


def sound_patches(
    samples: Float[Array, "B S"], start: Int[Array, "B W"], patches: int, patch: int
) -> Float[Array, "B W {patches} {patch}"]:
    """Windows of `patches` * `patch` samples from each start.

    Samples beyond the segment are zeros; a start outside of it is clamped, and
    what comes back for it means nothing (such windows are masked).
    """
    size = patches * patch
    padded = jnp.pad(samples, ((0, 0), (0, size)))
    cut = jax.vmap(jax.vmap(lambda row, first: jax.lax.dynamic_slice(row, (first,), (size,)), (None, 0)))
    return cut(padded, start).reshape(*start.shape, patches, patch)
