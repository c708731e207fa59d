"""SparseSync: full frames for 5 s, selectors, and 21 classes of offset (Iashin et al., 2022; Table 5)."""

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Int

from divas_jax.baselines.convolutions import Convolution, pooled, scaled
from divas_jax.baselines.cross_modal import CrossEncoder
from divas_jax.baselines.s3d import S3D

CLASSES = 21
"""Offsets from -2.0 to 2.0 s in steps of 200 ms; class 20 = sound 2 s early."""

DIM = 512
"""Numbers of a token."""

SELECTORS = 16
"""Learnable tokens into which each stream is condensed."""

LAYERS = 3
"""Of each selector and of the Transformer that joins them."""


class SparseSync(nnx.Module):
    """55.3M parameters (Table 5): which of 21 offsets has this sound?

    Told by its paper: S3D for pictures and ResNet-18 for spectra, projections to one dimension, learnt positions,
    selectors that attend to each stream, and a Transformer encoder over both sets of selectors and a class token.
    Guessed, so that the size is Table 5's: 512 numbers a token, a position for every place of the encoders' outputs,
    16 selectors, 3 layers and 8 heads everywhere, selectors that read themselves before the stream. Its authors
    start from encoders learnt elsewhere; these start at random.

    Args:
      width: of all layers; 1 is the paper's. 512 times it must be a multiple of the 8 heads.
      frames: of a window at 25 frames/s.
      size: pixels a side of its pictures.
      depth: most blocks of S3D between two poolings, and most layers of each Transformer.
      rngs: of the weights.
    """

    def __init__(
        self, width: float = 1.0, *, frames: int = 125, size: int = 224, depth: int = 5, rngs: nnx.Rngs
    ) -> None:
        dim, layers = scaled(DIM, width), min(LAYERS, depth)
        self.see, self.hear = S3D(width, depth=depth, rngs=rngs), SoundResNet(width, rngs=rngs)
        self.picture_projection = nnx.Linear(self.see.outputs, dim, rngs=rngs)
        self.sound_projection = nnx.Linear(dim, dim, rngs=rngs)
        side, columns = -(-size // 32), frames * 4  # 4 columns of 10 ms a frame
        self.picture_places = _learnt(rngs, -(-frames // 8) * side**2, dim)
        self.sound_places = _learnt(rngs, 4 * -(-columns // 32), dim)
        self.picture_queries, self.sound_queries = _learnt(rngs, SELECTORS, dim), _learnt(rngs, SELECTORS, dim)
        self.picture_selector, self.sound_selector = (CrossEncoder(dim, layers, own=True, rngs=rngs) for _ in range(2))
        self.class_token, self.places = _learnt(rngs, 1, dim), _learnt(rngs, 1 + 2 * SELECTORS, dim)
        self.joint = CrossEncoder(dim, layers, rngs=rngs)
        self.last = nnx.Linear(dim, CLASSES, rngs=rngs)

    def __call__(self, pictures: Float[Array, "B T H W 3"], sounds: Float[Array, "B 128 M"]) -> Float[Array, "B 21"]:
        """A logit for each class; pictures in [0, 1]."""
        batch = len(pictures)
        seen = _in_a_row(self.picture_projection(self.see(pictures))) + self.picture_places[...]
        heard = _in_a_row(self.sound_projection(self.hear(sounds))) + self.sound_places[...]
        tokens = [
            _for_all(self.class_token, batch),
            self.picture_selector(_for_all(self.picture_queries, batch), seen),
            self.sound_selector(_for_all(self.sound_queries, batch), heard),
        ]
        return self.last(self.joint(jnp.concatenate(tokens, axis=1) + self.places[...])[:, 0])

    def loss(
        self, pictures: Float[Array, "B T H W 3"], sounds: Float[Array, "B 128 M"], labels: Int[Array, " B"]
    ) -> Float[Array, ""]:
        """Cross-entropy; the label is the class."""
        logits = self(pictures, sounds)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


class SoundResNet(nnx.Module):
    """ResNet-18 (He et al., 2016) on a spectrum of one channel, without its classifier."""

    def __init__(self, width: float = 1.0, *, rngs: nnx.Rngs) -> None:
        channels = [scaled(count, width) for count in (64, 128, 256, 512)]
        self.first = Convolution(1, channels[0], (7, 7), 2, bias=False, rngs=rngs)
        self.blocks: nnx.List = nnx.List([])
        for stage, (inputs, outputs) in enumerate(zip([channels[0], *channels], channels, strict=False)):
            self.blocks.append(ResidualBlock(inputs, outputs, 2 if stage else 1, rngs=rngs))
            self.blocks.append(ResidualBlock(outputs, outputs, 1, rngs=rngs))

    def __call__(self, sounds: Float[Array, "B 128 M"]) -> Float[Array, "B 4 m C"]:
        """What is heard in each quarter of the bands and each 0.32 s."""
        values = pooled(self.first(sounds[..., None]), (3, 3), (2, 2), "SAME")
        for block in self.blocks:
            values = block(values)
        return values


class ResidualBlock(nnx.Module):
    """Two convolutions and a shortcut, which is one of 1 x 1 where shapes differ."""

    def __init__(self, inputs: int, outputs: int, strides: int, *, rngs: nnx.Rngs) -> None:
        self.first = Convolution(inputs, outputs, (3, 3), strides, bias=False, rngs=rngs)
        self.second = Convolution(outputs, outputs, (3, 3), rectified=False, bias=False, rngs=rngs)
        self.shortcut = (
            Convolution(inputs, outputs, (1, 1), strides, rectified=False, bias=False, rngs=rngs)
            if strides > 1
            else None
        )

    def __call__(self, values: Float[Array, "B H W C"]) -> Float[Array, "B h w E"]:
        """The values two layers on."""
        around = values if self.shortcut is None else self.shortcut(values)
        return jax.nn.relu(self.second(self.first(values)) + around)


def _learnt(rngs: nnx.Rngs, count: int, dim: int) -> nnx.Param:
    return nnx.Param(0.02 * jax.random.normal(rngs.params(), (count, dim)))


def _for_all(tokens: nnx.Param, batch: int) -> Float[Array, "B Q D"]:
    return jnp.broadcast_to(tokens[...], (batch, *tokens.shape))


def _in_a_row(values: Float[Array, "B *places D"]) -> Float[Array, "B N D"]:
    return values.reshape(len(values), -1, values.shape[-1])
