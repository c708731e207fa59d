"""Batches made inside the step: drawn rows are cut, changed and mixed on the devices, whatever way they came there."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Float16, UInt8

from divas_jax.clip import Rung, SegmentBatch
from divas_jax.config import DataConfig, ModelConfig
from divas_jax.data.changes import named_picture_changes, named_sound_changes
from divas_jax.data.draws import PictureDraw, SegmentDraw, SoundDraw
from divas_jax.data.resident import ResidentClips, TargetRows
from divas_jax.data.streamed import StreamedSegment
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


class Media(NamedTuple):
    """What the rows of a batch are made of.

    Attributes:
      frames: kept frames of each row.
      samples: its sound.
      music: sound that may be mixed under it.
    """

    frames: UInt8[Array, "B T R R 3"]
    samples: Float16[Array, "B S"]
    music: Float16[Array, "B S"]


def rendered(
    batch: Any, clips: ResidentArrays | None, model: ModelConfig, data: DataConfig, rung: Rung
) -> SegmentBatch:
    """A batch of the training stream as the model reads it; traceable.

    Args:
      batch: of a stream: a `StreamedSegment`, or a `SegmentDraw` of `clips`; a `SegmentBatch` is given back.
      clips: that rows are cut from.
      model: whose pictures they become.
      data: how rows are cut and changed.
      rung: that the batch is padded to.
    """
    if isinstance(batch, SegmentBatch):
        return batch
    if isinstance(batch, StreamedSegment):
        return _changed(batch.draw, Media(batch.frames, batch.samples, batch.music), model, data)
    assert clips is not None, "draws name frames and samples of resident clips"
    return _changed(batch, _cut(batch, clips, padded_shape(model, data, rung)[1]), model, data)


def _cut(draws: SegmentDraw, clips: ResidentArrays, count: int) -> Media:
    """The frames and samples that draws name; `count` samples a row."""

    def shown(mask: Array, draw: PictureDraw) -> Array:
        frame = draw.first + draw.stride * jnp.arange(len(mask))
        return clips.frames[jnp.where(mask, frame, 0)]

    def heard(draw: SoundDraw) -> tuple[Array, Array]:
        index = jnp.arange(count)
        own = jnp.where(index < draw.count, draw.first + index, 0)
        other = draw.music_first + (draw.music_start + index) % draw.music_count
        return clips.samples[own], clips.samples[other]

    return Media(jax.vmap(shown)(draws.segments.pictures.frame_mask, draws.pictures), *jax.vmap(heard)(draws.sounds))


def _changed(draws: SegmentDraw, media: Media, model: ModelConfig, data: DataConfig) -> SegmentBatch:
    """Media of all rows, changed as their draws say, and then as the changes say that `data` names."""
    augment, size = data.augment, model.size
    on_pictures, on_sounds = named_picture_changes(data), named_sound_changes(data)
    pictures, sounds, voice = draws.segments

    def shown(frames: Array, mask: Array, draw: PictureDraw, numbers: tuple[Array, ...]) -> Array:
        seen = picture_changes.changed(frames, draw, size, augment)
        for change, drawn in zip(on_pictures, numbers, strict=True):
            seen = picture_changes.rounded(change.render(seen.astype(jnp.float32), drawn)).astype(jnp.uint8)
        return jnp.where(mask[:, None, None, None], seen, 0)

    def heard(samples: Array, music: Array, draw: SoundDraw, rate: Array, numbers: tuple[Array, ...]) -> Array:
        mixed = sound_changes.changed(samples, music, draw, augment)
        for change, drawn in zip(on_sounds, numbers, strict=True):
            mixed = change.render(mixed, drawn, rate)
        return jnp.where(jnp.arange(len(mixed)) < draw.count, mixed, 0.0)

    frames = jax.vmap(shown)(media.frames, pictures.frame_mask, draws.pictures, draws.picture_changes)
    samples = jax.vmap(heard)(media.samples, media.music, draws.sounds, sounds.sample_rate, draws.sound_changes)
    return SegmentBatch(pictures._replace(frames=frames), sounds._replace(samples=samples), voice)
