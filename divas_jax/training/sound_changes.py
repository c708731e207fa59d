"""What `data/augment.py` does to a segment's sound, on the device: noise, another clip's sound, clipping."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Float16

from divas_jax.config import AugmentConfig
from divas_jax.data.draws import SoundDraw

FLAT_BELOW = 1 / 4096
"""Frequency (as a fraction of the sample rate) below which pink noise is flat: about 10 Hz."""


def changed(
    stored: Float16[Array, " M"], draw: SoundDraw, count: int, augment: AugmentConfig
) -> Float[Array, " {count}"]:
    """`count` samples of one row, at a root mean square of about 1 for the whole clip; beyond the clip zeros.

    Args:
      stored: the sound of all clips.
      draw: of one row (no leading axis).
      count: padded samples S.
      augment: what may happen; the rest is not computed.
    """
    index = jnp.arange(count)
    real = index < draw.count
    mixed = jnp.where(real, stored[jnp.where(real, draw.first + index, 0)].astype(jnp.float32), 0.0)
    power = jnp.float32(1.0)
    if augment.music:
        other = stored[draw.music_first + (draw.music_start + index) % draw.music_count]
        mixed, power = mixed + draw.music * other.astype(jnp.float32), power + draw.music**2
    if augment.noise:
        mixed, power = mixed + draw.noise * _noise(draw, count), power + draw.noise**2
    mixed = jnp.clip(mixed, -draw.ceiling, draw.ceiling)
    return jnp.where(real, mixed / jnp.sqrt(power), 0.0)


def _noise(draw: SoundDraw, count: int) -> Float[Array, " {count}"]:
    """White or pink, with a root mean square of 1."""
    white = jax.random.normal(jax.random.key(draw.seed), (count,))
    tilt = 1 / jnp.sqrt(jnp.maximum(jnp.fft.rfftfreq(count), FLAT_BELOW))
    pink = jnp.fft.irfft(jnp.fft.rfft(white) * tilt, count)
    return jnp.where(draw.pink, pink / jnp.sqrt(jnp.mean(pink**2)), white)
