"""Rows of clips that are decoded as they are needed: a draw's numbers, with the pictures and sound that it names."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float16, UInt8

from divas_jax.clip import Clip
from divas_jax.config import Config
from divas_jax.data.clip_record import ClipRecord, ClipSource, decode_record, record_sound, voice_number
from divas_jax.data.draws import Entry, SegmentDraw, SegmentDrawer, another, with_music
from divas_jax.data.ladder import ladder_of
from divas_jax.data.resident import PlacedClip, outside_rates, scaled_sound, training_pictures, training_side
from divas_jax.data.windows import padded_shape

_NO_SOUND = np.zeros(0, np.float16)


class StreamedSegment(NamedTuple):
    """A draw with its media; `training/rendering.py` makes a `SegmentBatch` of it.

    Attributes:
      draw: numbers.
      frames: the drawn frames, each the square that training may see (`training_side`); beyond `frame_mask` zeros.
      samples: the drawn samples of a clip that was scaled to a root mean square of 1; then zeros.
      music: as many of another clip's, likewise; zeros where there is none.
    """

    draw: SegmentDraw
    frames: UInt8[Any, "*B T R R 3"]
    samples: Float16[Any, "*B S"]
    music: Float16[Any, "*B S"]


class StreamedDraw:
    """From an entry and chance to one row: decode, draw, cut.

    Args:
      source: the clips.
      config: the run.
      rung: index in `data.rungs`.
    """

    def __init__(self, source: ClipSource, config: Config, rung: int) -> None:
        self._source, self._config = source, config
        self._drawer = SegmentDrawer(config.model, config.data, rung)
        self._padded = padded_shape(config.model, config.data, ladder_of(config.model, config.data)[rung])

    def __call__(self, entry: Entry, rng: np.random.Generator) -> StreamedSegment:
        """One segment of the entry's clip.

        Raises:
          UserError: the clip cannot be decoded, or is not what its record says.
        """
        index, halved = entry
        record = self._source[index]
        clip = decode_record(record)
        sound, rms = scaled_sound(clip.samples)
        draw = self._drawer(PlacedClip(clip, 0, 0, rms), halved, voice_number(record), rng)
        other = another(index, len(self._source), rng)
        music = self._music(other, record) if draw.sounds.music else _NO_SOUND
        draw = with_music(draw, 0, len(music), rng)
        start, count = int(draw.sounds.first), int(draw.sounds.count)
        samples = np.zeros(self._padded[1], np.float16)
        samples[:count] = sound[start : start + count]
        return StreamedSegment(draw, self._frames(clip, draw), samples, self._repeated(music, draw))

    def _music(self, index: int, record: ClipRecord) -> Float16[np.ndarray, " M"]:
        """The sound of a clip that is music to this one; none of one that shares its voice or is not trained on."""
        other = self._source[index]
        strange = other.voice != record.voice and not outside_rates(other, self._config.data)
        return scaled_sound(record_sound(other))[0] if strange else _NO_SOUND

    def _repeated(self, music: Float16[np.ndarray, " M"], draw: SegmentDraw) -> Float16[np.ndarray, " S"]:
        place = int(draw.sounds.music_start) + np.arange(self._padded[1])
        return music[place % len(music)] if len(music) else np.zeros(self._padded[1], np.float16)

    def _frames(self, clip: Clip, draw: SegmentDraw) -> UInt8[np.ndarray, "T R R 3"]:
        side = training_side(self._config.model, self._config.data)
        count = int(draw.segments.pictures.frame_mask.sum())
        frames = np.zeros((self._padded[0], side, side, 3), np.uint8)
        first, stride = int(draw.pictures.first), int(draw.pictures.stride)
        shown = clip.frames[first : first + stride * count : stride]
        frames[:count] = training_pictures(shown, self._config)
        return frames
