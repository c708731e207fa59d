"""What the encoders see of pixels."""

import jax.numpy as jnp
import numpy as np
import pytest

from divas_jax.model.patches import picture_patches


@pytest.fixture
def frames():
    return np.random.default_rng(0).integers(60, 160, (2, 3, 8, 8, 3)).astype(np.uint8)


def test_patches_are_squares_row_by_row(frames):
    patches = picture_patches(jnp.asarray(frames), 4)
    assert patches.shape == (2, 3, 4, 48)
    np.testing.assert_allclose(patches[1, 2, 1].reshape(4, 4, 3), frames[1, 2, :4, 4:] / 127.5 - 1, atol=1e-6)


def test_with_contrast_light_does_not_matter(frames):
    """Half as bright, and a third of the contrast: within what whole grey levels can say."""
    darker = np.round(20 + frames / 3).astype(np.uint8)
    seen, again = (picture_patches(jnp.asarray(each), 4, contrast=True) for each in (frames, darker))
    np.testing.assert_allclose(seen, again, atol=0.1)
    np.testing.assert_allclose(seen.mean(axis=(2, 3)), 0.0, atol=1e-5)
    np.testing.assert_allclose(seen.std(axis=(2, 3)), 1.0, atol=1e-4)
    assert np.abs(picture_patches(jnp.asarray(frames), 4) - picture_patches(jnp.asarray(darker), 4)).max() > 0.3


def test_what_hardly_varies_is_not_blown_up():
    frames = np.full((1, 1, 8, 8, 3), 100, np.uint8)
    frames[0, 0, 0, 0] = 101
    assert np.abs(picture_patches(jnp.asarray(frames), 4, contrast=True)).max() < 0.3
