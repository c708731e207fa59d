"""SyncNet: two convolutional towers and a contrastive loss (Chung and Zisserman, "Out of time", 2016)."""

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from divas_jax.baselines.convolutions import Convolution, pooled, scaled

EMBEDDING = 1024
"""Numbers that a tower makes of its window."""

MARGIN = 20.0
"""Distance from which on a false pair is far enough apart; DiVAS's m (5.1), SyncNet's paper names none."""


class SyncNet(nnx.Module):
    """13.6M parameters (Table 1): a tower for five grey mouths stacked as channels, one for 13 x 20 MFCC.

    Its paper draws both towers after VGG-M, five convolutions and two full layers each. Guessed, so that the size is
    Table 1's: 1024 numbers in the embedding and 512 in the layer before it, and a normalisation after every
    convolution, as in the authors' later model; strides that make a map of 6 x 6 out of 112 x 112 pixels.

    Args:
      width: of all layers; 1 is the paper's.
      rngs: of the weights.
    """

    def __init__(self, width: float = 1.0, *, rngs: nnx.Rngs) -> None:
        first, middle, last = (scaled(channels, width) for channels in (96, 256, 512))
        self.picture_layers = nnx.List(
            [
                Convolution(5, first, (7, 7), 2, padding="VALID", rngs=rngs),
                Convolution(first, middle, (5, 5), rngs=rngs),
                *(Convolution(middle, middle, (3, 3), rngs=rngs) for _ in range(3)),
                Convolution(middle, last, (6, 6), padding="VALID", rngs=rngs),
            ]
        )
        a, b, c, d = (scaled(channels, width) for channels in (64, 192, 384, 256))
        self.sound_layers = nnx.List(
            [
                *(Convolution(*ends, (3, 3), rngs=rngs) for ends in ((1, a), (a, b), (b, c), (c, d), (d, d))),
                Convolution(d, last, (5, 4), padding="VALID", rngs=rngs),
            ]
        )
        self.picture_head = Head(last, scaled(EMBEDDING, width), rngs=rngs)
        self.sound_head = Head(last, scaled(EMBEDDING, width), rngs=rngs)

    def embed_pictures(self, mouths: Float[Array, "B 5 112 112 1"]) -> Float[Array, "B E"]:
        """An embedding of each window of pictures in [0, 1]."""
        values = jnp.moveaxis(mouths[..., 0], 1, -1)
        for place, layer in enumerate(self.picture_layers):
            values = layer(values)
            if place in (0, 1):
                values = pooled(values, (3, 3), (2, 2))
            elif place == 4:
                values = pooled(values, (3, 3), (2, 2), "SAME")
        return self.picture_head(values[:, 0, 0])

    def embed_sounds(self, sounds: Float[Array, "B 13 20"]) -> Float[Array, "B E"]:
        """An embedding of each stretch of sound."""
        values = sounds[..., None]
        for place, layer in enumerate(self.sound_layers):
            values = layer(values)
            if place == 1:
                values = pooled(values, (3, 3), (1, 2))
            elif place == 4:
                values = pooled(values, (3, 3), (2, 2))
        return self.sound_head(values[:, 0, 0])

    def loss(
        self, pictures: Float[Array, "B 5 112 112 1"], sounds: Float[Array, "B 13 20"], labels: Int[Array, " B"]
    ) -> Float[Array, ""]:
        """The contrastive loss; label 1 = sound and picture belong together, 0 = they do not."""
        return contrastive(self.embed_pictures(pictures), self.embed_sounds(sounds), labels)


class Head(nnx.Module):
    """Two full layers."""

    def __init__(self, inputs: int, outputs: int, *, rngs: nnx.Rngs) -> None:
        self.inner = nnx.Linear(inputs, inputs, rngs=rngs)
        self.norm = nnx.BatchNorm(inputs, momentum=0.9, rngs=rngs)
        self.outer = nnx.Linear(inputs, outputs, rngs=rngs)

    def __call__(self, values: Float[Array, "B C"]) -> Float[Array, "B E"]:
        """The embeddings."""
        return self.outer(nnx.relu(self.norm(self.inner(values))))


def contrastive(
    pictures: Float[Array, "B E"], sounds: Float[Array, "B E"], labels: Int[Array, " B"]
) -> Float[Array, ""]:
    """Half the mean of d² for true pairs and of max(margin - d, 0)² for false ones (section 2.2 of its paper)."""
    distance = distances(pictures, sounds)
    apart = jnp.maximum(MARGIN - distance, 0.0)
    return jnp.where(labels == 1, distance**2, apart**2).mean() / 2


def distances(pictures: Float[Array, "*B E"], sounds: Float[Array, "*B E"]) -> Float[Array, "*B"]:
    """Euclidean; the small number keeps the gradient finite where both are the same."""
    return jnp.sqrt(((pictures - sounds) ** 2).sum(-1) + 1e-9)
