"""One training step: embed, measure, descend; compiled once for each rung."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh
from jaxtyping import Array, Float

from divas_jax.clip import Rung, SegmentBatch
from divas_jax.config import Config
from divas_jax.model.parameters import Parameters, embed_pictures, embed_sounds
from divas_jax.sync.distances import pairwise_distances
from divas_jax.sync.objectives import Loss, matched, objective
from divas_jax.training.mesh import replicated
from divas_jax.training.resident import ResidentArrays, cut_rows
from divas_jax.training.state import TrainState, make_optimizer


class StepMetrics(NamedTuple):
    """Sums over steps: they merge by adding, and one NaN stays.

    Attributes:
      loss: sum over pairs.
      pairs: number of pairs.
      matched: picture windows nearest to their own sound window.
      windows: picture windows.
      gradient: sum of the gradient's norms.
      steps: number of steps.
    """

    loss: Float[Array, ""]
    pairs: Float[Array, ""]
    matched: Float[Array, ""]
    windows: Float[Array, ""]
    gradient: Float[Array, ""]
    steps: Float[Array, ""]


TrainStep = Callable[[TrainState, Any, Rung], tuple[TrainState, StepMetrics]]
"""The batch is a `SegmentBatch`, or a `SegmentDraw` where clips are resident."""


def batch_loss(
    config: Config, parameters: Parameters, batch: SegmentBatch, rung: Rung, key: Array
) -> tuple[Float[Array, ""], tuple[Loss, tuple[Float[Array, ""], Float[Array, ""]]]]:
    """Mean loss of a batch, its two parts, and how many windows found their own sound."""
    pictures = embed_pictures(config.model, parameters, batch.pictures, rung.frames)
    sounds = embed_sounds(config.model, parameters, batch.sounds, rung.patches)
    distances = pairwise_distances(pictures, sounds)
    mask = batch.pictures.window_mask[:, :, None] & batch.sounds.window_mask[:, None, :]
    loss = objective(config.objective, distances, mask, key)
    return loss.mean(), (loss, matched(distances, mask))


def make_train_step(config: Config, mesh: Mesh, clips: ResidentArrays | None = None) -> TrainStep:
    """The jitted step; its state is donated, its results are replicated.

    The random key is folded out of (seed, step): nothing random is carried.
    Where `clips` are resident, batches are draws, whose rows are cut here.
    """
    optimizer = make_optimizer(config.optim, config.train.steps)
    seed = config.train.seed

    def train_step(
        state: TrainState, batch: Any, rung: Rung, clips: ResidentArrays | None
    ) -> tuple[TrainState, StepMetrics]:
        batch = batch if clips is None else cut_rows(clips, batch, config, rung)
        key = jax.random.fold_in(jax.random.key(seed), state.step)
        gradient, (loss, (hits, windows)) = jax.grad(
            lambda parameters: batch_loss(config, parameters, batch, rung, key), has_aux=True
        )(state.parameters)
        updates, moved = optimizer.update(gradient, state.optimizer, state.parameters)
        parameters = optax.apply_updates(state.parameters, updates)
        average = _averaged(state.average, parameters, state.step, config.optim.ema)
        metrics = StepMetrics(loss.total, loss.count, hits, windows, optax.tree.norm(gradient), jnp.ones(()))
        return TrainState(state.step + 1, parameters, moved, average), metrics

    everywhere = replicated(mesh)
    jitted = jax.jit(train_step, static_argnums=(2,), donate_argnums=(0,), out_shardings=(everywhere, everywhere))
    return lambda state, batch, rung: jitted(state, batch, rung, clips)


def _averaged(average: Parameters | None, parameters: Parameters, step: Array, decay: float) -> Parameters | None:
    """Moving average of the weights; its decay grows with the run so that the noise of the start is forgotten."""
    if average is None:
        return None
    decay = jnp.minimum(decay, (1.0 + step) / (10.0 + step))
    return jax.tree.map(lambda old, new: decay * old + (1.0 - decay) * new, average, parameters)
