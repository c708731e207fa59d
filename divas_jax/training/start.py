"""How a run's weights begin where the data has a say: whitened projections, and distances of a good size."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh
from jaxtyping import Array, Float

from divas_jax.clip import Rung, SegmentBatch
from divas_jax.config import Config, DataConfig, ModelConfig
from divas_jax.data.ladder import ladder_of
from divas_jax.errors import UserError
from divas_jax.model.parameters import embed_pictures, embed_sounds
from divas_jax.model.patches import picture_patches, sound_patches
from divas_jax.model.shapes import Parameters
from divas_jax.rates import SOUND_PATCH
from divas_jax.sync.distances import pairwise_distances
from divas_jax.training.heads import Heads
from divas_jax.training.mesh import replicated, to_devices
from divas_jax.training.rendering import ResidentArrays, rendered
from divas_jax.training.state import TrainState, new_state

BATCHES = 24
"""Batches whose patches are looked at."""

FAINT = 1e-3
"""Directions in which patches hardly vary (as a share of the mean variance) are not blown up."""


class Start(NamedTuple):
    """What another run has learnt.

    Attributes:
      parameters: its weights.
      heads: what says its targets; None where it had none.
    """

    parameters: Parameters
    heads: Heads | None = None


def first_state(
    config: Config,
    start: Start | None,
    stream: Callable[[int], Iterator[tuple[int, Any]]],
    mesh: Mesh,
    clips: ResidentArrays | None,
) -> TrainState:
    """The state before the first step, on every device: of `start` or of noise, and of what the data says.

    Every process computes the same.

    Args:
      config: the run's.
      start: weights that take the place of noise; of its heads those that say the config's targets go on.
      stream: from a step to the batches from there on (index of the rung, this process's rows).
      mesh: the devices.
      clips: what rows are cut from where they are resident.

    Raises:
      UserError: several members are to be trained side by side in a way that only one can be.
    """
    if config.model.members > 1 and (config.targets.any or config.train.whiten or config.train.start_distance):
        raise UserError("targets, train.whiten and train.start_distance go with model.members = 1")
    shown = partial(_rendered, config.model, config.data, mesh=mesh, clips=clips)
    parameters, heads = jax.device_put(start, replicated(mesh)) if start else (None, None)
    fresh = jax.jit(lambda: new_state(config), out_shardings=replicated(mesh))()
    if parameters is None:
        parameters = fresh.parameters
        if config.train.whiten:
            parameters = whitened_projections(config.model, config.train.seed, parameters, shown(stream(0)), mesh)
    heads = _fitting(heads, fresh.heads)
    if config.train.start_distance:
        batch, rung = next(shown(stream(0)))
        distance = config.train.start_distance
        parameters, heads = at_distance(config.model, distance, parameters, heads, batch, rung, mesh)
    return jax.jit(lambda: new_state(config, parameters, heads), out_shardings=replicated(mesh))()


def _fitting(heads: Heads | None, fresh: Heads | None) -> Heads | None:
    """Of another run's heads those that fit; the others are fresh."""
    if heads is None or fresh is None:
        return fresh
    old = {name: head for name, head in heads.items() if name in fresh}
    kept = {name: head for name, head in old.items() if _shapes(head) == _shapes(fresh[name])}
    return fresh | kept


def _shapes(head: dict[str, Array]) -> dict[str, tuple[int, ...]]:
    return {name: leaf.shape for name, leaf in head.items()}


def _rendered(
    model: ModelConfig,
    data: DataConfig,
    batches: Iterator[tuple[int, Any]],
    mesh: Mesh,
    clips: ResidentArrays | None,
) -> Iterator[tuple[SegmentBatch, Rung]]:
    """Batches as a step sees them; the stream ends with the generator."""
    render = jax.jit(lambda batch, clips, rung: rendered(batch, clips, model, data, rung), static_argnums=2)
    for number, rows in batches:
        rung = ladder_of(model, data)[number]
        yield render(to_devices(mesh, rows), clips, rung), rung


class Moments(NamedTuple):
    """Sums over patches of P values; they merge by adding.

    Attributes:
      patches: their number.
      total: their sum.
      square: sum of their outer products.
    """

    patches: Float[Array, ""]
    total: Float[Array, " P"]
    square: Float[Array, "P P"]


def whitened_projections(
    model: ModelConfig, seed: int, parameters: Parameters, batches: Iterator[tuple[SegmentBatch, Rung]], mesh: Mesh
) -> Parameters:
    """The weights with patch projections whose outputs, over training patches, are uncorrelated and of unit variance.

    As far as patches have as many directions that vary as there are outputs (128 samples have fewer than 246).

    PCA whitening, turned by a random rotation so that every head gets its share of every direction. (Encoders that
    begin with noise spend much of a short run on learning which pixels go together.)

    Args:
      model: the encoders.
      seed: of the rotation.
      parameters: fresh ones.
      batches: at least `BATCHES` training batches.
      mesh: the devices.
    """
    measure = jax.jit(
        lambda batch, rung: _patch_moments(model, batch, rung), static_argnums=1, out_shardings=replicated(mesh)
    )
    sums = None
    for _ in range(BATCHES):
        moments = measure(*next(batches))
        sums = moments if sums is None else jax.tree.map(jnp.add, sums, moments)
    projections = [
        whitening(jax.tree.map(np.asarray, side_moments), model.dim, np.random.default_rng((seed, number)))
        for number, side_moments in enumerate(jax.device_get(sums))
    ]
    # Machines may turn eigenvectors differently: the first process speaks for all.
    projections = multihost_utils.broadcast_one_to_all(projections) if jax.process_count() > 1 else projections
    return {
        side: parameters[side] | {"projection": projection}
        for side, projection in zip(("picture", "sound"), projections, strict=True)
    }


def whitening(moments: Moments, dim: int, rng: np.random.Generator) -> Parameters:
    """Kernel and bias of the whitening projection onto the `dim` directions of largest variance."""
    mean = np.asarray(moments.total, np.float64) / moments.patches
    covariance = np.asarray(moments.square, np.float64) / moments.patches - np.outer(mean, mean)
    values, vectors = np.linalg.eigh(covariance)
    order = np.argsort(values)[::-1][:dim]
    turn = np.linalg.qr(rng.normal(size=(dim, dim)))[0][: len(order)]
    kernel = vectors[:, order] / np.sqrt(values[order].clip(0) + FAINT * values.mean()) @ turn
    return {"kernel": kernel.astype(np.float32), "bias": (-mean @ kernel).astype(np.float32)}


def at_distance(
    model: ModelConfig,
    distance: float,
    parameters: Parameters,
    heads: Heads | None,
    batch: SegmentBatch,
    rung: Rung,
    mesh: Mesh,
) -> tuple[Parameters, Heads | None]:
    """Weights whose embeddings are scaled so that the median distance in a batch is `distance`.

    The heads' kernels are scaled the other way, so that their predictions stay the same.
    """

    def median(parameters: Parameters, batch: SegmentBatch) -> Array:
        pictures = embed_pictures(model, parameters, batch.pictures, rung.frames)
        sounds = embed_sounds(model, parameters, batch.sounds, rung.patches)
        mask = batch.pictures.window_mask[:, :, None] & batch.sounds.window_mask[:, None, :]
        return jnp.nanmedian(jnp.where(mask, pairwise_distances(pictures, sounds), jnp.nan))

    factor = distance / float(jax.jit(median, out_shardings=replicated(mesh))(parameters, batch))
    scaled = {
        side: weights | {"common": jax.tree.map(lambda leaf: leaf * factor, weights["common"])}
        for side, weights in parameters.items()
    }
    if heads is not None:
        heads = {name: head | {"kernel": head["kernel"] / factor} for name, head in heads.items()}
    return scaled, heads


def _patch_moments(model: ModelConfig, batch: SegmentBatch, rung: Rung) -> tuple[Moments, Moments]:
    shown = picture_patches(batch.pictures.frames, model.patch, contrast=model.contrast)
    frames = jnp.broadcast_to(batch.pictures.frame_mask[..., None], shown.shape[:-1])
    heard = sound_patches(batch.sounds.samples, batch.sounds.start, rung.patches, SOUND_PATCH)
    real = (jnp.arange(rung.patches) < batch.sounds.length[:, None, None]) & batch.sounds.window_mask[..., None]
    return _moments(shown, frames), _moments(heard, real)


def _moments(patches: Float[Array, "*any P"], real: Array) -> Moments:
    flat = jnp.where(real[..., None], patches, 0.0).reshape(-1, patches.shape[-1])
    square = jnp.matmul(flat.T, flat, precision=jax.lax.Precision.HIGHEST)
    return Moments(real.sum().astype(jnp.float32), flat.sum(axis=0), square)
