"""Decoded sound to one mono track whose samples are counted, not joined blindly."""

from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from jaxtyping import Float32

from divas_jax.errors import UserError
from divas_jax.media.container import HIGHEST_RATE, LOWEST_RATE, Media
from divas_jax.rates import nearest

RUN_TOLERANCE = Fraction(2, 1000)
"""A sound frame further than this (s) from where counted samples put it starts a new run."""

LONGEST_GAP = 600
"""Silence put between two runs is at most this long (s)."""


@dataclass
class _Run:
    start: Fraction
    count: int = 0
    blocks: list[np.ndarray] = field(default_factory=list)
    origins: list[Fraction] = field(default_factory=list)

    def origin(self) -> Fraction:
        return sorted(self.origins)[len(self.origins) // 2]


class SoundReader:
    """Collects decoded sound frames into runs and places the runs on the timeline.

    Inside a run samples are counted; its origin is the median of what its frames tell.

    Args:
      media: the open file; warnings go there.
    """

    def __init__(self, media: Media) -> None:
        self._media = media
        self._runs: list[_Run] = []
        self._mixed_rates = 0
        self.sample_rate = 0

    def add(self, frame: av.AudioFrame) -> None:
        """Takes the next decoded frame.

        Raises:
          UserError: the sample rate is not between 8 and 192 kHz.
        """
        if not self.sample_rate:
            self.sample_rate = _checked_rate(frame.sample_rate, self._media.name)
        if frame.sample_rate != self.sample_rate:
            self._mixed_rates += 1
            return
        samples = mono(frame)
        run = self._runs[-1] if self._runs else None
        told = None if frame.pts is None else frame.pts * frame.time_base
        counted = None if run is None else run.start + Fraction(run.count, self.sample_rate)
        time = told if told is not None else counted if counted is not None else Fraction(0)
        if run is None or counted is None or abs(time - counted) > RUN_TOLERANCE:
            run = _Run(time)
            self._runs.append(run)
        run.origins.append(time - Fraction(run.count, self.sample_rate))
        run.blocks.append(samples)
        run.count += len(samples)

    @property
    def end(self) -> Fraction | None:
        """Time (s) up to which there is sound so far."""
        run = self._runs[-1] if self._runs else None
        return None if run is None else run.start + Fraction(run.count, self.sample_rate)

    def finish(self) -> tuple[Float32[np.ndarray, " S"], Fraction]:
        """All samples, silence between runs, and the time (s) of the first one.

        Raises:
          UserError: nothing could be decoded.
        """
        if not self._runs:
            raise UserError(f"{self._media.name} has a sound stream, but no sound that can be decoded")
        start = self._runs[0].origin()
        pieces: list[np.ndarray] = []
        count = gaps = 0
        for run in self._runs:
            samples = np.concatenate(run.blocks)
            skip = count - nearest((run.origin() - start) * self.sample_rate)
            if -skip > LONGEST_GAP * self.sample_rate or skip >= len(samples):
                self._media.warnings.append(f"{self._media.name} has sound out of order, which was dropped")
                continue
            if skip < 0:
                pieces.append(np.zeros(-skip, np.float32))
                gaps += 1
            pieces.append(samples[max(skip, 0) :])
            count += max(-skip, 0) + len(pieces[-1])
        self._warn(gaps)
        samples = np.concatenate(pieces)
        hidden = max(0, nearest(-start * self.sample_rate)) if self._media.edited else 0
        return samples[hidden:], start + Fraction(hidden, self.sample_rate)

    def _warn(self, gaps: int) -> None:
        name = self._media.name
        if gaps:
            self._media.warnings.append(f"{name} has {gaps} gaps in its sound, which were filled with silence")
        if self._mixed_rates:
            self._media.warnings.append(f"{name} changes its sample rate, what came after was dropped")


def mono(frame: av.AudioFrame) -> Float32[np.ndarray, " S"]:
    """Mean of a frame's channels, as float32 in [-1, 1]."""
    values = frame.to_ndarray()
    channels = frame.layout.nb_channels
    values = values if frame.format.is_planar else values.reshape(-1, channels).T
    if values.dtype == np.uint8:
        values = (values.astype(np.float32) - 128) / 128
    elif values.dtype.kind == "i":
        values = values.astype(np.float32) / -float(np.iinfo(values.dtype).min)
    mixed = values[0] if channels == 1 else values.mean(axis=0)
    return np.clip(np.nan_to_num(mixed), -1, 1).astype(np.float32)


def _checked_rate(rate: int, name: str) -> int:
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UserError(f"{name} has a sample rate of {rate} Hz, but must have {LOWEST_RATE} to {HIGHEST_RATE} Hz")
    return rate
