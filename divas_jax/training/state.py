"""What training carries from step to step, and the optimiser that moves it (5.1)."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Int

from divas_jax.config import Config, OptimConfig
from divas_jax.model.parameters import initial_parameters
from divas_jax.model.shapes import Parameters
from divas_jax.training.heads import Heads, initial_heads


class TrainState(NamedTuple):
    """A whole run between two steps; with the config, all that resuming needs.

    Attributes:
      step: batches seen so far; the data stream's position too.
      parameters: the weights.
      optimizer: Optax's state.
      average: exponential moving average of the weights, or None where it is off.
      heads: what says the targets, or None where there are none; the optimiser moves it with the weights.
    """

    step: Int[Array, ""]
    parameters: Parameters
    optimizer: Any
    average: Parameters | None
    heads: Heads | None = None

    @property
    def best_parameters(self) -> Parameters:
        """What is evaluated and exported."""
        return self.parameters if self.average is None else self.average


def make_optimizer(config: OptimConfig, steps: int | Int[Array, ""]) -> optax.GradientTransformation:
    """Adam at a constant rate (5.1), AdamW or Muon, with warm-up and cosine decay.

    Args:
      config: of the optimiser.
      steps: batches of the whole run; may be traced, so that runs of any length share one compiled step.
    """
    schedule = learning_rate(config, jnp.maximum(1, steps // config.accumulate))
    decay = config.weight_decay if config.name == "adamw" else 0.0
    parts = [optax.clip_by_global_norm(config.clip_norm)] if config.clip_norm else []
    if config.name == "muon":
        parts.append(
            optax.contrib.muon(
                schedule, weight_decay=config.weight_decay, muon_weight_dimension_numbers=_matrix_dimensions
            )
        )
    else:
        parts.append(optax.adamw(schedule, weight_decay=decay, mask=_decayed) if decay else optax.adam(schedule))
    optimizer = optax.chain(*parts)
    if config.accumulate > 1:
        return optax.MultiSteps(optimizer, config.accumulate).gradient_transformation()
    return optimizer


def learning_rate(config: OptimConfig, updates: int | Int[Array, ""]) -> optax.Schedule:
    """The rate at each update of a run of so many; Optax's own cosine takes no number that is traced."""
    if config.schedule == "constant":
        if not config.warmup:
            return optax.constant_schedule(config.lr)
        return optax.linear_schedule(0.0, config.lr, config.warmup)
    last = config.lr / 100

    def rate(number: ArrayLike) -> Array:
        update = jnp.asarray(number)
        done = jnp.clip((update - config.warmup) / jnp.maximum(updates - config.warmup, 1), 0.0, 1.0)
        cosine = last + (config.lr - last) * (1 + jnp.cos(jnp.pi * done)) / 2
        return jnp.where(update < config.warmup, config.lr * update / max(config.warmup, 1), cosine)

    return rate


def new_state(config: Config, start: Parameters | None = None, heads: Heads | None = None) -> TrainState:
    """The state before the first step; traceable. `start` and `heads` replace the random weights."""
    key = jax.random.key(config.train.seed)
    parameters = initial_parameters(config.model, key) if start is None else start
    heads = initial_heads(config.model, config.targets, jax.random.fold_in(key, 1)) if heads is None else heads
    optimizer = make_optimizer(config.optim, config.train.steps).init(learnt(parameters, heads))
    average = jax.tree.map(jnp.copy, parameters) if config.optim.ema else None
    return TrainState(jnp.zeros((), jnp.int32), parameters, optimizer, average, heads)


def learnt(parameters: Parameters, heads: Heads | None) -> Any:
    """What the optimiser moves."""
    return parameters if heads is None else (parameters, heads)


def _matrix_dimensions(tree: Any) -> Any:
    """Which leaves Muon moves (kernels), and between which axes they map; the rest is AdamW's."""

    def dimensions(path: Any, leaf: Any) -> optax.contrib.MuonDimensionNumbers | None:
        if path[-1].key != "kernel":
            return None
        return optax.contrib.MuonDimensionNumbers(leaf.ndim - 2, leaf.ndim - 1)

    return jax.tree_util.tree_map_with_path(dimensions, tree)


def _decayed(tree: Any) -> Any:
    """Matrices shrink; biases, norms and tokens do not."""
    return jax.tree.map(lambda leaf: leaf.ndim > 1, tree)
