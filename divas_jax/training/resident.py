"""Clips in the memory of every device: a step cuts its own rows out of them, and waits for no decoder."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float16, UInt8

from divas_jax.clip import Rung, SegmentBatch
from divas_jax.config import Config
from divas_jax.data.draws import PictureDraw, SegmentDraw
from divas_jax.data.resident import ResidentClips, TargetRows
from divas_jax.data.windows import padded_shape
from divas_jax.training import picture_changes, sound_changes
from divas_jax.training.mesh import replicated


class ResidentArrays(NamedTuple):
    """`ResidentClips` on the devices.

    Attributes:
      frames: all kept frames.
      samples: all kept sound.
      targets: what encoders are to say of both; None where nothing is asked for.
    """

    frames: UInt8[Array, "N R R 3"]
    samples: Float16[Array, " M"]
    targets: TargetRows | None


def to_every_device(mesh: Mesh, clips: ResidentClips) -> ResidentArrays:
    """A copy on each device."""
    return ResidentArrays(*jax.device_put((clips.frames, clips.samples, clips.targets), replicated(mesh)))


def cut_rows(arrays: ResidentArrays, sampled: SegmentDraw, config: Config, rung: Rung) -> SegmentBatch:
    """The batch that `sampled` describes."""
    augment, size = config.data.augment, config.model.size
    samples = padded_shape(config.data, rung)[1]
    pictures, sounds, voice = sampled.segments

    def shown(mask: Array, draw: PictureDraw) -> Array:
        frame = draw.first + draw.stride * jnp.arange(len(mask))
        stored = arrays.frames[jnp.where(mask, frame, 0)]
        return jnp.where(mask[:, None, None, None], picture_changes.changed(stored, draw, size, augment), 0)

    frames = jax.vmap(shown)(pictures.frame_mask, sampled.pictures)
    sound = jax.vmap(lambda draw: sound_changes.changed(arrays.samples, draw, samples, augment))(sampled.sounds)
    return SegmentBatch(pictures._replace(frames=frames), sounds._replace(samples=sound), voice)
