"""Shapes of the weights, said from the config: building the modules only to ask them takes longer than judging a clip.

`tests/model/test_shapes.py` holds them against the modules.
"""

from typing import Any

import jax
import jax.numpy as jnp

from divas_jax.config import ModelConfig
from divas_jax.rates import SOUND_PATCH

Parameters = dict[str, Any]
"""Nested dictionaries with string keys and float32 arrays as leaves."""


def abstract_parameters(config: ModelConfig) -> Parameters:
    """Shapes and dtypes of the weights, without making them; of several members with a leading axis."""
    leading = (config.members,) if config.members > 1 else ()
    sides = {"picture": config.patch * config.patch * 3, "sound": SOUND_PATCH}
    shapes = {side: _encoder(config, values) for side, values in sides.items()}
    return jax.tree.map(
        lambda shape: jax.ShapeDtypeStruct((*leading, *shape), jnp.float32),
        shapes,
        is_leaf=lambda node: isinstance(node, tuple),
    )


def parameter_count(config: ModelConfig) -> int:
    """Number of trainable values (Table 1 and Table 5: 4.8M and 17M)."""
    return sum(leaf.size for leaf in jax.tree.leaves(abstract_parameters(config)))


def _encoder(config: ModelConfig, patch_values: int) -> dict[str, Any]:
    dim = config.dim
    return {
        "projection": _linear(patch_values, dim),
        "token": (dim,),
        "layers": {str(number): _layer(dim, config.mlp) for number in range(config.layers)},
        "norm": _norm(dim),
        "common": _linear(dim, dim),
    }


def _layer(dim: int, mlp: int) -> dict[str, Any]:
    return {
        "attention_norm": _norm(dim),
        "query": _linear(dim, dim),
        "key_value": _linear(dim, 2 * dim),
        "output": _linear(dim, dim),
        "mlp_norm": _norm(dim),
        "mlp_in": _linear(dim, mlp),
        "mlp_out": _linear(mlp, dim),
    }


def _linear(values_in: int, values_out: int) -> dict[str, tuple[int, ...]]:
    return {"kernel": (values_in, values_out), "bias": (values_out,)}


def _norm(dim: int) -> dict[str, tuple[int, ...]]:
    return {"scale": (dim,), "bias": (dim,)}
