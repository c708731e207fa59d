"""Transformer layers in which one sequence reads another, as VocaLiST and SparseSync have them."""

import jax
from flax import nnx
from jaxtyping import Array, Float

HEADS = 8
"""Heads of every layer, in both papers."""


class Attention(nnx.Module):
    """Queries of one sequence, keys and values of another; pre-norm, with a residual."""

    def __init__(self, dim: int, *, rngs: nnx.Rngs) -> None:
        self.reader_norm = nnx.LayerNorm(dim, use_fast_variance=False, rngs=rngs)
        self.source_norm = nnx.LayerNorm(dim, use_fast_variance=False, rngs=rngs)
        self.query, self.key, self.value, self.output = (nnx.Linear(dim, dim, rngs=rngs) for _ in range(4))

    def __call__(self, reader: Float[Array, "B Q D"], source: Float[Array, "B L D"]) -> Float[Array, "B Q D"]:
        """The reader and what it has read."""
        normed = self.source_norm(source)
        query, key, value = (
            values.reshape(*values.shape[:2], HEADS, -1)
            for values in (self.query(self.reader_norm(reader)), self.key(normed), self.value(normed))
        )
        return reader + self.output(jax.nn.dot_product_attention(query, key, value).reshape(reader.shape))


class Perceptron(nnx.Module):
    """Two full layers, four times as wide inside; pre-norm, with a residual."""

    def __init__(self, dim: int, *, rngs: nnx.Rngs) -> None:
        self.norm = nnx.LayerNorm(dim, use_fast_variance=False, rngs=rngs)
        self.inner, self.outer = nnx.Linear(dim, 4 * dim, rngs=rngs), nnx.Linear(4 * dim, dim, rngs=rngs)

    def __call__(self, values: Float[Array, "B L D"]) -> Float[Array, "B L D"]:
        """The values one layer on."""
        return values + self.outer(jax.nn.relu(self.inner(self.norm(values))))


class CrossLayer(nnx.Module):
    """One sequence reads another; with `own`, it reads itself first."""

    def __init__(self, dim: int, *, own: bool = False, rngs: nnx.Rngs) -> None:
        self.own = Attention(dim, rngs=rngs) if own else None
        self.cross = Attention(dim, rngs=rngs)
        self.perceptron = Perceptron(dim, rngs=rngs)

    def __call__(self, reader: Float[Array, "B Q D"], source: Float[Array, "B L D"]) -> Float[Array, "B Q D"]:
        """The reader one layer on."""
        reader = reader if self.own is None else self.own(reader, reader)
        return self.perceptron(self.cross(reader, source))


class CrossEncoder(nnx.Module):
    """Layers of one kind and a last norm; where reader and source are the same it is an ordinary encoder."""

    def __init__(self, dim: int, layers: int, *, own: bool = False, rngs: nnx.Rngs) -> None:
        self.layers = nnx.List([CrossLayer(dim, own=own, rngs=rngs) for _ in range(layers)])
        self.norm = nnx.LayerNorm(dim, use_fast_variance=False, rngs=rngs)

    def __call__(
        self, reader: Float[Array, "B Q D"], source: Float[Array, "B L D"] | None = None
    ) -> Float[Array, "B Q D"]:
        """What the reader has become; it reads itself where there is no source."""
        for layer in self.layers:
            reader = layer(reader, reader if source is None else source)
        return self.norm(reader)
