"""The sizes that the paper's tables print, and plain nested dictionaries at the border."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from made_segments import TINY, pictures, sounds

from divas_jax.config import ModelConfig
from divas_jax.model.parameters import (
    embed_pictures,
    embed_sounds,
    initial_parameters,
    joined,
)
from divas_jax.model.shapes import parameter_count


@pytest.mark.parametrize(
    ("config", "count"),
    [(ModelConfig(), 4_838_568), (ModelConfig(dim=594, size=240), 17_049_192)],
    ids=["face_crops", "full_frames"],
)
def test_parameter_counts_of_tables_1_and_5(config, count):
    """Summed by hand: two projections, tokens, three layers each, norms and common layers."""
    dim, mlp = config.dim, config.mlp
    layer = 2 * 2 * dim + 4 * dim * (dim + 1) + dim * mlp + mlp + mlp * dim + dim
    rest = dim + 2 * dim + dim * (dim + 1)
    assert parameter_count(config) == count == 2 * (3 * layer + rest) + (16 * 16 * 3 + 1 + 128 + 1) * dim


def test_parameters_are_plain_nested_dictionaries_of_float32():
    parameters = initial_parameters(TINY, jax.random.key(0))
    assert set(parameters) == {"picture", "sound"}

    def walk(tree):
        for key, value in tree.items():
            assert type(key) is str
            if type(value) is dict:
                walk(value)
            else:
                assert value.dtype == jnp.float32

    walk(parameters)


def test_key_decides_the_weights():
    one, same, other = (initial_parameters(TINY, jax.random.key(seed)) for seed in (0, 0, 1))
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(same), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one["sound"]["token"], other["sound"]["token"])
    assert not np.array_equal(one["sound"]["token"], one["picture"]["token"])


def test_embedding_leaves_no_trace_between_calls():
    """The cached skeleton must not keep the weights of an earlier call, traced or not."""
    batch = jax.tree.map(jnp.asarray, pictures(np.arange(5) / 25, [0], 5))
    one, other = (initial_parameters(TINY, jax.random.key(seed)) for seed in (0, 1))
    first, second, third = (jax.jit(lambda p: embed_pictures(TINY, p, batch, 5))(p) for p in (one, other, one))
    assert np.abs(np.asarray(second - first)).max() > 1e-3
    np.testing.assert_array_equal(third, first)


def test_members_stand_side_by_side():
    """An ensemble's embedding is its members' embeddings one after the other, and its size is theirs together."""
    three = replace(TINY, members=3)
    members = [initial_parameters(TINY, jax.random.key(seed)) for seed in range(3)]
    both = joined(members)
    assert jax.tree.structure(both) == jax.tree.structure(initial_parameters(three, jax.random.key(0)))
    assert parameter_count(three) == 3 * parameter_count(TINY)
    picture, sound = pictures(np.arange(8) / 25, [0, 2], 5), sounds(9000, 16000, [0, 900], 25)
    for embed, batch, length in ((embed_pictures, picture, 5), (embed_sounds, sound, 25)):
        embed = jax.jit(embed, static_argnums=(0, 3))  # op by op it takes ten times as long
        found = embed(three, both, batch, length)
        assert found.shape[-1] == three.embedding == 72
        each = [embed(TINY, member, batch, length) for member in members]
        np.testing.assert_allclose(found, np.concatenate(each, -1), atol=1e-5)
    fresh = jax.tree.leaves(initial_parameters(three, jax.random.key(0)))
    assert not np.array_equal(fresh[0][0], fresh[0][1]) or not np.array_equal(fresh[-1][0], fresh[-1][1])
