"""Equation 2 by plain math, not by the code under test."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from divas_jax.model.positions import TIME_SCALE, frame_positions, grid_positions, sinusoids, sound_positions


def one_axis(x: float, dim: int) -> list[float]:
    """sin and cos of x / 10000^(2i / dim), in turns."""
    code = []
    for i in range(dim // 2):
        code += [math.sin(x / 10000 ** (2 * i / dim)), math.cos(x / 10000 ** (2 * i / dim))]
    return code


def test_hand_computed_values_of_one_axis():
    # dim 4: wavelengths 1 and 10000^(1/2) = 100
    golden = [0.0, 1.0, 0.0, 1.0], [0.841471, 0.540302, 0.00999983, 0.99995], [0.909297, -0.416147, 0.0199987, 0.9998]
    np.testing.assert_allclose(sinusoids(jnp.array([0.0, 1.0, 2.0]), 4), golden, atol=1e-6)


def test_grid_holds_rows_in_the_first_third_and_columns_in_the_second():
    """2 rows x 3 columns at D = 12: patch 5 is row x = 1, column y = 2; 6 i / D of equation 2 is 2 i / (D / 3)."""
    grid = np.asarray(grid_positions(2, 3, 12))
    for patch in range(6):
        x, y = patch // 3, patch % 3
        np.testing.assert_allclose(grid[patch], one_axis(x, 4) + one_axis(y, 4) + [0] * 4, atol=1e-6)
    np.testing.assert_allclose(
        grid[5],
        [0.841471, 0.540302, 0.00999983, 0.99995, 0.909297, -0.416147, 0.0199987, 0.9998, 0, 0, 0, 0],
        atol=1e-6,
    )


def test_time_of_a_frame_is_in_the_last_third():
    """z = 100 t: a frame 40 ms into its window is at 4."""
    code = np.asarray(frame_positions(jnp.array([TIME_SCALE * 0.04]), 12))[0]
    np.testing.assert_allclose(code, [0] * 8 + [-0.756802, -0.653644, 0.0399893, 0.9992], atol=1e-6)


@pytest.mark.parametrize("dim", [12, 246])
def test_sound_positions_use_the_whole_width(dim):
    code = np.asarray(sound_positions(jnp.array([0.0, 0.8, 19.2]), dim))
    np.testing.assert_allclose(code, [one_axis(p, dim) for p in (0.0, 0.8, 19.2)], atol=5e-6)
