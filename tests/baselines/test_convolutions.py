"""Convolutions in time, frame by frame, are XLA's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from divas_jax.baselines.convolutions import convolved


@pytest.mark.parametrize("kernel", [(3, 3, 3), (1, 3, 5), (7, 1, 1), (2, 4, 4)])
@pytest.mark.parametrize("strides", [(1, 1, 1), (2, 2, 2), (1, 2, 1)])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_frame_by_frame_is_the_same(kernel, strides, padding):
    rng = np.random.default_rng(0)
    values = jnp.asarray(rng.normal(size=(2, 7, 9, 8, 3)), jnp.float32)
    weights = jnp.asarray(rng.normal(size=(*kernel, 3, 4)), jnp.float32)
    options = {"dimension_numbers": jax.lax.ConvDimensionNumbers((0, 4, 1, 2, 3), (4, 3, 0, 1, 2), (0, 4, 1, 2, 3))}
    expected = jax.lax.conv_general_dilated(values, weights, strides, padding, **options)
    np.testing.assert_allclose(convolved(values, weights, strides, padding, **options), expected, atol=1e-4)
