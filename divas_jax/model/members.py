"""Several models side by side as one module; weights as modules."""

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from divas_jax.clip import PictureBatch, SoundBatch
from divas_jax.config import ModelConfig
from divas_jax.model.divas import Divas
from divas_jax.model.parameters import module_of
from divas_jax.model.shapes import Parameters


class Members(nnx.Module):
    """An ensemble; its embeddings are those of its members, one after the other, so that squared distances add up.

    Attributes:
      config: of the whole; `config.members` is how many there are.
      each: the members.
    """

    def __init__(self, config: ModelConfig, each: list[Divas]) -> None:
        self.config = config
        self.each = nnx.List(each)

    def __call__(
        self, pictures: PictureBatch | tuple[Array, ...], sounds: SoundBatch | tuple[Array, ...]
    ) -> tuple[Float[Array, "B Wv E"], Float[Array, "B Wa E"]]:
        """As `Divas.__call__`, E being `config.embedding`."""
        each = [member(tuple(pictures), tuple(sounds)) for member in self.each]
        return jnp.concatenate([seen for seen, _ in each], -1), jnp.concatenate([heard for _, heard in each], -1)

    def embed_pictures(self, batch: PictureBatch, length: int) -> Float[Array, "B Wv E"]:
        """As `Divas.embed_pictures`."""
        return jnp.concatenate([member.embed_pictures(batch, length) for member in self.each], axis=-1)

    def embed_sounds(self, batch: SoundBatch, length: int) -> Float[Array, "B Wa E"]:
        """As `Divas.embed_sounds`."""
        return jnp.concatenate([member.embed_sounds(batch, length) for member in self.each], axis=-1)


def model_of(config: ModelConfig, parameters: Parameters) -> Divas | Members:
    """`Divas` with these weights, or `Members` where `config.members` is above 1."""
    parameters = jax.tree.map(jnp.asarray, parameters)
    if config.members == 1:
        return module_of(config, parameters)
    each = [jax.tree.map(lambda leaf, n=n: leaf[n], parameters) for n in range(config.members)]
    return Members(config, [module_of(config, member) for member in each])
