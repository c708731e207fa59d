"""`import divas_jax`: instant, complete, and a model for anybody's code."""

import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from golden_values import RUNG, talkers
from tiny_run import tiny_config

import divas_jax
from divas_jax.model import Divas, Members, embed_pictures, embed_sounds, parameters_of
from divas_jax.model.parameters import initial_parameters
from divas_jax.model.weights import write_weights

SCRIPT = """
import json, sys
import divas_jax
told = dir(divas_jax), sorted({"jax", "numpy", "flax", "ml_collections"} & set(sys.modules))
import divas_jax.errors
print(json.dumps([*told, divas_jax.UserError is divas_jax.errors.UserError]))
"""


def test_importing_starts_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    names, heavy, same = json.loads(done.stdout)
    assert heavy == []
    assert same
    assert set(divas_jax.__all__) <= set(names)


def test_all_that_is_promised_is_there():
    for name in divas_jax.__all__:
        assert getattr(divas_jax, name) is not None
    assert divas_jax.Clip.__name__ == "Clip"
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = divas_jax.nothing


@pytest.fixture(scope="module")
def batch():
    """Windows of talkers, as arrays of JAX."""
    config = tiny_config(data={"rungs": ((RUNG.frames, RUNG.patches),), "segments": 2, "windows": 3})
    return jax.tree.map(jnp.asarray, talkers(config))


@pytest.mark.parametrize(("members", "kind"), [(1, Divas), (2, Members)])
def test_loaded_models_embed_as_the_weights_do(tmp_path, batch, members, kind):
    config = tiny_config(model={"members": members})
    parameters = jax.jit(lambda: initial_parameters(config.model, jax.random.key(0)))()
    write_weights(tmp_path, config, parameters)
    model = divas_jax.load_model(tmp_path)
    assert type(model) is kind
    seen, heard = nnx.jit(lambda model, batch: model(batch.pictures, batch.sounds))(model, batch)
    assert seen.shape == heard.shape == (2, 3, 24 * members)
    for found, embed, part, length in (
        (seen, embed_pictures, batch.pictures, RUNG.frames),
        (heard, embed_sounds, batch.sounds, RUNG.patches),
    ):
        plain = jax.jit(embed, static_argnums=(0, 3))(config.model, parameters, part, length)
        np.testing.assert_allclose(found, plain, atol=1e-5)


def test_divas_is_a_module_like_any_other(batch):
    model = Divas(tiny_config().model, rngs=nnx.Rngs(0))
    assert "Encoder" in nnx.tabulate(model, tuple(batch.pictures), tuple(batch.sounds))
    jax.tree.map(np.testing.assert_array_equal, parameters_of(model), parameters_of(nnx.clone(model)))


def test_the_packages_weights_are_a_module():
    model = divas_jax.load_model()
    assert isinstance(model, Members if model.config.members > 1 else Divas)
