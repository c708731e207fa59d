"""One training step: embed, measure, descend; compiled once for each rung."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int

from divas_jax.clip import Rung, SegmentBatch
from divas_jax.config import Config
from divas_jax.model.parameters import embed_pictures, embed_sounds
from divas_jax.model.shapes import Parameters
from divas_jax.sync.distances import pairwise_distances
from divas_jax.sync.objectives import Loss, matched, objective, stranger_match
from divas_jax.training.heads import Heads, TargetError, Targets, target_losses, targets_of
from divas_jax.training.mesh import replicated
from divas_jax.training.rendering import ResidentArrays, rendered
from divas_jax.training.state import TrainState, learnt, make_optimizer


class StepMetrics(NamedTuple):
    """Sums over steps: they merge by adding, and one NaN stays.

    Attributes:
      loss: sum over pairs.
      pairs: number of pairs.
      matched: picture windows nearest to their own sound window.
      windows: picture windows.
      gradient: sum of the gradient's norms.
      steps: number of steps.
      target_errors: of each target that is learnt beside the objective.
    """

    loss: Float[Array, ""]
    pairs: Float[Array, ""]
    matched: Float[Array, ""]
    windows: Float[Array, ""]
    gradient: Float[Array, ""]
    steps: Float[Array, ""]
    target_errors: dict[str, TargetError]


TrainStep = Callable[..., tuple[TrainState, StepMetrics]]
"""(state, batch, rung, steps) to the next state and what the log tells; the state given is used up.

The batch is a `StreamedSegment`, a `SegmentDraw` where clips are resident, or a `SegmentBatch` ready to be read;
`steps` are those of the whole run, as known now (by default those of the config).
"""


class BatchLoss(NamedTuple):
    """What the log tells of a batch.

    Attributes:
      loss: of the objective alone, without its weight, strangers and targets; of the targets, as one pair, where
        there is no objective.
      matched: how many picture windows are nearest to their own sound window, and out of how many.
      target_errors: of each target.
    """

    loss: Loss
    matched: tuple[Float[Array, ""], Float[Array, ""]]
    target_errors: dict[str, TargetError]


def batch_loss(
    config: Config,
    parameters: Parameters,
    heads: Heads | None,
    batch: SegmentBatch,
    rung: Rung,
    key: Array,
    targets: Targets | None = None,
) -> tuple[Float[Array, ""], BatchLoss]:
    """The loss that is minimised, and what the log tells of the batch."""
    pictures = embed_pictures(config.model, parameters, batch.pictures, rung.frames)
    sounds = embed_sounds(config.model, parameters, batch.sounds, rung.patches)
    distances = pairwise_distances(pictures, sounds)
    seen, heard = batch.pictures.window_mask, batch.sounds.window_mask
    mask = seen[:, :, None] & heard[:, None, :]
    loss, mean = Loss(jnp.zeros(()), jnp.zeros(())), jnp.zeros(())
    target_errors: dict[str, TargetError] = {}
    if config.objective.weight:
        loss = objective(config.objective, distances, mask, key)
        mean = loss.mean()
    if config.objective.weight and config.objective.strangers:
        other = stranger_match(config.objective, pictures, sounds, seen, heard, batch.voice)
        mean = mean + config.objective.strangers * (other.mean() - mean)
    mean = config.objective.weight * mean
    if heads is not None and targets is not None:
        extra, target_errors = target_losses(config.targets, heads, pictures, sounds, targets)
        mean = mean + extra
        loss = loss if config.objective.weight else Loss(extra, jnp.ones(()))
    return mean, BatchLoss(loss, matched(distances, mask), target_errors)


def make_train_step(config: Config, mesh: Mesh, clips: ResidentArrays | None = None) -> TrainStep:
    """The jitted step; its state is donated, its results are replicated.

    The random key is folded out of (seed, step): nothing random is carried.
    Batches of the stream are rendered here; where `clips` are resident, their rows are cut out of those.
    """
    seed = config.train.seed

    def train_step(
        state: TrainState, batch: Any, rung: Rung, clips: ResidentArrays | None, steps: Int[Array, ""]
    ) -> tuple[TrainState, StepMetrics]:
        sampled, targets = batch, None
        batch = rendered(sampled, clips, config.model, config.data, rung)
        if clips is not None and clips.targets is not None:
            targets = targets_of(config.model, clips.targets, sampled, batch)
        key = jax.random.fold_in(jax.random.key(seed), state.step)
        now = learnt(state.parameters, state.heads)

        def loss(now: Any) -> tuple[Float[Array, ""], BatchLoss]:
            return batch_loss(config, *_parts(now, state.heads), batch, rung, key, targets)

        gradient, measured = jax.grad(loss, has_aux=True)(now)
        updates, moved = make_optimizer(config.optim, steps).update(gradient, state.optimizer, now)
        parameters, heads = _parts(optax.apply_updates(now, updates), state.heads)
        average = _averaged(state.average, parameters, state.step, config.optim.ema)
        loss_sum, pairs = measured.loss
        right, windows = measured.matched
        norm = optax.tree.norm(gradient)
        metrics = StepMetrics(loss_sum, pairs, right, windows, norm, jnp.ones(()), measured.target_errors)
        return TrainState(state.step + 1, parameters, moved, average, heads), metrics

    everywhere = replicated(mesh)
    jitted = jax.jit(train_step, static_argnums=(2,), donate_argnums=(0,), out_shardings=(everywhere, everywhere))

    @functools.lru_cache(maxsize=1)
    def placed(steps: int) -> Array:
        return jax.device_put(np.int32(steps), everywhere)

    def take(state: TrainState, batch: Any, rung: Rung, steps: int | None = None) -> tuple[TrainState, StepMetrics]:
        # an argument: runs of any length share the compiled step
        return jitted(state, batch, rung, clips, placed(config.train.steps if steps is None else steps))

    return take


def _parts(now: Any, heads: Heads | None) -> tuple[Parameters, Heads | None]:
    """The inverse of `learnt`."""
    return (now, None) if heads is None else now


def _averaged(average: Parameters | None, parameters: Parameters, step: Array, decay: float) -> Parameters | None:
    """Moving average of the weights; its decay grows with the run so that the noise of the start is forgotten."""
    if average is None:
        return None
    now = jnp.minimum(decay, (1.0 + step) / (10.0 + step))
    return jax.tree.map(lambda old, new: now * old + (1.0 - now) * new, average, parameters)
