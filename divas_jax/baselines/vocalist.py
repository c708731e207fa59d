"""VocaLiST: two encoders, a cross-modal Transformer and a classifier (Kadandale et al., 2022)."""

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Int

from divas_jax.baselines.convolutions import Convolution, scaled
from divas_jax.baselines.cross_modal import CrossEncoder
from divas_jax.model.positions import sinusoids

CHANNELS = (32, 64, 128, 256, 512)
"""Of the encoders' stages; the last is the dimension of the Transformer."""

LAYERS = 4
"""Of each of the three parts of the Transformer (section 2.2 of its paper)."""

PICTURE_BLOCKS = (0, 2, 2, 2, 2)
"""Residual convolutions after the first one of each stage."""

SOUND_BLOCKS = (2, 2, 2, 2, 4)
"""The same for sound."""


class Vocalist(nnx.Module):
    """80.1M parameters (Table 1): does this sound belong to these five lower halves of a face?

    Told by its paper: residual convolutional encoders whose output keeps time, 512 numbers at each moment; three
    Transformers of 4 layers and 8 heads, sound reading pictures, pictures reading sound, and the one of these reading
    the other; maximum over time, tanh, a full layer and a logit. Guessed, so that the size is Table 1's: how many
    convolutions a stage has, their kernels (3 x 3 x 3 for pictures, 3 x 3 for sound, larger ones at both ends),
    and positions as sines.

    Args:
      width: of all layers; 1 is the paper's. 512 times it must be a multiple of the 8 heads.
      layers: of each of the three Transformers.
      residuals: most residual convolutions of a stage.
      rngs: of the weights.
    """

    def __init__(self, width: float = 1.0, *, layers: int = LAYERS, residuals: int = 4, rngs: nnx.Rngs) -> None:
        channels = [scaled(count, width) for count in CHANNELS]
        dim = channels[-1]
        stages = list(zip([3, *channels], channels, strict=False))
        self.picture_layers: nnx.List = nnx.List([])
        for stage, ((inputs, outputs), blocks) in enumerate(zip(stages, PICTURE_BLOCKS, strict=True)):
            size = (7, 5, 3, 3, 3)[stage]
            self.picture_layers.append(Convolution(inputs, outputs, [size] * 3, (1, 2, 2) if stage else 1, rngs=rngs))
            self.picture_layers.extend(_blocks(outputs, min(blocks, residuals), 3, rngs))
        self.picture_layers.append(Convolution(dim, dim, (1, 3, 6), padding="VALID", rngs=rngs))
        self.sound_layers: nnx.List = nnx.List([])
        for stage, ((inputs, outputs), blocks) in enumerate(
            zip([(1, channels[0]), *stages[1:]], SOUND_BLOCKS, strict=True)
        ):
            self.sound_layers.append(Convolution(inputs, outputs, (3, 3), (2, 1) if stage else 1, rngs=rngs))
            self.sound_layers.extend(_blocks(outputs, min(blocks, residuals), 2, rngs))
        self.sound_layers.append(Convolution(dim, dim, (5, 1), padding="VALID", rngs=rngs))
        self.sound_reads, self.picture_reads, self.fusion = (CrossEncoder(dim, layers, rngs=rngs) for _ in range(3))
        self.full, self.last = nnx.Linear(dim, dim, rngs=rngs), nnx.Linear(dim, 1, rngs=rngs)

    def embed_pictures(self, faces: Float[Array, "B 5 48 96 3"]) -> Float[Array, "B 5 D"]:
        """What each frame of a window shows; pictures in [0, 1]."""
        values = faces
        for layer in self.picture_layers:
            values = layer(values)
        return values[:, :, 0, 0]

    def embed_sounds(self, sounds: Float[Array, "B 80 16"]) -> Float[Array, "B 16 D"]:
        """What each column of a stretch of sound holds."""
        values = sounds[..., None]
        for layer in self.sound_layers:
            values = layer(values)
        return values[:, 0]

    def classify(self, pictures: Float[Array, "B F D"], sounds: Float[Array, "B M D"]) -> Float[Array, " B"]:
        """Logit that the sound belongs to the picture, of the two encoders' outputs."""
        pictures, sounds = (
            values + sinusoids(jnp.arange(values.shape[1], dtype=jnp.float32), values.shape[2])
            for values in (pictures, sounds)
        )
        fused = self.fusion(self.sound_reads(sounds, pictures), self.picture_reads(pictures, sounds))
        # Not by max(): its gradient is 0 / 0 where the compiler computes the values twice and they round differently.
        largest = jnp.take_along_axis(fused, fused.argmax(axis=1, keepdims=True), axis=1)[:, 0]
        return self.last(jax.nn.relu(self.full(jnp.tanh(largest))))[:, 0]

    def loss(
        self, pictures: Float[Array, "B 5 48 96 3"], sounds: Float[Array, "B 80 16"], labels: Int[Array, " B"]
    ) -> Float[Array, ""]:
        """Binary cross-entropy; label 1 = sound and picture belong together, 0 = they do not."""
        logits = self.classify(self.embed_pictures(pictures), self.embed_sounds(sounds))
        return optax.sigmoid_binary_cross_entropy(logits, labels.astype(jnp.float32)).mean()


def _blocks(channels: int, count: int, dimensions: int, rngs: nnx.Rngs) -> list[Convolution]:
    return [Convolution(channels, channels, [3] * dimensions, residual=True, rngs=rngs) for _ in range(count)]
