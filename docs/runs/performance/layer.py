"""`python layer.py`: where the time of one layer goes on this device, part by part, beside a plain matrix product."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from divas_jax.benchmarking.encoders import _best
from divas_jax.config import ModelConfig
from divas_jax.model.encoder import attend

WINDOWS, TOKENS, SIDE, ROUNDS = 16, 181, 2048, 15
MODEL = ModelConfig()


class Part(NamedTuple):
    """A part of a layer of `configs/face_crops.py`: what it is called, computes, and on what; its products' work."""

    name: str
    compute: Callable[..., jax.Array]
    arrays: tuple[jax.Array, ...]
    work: float = 0.0


def normal(*shape: int) -> jax.Array:
    """Random numbers of a shape."""
    return jnp.asarray(np.random.default_rng(0).standard_normal(shape), jnp.float32)


def parts() -> Iterator[Part]:
    """The yardstick, then the parts."""
    rows, dim, mlp = WINDOWS * TOKENS, MODEL.dim, MODEL.mlp
    tokens, wide, inner, outer = normal(rows, dim), normal(rows, mlp), normal(dim, mlp), normal(mlp, dim)
    heads = normal(WINDOWS, TOKENS, MODEL.heads, dim // MODEL.heads)
    mask = jnp.ones((WINDOWS, TOKENS), bool)
    product, mixing = 2.0 * rows * dim * mlp, 4.0 * WINDOWS * TOKENS**2 * dim

    def mlp_of(tokens: jax.Array, inner: jax.Array, outer: jax.Array) -> jax.Array:
        return jax.nn.gelu(tokens @ inner) @ outer

    def attention(query: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
        return attend(query, key, value, mask, fused=False)

    def norm(tokens: jax.Array) -> jax.Array:
        return jax.nn.standardize(tokens)

    yield Part("matrix product", jnp.matmul, (normal(SIDE, SIDE), normal(SIDE, SIDE)), 2.0 * SIDE**3)
    yield Part("query, key and value", jnp.matmul, (tokens, normal(dim, 3 * dim)), 2.0 * rows * dim * 3 * dim)
    yield Part("attention", attention, (heads,) * 3, mixing)
    yield Part("MLP", mlp_of, (tokens, inner, outer), 2 * product)
    yield Part("GELU alone", jax.nn.gelu, (wide,))
    yield Part("norm alone", norm, (tokens,))
    yield Part("attention and its gradient", gradient(attention), (heads,) * 3, 3 * mixing)
    yield Part("MLP and its gradient", gradient(mlp_of), (tokens, inner, outer), 6 * product)
    threefold = tokens.reshape(WINDOWS, TOKENS, dim)
    yield Part("MLP and its gradient, in windows", gradient(mlp_of), (threefold, inner, outer), 6 * product)


def gradient(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    """Of the sum of squares, by all arguments."""
    return jax.grad(lambda *arrays: jnp.square(function(*arrays)).sum(), argnums=(0, 1, 2))


def main() -> None:
    """Prints a line a part."""
    for part in parts():
        (best,) = _best(ROUNDS, partial(jax.jit(part.compute), *part.arrays))
        rate = f"{part.work / best / 1e9:6.0f} GFLOP/s" if part.work else ""
        print(f"{part.name:34} {1e3 * best:7.2f} ms  {rate}")


if __name__ == "__main__":
    main()
