"""The cubic through searched steps is SciPy's."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from divas_jax.judging.spline import cubic_spline


@pytest.mark.parametrize("count", [4, 5, 31, 401])
def test_it_is_the_one_of_scipy(count):
    draw = np.random.default_rng(count)
    x = np.cumsum(draw.uniform(5, 40, count)) - 600
    y = draw.normal(size=count)
    at = np.linspace(x[0] - 10, x[-1] + 10, 977)
    np.testing.assert_allclose(cubic_spline(x, y, at), CubicSpline(x, y)(at), rtol=1e-9, atol=1e-9)
