"""How large the competitors are, without making them (Tables 1 and 5)."""

import math
from collections.abc import Callable

import jax
from flax import nnx

from divas_jax.baselines.sparse_sync import SparseSync
from divas_jax.baselines.syncnet import SyncNet
from divas_jax.baselines.vocalist import Vocalist

PAPER_SIZES = {SyncNet: 13.6e6, Vocalist: 80.1e6, SparseSync: 55.3e6}
"""Parameters by Tables 1 and 5."""


def size_of(make: Callable[[nnx.Rngs], nnx.Module]) -> int:
    """Trainable values of the model that `make` would make."""
    weights = nnx.state(nnx.eval_shape(lambda: make(nnx.Rngs(0))), nnx.Param)
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(weights))
