"""Sound of a file of any length, block by block, its samples counted as `SoundReader` counts them."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain, islice

import av
import numpy as np
from jaxtyping import Float32

from divas_jax.errors import UserError
from divas_jax.media.container import Media, start_of_frame, tick
from divas_jax.media.even_rate import EvenRate
from divas_jax.media.sound import LONGEST_GAP, OVERLAPS, RUN_TOLERANCE, checked_rate, middle_origin, mono
from divas_jax.rates import nearest

ENOUGH_FRAMES = 64
"""So many frames tell the time of the first sample, each with its own rounding."""

_LONGEST_BLOCK = 1 << 20
"""Samples of silence in one block."""


Mix = Callable[[av.AudioFrame], Float32[np.ndarray, "S ..."]]


class SoundStream:
    """Samples in [-1, 1] of an open file, from `start` on without a gap: gaps are filled, overlaps dropped.

    Args:
      media: the open file; warnings go there.
      mix: a frame to its samples; `Channels` puts them side by side. By default what the open file says.

    Raises:
      UserError: there is no sound that can be decoded, or its rate is not between 8 and 192 kHz.

    Attributes:
      sample_rate: Hz.
      layout: the channels of its first frame.
      start: time of the first sample (s).
    """

    def __init__(self, media: Media, mix: Mix | None = None) -> None:
        self._media, self._mix = media, mix or media.mix or mono
        self._frames = media.frames(media.sound)
        self._count = self._gaps = self._dropped = 0
        head = list(islice(self._frames, ENOUGH_FRAMES))
        if not head:
            raise UserError(f"{media.name} has a sound stream, but no sound that can be decoded")
        self.sample_rate = checked_rate(head[0].sample_rate, media.name)
        self.layout = head[0].layout
        self._channels = self._mix(head[0]).shape[1:]
        origin = self._origin(head)
        self._hidden = max(0, nearest(-origin * self.sample_rate)) if media.edited else 0
        self.start = origin + Fraction(self._hidden, self.sample_rate)
        self._origin_time = origin
        self._even = EvenRate(self.sample_rate, self._mix, self._channels)
        self._todo = self._even.samples(chain(head, self._frames))

    def _origin(self, head: list[av.AudioFrame]) -> Fraction:
        """Time of the first sample: what the frames of the first run tell."""
        origins: list[Fraction] = []
        counted = 0
        for frame in head:
            if (start := start_of_frame(frame)) is not None:
                origin = start - Fraction(counted, self.sample_rate)
                if origins and abs(origin - origins[0]) > RUN_TOLERANCE:
                    break
                origins.append(origin)
            counted += frame.samples
        return middle_origin(origins, tick(self._media.sound, self._media.name)) if origins else Fraction(0)

    def blocks(self) -> Iterator[Float32[np.ndarray, "S ..."]]:
        """The samples, in order, in blocks of any length; once. Without channels if mixed to one."""
        hidden = self._hidden
        for samples in self._placed():
            block = samples[hidden:]
            hidden -= min(hidden, len(samples))
            if len(block):
                yield np.clip(np.nan_to_num(block, copy=False), -1, 1)
        self._warn()

    def _placed(self) -> Iterator[Float32[np.ndarray, "S ..."]]:
        rate, run_start, run_count = self.sample_rate, self._origin_time, 0
        for samples, stamped in self._todo:
            if not len(samples):
                continue
            counted = run_start + Fraction(run_count, rate)
            time = counted if stamped is None else stamped
            if abs(time - counted) > RUN_TOLERANCE:
                run_start, run_count = time, 0
                first = nearest((time - self._origin_time) * rate)
                yield from self._silence(first)
                samples, count = samples[max(0, self._count - first) :], len(samples)
                if first - self._count > LONGEST_GAP * rate or not len(samples):
                    self._dropped += count
                    run_start, run_count = self._origin_time + Fraction(self._count, rate), 0
                    continue
                self._dropped += count - len(samples)
                run_count += count - len(samples)
            run_count += len(samples)
            self._count += len(samples)
            yield samples

    @property
    def lost(self) -> str:
        """What of the sound was left out, as people say it; empty if nothing was."""
        if self._media.jumps:
            return "its clock jumps"
        if self._even.refused or self._even.converted:
            return "it changes its sample rate or its channels"
        if self._dropped > self.sample_rate * RUN_TOLERANCE:
            return f"its sound overlaps or goes back ({self._dropped / self.sample_rate:.2g} s would be lost)"
        return ""

    def _silence(self, first: int) -> Iterator[Float32[np.ndarray, "S ..."]]:
        """Fills the gap up to sample `first`, if there is one that can be believed."""
        gap = first - self._count
        if not 0 < gap <= LONGEST_GAP * self.sample_rate:
            return
        self._gaps += 1
        self._count = first
        for done in range(0, gap, _LONGEST_BLOCK):
            yield np.zeros((min(_LONGEST_BLOCK, gap - done), *self._channels), np.float32)

    def _warn(self) -> None:
        warn, name = self._media.warnings.append, self._media.name
        if self._gaps:
            warn(f"{name} has {self._gaps} gap{'s' * (self._gaps > 1)} in its sound, filled with silence")
        if self._dropped > self.sample_rate * RUN_TOLERANCE:
            warn(f"{name} has sound that {OVERLAPS}, {self._dropped} samples were dropped")
        self._media.warnings += self._even.doubts(name)
