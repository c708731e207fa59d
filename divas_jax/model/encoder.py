"""A pre-norm Transformer that reads a masked set of tokens through one learnable token (3.1, 5.1)."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Bool, Float

from divas_jax.config import ModelConfig

ALIGNED = 8
"""cuDNN's attention takes widths of heads, and numbers of tokens, that are multiples of this."""

TINY = 1e-30
"""Keeps a division by no attention at all at 0."""


class Layer(nnx.Module):
    """LayerNorm, attention, LayerNorm, MLP, each with a residual."""

    def __init__(self, config: ModelConfig, dtype: jnp.dtype, *, rngs: nnx.Rngs) -> None:
        dim = config.dim
        self.heads = config.heads
        self.fused = config.attention == "fused" and dtype == jnp.bfloat16 and jax.default_backend() == "gpu"
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
        query, key, value = self._read(tokens, queries)
        mixed = attend(query, key, value, mask, fused=self.fused and queries is None)
        return self._write(tokens[:, :queries], mixed)

    def with_weights(
        self, tokens: Float[Array, "B L D"], mask: Bool[Array, "B L"], queries: int | None = None
    ) -> tuple[Float[Array, "B Q D"], Float[Array, "B H Q L"]]:
        """The same output with each head's attention weights; they sum to 1 over the real tokens, the last axis."""
        query, key, value = self._read(tokens, queries)
        logits = jnp.einsum("bqhk,blhk->bhql", query, key, preferred_element_type=jnp.float32)
        logits = jnp.where(mask[:, None, None, :], logits / math.sqrt(query.shape[-1]), -jnp.inf)
        weights = jax.nn.softmax(logits, axis=-1)  # never all -inf: the learnable token is real
        mixed = jnp.einsum("bhql,blhk->bqhk", weights.astype(value.dtype), value)
        return self._write(tokens[:, :queries], mixed), weights

    def _read(
        self, tokens: Float[Array, "B L D"], queries: int | None
    ) -> tuple[Float[Array, "B Q H K"], Float[Array, "B L H K"], Float[Array, "B L H K"]]:
        """Queries of the first tokens, keys and values of all."""
        normed = self.attention_norm(tokens)
        query = self._split(by_rows(self.query, normed[:, :queries]))
        key, value = jnp.split(by_rows(self.key_value, normed), 2, axis=-1)
        return query, self._split(key), self._split(value)

    def _write(self, tokens: Float[Array, "B Q D"], mixed: Float[Array, "B Q H K"]) -> Float[Array, "B Q D"]:
        """The layer's output once attention has mixed the values."""
        tokens = tokens + by_rows(self.output, mixed.reshape(tokens.shape))
        return tokens + by_rows(self._mlp, self.mlp_norm(tokens))

    def _mlp(self, tokens: Float[Array, "N D"]) -> Float[Array, "N D"]:
        return self.mlp_out(jax.nn.gelu(self.mlp_in(tokens)))

    def _split(self, array: Float[Array, "B L D"]) -> Float[Array, "B L H K"]:
        return array.reshape(*array.shape[:2], self.heads, -1)


def by_rows(layer: Callable[[Array], Array], array: Float[Array, "*B D"]) -> Float[Array, "*B E"]:
    """A layer of every row of an array, as of one long matrix.

    It is the same as the layer of the array, but XLA on a CPU writes down both factors of a weight's gradient turned
    around where they have several leading axes, which takes as long as the product (docs/performance.md).
    """
    return layer(array.reshape(-1, array.shape[-1])).reshape(*array.shape[:-1], -1)


def attend(
    query: Float[Array, "B Q H K"],
    key: Float[Array, "B L H K"],
    value: Float[Array, "B L H K"],
    mask: Bool[Array, "B L"],
    *,
    fused: bool,
) -> Float[Array, "B Q H K"]:
    """Values mixed by how far keys and queries agree, of the real tokens alone.

    Args:
      query: of the tokens that are asked for.
      key: of all tokens.
      value: of all tokens.
      mask: which of them are real.
      fused: in one kernel, which holds no matrix of all pairs of tokens. Heads and windows are filled up with zeros to
        sizes that it takes. Real tokens must come first, as they do in all windows that the loader and the judge make:
        their number says which they are.
    """
    if not fused:
        return jax.nn.dot_product_attention(query, key, value, mask=mask[:, None, None, :])
    count, width = query.shape[1], query.shape[-1]
    spare = ((0, 0), (0, -count % ALIGNED), (0, 0), (0, -width % ALIGNED))
    mixed = jax.nn.dot_product_attention(
        *(jnp.pad(array, spare) for array in (query, key, value)),
        scale=width**-0.5,
        key_value_seq_lengths=mask.sum(axis=1, dtype=jnp.int32),
        implementation="cudnn" if jax.default_backend() == "gpu" else "xla",
    )
    return mixed[:, :count, :, :width]


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
        tokens, mask = self._with_token(tokens, mask)
        for layer in self.layers[:-1]:
            tokens = layer(tokens, mask)
        tokens = self.layers[-1](tokens, mask, queries=1)
        return self._to_common(tokens)

    def with_attention(
        self, tokens: Float[Array, "B L D"], mask: Bool[Array, "B L"]
    ) -> tuple[Float[Array, "B D"], Float[Array, "B L"]]:
        """The same embeddings, and how much of each token reaches the learnable one (5.5).

        The paper shows the token's self-attention and names no layer. This is attention rollout (Abnar and
        Zuidema, 2020): the layers' attention, averaged over heads, half of it the residual, multiplied up. The
        last layer alone says little of where: by then every token has gathered from all others.

        Returns:
          Embeddings, and attention without what the learnable token keeps of itself: it sums to 1 over the real
          tokens (to 0 where there are none) and is 0 elsewhere.
        """
        tokens, mask = self._with_token(tokens, mask)
        mixing = []
        for layer in self.layers[:-1]:
            tokens, weights = layer.with_weights(tokens, mask)
            mixing.append(weights.mean(axis=1))
        tokens, weights = self.layers[-1].with_weights(tokens, mask, queries=1)
        reached = (weights.mean(axis=(1, 2)) + jnp.eye(1, mask.shape[1])) / 2
        for mixed in reversed(mixing):
            reached = (jnp.einsum("bq,bql->bl", reached, mixed) + reached) / 2
        reached = reached[:, 1:]
        return self._to_common(tokens), reached / jnp.maximum(reached.sum(axis=1, keepdims=True), TINY)

    def _with_token(
        self, tokens: Float[Array, "B L D"], mask: Bool[Array, "B L"]
    ) -> tuple[Float[Array, "B 1+L D"], Bool[Array, "B 1+L"]]:
        token = jnp.broadcast_to(self.token[...], (tokens.shape[0], 1, tokens.shape[2]))
        tokens = jnp.concatenate([token.astype(self.dtype), tokens.astype(self.dtype)], axis=1)
        return tokens, jnp.pad(mask, ((0, 0), (1, 0)), constant_values=True)

    def _to_common(self, tokens: Float[Array, "B Q D"]) -> Float[Array, "B D"]:
        return self.common(self.norm(tokens[:, 0]).astype(jnp.float32))
