"""A clip (frames and samples on one timeline) and the batches that it becomes.

These types are where `data/` (NumPy, no jax arrays) and `model/` (jax) meet:
neither imports the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int64, UInt8

from divas_jax.rates import WINDOW_SECONDS, nearest


@dataclass(frozen=True)
class Clip:
    """Frames with their presentation times and samples with their rate, on ONE timeline in seconds.

    Frame i is shown at `picture_start + frame_pts[i] * time_base`; sample n
    sounds at `sound_start + n / sample_rate`. Both are exact.

    Attributes:
      frames: RGB pictures.
      frame_pts: presentation time stamps, strictly increasing, in units of `time_base`.
      time_base: seconds per unit of `frame_pts`.
      picture_start: time (s) to which `frame_pts` are relative.
      fps: nominal frame rate (frames/s): the constant rate, or the median one of a variable-rate clip.
      constant_rate: whether every frame lasts 1 / `fps`.
      samples: mono sound in [-1, 1].
      sample_rate: samples per second (Hz).
      sound_start: time (s) of the first sample.
      name: where it came from, for messages.
      warnings: doubts of the reader about the times, each a sentence.
    """

    frames: UInt8[np.ndarray, "T H W 3"]
    frame_pts: Int64[np.ndarray, " T"]
    time_base: Fraction
    samples: Float32[np.ndarray, " S"]
    sample_rate: int
    fps: Fraction
    picture_start: Fraction = Fraction(0)
    sound_start: Fraction = Fraction(0)
    constant_rate: bool = True
    name: str = "clip"
    warnings: tuple[str, ...] = ()

    def frame_time(self, index: int) -> Fraction:
        """Exact presentation time (s) of frame `index`."""
        return self.picture_start + int(self.frame_pts[index]) * self.time_base

    @property
    def picture_end(self) -> Fraction:
        """Time (s) at which the last frame ends, taking it to last 1 / fps."""
        return self.frame_time(len(self.frames) - 1) + 1 / self.fps

    @property
    def sound_end(self) -> Fraction:
        """Time (s) just after the last sample."""
        return self.sound_start + Fraction(len(self.samples), self.sample_rate)

    def sample_at(self, time: Fraction) -> int:
        """Index of the sample nearest to `time` (s); may lie outside the clip."""
        return nearest((time - self.sound_start) * self.sample_rate)

    def sample_time(self, index: int) -> Fraction:
        """Exact time (s) of sample `index`."""
        return self.sound_start + Fraction(int(index), self.sample_rate)

    def shifted(self, offset: Fraction) -> "Clip":
        """The same clip with an artificial offset (s): positive makes the sound early (4.2).

        Only the sound's place on the timeline moves, so that every window near
        an edge still meets real surrounding sound or none, never silence.
        """
        return replace(self, sound_start=self.sound_start - offset)

    def frames_between(self, first: int, last: int, step: int = 1) -> "Clip":
        """Frames first, first + step, … below `last`; the sound stays whole.

        A step of 2 turns a constant 60 frames/s into a constant 30.
        """
        return replace(
            self,
            frames=self.frames[first:last:step],
            frame_pts=self.frame_pts[first:last:step],
            fps=self.fps / step,
        )


class PictureBatch(NamedTuple):
    """Picture windows of B segments, to be cut on the device.

    Window w of row b holds frames `start[b, w]`, … up to `length[b]` of them,
    less those shown a window's duration or more after its first (variable rates).
    `start` may point anywhere; masked windows and frames may hold anything.

    Attributes:
      frames: pictures, RGB, uint8.
      times: presentation time of each frame (s) since the segment's first.
      frame_mask: which frames are real.
      start: first frame of each window.
      length: frames in a window (F), one number a row.
      window_mask: which windows are real.
    """

    frames: UInt8[Any, "B T H W 3"]
    times: Float[Any, "B T"]
    frame_mask: Bool[Any, "B T"]
    start: Int[Any, "B Wv"]
    length: Int[Any, " B"]
    window_mask: Bool[Any, "B Wv"]


class SoundBatch(NamedTuple):
    """Sound windows of B segments, to be cut on the device.

    Window w of row b starts at sample `start[b, w]` and holds `length[b]`
    patches. `lead` is the time of that sample minus the window's own start
    (s, below half a sample in size): it keeps positions exact.

    Attributes:
      samples: mono sound, loudness-normalised.
      sample_rate: Hz, one number a row.
      start: first sample of each window.
      lead: time of the first sample minus the window's start (s).
      length: patches in a window (M), one number a row.
      window_mask: which windows are real.
    """

    samples: Float[Any, "B S"]
    sample_rate: Float[Any, " B"]
    start: Int[Any, "B Wa"]
    lead: Float[Any, "B Wa"]
    length: Int[Any, " B"]
    window_mask: Bool[Any, "B Wa"]


class SegmentBatch(NamedTuple):
    """What a training step reads: picture window w and sound window w of a row start at the same time.

    Attributes:
      pictures: windows of frames.
      sounds: windows of samples.
      voice: the same number for rows whose clips are or share a sound; their sounds are no strangers to each other.
    """

    pictures: PictureBatch
    sounds: SoundBatch
    voice: Int[Any, " B"]


class Rung(NamedTuple):
    """One padded shape that a jitted function is compiled for.

    Attributes:
      frames: frames in the longest picture window (F).
      patches: audio patches in the longest sound window (M).
      window: how long these windows are (s).
    """

    frames: int
    patches: int
    window: Fraction = WINDOW_SECONDS

    def fits(self, window: "Rung") -> bool:
        """Whether a window of that shape goes into this rung."""
        return window.frames <= self.frames and window.patches <= self.patches


def stack_rows(rows: Sequence[Any]) -> Any:
    """One batch out of rows of equal shapes (each leaf gets a leading axis B); rows may be nested."""
    stacked = (
        stack_rows(leaves) if isinstance(leaves[0], tuple) else np.stack(leaves) for leaves in zip(*rows, strict=True)
    )
    return getattr(rows[0], "_make", tuple)(stacked)
