"""The border between NNX modules and plain pytrees: everything outside model/ sees nested dictionaries."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from divas_jax.clip import PictureBatch, SoundBatch
from divas_jax.config import ModelConfig
from divas_jax.model.divas import Divas
from divas_jax.model.shapes import Parameters


def initial_parameters(config: ModelConfig, key: Array) -> Parameters:
    """Fresh weights; traceable, so `jax.eval_shape` and `jax.jit` take it.

    Of several members (`ModelConfig.members`) every leaf has a leading axis.
    """
    if config.members > 1:
        return jax.vmap(functools.partial(_initial, config))(jax.random.split(key, config.members))
    return _initial(config, key)


def joined(members: Sequence[Parameters]) -> Parameters:
    """Weights of several models of one kind as those of one model of several members."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *members) if len(members) > 1 else members[0]


def averaged(models: Sequence[Parameters]) -> Parameters:
    """The mean of several models' weights: one model, better than each where all went on from the same weights.

    (Wortsman et al., "Model soups", 2022.)
    """
    return jax.tree.map(lambda *leaves: np.mean(np.asarray(leaves, np.float32), axis=0), *models)


def module_of(config: ModelConfig, parameters: Parameters) -> Divas:
    """The module with these weights, those of one member; the inverse of `parameters_of`."""
    definition, state = _split(config)
    state = jax.tree.map(lambda leaf: leaf, state)  # a copy: the cached one stays abstract
    nnx.replace_by_pure_dict(state, _with_keys(parameters, _list_key))
    return nnx.merge(definition, state)


def parameters_of(model: Divas) -> Parameters:
    """The weights of a module, as `Judge`, `write_weights` and the functions below take them."""
    return _plain(nnx.state(model, nnx.Param))


def embed_pictures(
    config: ModelConfig, parameters: Parameters, batch: PictureBatch, length: int
) -> Float[Array, "B Wv D"]:
    """Embeddings of picture windows of up to `length` frames (`Divas.embed_pictures`)."""
    batch = jax.tree.map(jnp.asarray, batch)
    return _side_by_side(config, parameters, lambda model: model.embed_pictures(batch, length))


def embed_sounds(config: ModelConfig, parameters: Parameters, batch: SoundBatch, length: int) -> Float[Array, "B Wa D"]:
    """Embeddings of sound windows of up to `length` patches (`Divas.embed_sounds`)."""
    batch = jax.tree.map(jnp.asarray, batch)
    return _side_by_side(config, parameters, lambda model: model.embed_sounds(batch, length))


def attend_pictures(
    config: ModelConfig, parameters: Parameters, batch: PictureBatch, length: int
) -> tuple[Float[Array, "B Wv E"], Float[Array, "B Wv F N"]]:
    """`embed_pictures`, and the attention to every patch of each window's frames (`Encoder.with_attention`)."""
    batch = jax.tree.map(jnp.asarray, batch)
    return _all_looking(config, parameters, lambda model: model.attend_pictures(batch, length))


def attend_sounds(
    config: ModelConfig, parameters: Parameters, batch: SoundBatch, length: int
) -> tuple[Float[Array, "B Wa E"], Float[Array, "B Wa M"]]:
    """`embed_sounds`, and the attention to every patch of each window (`Encoder.with_attention`)."""
    batch = jax.tree.map(jnp.asarray, batch)
    return _all_looking(config, parameters, lambda model: model.attend_sounds(batch, length))


def _initial(config: ModelConfig, key: Array) -> Parameters:
    return parameters_of(Divas(config, rngs=nnx.Rngs(key)))


def _side_by_side(
    config: ModelConfig, parameters: Parameters, embed: Callable[[Divas], Float[Array, "B W D"]]
) -> Float[Array, "B W E"]:
    """The embeddings of all members in one: squared distances add up."""
    if config.members == 1:
        return embed(module_of(config, parameters))
    return _in_one(config, jax.lax.map(lambda member: embed(module_of(config, member)), parameters))


def _all_looking(
    config: ModelConfig, parameters: Parameters, attend: Callable[[Divas], tuple[Array, Array]]
) -> tuple[Float[Array, "B W E"], Float[Array, "B W *L"]]:
    """`_side_by_side` with the mean of the members' attention."""
    if config.members == 1:
        return attend(module_of(config, parameters))
    embedded, attention = jax.lax.map(lambda member: attend(module_of(config, member)), parameters)
    return _in_one(config, embedded), attention.mean(axis=0)


def _in_one(config: ModelConfig, each: Float[Array, "members B W D"]) -> Float[Array, "B W E"]:
    return jnp.moveaxis(each, 0, -2).reshape(*each.shape[1:-1], config.embedding)


def _plain(state: nnx.State) -> Parameters:
    return _with_keys(nnx.to_pure_dict(state), str)


def _with_keys(tree: Any, convert: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    return {convert(key): _with_keys(value, convert) for key, value in tree.items()}


def _list_key(key: str) -> str | int:
    """NNX numbers the blocks of a list with integers, files with strings."""
    return int(key) if key.isdigit() else key


@functools.lru_cache(maxsize=8)
def _split(config: ModelConfig) -> tuple[nnx.GraphDef, nnx.State]:
    return nnx.split(nnx.eval_shape(lambda: Divas(config, rngs=nnx.Rngs(0))), nnx.Param)
