"""How large the competitors are, without making them (Tables 1 and 5)."""

import math
from collections.abc import Callable

import jax
from flax import nnx
from jaxtyping import Array

from divas_jax.baselines.sparse_sync import SparseSync
from divas_jax.baselines.syncnet import SyncNet
from divas_jax.baselines.vocalist import Vocalist

PAPER_SIZES = {SyncNet: 13.6e6, Vocalist: 80.1e6, SparseSync: 55.3e6}
"""Parameters by Tables 1 and 5."""


def size_of(make: Callable[[nnx.Rngs], nnx.Module]) -> int:
    """Trainable values of the model that `make` would make."""
    abstract = nnx.eval_shape(lambda key: make(_OneKey(key)), jax.random.key(0))
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(nnx.state(abstract, nnx.Param)))


class _OneKey(nnx.Rngs):
    """The same key whatever is asked for: shapes need no other, and counting keys makes tracing quadratic."""

    def __init__(self, key: Array) -> None:
        self._key = key

    def __getattr__(self, name: str) -> Callable[[], Array]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda: self._key
