"""From distances to an offset: sign, edges, ragged clips, parabola, confidence (4.1)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from divas_jax.sync.distances import offset_matrix, pairwise_distances
from divas_jax.sync.offsets import PULL, read_offsets

REACH = 5


def clip(windows, early, *, sounds=None, seed=0):
    """Unit-length embeddings of picture windows, and of sounds of which `early` steps have run ahead."""
    random = np.random.default_rng(seed)
    happening = random.standard_normal((windows + 60, 12)).astype(np.float32)
    pictures = happening[30 : 30 + windows]
    first = 30 + early  # sound window k is what the picture shows `early` steps later
    return pictures, happening[first : first + (sounds or windows)]


def find_offsets(pictures, sounds, picture_mask, sound_mask, aligned, reach):
    """As `judging.judge` does: distances, band, mean, minimum of a batch of clips, ragged by mask."""
    mask = picture_mask[:, :, None] & sound_mask[:, None, :]
    return read_offsets(*offset_matrix(pairwise_distances(pictures, sounds), mask, aligned, reach))


def find(pictures, sounds, picture_mask=None, sound_mask=None, aligned=None, reach=REACH):
    """`find_offsets` for one clip (no leading axis)."""
    picture_mask = np.ones(len(pictures), bool) if picture_mask is None else picture_mask
    sound_mask = np.ones(len(sounds), bool) if sound_mask is None else sound_mask
    aligned = np.arange(len(pictures), dtype=np.int32) if aligned is None else aligned
    found = find_offsets(*(jnp.asarray(a)[None] for a in (pictures, sounds, picture_mask, sound_mask, aligned)), reach)
    return jax.tree.map(lambda leaf: np.asarray(leaf)[0], found)


@pytest.mark.parametrize("early", [-5, -3, 0, 1, 5])
def test_early_sound_is_a_positive_offset(early):
    found = find(*clip(30, early))
    assert found.steps == early
    assert found.best == REACH - early
    assert found.curve[found.best] < 0.1 * np.median(found.curve)
    assert found.confidence > 1
    assert abs(found.fine_steps - early) <= 0.5


def test_aligned_says_where_the_sound_grid_starts():
    """The grid may begin before the first picture window, or be twice as fine."""
    pictures, sounds = clip(30, 2, sounds=50)
    shifted = np.concatenate([np.zeros((7, 12), np.float32), sounds])
    assert find(pictures, shifted, aligned=np.arange(30, dtype=np.int32) + 7).steps == 2

    finer = np.repeat(sounds, 2, axis=0)
    finer[1::2] += 0.5
    assert find(pictures, finer, aligned=2 * np.arange(30, dtype=np.int32)).steps == 4


def test_ragged_clips_in_one_batch_equal_each_alone():
    lengths, early = (30, 17, 24), (3, -2, 0)
    batch = []
    for length, offset in zip(lengths, early, strict=True):
        pictures, sounds = clip(length, offset, seed=length)
        wild = np.full((30 - length, 12), 5.0, np.float32)
        there = np.arange(30) < length
        batch.append((np.concatenate([pictures, wild]), np.concatenate([sounds, wild]), there, there, np.arange(30)))
    together = find_offsets(*(jnp.asarray(np.stack(leaf)) for leaf in zip(*batch, strict=True)), REACH)
    assert together.steps.tolist() == list(early)
    for row, (length, offset) in enumerate(zip(lengths, early, strict=True)):
        alone = find(*clip(length, offset, seed=length))
        np.testing.assert_allclose(together.curve[row], alone.curve, atol=2e-3)
        np.testing.assert_allclose(together.confidence[row], alone.confidence, atol=4e-3)
        assert together.windows[row] == alone.windows


def test_the_parabola_is_of_windows_that_have_all_three():
    """The first window is an outlier that the best candidate's neighbour lacks: it must not tilt the parabola."""
    matrix = np.tile(np.array([2, 1, 0.5, 1, 2], np.float32), (10, 1))
    exists = np.ones((10, 5), bool)
    matrix[0], exists[0, 1] = [2, 100, 0.6, 9, 2], False
    found = read_offsets(jnp.asarray(matrix), jnp.asarray(exists))
    assert (found.steps, found.fine_steps, found.windows) == (0, 0, 10)


def test_few_windows_are_pulled_to_the_median():
    """Six windows know the first candidate and happen to be small, thirty the second, a little less so."""
    matrix = np.ones((30, 5), np.float32)
    exists = np.ones((30, 5), bool)
    matrix[:, 1] = 0.7
    matrix[:6, 0], exists[6:, 0] = 0.6, False
    found = read_offsets(jnp.asarray(matrix), jnp.asarray(exists))
    assert (found.best, found.windows) == (1, 30)
    pulled = 1 - 0.4 * (6 / (6 + PULL)) * ((30 + PULL) / 30)
    np.testing.assert_allclose(found.curve, [pulled, 0.7, 1, 1, 1], rtol=1e-6)


def test_a_candidate_of_too_few_windows_is_none():
    """Four windows are asked for, or as many as any candidate has."""
    matrix = np.arange(6 * 3, dtype=np.float32).reshape(6, 3)
    exists = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 0], [0, 1, 0], [0, 1, 0]], bool)
    found = read_offsets(jnp.asarray(matrix), jnp.asarray(exists))
    assert np.isposinf(found.curve[2])
    assert (found.best, found.windows) == (0, 4)

    alone = read_offsets(jnp.asarray(matrix[:1]), jnp.asarray(exists[:1]))
    np.testing.assert_array_equal(alone.curve, matrix[0])


def test_a_clip_without_windows_says_so():
    nothing = read_offsets(jnp.ones((2, 4, 3)), jnp.zeros((2, 4, 3), bool))
    assert nothing.windows.tolist() == [0, 0]
    assert nothing.confidence.tolist() == [0, 0]
    assert np.isposinf(nothing.curve).all()
    assert np.isfinite(nothing.fine_steps).all()


@pytest.mark.parametrize("vertex", [-2.5, -0.3, 0.0, 0.25, 1.0, 3.45])
def test_parabola_is_exact_on_a_parabola(vertex):
    offsets = REACH - np.arange(2 * REACH + 1)
    curve = 3 + 0.7 * (offsets - vertex) ** 2
    found = read_offsets(jnp.asarray(np.tile(curve, (4, 1)), jnp.float32), jnp.ones((4, 2 * REACH + 1), bool))
    assert found.fine_steps == pytest.approx(vertex, abs=1e-5)


@pytest.mark.parametrize("edge", [0, 2 * REACH])
def test_no_parabola_at_an_edge_or_beside_the_unknown(edge):
    curve = np.abs(np.arange(2 * REACH + 1.0) - edge)
    found = read_offsets(jnp.asarray(np.tile(curve, (4, 1)), jnp.float32), jnp.ones((4, 2 * REACH + 1), bool))
    assert found.fine_steps == found.steps == REACH - edge

    exists = np.ones((4, 5), bool)
    exists[:, 1] = False
    matrix = np.tile(np.array([3, 0, 1, 2, 3], np.float32), (4, 1))
    found = read_offsets(jnp.asarray(matrix), jnp.asarray(exists))
    assert found.fine_steps == found.steps == 0


def test_flat_curve_has_no_confidence():
    found = read_offsets(jnp.ones((4, 5)), jnp.ones((4, 5), bool))
    assert found.confidence == 0
    assert np.isfinite(found.fine_steps)


def test_confidence_is_median_less_minimum_of_the_mean():
    matrix = np.random.default_rng(3).random((9, 11)).astype(np.float32)
    exists = np.ones((9, 11), bool)
    mean = matrix.mean(0)
    found = read_offsets(jnp.asarray(matrix), jnp.asarray(exists))
    assert found.confidence == pytest.approx(np.median(mean) - mean.min(), abs=1e-6)
    exists[:, [2, 7]] = False  # nobody knows these two
    found = read_offsets(jnp.asarray(matrix), jnp.asarray(exists))
    known = np.delete(mean, [2, 7])
    assert found.confidence == pytest.approx(np.median(known) - known.min(), abs=1e-6)
