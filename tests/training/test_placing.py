"""A face's square in a larger picture: where it was drawn to be, moving as before, on what stands still."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from divas_jax.training.placing import CORE, Placed

SIZE = 96


def placed(numbers, pictures):
    return np.asarray(jax.jit(Placed().render)(jnp.asarray(pictures, jnp.float32), jnp.asarray(numbers, jnp.float32)))


@pytest.fixture
def blinking():
    """Pictures that are dark and bright in turn, all over."""
    return np.broadcast_to(np.array([20.0, 220.0, 20.0])[:, None, None, None], (3, SIZE, SIZE, 3))


@pytest.mark.parametrize("own", [0.1, 0.9])
def test_inside_moves_and_outside_stands_still(own, blinking):
    shown = placed([0.5, 0.25, 0.125, own, 0.4, 0.2, 0.7, 7], blinking)
    inside = shown[:, 14:58, 26:70]
    np.testing.assert_allclose(inside, np.broadcast_to(blinking[:, :1, :1], inside.shape), atol=0.5)
    outside = np.ones((SIZE, SIZE), bool)
    outside[10:62, 22:74] = False
    assert np.ptp(shown[:, outside], axis=0).max() == 0


def test_made_up_backgrounds_differ_by_their_seed_and_frozen_ones_are_the_first_picture(blinking):
    first, second = (placed([0.5, 0.0, 0.0, 0.1, 0.4, 0.2, 0.7, seed], blinking)[0, 60:] for seed in (1, 2))
    assert np.abs(first - second).mean() > 10
    frozen = placed([0.5, 0.0, 0.0, 0.9, 0.4, 0.2, 0.7, 1], blinking)[1, 60:]
    np.testing.assert_allclose(frozen, 20.0, atol=0.5)


def test_the_whole_square_fills_the_picture(blinking):
    noise = np.random.default_rng(0).uniform(0, 255, blinking.shape)
    np.testing.assert_allclose(placed([1.0, 0.0, 0.0, 0.1, 0.4, 0.2, 0.7, 1], noise), noise, atol=0.1)


def test_faces_are_drawn_inside_the_picture():
    rng = np.random.default_rng(0)
    drawn = np.array([Placed(0.4, 1.2).draw(rng) for _ in range(300)])
    side, places = drawn[:, :1], drawn[:, 1:3]
    assert (places + CORE[0] * side >= 0).all()
    assert (places + CORE[1] * side <= 1).all()
    assert side.min() < 0.45
    assert side.max() > 1.15
