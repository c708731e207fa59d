"""A pre-norm Transformer that reads a masked set of tokens through one learnable token (3.1, 5.1)."""

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float

from divas_jax.config import ModelConfig


class Layer(nnx.Module):
    """LayerNorm, attention, LayerNorm, MLP, each with a residual."""

    def __init__(self, config: ModelConfig, dtype: jnp.dtype, *, rngs: nnx.Rngs) -> None:
        dim = config.dim
        self.heads = config.heads
        self.attention_norm = nnx.LayerNorm(dim, rngs=rngs)
        self.query = nnx.Linear(dim, dim, dtype=dtype, rngs=rngs)
        self.key_value = nnx.Linear(dim, 2 * dim, dtype=dtype, rngs=rngs)
        self.output = nnx.Linear(dim, dim, dtype=dtype, rngs=rngs)
        self.mlp_norm = nnx.LayerNorm(dim, rngs=rngs)
        self.mlp_in = nnx.Linear(dim, config.mlp, dtype=dtype, rngs=rngs)
        self.mlp_out = nnx.Linear(config.mlp, dim, dtype=dtype, rngs=rngs)

    def __call__(
        self, tokens: Float[Array, "B L D"], mask: Bool[Array, "B L"], queries: int | None = None
    ) -> Float[Array, "B Q D"]:
        """The layer's output for the first `queries` tokens (all of them by default)."""
        normed = self.attention_norm(tokens)
        tokens = tokens[:, :queries]
        query = self._split(self.query(normed[:, :queries]))
        key, value = jnp.split(self.key_value(normed), 2, axis=-1)
        mixed = jax.nn.dot_product_attention(query, self._split(key), self._split(value), mask=mask[:, None, None, :])
        tokens = tokens + self.output(mixed.reshape(tokens.shape))
        return tokens + self.mlp_out(jax.nn.gelu(self.mlp_in(self.mlp_norm(tokens))))

    def _split(self, array: Float[Array, "B L D"]) -> Float[Array, "B L H K"]:
        return array.reshape(*array.shape[:2], self.heads, -1)


class Encoder(nnx.Module):
    """Patch projection, token, layers, norm and the linear layer into the common space (3.1)."""

    def __init__(self, config: ModelConfig, patch_values: int, *, rngs: nnx.Rngs) -> None:
        dim = config.dim
        self.dtype = jnp.dtype(config.dtype)
        self.projection = nnx.Linear(patch_values, dim, dtype=self.dtype, rngs=rngs)
        self.token = nnx.Param(0.02 * jax.random.normal(rngs.params(), (dim,)))
        self.layers = nnx.List([Layer(config, self.dtype, rngs=rngs) for _ in range(config.layers)])
        self.norm = nnx.LayerNorm(dim, rngs=rngs)
        self.common = nnx.Linear(dim, dim, rngs=rngs)

    def __call__(self, tokens: Float[Array, "B L D"], mask: Bool[Array, "B L"]) -> Float[Array, "B D"]:
        """Embeds each set of tokens through the learnable token.

        Only the token leaves the last layer, so that layer computes nothing else.

        Args:
          tokens: projected patches with their positions.
          mask: which of them are real.
        """
        token = jnp.broadcast_to(self.token[...], (tokens.shape[0], 1, tokens.shape[2]))
        tokens = jnp.concatenate([token.astype(self.dtype), tokens.astype(self.dtype)], axis=1)
        mask = jnp.pad(mask, ((0, 0), (1, 0)), constant_values=True)
        for layer in self.layers[:-1]:
            tokens = layer(tokens, mask)
        tokens = self.layers[-1](tokens, mask, queries=1)
        return self.common(self.norm(tokens[:, 0]).astype(jnp.float32))
