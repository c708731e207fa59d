"""Divas inside a training loop of one's own: Flax NNX and Optax, batches of this project's stream.

    python examples/own_training_loop.py DATA 200

DATA is written by `divas prepare`. The objective here is equation 1 of the paper without its moved pairs: each sound
window belongs to the picture window that starts with it, and to no other one of its segment.
"""

import runpy
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float

from divas_jax import Config
from divas_jax.clip import Rung, SegmentBatch
from divas_jax.data.records import open_records
from divas_jax.data.stream import training_stream
from divas_jax.model import Divas
from divas_jax.named_configs import config_file
from divas_jax.sync.distances import pairwise_distances
from divas_jax.training.rendering import rendered

MARGIN = 20.0


def loss_of(model: Divas, batch: SegmentBatch) -> Float[Array, ""]:
    """Squared distance of pairs in sync, and how far all others come below the margin."""
    pictures, sounds = model(batch.pictures, batch.sounds)
    distance = pairwise_distances(pictures, sounds)
    real = batch.pictures.window_mask[:, :, None] & batch.sounds.window_mask[:, None, :]
    own = jnp.eye(distance.shape[1], dtype=bool)
    terms = jnp.where(own, distance**2, jnp.maximum(MARGIN - distance, 0) ** 2 / (distance.shape[1] - 1))
    return jnp.where(real, terms, 0).sum() / (real & own).sum()


@nnx.jit
def step(model: Divas, optimizer: nnx.Optimizer, batch: SegmentBatch) -> Float[Array, ""]:
    """One update; the loss before it."""
    loss, gradient = nnx.value_and_grad(loss_of)(model, batch)
    optimizer.update(model, gradient)
    return loss


render = jax.jit(rendered, static_argnums=(2, 3, 4))
"""From a batch of the stream (numbers, frames and samples) to what the model reads, augmented on the device."""


def main(data: Path, steps: int) -> list[float]:
    """Trains, and returns the losses."""
    config = Config.from_dict(runpy.run_path(str(config_file("quickstart")))["get_config"]())
    model = Divas(config.model, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.adamw(1e-3), wrt=nnx.Param)
    losses = []
    with training_stream(open_records(data, "train"), config) as stream:
        for batch, _ in zip(stream, range(steps), strict=False):
            rung = Rung(*config.data.rungs[batch.rung])
            losses.append(float(step(model, optimizer, render(batch.segments, None, config.model, config.data, rung))))
            print(f"step {len(losses)}: loss {losses[-1]:.2f}")
    return losses


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
