"""Where the sound windows of a clip start; clips of one scene share theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import NamedTuple

import numpy as np
from jaxtyping import Int32

from divas_jax.clip import Clip
from divas_jax.rates import SOUND_PATCH, frames_in, nearest, patches_in


@dataclass(frozen=True)
class SoundGrid:
    """Where the sound windows of a clip start, and which belongs to which picture window.

    Attributes:
      times: exact starts (s), regular.
      aligned: index into `times` for each picture window; may lie outside.
      lag: mean of picture start - aligned start (s).
      step: seconds between two starts.
    """

    times: Sequence[Fraction]
    aligned: Int32[np.ndarray, " Wv"]
    lag: Fraction
    step: Fraction


def sound_grid(clip: Clip, window: Fraction, reach_frames: int, steps_per_frame: int) -> SoundGrid:
    """A grid through the first frame's time, `reach_frames` frames beyond the picture each way, within the sound.

    Args:
      clip: any.
      window: how long each sound window is (s).
      reach_frames: frames beyond the picture.
      steps_per_frame: sound windows in one frame interval.
    """
    windows = max(0, len(clip.frames) - frames_in(window, clip.fps) + 1)
    origin, step = clip.frame_time(0), 1 / clip.fps / steps_per_frame
    starts = [clip.frame_time(index) for index in range(windows)]
    nearest_step = [nearest((start - origin) / step) for start in starts]
    reach = reach_frames * steps_per_frame
    # Exactly the windows that lie inside the sound once their starts are rounded to samples (`Clip.sample_at`).
    half_sample = Fraction(1, 2 * clip.sample_rate)
    size = Fraction(patches_in(window, clip.sample_rate) * SOUND_PATCH, clip.sample_rate)
    first = max(-reach, ceil((clip.sound_start - half_sample - origin) / step))
    last = min(max(nearest_step, default=0) + reach, ceil((clip.sound_end - size + half_sample - origin) / step) - 1)
    times = [origin + index * step for index in range(first, last + 1)]
    lags = [start - origin - index * step for start, index in zip(starts, nearest_step, strict=True)]
    lag = sum(lags, Fraction(0)) / max(1, windows)
    return SoundGrid(times, np.asarray(nearest_step, np.int32) - first, lag, step)


class SharedSound(NamedTuple):
    """Sound windows that are embedded once for all clips that need them.

    Attributes:
      clip: any of those clips; they have the same sound.
      times: exact starts (s), regular.
      first: for each of the clips, by its index: where its own grid begins in `times`.
    """

    clip: Clip
    times: Sequence[Fraction]
    first: dict[int, int]


def shared_sounds(clips: Sequence[Clip], grids: Sequence[SoundGrid]) -> list[SharedSound]:
    """Joins the grids of clips that have the very same sound (faces of one scene), where they overlap in step."""
    joined: list[SharedSound] = []
    for index, (clip, grid) in enumerate(zip(clips, grids, strict=True)):
        for place, other in enumerate(joined):
            union = _union(other, clip, grid, index)
            if union:
                joined[place] = union
                break
        else:
            joined.append(SharedSound(clip, grid.times, {index: 0}))
    return joined


def _union(shared: SharedSound, clip: Clip, grid: SoundGrid, index: int) -> SharedSound | None:
    """`shared` with one more clip; None where the sounds differ, or the grids are apart or out of step."""
    same = clip.samples is shared.clip.samples and clip.sample_rate == shared.clip.sample_rate
    if not (same and clip.sound_start == shared.clip.sound_start and len(shared.times) > 1 and len(grid.times) > 1):
        return None
    step, offset = grid.step, (grid.times[0] - shared.times[0]) / grid.step
    if shared.times[1] - shared.times[0] != step or offset.denominator != 1:
        return None
    ahead, total = int(offset), len(shared.times)
    if ahead > total or ahead + len(grid.times) < 0:
        return None
    before, after = max(0, -ahead), max(0, ahead + len(grid.times) - total)
    begin = shared.times[0] - before * step
    times = [begin + count * step for count in range(before + total + after)]
    first = {known: place + before for known, place in shared.first.items()} | {index: ahead + before}
    return SharedSound(shared.clip, times, first)
