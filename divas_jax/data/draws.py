"""Rows of a batch as numbers: which frames and samples of a clip, the windows' times, and what chance does to them.

All that is random in a batch is drawn here, for clips that are kept on the devices (`ResidentDraw`) and for clips that
are decoded as they are needed (`streamed.py`) alike: of the same (seed, step) both make the same batch.
`training/rendering.py` makes pictures and sound of it.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from divas_jax.clip import SegmentBatch
from divas_jax.config import DataConfig, ModelConfig
from divas_jax.data.augment import draw_change, draw_sound_change
from divas_jax.data.changes import named_picture_changes, named_sound_changes
from divas_jax.data.clip_record import voice_number
from divas_jax.data.ladder import ladder_of
from divas_jax.data.mel import HOP
from divas_jax.data.resident import PlacedClip, ResidentClips, training_side, training_view
from divas_jax.data.windows import padded_shape, picture_row, place_sound, window_starts
from divas_jax.rates import frames_in


class Entry(NamedTuple):
    """What a stream deals out.

    Attributes:
      clip: index of a clip in its source.
      halved: whether every second frame of it is dropped.
    """

    clip: int
    halved: bool


class PictureDraw(NamedTuple):
    """Which kept frames a row shows, and one change for all of them.

    Attributes:
      first: kept frame that is the row's first (of clips that are not kept: the clip's own frame).
      stride: kept frames from one to the next: 2 where every second one is dropped.
      box: left, top and side of what is seen (pixels of the kept square).
      flip: whether left and right change places.
      colour: brightness, contrast and saturation, as `PictureChange` has them.
      blur: standard deviation of a Gaussian (pixels of the result); 0 for none.
      quality: of JPEG artefacts; 0 for none.
    """

    first: Int[Any, "*B"]
    stride: Int[Any, "*B"]
    box: Float[Any, "*B 3"]
    flip: Bool[Any, "*B"]
    colour: Float[Any, "*B 3"]
    blur: Float[Any, "*B"]
    quality: Float[Any, "*B"]


class SoundDraw(NamedTuple):
    """Which kept samples a row plays, and what is mixed under them; levels are root mean squares, the clip's is 1.

    Attributes:
      first: kept sample that is the row's first (of clips that are not kept: the clip's own sample).
      count: real samples of the row.
      ceiling: amplitude at which this draw's recorder clips.
      noise: level of the noise; 0 for none.
      pink: whether it is pink.
      seed: of the noise, and of the echo.
      echo: level of a room's echo; 0 for none.
      echo_length: samples in which it falls by 60 dB.
      music: level of another clip's sound; 0 for none.
      music_first: its first kept sample.
      music_count: its samples, which repeat.
      music_start: the one that sounds first.
      mel: row of log-mel energies at the row's first sample (the last before it).
      mel_part: what of the way to the next row that sample has gone, from 0 to 1.
    """

    first: Int[Any, "*B"]
    count: Int[Any, "*B"]
    ceiling: Float[Any, "*B"]
    noise: Float[Any, "*B"]
    pink: Bool[Any, "*B"]
    seed: Int[Any, "*B"]
    echo: Float[Any, "*B"]
    echo_length: Float[Any, "*B"]
    music: Float[Any, "*B"]
    music_first: Int[Any, "*B"]
    music_count: Int[Any, "*B"]
    music_start: Int[Any, "*B"]
    mel: Int[Any, "*B"]
    mel_part: Float[Any, "*B"]


class SegmentDraw(NamedTuple):
    """A `SegmentBatch` whose frames and samples are yet to be cut (they have no values), and how to make them.

    Attributes:
      segments: times, masks and places of the windows.
      pictures: which frames, and how they look.
      sounds: which samples, and what they sound like.
      picture_changes: numbers that each of `data.picture_changes` has drawn.
      sound_changes: numbers that each of `data.sound_changes` has drawn.
    """

    segments: SegmentBatch
    pictures: PictureDraw
    sounds: SoundDraw
    picture_changes: tuple[Float[Any, "*B n"], ...] = ()
    sound_changes: tuple[Float[Any, "*B n"], ...] = ()


class SegmentDrawer:
    """From a clip and chance to one row, still without music; reads no media.

    Args:
      model: whose pictures they become.
      data: how segments are cut and changed.
      rung: index in `data.rungs`.
    """

    def __init__(self, model: ModelConfig, data: DataConfig, rung: int) -> None:
        self._size, self._data = model.size, data
        self._view, self._side = training_view(model, data), training_side(model, data)
        self._rung = ladder_of(model, data)[rung]
        self._shape = padded_shape(model, data, self._rung)
        self._changes = named_picture_changes(data), named_sound_changes(data)

    def __call__(self, placed: PlacedClip, halved: bool, voice: np.int32, rng: np.random.Generator) -> SegmentDraw:
        """One segment of a clip; `with_music` completes it.

        Args:
          placed: the clip, and where its frames and samples lie.
          halved: whether every second frame is dropped.
          voice: number of its sound, see `voice_number`.
          rng: source of chance.

        Raises:
          UserError: the clip is not what its record says.
        """
        clip, dropped, stride = placed.clip, 0, 1
        if halved:
            dropped, stride = int(rng.integers(2)), 2
            clip = clip.frames_between(dropped, len(clip.frames), stride)
        windows, (frames_padded, samples_padded) = self._data.windows, self._shape
        window = self._rung.window
        starts = window_starts(clip, self._rung, self._data, rng)
        blank = np.empty((starts[-1] - starts[0] + frames_in(window, clip.fps), 0, 0, 3), np.uint8)
        pictures = picture_row(
            clip, blank, starts[0], starts, window=window, frames_padded=frames_padded, windows_padded=windows
        )
        times = [clip.frame_time(start) for start in starts]
        sounds, first, end = place_sound(
            clip, times, window=window, samples_padded=samples_padded, windows_padded=windows
        )
        both = pictures.window_mask & sounds.window_mask
        rows = SegmentBatch(pictures._replace(window_mask=both), sounds._replace(window_mask=both), voice)
        shown = self._picture_draw(placed.frame + dropped + stride * starts[0], stride, rng)
        heard = self._sound_draw(placed, first, end, rng)
        more = (tuple(np.asarray(change.draw(rng), np.float32) for change in changes) for changes in self._changes)
        return SegmentDraw(rows, shown, heard, *more)

    def _picture_draw(self, first: int, stride: int, rng: np.random.Generator) -> PictureDraw:
        size, augment = self._size, self._data.augment
        change = draw_change(self._side, self._side, self._view, size, augment, rng)
        return PictureDraw(
            first=np.int32(first),
            stride=np.int32(stride),
            box=np.asarray(change.box, np.float32),
            flip=np.bool_(change.flip),
            colour=np.asarray([change.brightness, change.contrast, change.saturation], np.float32),
            blur=np.float32(change.blur),
            quality=np.float32(change.quality),
        )

    def _sound_draw(self, placed: PlacedClip, first: int, end: int, rng: np.random.Generator) -> SoundDraw:
        change = draw_sound_change(self._data.augment, rng)
        rows, beyond = divmod(first, HOP * placed.clip.sample_rate)
        loud = placed.rms * 10 ** (change.gain / 20)
        return SoundDraw(
            first=np.int32(placed.sample + first),
            count=np.int32(end - first),
            ceiling=np.float32(1 / loud if loud and change.gain else np.inf),
            noise=np.float32(change.noise if placed.rms else 0.0),
            pink=np.bool_(change.pink),
            seed=np.int32(change.seed),
            echo=np.float32(change.echo),
            echo_length=np.float32(change.echo_seconds * placed.clip.sample_rate),
            music=np.float32(change.music if placed.rms else 0.0),
            music_first=np.int32(0),
            music_count=np.int32(1),
            music_start=np.int32(0),
            mel=np.int32(placed.mel + rows),
            mel_part=np.float32(beyond / (HOP * placed.clip.sample_rate)),
        )


def another(index: int, count: int, rng: np.random.Generator) -> int:
    """Index of another one of `count` clips; `index` itself where it is the only one."""
    return (index + 1 + int(rng.integers(max(1, count - 1)))) % count


def with_music(draw: SegmentDraw, first: int, count: int, rng: np.random.Generator) -> SegmentDraw:
    """The row with another clip's sound under it, from a random sample on.

    Args:
      draw: without.
      first: kept sample that is the other clip's first.
      count: its samples; 0 for no music.
      rng: source of chance.
    """
    start = rng.integers(max(1, count))
    sounds = draw.sounds._replace(
        music=draw.sounds.music if count else np.float32(0),
        music_first=np.int32(first),
        music_count=np.int32(max(1, count)),
        music_start=np.int32(start),
    )
    return draw._replace(sounds=sounds)


class ResidentDraw:
    """From an entry and chance to one row of clips that are kept on the devices; decodes nothing.

    Args:
      kept: the clips.
      model: whose pictures they become.
      data: how segments are cut and changed.
      rung: index in `data.rungs`.
    """

    def __init__(self, kept: ResidentClips, model: ModelConfig, data: DataConfig, rung: int) -> None:
        self._records, self._clips = kept.records, kept.clips  # not its media: worker processes get a copy of this
        self._drawer = SegmentDrawer(model, data, rung)

    def __call__(self, entry: Entry, rng: np.random.Generator) -> SegmentDraw:
        """One segment of the entry's clip.

        Raises:
          UserError: the clip is not what its record says.
        """
        index, halved = entry
        records, clip = self._records, self._clips[index]
        assert clip is not None, "the stream deals out only clips that are trained on"
        draw = self._drawer(clip, halved, voice_number(records[index]), rng)
        number = another(index, len(records), rng)
        other = self._clips[number]
        if other is None or records[number].voice == records[index].voice:
            return with_music(draw, 0, 0, rng)
        return with_music(draw, other.sample, len(other.clip.samples), rng)
