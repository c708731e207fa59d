"""The losses against plain NumPy, and what no mask may let through."""

import typing

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from divas_jax.config import ObjectiveConfig
from divas_jax.errors import UserError
from divas_jax.sync.distances import pairwise_distances
from divas_jax.sync.objectives import (
    contrastive,
    curve_match,
    equation_1,
    matched,
    matrix_match,
    multiway,
    objective,
    stranger_match,
)

KEY = jax.random.key(0)
NAMES = typing.get_args(typing.get_type_hints(ObjectiveConfig)["name"])


def some_distances(batch=2, windows=6, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 3, (batch, windows, windows)).astype(np.float32)


def some_mask(batch=2, windows=6):
    """As training makes it: window masks of both sides, crossed."""
    pictures, sounds = np.ones((batch, windows), bool), np.ones((batch, windows), bool)
    pictures[0, -1] = sounds[0, 2] = sounds[1, 0] = False
    return pictures[:, :, None] & sounds[:, None, :]


def log_sum_exp(values):
    return np.log(np.exp(np.asarray(values, np.float64)).sum())


def losses(distances, mask, key=KEY):
    """All of them, by name."""
    for name in NAMES:
        config = ObjectiveConfig(name=name, margin=2.0, sounds=4, scale=1.5)
        yield name, objective(config, jnp.asarray(distances), jnp.asarray(mask), key)


def test_equation_1_by_hand():
    """In sync: d^2. Moved: (20 - d)^2, nothing beyond the margin. Over 2 N = 8; the last pair is masked."""
    distance = jnp.array([3.0, 0.5, 18.0, 25.0, 7.0])
    in_sync = jnp.array([True, True, False, False, False])
    real = jnp.array([True, True, True, True, False])
    loss = equation_1(distance, in_sync, real, 20.0)
    assert loss.pairs == 4
    assert loss.mean() == pytest.approx((9 + 0.25 + 4 + 0) / 8)


def test_a_mean_of_nothing_is_zero():
    for _, loss in losses(jnp.ones((1, 3, 3)), jnp.zeros((1, 3, 3), bool)):
        assert loss.mean() == 0
        assert loss.pairs == 0


def test_contrastive_never_takes_a_window_and_its_own_sound_for_a_negative():
    """With margin 1, own distances of 0.5 and all others of 2: a moved pair costs 0, an own one 0.25 / 2."""
    own = jnp.eye(8, dtype=bool)
    distances = jnp.broadcast_to(jnp.where(own, 0.5, 2.0), (40, 8, 8))
    everything = jnp.ones((40, 8, 8), bool)
    assert contrastive(distances, everything, KEY, 1.0, 1.0).total == 0
    assert contrastive(distances, everything, KEY, 1.0, 0.0).mean() == pytest.approx(0.125)
    share = 1 - contrastive(distances, everything, KEY, 1.0, 0.3).mean() / 0.125
    assert share == pytest.approx(0.3, abs=0.08)  # 320 coins: three standard errors


def test_contrastive_moves_by_every_distance_alike():
    """Which other window is met: all of them, about equally often, masked ones never."""
    mask = np.ones((500, 5, 5), bool)
    mask[:, :, 3] = False
    gradient = jax.grad(lambda d: contrastive(d, jnp.asarray(mask), KEY, 20.0, 1.0).total)(jnp.ones((500, 5, 5)))
    met = (np.asarray(gradient) != 0).sum(0)
    np.testing.assert_array_equal(np.diagonal(met), 0)
    np.testing.assert_array_equal(met[:, 3], 0)
    np.testing.assert_array_equal(met[3], 0)
    others = met[0][[1, 2, 4]]
    assert others.sum() == 500
    assert others.min() > 120


def test_contrastive_without_another_window_stays_in_sync():
    loss = contrastive(jnp.full((3, 1, 1), 2.0), jnp.ones((3, 1, 1), bool), KEY, 20.0, 1.0)
    assert loss.mean() == pytest.approx(2.0)


def test_key_decides_the_pairs():
    distances, mask = some_distances(), some_mask()
    for name, loss in losses(distances, mask):
        (again,) = (other for same, other in losses(distances, mask) if same == name)
        (changed,) = (other for same, other in losses(distances, mask, jax.random.key(1)) if same == name)
        assert loss.total == again.total
        assert (loss.total == changed.total) == name.startswith("offset_")


def test_multiway_over_all_sounds_equals_cross_entropy():
    distances, mask = some_distances(), some_mask()
    expected, count = 0.0, 0
    for row in range(2):
        for window in range(6):
            if mask[row, window, window]:
                logits = -1.5 * distances[row, window]
                expected += log_sum_exp(logits[mask[row, window]]) - logits[window]
                count += 1
    loss = multiway(jnp.asarray(distances), jnp.asarray(mask), KEY, 99, 1.5)
    assert loss.pairs == count
    assert loss.total == pytest.approx(expected, rel=1e-5)


def test_multiway_chooses_among_k_sounds_with_its_own_first():
    """All distances equal: the loss is log K exactly; where fewer sounds are real, log of those."""
    loss = multiway(jnp.ones((2, 6, 6)), jnp.ones((2, 6, 6), bool), KEY, 4, 1.0)
    assert loss.mean() == pytest.approx(np.log(4), rel=1e-5)
    few = np.zeros((1, 6, 6), bool)
    few[:, :, :3] = True
    loss = multiway(jnp.ones((1, 6, 6)), jnp.asarray(few), KEY, 4, 1.0)
    assert loss.pairs == 3
    assert loss.mean() == pytest.approx(np.log(3), rel=1e-5)


def test_matrix_match_equals_cross_entropy_both_ways():
    distances, mask = some_distances(), some_mask()
    expected, count = 0.0, 0
    for row in range(2):
        for window in range(6):
            if mask[row, window, window]:
                there = -1.5 * distances[row, window][mask[row, window]]
                back = -1.5 * distances[row, :, window][mask[row, :, window]]
                true = -1.5 * distances[row, window, window]
                expected += (log_sum_exp(there) + log_sum_exp(back) - 2 * true) / 2
                count += 1
    loss = matrix_match(jnp.asarray(distances), jnp.asarray(mask), 1.5)
    assert loss.pairs == count
    assert loss.total == pytest.approx(expected, rel=1e-5)


def test_curve_match_equals_cross_entropy_of_the_mean_curve():
    """Offsets of up to 3 windows compete where at least half of the windows at 0 meet there."""
    distances, mask = some_distances(), some_mask()
    expected = 0.0
    for row in range(2):
        windows = sum(mask[row, i, i] for i in range(6))
        logits = {}
        for offset in range(-3, 4):
            met = [distances[row, i, i + offset] for i in range(6) if 0 <= i + offset < 6 and mask[row, i, i + offset]]
            if 2 * len(met) >= windows:
                logits[offset] = -1.5 * windows * np.mean(met, dtype=np.float64)
        assert len(logits) > 3
        expected += log_sum_exp(list(logits.values())) - logits[0]
    loss = curve_match(jnp.asarray(distances), jnp.asarray(mask), 1.5)
    assert loss.pairs == 2
    assert loss.total == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("poison", [1e18, np.inf, np.nan])
def test_masked_pairs_change_no_loss_and_no_gradient(poison):
    distances, mask = some_distances(), some_mask()
    dirty = np.where(mask, distances, poison).astype(np.float32)

    def gradients(values):
        return jax.jacrev(lambda d: [loss.total for _, loss in losses(d, mask)])(jnp.asarray(values))

    for (name, clean), (_, poisoned) in zip(losses(distances, mask), losses(dirty, mask), strict=True):
        np.testing.assert_allclose(poisoned, clean, rtol=1e-6, err_msg=name)
    for clean, poisoned in zip(gradients(distances), gradients(dirty), strict=True):
        assert np.isfinite(poisoned).all()
        np.testing.assert_allclose(poisoned, clean, atol=1e-6)
        np.testing.assert_array_equal(np.asarray(poisoned)[~mask], 0)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_finite_at_identical_embeddings(name):
    same = jnp.ones((2, 5, 8))

    def loss(pictures):
        distances = pairwise_distances(pictures, same)
        return objective(ObjectiveConfig(name=name), distances, jnp.ones(distances.shape, bool), KEY).mean()

    value, gradient = jax.value_and_grad(loss)(same)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_matched_counts_windows_that_are_nearest_to_their_own_sound():
    distances = some_distances(1, 4)
    distances[0, range(4), range(4)] = [0.1, 9, 0.1, 0.1]
    distances[0, 2, 1] = 0.0  # nearer, but its sound is masked
    mask = np.ones((1, 4, 4), bool)
    mask[:, :, 1] = mask[:, 3] = False
    hits, windows = matched(jnp.asarray(distances), jnp.asarray(mask))
    assert (hits, windows) == (2, 2)
    assert matched(jnp.asarray(distances), jnp.ones((1, 4, 4), bool))[0] == 2


def embeddings(batch=3, windows=6, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, batch, windows, 5)).astype(np.float32)


def test_strangers_compete_at_every_offset():
    """By hand: a segment's own offset 0 against all offsets of all sounds, but those of its own voice."""
    pictures, sounds = embeddings()
    seen, heard = np.ones((2, 3, 6), bool)
    voice = np.array([7, 7, 2], np.int32)
    config = ObjectiveConfig(name="offset_curve", scale=0.7, strangers=0.5)
    loss = stranger_match(config, *map(jnp.asarray, (pictures, sounds, seen, heard, voice)))
    total = 0.0
    for own in range(3):
        logits = {}
        for other in range(3):
            if other != own and voice[other] == voice[own]:
                continue
            d = np.linalg.norm(pictures[own][:, None] - sounds[other][None], axis=-1)
            for k in range(-3, 4):
                logits[other, k] = -0.7 * 6 * np.diagonal(d, k).mean()
        total += log_sum_exp(list(logits.values())) - logits[own, 0]
    assert loss.pairs == 3
    assert loss.total == pytest.approx(total, rel=1e-4)


def test_strangers_compete_window_by_window():
    pictures, sounds = embeddings()
    seen, heard = np.ones((2, 3, 6), bool)
    seen[0, -1] = heard[0, -1] = False
    voice = np.array([1, 2, 2], np.int32)
    config = ObjectiveConfig(name="offset_matrix", scale=0.7, strangers=0.5)
    loss = stranger_match(config, *map(jnp.asarray, (pictures, sounds, seen, heard, voice)))
    total, real = 0.0, seen & heard
    flat = np.linalg.norm(pictures[:, :, None, None] - sounds[None, None], axis=-1)
    allowed = (voice[:, None] != voice) | np.eye(3, dtype=bool)
    allowed = allowed[:, None, :, None] & heard[None, None] & seen[:, :, None, None]
    for segment, window in np.argwhere(real):
        true = -0.7 * flat[segment, window, segment, window]
        there = -0.7 * flat[segment, window][allowed[segment, window]]
        back = -0.7 * flat[:, :, segment, window][allowed[:, :, segment, window]]
        total += (log_sum_exp(there) + log_sum_exp(back)) / 2 - true
    assert loss.pairs == real.sum()
    assert loss.total == pytest.approx(total, rel=1e-4)


def test_a_masked_segment_teaches_nothing_and_its_gradient_is_finite():
    pictures, sounds = (jnp.asarray(side) for side in embeddings())
    seen = jnp.ones((3, 6), bool).at[1].set(False)
    voice = jnp.arange(3, dtype=jnp.int32)
    for name in ("offset_curve", "offset_matrix"):
        config = ObjectiveConfig(name=name, strangers=1.0)
        poisoned = sounds.at[1].set(jnp.nan)
        loss = lambda p, s, c=config: stranger_match(c, p, s, seen, seen, voice).mean()  # noqa: E731
        assert jnp.isfinite(loss(pictures, jnp.where(jnp.isnan(poisoned), 0.0, poisoned)))
        gradient = jax.grad(loss)(pictures, sounds)
        assert jnp.isfinite(gradient).all()
        assert not gradient[1].any()


def test_strangers_go_with_the_objectives_that_know_them():
    with pytest.raises(UserError, match="strangers"):
        ObjectiveConfig(name="contrastive", strangers=0.5)
