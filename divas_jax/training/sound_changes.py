"""What `data/augment.py` draws for a segment's sound, done to it: echo, noise, another clip's sound, clipping."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Float16

from divas_jax.config import AugmentConfig
from divas_jax.data.draws import SoundDraw

FLAT_BELOW = 1 / 4096
"""Frequency (as a fraction of the sample rate) below which pink noise is flat: about 10 Hz."""

SOONEST = 0.01
"""An echo begins after this part of the time in which it falls by 60 dB: a few milliseconds."""


def changed(
    samples: Float16[Array, " S"], music: Float16[Array, " S"], draw: SoundDraw, augment: AugmentConfig
) -> Float[Array, " S"]:
    """The samples of one row, at a root mean square of about 1 for the whole clip; beyond `draw.count` zeros.

    Args:
      samples: of the row; beyond `draw.count` anything.
      music: of another clip.
      draw: of one row (no leading axis).
      augment: what may happen; the rest is not computed.
    """
    real = jnp.arange(len(samples)) < draw.count
    mixed, power = jnp.where(real, samples.astype(jnp.float32), 0.0), jnp.float32(1.0)
    if augment.echo:
        mixed, power = mixed + _echo(draw, mixed), power + draw.echo**2
    if augment.music:
        mixed, power = mixed + draw.music * music.astype(jnp.float32), power + draw.music**2
    if augment.noise:
        mixed, power = mixed + draw.noise * _noise(draw, len(samples)), power + draw.noise**2
    mixed = jnp.clip(mixed, -draw.ceiling, draw.ceiling)
    return jnp.where(real, mixed / jnp.sqrt(power), 0.0)


def _noise(draw: SoundDraw, count: int) -> Float[Array, " {count}"]:
    """White or pink, with a root mean square of 1."""
    white = jax.random.normal(jax.random.key(draw.seed), (count,))
    tilt = 1 / jnp.sqrt(jnp.maximum(jnp.fft.rfftfreq(count), FLAT_BELOW))
    pink = jnp.fft.irfft(jnp.fft.rfft(white) * tilt, count)
    return jnp.where(draw.pink, pink / jnp.sqrt(jnp.mean(pink**2)), white)


def _echo(draw: SoundDraw, samples: Float[Array, " S"]) -> Float[Array, " S"]:
    """What a room adds to a row: noise that dies away, started by every sample.

    The voice itself stays where it is, so nothing moves that did not. What sounded before the row leaves no echo in it.
    """
    count = len(samples)
    index = jnp.arange(count)
    noise = jax.random.normal(jax.random.fold_in(jax.random.key(draw.seed), 1), (count,))
    room = jnp.where(index >= SOONEST * draw.echo_length, noise * 10 ** (-3 * index / draw.echo_length), 0.0)
    room = room * draw.echo / jnp.sqrt(jnp.sum(room**2))
    size = 1 << (2 * count - 1).bit_length()  # no wrapping around
    return jnp.fft.irfft(jnp.fft.rfft(samples, size) * jnp.fft.rfft(room, size), size)[:count]
