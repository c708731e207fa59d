"""S3D, which SparseSync sees with: Inception blocks, 3D convolutions split into space and time (Xie et al., 2018)."""

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from divas_jax.baselines.convolutions import Convolution, pooled, scaled

BLOCKS = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)
"""Channels of the blocks between two poolings, as in GoogLeNet: of the first branch, of the second's two
convolutions, of the third's two, of the one after pooling."""

POOLED = ((1, 3, 3), (3, 3, 3), (2, 2, 2))
"""Frames, rows and columns of which the largest value is kept before each of these groups of blocks."""

POOL_STRIDES = ((1, 2, 2), (2, 2, 2), (2, 2, 2))
"""By how much that makes the values fewer."""


class Separable(nnx.Module):
    """A convolution in space, then one in time."""

    def __init__(
        self, inputs: int, outputs: int, size: int, strides: tuple[int, int, int] = (1, 1, 1), *, rngs: nnx.Rngs
    ) -> None:
        self.space = Convolution(inputs, outputs, (1, size, size), (1, *strides[1:]), bias=False, rngs=rngs)
        self.time = Convolution(outputs, outputs, (size, 1, 1), (strides[0], 1, 1), bias=False, rngs=rngs)

    def __call__(self, values: Float[Array, "B T H W C"]) -> Float[Array, "B t h w E"]:
        """The values two layers on."""
        return self.time(self.space(values))


class Mixed(nnx.Module):
    """Four branches side by side."""

    def __init__(self, inputs: int, channels: tuple[int, ...], *, rngs: nnx.Rngs) -> None:
        one, two_in, two, three_in, three, four = channels
        self.one, self.two_in, self.three_in, self.four = (
            Convolution(inputs, count, (1, 1, 1), bias=False, rngs=rngs) for count in (one, two_in, three_in, four)
        )
        self.two, self.three = Separable(two_in, two, 3, rngs=rngs), Separable(three_in, three, 3, rngs=rngs)

    def __call__(self, values: Float[Array, "B T H W C"]) -> Float[Array, "B T H W E"]:
        """The branches' channels together."""
        best = pooled(values, (3, 3, 3), (1, 1, 1), "SAME")
        branches = (
            self.one(values),
            self.two(self.two_in(values)),
            self.three(self.three_in(values)),
            self.four(best),
        )
        return jnp.concatenate(branches, axis=-1)


class S3D(nnx.Module):
    """1024 numbers for every 8 frames and 32 x 32 pixels; the classifier of actions is left out.

    Args:
      width: of all layers; 1 is the paper's.
      depth: most blocks between two poolings; the paper's are 2, 5 and 2.
      rngs: of the weights.
    """

    def __init__(self, width: float = 1.0, *, depth: int = 5, rngs: nnx.Rngs) -> None:
        first, second = scaled(64, width), scaled(192, width)
        self.first = Separable(3, first, 7, (2, 2, 2), rngs=rngs)
        self.reduced = Convolution(first, first, (1, 1, 1), bias=False, rngs=rngs)
        self.second = Separable(first, second, 3, rngs=rngs)
        inputs = second
        self.parts: nnx.List = nnx.List([])
        for part in BLOCKS:
            blocks: nnx.List = nnx.List([])
            for counts in part[:depth]:
                channels = tuple(scaled(count, width) for count in counts)
                blocks.append(Mixed(inputs, channels, rngs=rngs))
                inputs = channels[0] + channels[2] + channels[4] + channels[5]
            self.parts.append(blocks)
        self.outputs = inputs

    def __call__(self, pictures: Float[Array, "B T H W 3"]) -> Float[Array, "B t h w C"]:
        """What happens where; pictures in [0, 1]."""
        values = pooled(self.first(pictures), (1, 3, 3), (1, 2, 2), "SAME")
        values = self.second(self.reduced(values))
        for blocks, window, strides in zip(self.parts, POOLED, POOL_STRIDES, strict=True):
            values = pooled(values, window, strides, "SAME")
            for block in blocks:
                values = block(values)
        return values
