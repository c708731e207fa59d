"""Distances and the offset matrix against plain loops."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from divas_jax.sync.distances import offset_matrix, pairwise_distances


def noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_every_distance_is_the_norm_of_a_difference():
    pictures, sounds = noise(2, 5, 24), noise(2, 7, 24, seed=1)
    loop = [[[np.linalg.norm(p - s) for s in sounds[row]] for p in pictures[row]] for row in range(2)]
    np.testing.assert_allclose(pairwise_distances(jnp.asarray(pictures), jnp.asarray(sounds)), loop, rtol=1e-5)


def test_far_from_the_origin_small_distances_survive():
    """Embeddings share a large mean early in training; the Gram matrix alone would lose all digits there."""
    pictures, sounds = noise(1, 5, 24), noise(1, 7, 24, seed=1)
    near = pairwise_distances(jnp.asarray(pictures), jnp.asarray(sounds))
    far = pairwise_distances(jnp.asarray(pictures + 1000), jnp.asarray(sounds + 1000))
    np.testing.assert_allclose(far, near, rtol=1e-3)


def test_gradient_is_finite_where_distances_are_zero():
    same = jnp.asarray(noise(1, 4, 6))
    value, gradient = jax.value_and_grad(lambda p: pairwise_distances(p, same).sum())(same)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() > 0


@pytest.mark.parametrize("reach", [0, 2, 9])
def test_offset_matrix_equals_a_double_loop(reach):
    random = np.random.default_rng(reach)
    distances = random.random((2, 6, 8)).astype(np.float32)
    mask = random.random((2, 6, 8)) < 0.8
    aligned = random.integers(-3, 11, (2, 6)).astype(np.int32)
    matrix, exists = map(
        np.asarray, offset_matrix(jnp.asarray(distances), jnp.asarray(mask), jnp.asarray(aligned), reach)
    )
    assert matrix.shape == exists.shape == (2, 6, 2 * reach + 1)
    seen = 0
    for row in range(2):
        for window in range(6):
            for candidate in range(2 * reach + 1):
                sound = aligned[row, window] - reach + candidate
                there = 0 <= sound < 8 and mask[row, window, sound]
                assert exists[row, window, candidate] == there
                if there:
                    seen += 1
                    assert matrix[row, window, candidate] == distances[row, window, sound]
    assert seen > 0
