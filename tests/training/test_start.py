"""Weights that the data has a say in before the first step."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from toy_runs import RUNGS, toy, toy_stream

from divas_jax.clip import Rung
from divas_jax.model.patches import picture_patches
from divas_jax.training.mesh import device_mesh, to_devices
from divas_jax.training.start import BATCHES, Moments, first_state, whitening
from divas_jax.training.state import make_optimizer, new_state


def moments_of(patches):
    return Moments(np.float32(len(patches)), patches.sum(axis=0), patches.T @ patches)


@pytest.mark.parametrize("dim", [6, 12, 24])
def test_whitened_patches_are_uncorrelated_and_of_unit_variance(dim):
    rng = np.random.default_rng(0)
    mixing = np.diag(np.arange(1, 13)) + 0.3 * rng.normal(size=(12, 12))
    patches = rng.normal(size=(5000, 12)) @ mixing + rng.normal(size=12)
    projection = whitening(moments_of(patches), dim, rng)
    out = patches @ projection["kernel"] + projection["bias"]
    assert out.shape == (5000, dim)
    assert np.abs(out.mean(axis=0)).max() < 1e-3
    values = np.linalg.eigvalsh(np.cov(out.T))[-min(dim, 12) :]
    assert values.min() > 0.9
    assert values.max() < 1.01


def test_a_run_begins_with_whitened_projections_and_only_these():
    config = toy(train={"whiten": True})
    plain, mesh = new_state(toy()).parameters, device_mesh()
    state = first_state(config, None, toy_stream, mesh, None)
    for name, leaf in jax.tree_util.tree_leaves_with_path(plain):
        same = np.allclose(leaf, _at(state.parameters, name), atol=1e-6)
        assert same == ("projection" not in jax.tree_util.keystr(name))
    stream, outputs = toy_stream(0), []
    for _ in range(BATCHES):
        rung, batch = next(stream)
        patches = picture_patches(jnp.asarray(batch.pictures.frames), 16).reshape(-1, 768)
        outputs.append(patches @ state.parameters["picture"]["projection"]["kernel"])
    spread = np.concatenate(outputs).std(axis=0)
    assert spread.max() < 1.1
    assert rung == 0


def test_muon_moves_kernels_and_adam_the_rest():
    """Muon's steps have singular values near one size, whatever the gradient's are."""
    parameters = {"one": {"kernel": jnp.ones((8, 4)), "bias": jnp.ones(4)}, "token": jnp.ones(8)}
    optimizer = make_optimizer(toy(optim={"name": "muon", "lr": 1.0}).optim, 10)
    rng = np.random.default_rng(0)
    spread = np.diag([1.0, 0.5, 0.2, 0.1])
    gradient = jax.tree.map(jnp.ones_like, parameters)
    gradient["one"]["kernel"] = jnp.asarray(np.linalg.qr(rng.normal(size=(8, 4)))[0] @ spread, jnp.float32)
    learnt = parameters, None
    updates, _ = optimizer.update((gradient, None), optimizer.init(learnt), learnt)
    values = np.linalg.svd(updates[0]["one"]["kernel"], compute_uv=False)
    assert values.max() / values.min() < 3
    adam = optax.nadamw(1.0, weight_decay=0.0)
    expected, _ = adam.update(gradient["token"], adam.init(parameters["token"]), parameters["token"])
    assert np.allclose(updates[0]["token"], expected, atol=1e-4)
    assert np.allclose(updates[0]["one"]["bias"], expected[:4], atol=1e-4)


def test_the_median_distance_is_what_was_asked_for():
    from divas_jax.model.parameters import embed_pictures, embed_sounds
    from divas_jax.sync.distances import pairwise_distances

    config = toy(train={"start_distance": 2.5})
    state = first_state(config, None, toy_stream, device_mesh(), None)
    batch, rung = next(toy_stream(0))[1], Rung(*RUNGS[0])
    batch = to_devices(device_mesh(), batch)
    pictures = embed_pictures(config.model, state.parameters, batch.pictures, rung.frames)
    sounds = embed_sounds(config.model, state.parameters, batch.sounds, rung.patches)
    mask = batch.pictures.window_mask[:, :, None] & batch.sounds.window_mask[:, None, :]
    assert np.median(np.asarray(pairwise_distances(pictures, sounds))[np.asarray(mask)]) == pytest.approx(2.5, rel=0.01)


def _at(tree, path):
    for key in path:
        tree = tree[key.key]
    return tree
