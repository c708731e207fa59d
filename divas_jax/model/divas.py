"""DiVAS: picture windows and sound windows into one common space (3.1, 3.2)."""

from fractions import Fraction

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float

from divas_jax.clip import PictureBatch, SoundBatch
from divas_jax.config import ModelConfig
from divas_jax.model.encoder import Encoder, by_rows
from divas_jax.model.patches import picture_patches, sound_patches
from divas_jax.model.positions import TIME_SCALE, frame_positions, grid_positions, sound_positions
from divas_jax.rates import SOUND_PATCH, frames_in, patches_in

TIME_SLACK = 1e-4
"""Seconds by which a float32 time may miss the exact one: a frame at exactly the window's end is outside for all."""


FASTEST = Fraction(60), 48_000
"""Frames/s and Hz up to which calling the model embeds windows; padding changes no embedding."""


class Divas(nnx.Module):
    """The two encoders.

    Attributes:
      config: sizes and kinds of both.
      picture: what embeds windows of frames.
      sound: what embeds windows of samples.
    """

    def __init__(self, config: ModelConfig, *, rngs: nnx.Rngs) -> None:
        self.config = config
        self.picture = Encoder(config, config.patch * config.patch * 3, rngs=rngs)
        self.sound = Encoder(config, SOUND_PATCH, rngs=rngs)

    def __call__(
        self, pictures: PictureBatch | tuple[Array, ...], sounds: SoundBatch | tuple[Array, ...]
    ) -> tuple[Float[Array, "B Wv D"], Float[Array, "B Wa D"]]:
        """Embeddings of picture and sound windows of clips up to `FASTEST`; for others, the two methods below.

        Windows that belong together are near each other (Euclidean distance); those that are masked embed to
        something that means nothing.

        Args:
          pictures: segments of frames (uint8, times in s); arrays of JAX.
          sounds: segments of samples (at their own rate, loudness-normalised); arrays of JAX. Plain tuples in the
            order of `PictureBatch` and `SoundBatch` will do: `nnx.tabulate` can print no others.
        """
        pictures, sounds = PictureBatch(*pictures), SoundBatch(*sounds)
        # by private methods: `nnx.tabulate` prints the arguments of all others, and fails on named tuples
        window, (fps, sample_rate) = self.config.window, FASTEST
        seen = self._encode(self.picture, *self._picture_tokens(pictures, frames_in(window, fps)))
        return seen, self._encode(self.sound, *self._sound_tokens(sounds, patches_in(window, sample_rate)))

    def embed_pictures(self, batch: PictureBatch, length: int) -> Float[Array, "B Wv D"]:
        """Embeds every picture window.

        A frame is projected once and gathered into the windows that hold it.

        Args:
          batch: segments of frames and where their windows start.
          length: frames in the longest window (the rung's F).
        """
        return self._encode(self.picture, *self._picture_tokens(batch, length))

    def embed_sounds(self, batch: SoundBatch, length: int) -> Float[Array, "B Wa D"]:
        """Embeds every sound window.

        Args:
          batch: segments of samples and where their windows start.
          length: patches in the longest window (the rung's M).
        """
        return self._encode(self.sound, *self._sound_tokens(batch, length))

    def attend_pictures(
        self, batch: PictureBatch, length: int
    ) -> tuple[Float[Array, "B Wv D"], Float[Array, "B Wv {length} N"]]:
        """`embed_pictures`, and the attention to each frame's N patches, row by row (`Encoder.with_attention`)."""
        return self._attend(self.picture, *self._picture_tokens(batch, length))

    def attend_sounds(
        self, batch: SoundBatch, length: int
    ) -> tuple[Float[Array, "B Wa D"], Float[Array, "B Wa {length}"]]:
        """`embed_sounds`, and the attention to each patch (`Encoder.with_attention`)."""
        return self._attend(self.sound, *self._sound_tokens(batch, length))

    def _picture_tokens(
        self, batch: PictureBatch, length: int
    ) -> tuple[Float[Array, "B Wv {length} N D"], Bool[Array, "B Wv {length} N"]]:
        config = self.config
        side = config.size // config.patch
        frames = jnp.where(batch.frame_mask[:, :, None, None, None], batch.frames, 0).astype(jnp.uint8)
        projected = by_rows(self.picture.projection, picture_patches(frames, config.patch, contrast=config.contrast))
        projected = projected + grid_positions(side, side, config.dim).astype(projected.dtype)

        rows = jnp.arange(frames.shape[0])[:, None, None]
        index = jnp.clip(batch.start[:, :, None] + jnp.arange(length), 0, frames.shape[1] - 1)
        times = batch.times[rows, index]
        elapsed = times - times[:, :, :1]
        mask = (jnp.arange(length) < batch.length[:, None, None]) & (elapsed < config.seconds - TIME_SLACK)
        mask = mask & batch.frame_mask[rows, index] & batch.window_mask[:, :, None]

        z = TIME_SCALE * elapsed if config.time_aware else jnp.broadcast_to(jnp.arange(length) * 1.0, elapsed.shape)
        positions = frame_positions(jnp.where(mask, z, 0.0), config.dim).astype(projected.dtype)
        tokens = projected[rows, index] + positions[:, :, :, None, :]
        return tokens, jnp.broadcast_to(mask[..., None], tokens.shape[:-1])

    def _sound_tokens(
        self, batch: SoundBatch, length: int
    ) -> tuple[Float[Array, "B Wa {length} D"], Bool[Array, "B Wa {length}"]]:
        count = jnp.arange(length)
        mask = (count < batch.length[:, None, None]) & batch.window_mask[:, :, None]
        patches = jnp.where(mask[..., None], sound_patches(batch.samples, batch.start, length, SOUND_PATCH), 0.0)
        elapsed = batch.lead[:, :, None] + count * SOUND_PATCH / batch.sample_rate[:, None, None]
        p = TIME_SCALE * elapsed if self.config.time_aware else jnp.broadcast_to(count * 1.0, elapsed.shape)
        tokens = by_rows(self.sound.projection, patches)
        tokens = tokens + sound_positions(jnp.where(mask, p, 0.0), self.config.dim).astype(tokens.dtype)
        return tokens, mask

    @staticmethod
    def _encode(encoder: Encoder, tokens: Float[Array, "B W *L D"], mask: Array) -> Float[Array, "B W D"]:
        batch, windows, dim = tokens.shape[0], tokens.shape[1], tokens.shape[-1]
        embedded = encoder(tokens.reshape(batch * windows, -1, dim), mask.reshape(batch * windows, -1))
        return embedded.reshape(batch, windows, dim)

    @staticmethod
    def _attend(
        encoder: Encoder, tokens: Float[Array, "B W *L D"], mask: Bool[Array, "B W *L"]
    ) -> tuple[Float[Array, "B W D"], Float[Array, "B W *L"]]:
        batch, windows, dim = tokens.shape[0], tokens.shape[1], tokens.shape[-1]
        flat = tokens.reshape(batch * windows, -1, dim), mask.reshape(batch * windows, -1)
        embedded, attention = encoder.with_attention(*flat)
        return embedded.reshape(batch, windows, dim), attention.reshape(tokens.shape[:-1])
