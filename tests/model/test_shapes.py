"""The shapes that are said from the config are those of the modules."""

import dataclasses

import jax
import pytest

from divas_jax.config import ModelConfig
from divas_jax.model.parameters import initial_parameters
from divas_jax.model.shapes import abstract_parameters

SMALL = ModelConfig(dim=12, layers=2, heads=3, mlp=20, size=32, patch=16)


@pytest.mark.parametrize("changed", [{}, {"members": 2}, {"layers": 11}, {"patch": 8, "mlp": 7, "dim": 24}])
def test_shapes_are_those_of_the_modules(changed):
    config = dataclasses.replace(SMALL, **changed)
    made = jax.eval_shape(lambda: initial_parameters(config, jax.random.key(0)))
    assert jax.tree.structure(made) == jax.tree.structure(abstract_parameters(config))
    told = abstract_parameters(config)
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), made) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), told
    )
