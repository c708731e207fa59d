"""The parts that the competitors' encoders are made of: convolutions of any dimension, normalised over the batch."""

from collections.abc import Sequence

import jax
from flax import nnx
from jaxtyping import Array, Float


def scaled(channels: int, width: float) -> int:
    """Channels of a layer in a network of another width; 1 is the paper's."""
    return max(1, round(channels * width))


class Convolution(nnx.Module):
    """Convolution, batch normalisation, ReLU; with a residual where asked.

    Args:
      inputs: channels that come in.
      outputs: channels that go out.
      kernel: along each dimension.
      strides: along each dimension, or one for all.
      padding: as Flax's.
      residual: add the input before the ReLU (shapes must agree).
      rectified: whether there is a ReLU.
      bias: whether the convolution has one; not needed before a normalisation, but papers of the time had it.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Sequence[int],
        strides: int | Sequence[int] = 1,
        *,
        padding: str = "SAME",
        residual: bool = False,
        rectified: bool = True,
        bias: bool = True,
        rngs: nnx.Rngs,
    ) -> None:
        self.convolution = nnx.Conv(
            inputs, outputs, tuple(kernel), strides, padding=padding, use_bias=bias, rngs=rngs, kernel_init=_HE
        )
        self.norm = nnx.BatchNorm(outputs, momentum=0.9, use_fast_variance=False, rngs=rngs)
        self.residual, self.rectified = residual, rectified

    def __call__(self, values: Float[Array, "B *space C"]) -> Float[Array, "B *smaller E"]:
        """The values one layer on."""
        out = self.norm(self.convolution(values))
        if self.residual:
            out = out + values
        return jax.nn.relu(out) if self.rectified else out


_HE = nnx.initializers.he_normal()
"""Spreads of weights that keep the size of values through many ReLUs."""


def pooled(
    values: Float[Array, "B *space C"], window: Sequence[int], strides: Sequence[int], padding: str = "VALID"
) -> Float[Array, "B *smaller C"]:
    """The largest value in each window."""
    return nnx.max_pool(values, tuple(window), tuple(strides), padding)
