"""The parts that the competitors' encoders are made of: convolutions of any dimension, normalised over the batch."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
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
            inputs, outputs, tuple(kernel), strides, padding=padding, use_bias=bias, rngs=rngs, kernel_init=_kernel,
            conv_general_dilated=convolved,
        )  # fmt: skip
        self.norm = nnx.BatchNorm(outputs, momentum=0.9, use_fast_variance=False, rngs=rngs)
        self.residual, self.rectified = residual, rectified

    def __call__(self, values: Float[Array, "B *space C"]) -> Float[Array, "B *smaller E"]:
        """The values one layer on."""
        out = self.norm(self.convolution(values))
        if self.residual:
            out = out + values
        return jax.nn.relu(out) if self.rectified else out


def _kernel(key: Array, shape: Sequence[int], dtype: Any = jnp.float32, **_: Any) -> Array:
    """Weights whose spread keeps the size of values through many ReLUs (He et al., 2015).

    Drawn on the host: a network has a hundred shapes, and to compile a draw of each takes a minute.
    """
    spread = math.sqrt(2 / math.prod(shape[:-1]))
    if isinstance(key, jax.core.Tracer):
        return spread * jax.random.normal(key, shape, dtype)
    seed = np.asarray(jax.random.key_data(key)).tolist()
    return jnp.asarray(np.random.default_rng(seed).normal(0.0, spread, shape), dtype)


def convolved(values: Array, kernel: Array, strides: Sequence[int], padding: Any, **options: Any) -> Array:
    """`jax.lax.conv_general_dilated`, but on CPUs frame by frame where time is one of the dimensions.

    XLA's kernels for CPUs know two dimensions; three take some fifty times as long for the same work.
    """
    if kernel.ndim < 5 or jax.default_backend() != "cpu":
        return jax.lax.conv_general_dilated(values, kernel, strides, padding, **options)
    if isinstance(padding, str):
        padding = jax.lax.padtype_to_pads(values.shape[1:-1], kernel.shape[:-2], strides, padding)
    return _frame_by_frame(values, kernel, strides, padding)


def _frame_by_frame(
    values: Float[Array, "B T H W C"],
    kernel: Float[Array, "t h w C E"],
    strides: Sequence[int],
    pads: Sequence[tuple[int, int]],
) -> Float[Array, "B S U V E"]:
    """One flat convolution of all frames, with the frames that the kernel's times reach as channels."""
    values = jnp.pad(values, ((0, 0), pads[0], (0, 0), (0, 0), (0, 0)))
    reach, step = kernel.shape[0], strides[0]
    count = (values.shape[1] - reach) // step + 1
    shifted = [values[:, time : time + step * (count - 1) + 1 : step] for time in range(reach)]
    frames = jnp.concatenate(shifted, axis=-1)
    flat = jnp.moveaxis(kernel, 0, 2).reshape(*kernel.shape[1:3], -1, kernel.shape[-1])
    outputs = jax.lax.conv_general_dilated(
        frames.reshape(-1, *frames.shape[2:]),
        flat,
        strides[1:],
        pads[1:],
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return outputs.reshape(len(values), count, *outputs.shape[1:])


def pooled(
    values: Float[Array, "B *space C"], window: Sequence[int], strides: Sequence[int], padding: str = "VALID"
) -> Float[Array, "B *smaller C"]:
    """The largest value in each window."""
    return nnx.max_pool(values, tuple(window), tuple(strides), padding)
