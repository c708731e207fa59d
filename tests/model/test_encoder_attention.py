"""Attention comes with the very embeddings of the normal way, and is what rollout says it is."""

import functools
from dataclasses import replace
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from made_segments import TINY, pictures, sounds

from divas_jax.clip import Rung
from divas_jax.config import Config, DataConfig
from divas_jax.data.stream import training_stream
from divas_jax.model.encoder import Encoder, attend
from divas_jax.model.parameters import (
    attend_pictures,
    attend_sounds,
    embed_pictures,
    embed_sounds,
    initial_parameters,
    module_of,
)
from divas_jax.talkers import TalkerSource
from divas_jax.training.rendering import rendered

ENSEMBLE = replace(TINY, members=2)
DROPPED = np.array([0, 1, 2, 4, 5, 6, 7]) / 30
"""A frame is missing, so that the first window has five of its six."""


def seen(batch):
    return batch._replace(window_mask=np.array([[True, True, False]]))


@functools.partial(jax.jit, static_argnums=0)
def both_ways(config, parameters, pictured, sounded):
    """(embeddings, embeddings again, attention) of picture windows of 8 frames and sound windows of 34 patches."""
    return (
        (embed_pictures(config, parameters, pictured, 8), *attend_pictures(config, parameters, pictured, 8)),
        (embed_sounds(config, parameters, sounded, 34), *attend_sounds(config, parameters, sounded, 34)),
    )


def test_embeddings_are_the_normal_ones_and_attention_sums_to_one_over_what_is_real():
    pictured, sounded = (seen(pictures(DROPPED, [0, 1, 0], 6)), seen(sounds(4000, 16000, [0, 100, 0], 25)))
    looks, listens = both_ways(TINY, initial_parameters(TINY, jax.random.key(0)), pictured, sounded)
    for normal, embeddings, attention in (looks, listens):
        np.testing.assert_allclose(embeddings, normal, atol=1e-5)
        np.testing.assert_allclose(attention.reshape(1, 3, -1).sum(2), [[1, 1, 0]], atol=1e-5)
    real = np.arange(8) < np.array([5, 5, 0])[:, None]
    np.testing.assert_array_equal(np.asarray(looks[2][0]) > 0, np.repeat(real[..., None], 4, axis=2))
    np.testing.assert_array_equal(np.asarray(listens[2][0]) > 0, np.arange(34) < np.array([25, 25, 0])[:, None])


def test_members_look_together():
    parameters = initial_parameters(ENSEMBLE, jax.random.key(0))
    look, batch = jax.jit(attend_pictures, static_argnums=(0, 3)), pictures(np.arange(5) / 25, [0], 5)
    embeddings, attention = look(ENSEMBLE, parameters, batch, 5)
    first, second = (look(TINY, jax.tree.map(lambda leaf, one=one: leaf[one], parameters), batch, 5) for one in (0, 1))
    assert np.abs(first[1] - second[1]).max() > 1e-4
    np.testing.assert_allclose(attention, (first[1] + second[1]) / 2, atol=1e-6)
    np.testing.assert_allclose(embeddings, np.concatenate([first[0], second[0]], -1), atol=1e-5)


def test_attention_is_the_product_of_all_layers():
    """Abnar and Zuidema's matrices, written out, of attention that is far from even."""
    encoder = Encoder(TINY, 10, rngs=nnx.Rngs(0))
    for layer in encoder.layers:
        layer.query.kernel[...] = 4 * layer.query.kernel[...]
    tokens = 5 * np.random.default_rng(0).normal(size=(2, 7, TINY.dim)).astype(np.float32)
    mask = np.array([[True] * 7, [True] * 4 + [False] * 3])

    @nnx.jit
    def run(encoder, tokens, mask):
        found, (x, there), mixing = encoder.with_attention(tokens, mask)[1], encoder._with_token(tokens, mask), []
        for layer in encoder.layers:
            x, weights = layer.with_weights(x, there)
            mixing.append(weights)
        return found, mixing

    found, mixing = run(encoder, tokens, mask)
    flow = np.eye(8)
    for weights in mixing:
        np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
        flow = (np.asarray(weights).mean(1) + np.eye(8)) / 2 @ flow
    expected = flow[:, 0, 1:] / flow[:, 0, 1:].sum(-1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert expected.max() > 0.2
    assert (np.asarray(found)[1, 4:] == 0).all()


def test_fused_attention_equals_plain_attention():
    """Heads of 82 numbers, as the paper's; the kernel itself needs a GPU (docs/runs/accelerator/kernels.py)."""
    query, key, value = jax.random.normal(jax.random.key(0), (3, 4, 7, 3, 82))
    mask = jnp.arange(7) < jnp.array([7, 3, 1, 5])[:, None]
    np.testing.assert_allclose(
        attend(query, key, value, mask, fused=True), attend(query, key, value, mask, fused=False), atol=1e-6
    )


def test_real_tokens_come_first_in_batches_of_the_stream():
    """What fused attention relies on, at constant and variable rates."""
    rates = (Fraction(25), Fraction(30000, 1001), Fraction(60))
    talkers = TalkerSource(6, "train", rates=rates, sample_rates=(16_000, 48_000), variable_share=0.5)
    data = DataConfig(rungs=((6, 75), (12, 75)), segments=4, windows=6)
    config = Config(model=TINY, data=data)
    model = module_of(TINY, initial_parameters(TINY, jax.random.key(0)))
    with training_stream(talkers, config) as stream:
        for _ in range(4):
            index, rows = next(stream)
            rung = Rung(*data.rungs[index])
            batch = rendered(jax.tree.map(jnp.asarray, rows), None, TINY, data, rung)
            for _, mask in (
                model._picture_tokens(batch.pictures, rung.frames),
                model._sound_tokens(batch.sounds, rung.patches),
            ):
                flat = np.asarray(mask).reshape(*mask.shape[:2], -1)
                assert (flat[..., 1:] <= flat[..., :-1]).all()
                assert flat.any()
