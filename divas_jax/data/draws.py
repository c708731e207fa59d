"""Rows of a batch as numbers: which kept frames and samples, the windows' times, and what chance does to them.

The counterpart of `stream.Draw` for clips that are kept on the device: of the same entry and the same chance both make
the same windows and the same change to pictures, as they ask in the same order; music and noise differ.
`training/resident.py` cuts the rows that a `SegmentDraw` describes.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from divas_jax.clip import Rung, SegmentBatch
from divas_jax.config import AugmentConfig, Config
from divas_jax.data.augment import BELOW_VOICE, draw_change
from divas_jax.data.clip_record import voice_number
from divas_jax.data.mel import HOP
from divas_jax.data.resident import ResidentClip, ResidentClips, resident_side, resident_view
from divas_jax.data.windows import padded_shape, picture_row, place_sound, window_starts
from divas_jax.rates import WINDOW_SECONDS, frames_in


class PictureDraw(NamedTuple):
    """Which kept frames a row shows, and one change for all of them.

    Attributes:
      first: kept frame that is the row's first.
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
      first: kept sample that is the row's first.
      count: real samples of the row.
      ceiling: amplitude at which this draw's recorder clips.
      noise: level of the noise; 0 for none.
      pink: whether it is pink.
      seed: of the noise.
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
    music: Float[Any, "*B"]
    music_first: Int[Any, "*B"]
    music_count: Int[Any, "*B"]
    music_start: Int[Any, "*B"]
    mel: Int[Any, "*B"]
    mel_part: Float[Any, "*B"]


class SegmentDraw(NamedTuple):
    """A `SegmentBatch` whose frames and samples are yet to be cut (they have no values), and how to cut them."""

    segments: SegmentBatch
    pictures: PictureDraw
    sounds: SoundDraw


class ResidentDraw:
    """From an entry and chance to one row; decodes nothing.

    Args:
      clips: the clips on the device.
      config: the run.
      rung: index in `data.rungs`.
    """

    def __init__(self, clips: ResidentClips, config: Config, rung: int) -> None:
        self._clips = clips
        self._config = config
        self._view = resident_view(config)
        self._rung = Rung(*config.data.rungs[rung])
        self._shape = padded_shape(config.data, self._rung)

    def __call__(self, entry: np.int64, rng: np.random.Generator) -> SegmentDraw:
        """One segment of the entry's clip.

        Raises:
          UserError: the clip is not what its record says.
        """
        index, halved = divmod(int(entry), 2)
        resident = self._clips.clips[index]
        assert resident is not None, "the stream deals out only clips that are trained on"
        clip, dropped, stride = resident.clip, 0, 1
        if halved:
            dropped, stride = int(rng.integers(2)), 2
            clip = clip.frames_between(dropped, len(clip.frames), stride)
        windows, (frames_padded, samples_padded) = self._config.data.windows, self._shape
        starts = window_starts(clip, self._rung, self._config.data, rng)
        count = starts[-1] - starts[0] + frames_in(WINDOW_SECONDS, clip.fps)
        blank = np.empty((count, 0, 0, 3), np.uint8)
        pictures = picture_row(clip, blank, starts[0], starts, frames_padded=frames_padded, windows_padded=windows)
        times = [clip.frame_time(start) for start in starts]
        sounds, first, end = place_sound(clip, times, samples_padded=samples_padded, windows_padded=windows)
        both = pictures.window_mask & sounds.window_mask
        return SegmentDraw(
            SegmentBatch(
                pictures._replace(window_mask=both),
                sounds._replace(window_mask=both),
                voice_number(self._clips.records[index]),
            ),
            self._picture_draw(resident.frame + dropped + stride * starts[0], stride, rng),
            self._sound_draw(resident, first, end, index, rng),
        )

    def _picture_draw(self, first: int, stride: int, rng: np.random.Generator) -> PictureDraw:
        side, size = resident_side(self._config), self._config.model.size
        change = draw_change(side, side, self._view, size, self._config.data.augment, rng)
        return PictureDraw(
            first=np.int32(first),
            stride=np.int32(stride),
            box=np.asarray(change.box, np.float32),
            flip=np.bool_(change.flip),
            colour=np.asarray([change.brightness, change.contrast, change.saturation], np.float32),
            blur=np.float32(change.blur),
            quality=np.float32(change.quality),
        )

    def _sound_draw(
        self, resident: ResidentClip, first: int, end: int, index: int, rng: np.random.Generator
    ) -> SoundDraw:
        augment = self._config.data.augment
        noise, music, gain = _levels(augment, rng)
        pink, seed = rng.random() < 0.5, int(rng.integers(2**31))
        number = (index + 1 + int(rng.integers(max(1, len(self._clips) - 1)))) % len(self._clips)
        other, records = self._clips.clips[number], self._clips.records
        usable = other is not None and records[number].voice != records[index].voice and len(other.clip.samples) > 0
        music_first, music_count = (other.sample, len(other.clip.samples)) if other and usable else (0, 1)
        rows, beyond = divmod(first, HOP * resident.clip.sample_rate)
        loud = resident.rms * 10 ** (gain / 20)
        return SoundDraw(
            first=np.int32(resident.sample + first),
            count=np.int32(end - first),
            ceiling=np.float32(1 / loud if loud and gain else np.inf),
            noise=np.float32(noise if resident.rms else 0.0),
            pink=np.bool_(pink),
            seed=np.int32(seed),
            music=np.float32(music if resident.rms and usable else 0.0),
            music_first=np.int32(music_first),
            music_count=np.int32(music_count),
            music_start=np.int32(rng.integers(music_count)),
            mel=np.int32(resident.mel + rows),
            mel_part=np.float32(beyond / (HOP * resident.clip.sample_rate)),
        )


def _levels(augment: AugmentConfig, rng: np.random.Generator) -> tuple[float, float, float]:
    """Levels of noise and music against the voice (0 for none), and the gain (dB)."""
    noisy, musical = (rng.random(2) < (augment.noise, augment.music)).tolist()
    below_noise, below_music = rng.uniform(*BELOW_VOICE, 2).tolist()
    gain = augment.gain * float(rng.uniform(-1, 1))
    return noisy * 10 ** (-below_noise / 20), musical * 10 ** (-below_music / 20), gain
