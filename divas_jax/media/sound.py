"""Decoded sound to one mono track whose samples are counted, not joined blindly."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from jaxtyping import Float32

from divas_jax.errors import UserError
from divas_jax.media.container import HIGHEST_RATE, LOWEST_RATE, Media, tick
from divas_jax.media.even_rate import EvenRate
from divas_jax.rates import nearest

RUN_TOLERANCE = Fraction(2, 1000)
"""A sound frame further than this (s) from where counted samples put it starts a new run."""

OVERLAPS = "overlaps or is out of order"
"""How a warning says that not all of the sound has a place of its own."""

LONGEST_GAP = 600
"""Silence put between two runs is at most this long (s)."""

_USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""The layout that is assumed for a number of channels, where the file does not tell which they are."""


def layout_of(layout: av.AudioLayout) -> av.AudioLayout:
    """Which channels these are; the usual ones where the file tells no more than how many."""
    usual = _USUAL_LAYOUTS.get(layout.nb_channels)
    return av.AudioLayout(usual) if usual and layout.name == f"{layout.nb_channels} channels" else layout


@dataclass
class _Run:
    start: Fraction
    count: int = 0
    blocks: list[np.ndarray] = field(default_factory=list)
    origins: list[Fraction] = field(default_factory=list)

    def origin(self, tick: Fraction) -> Fraction:
        """Time of the run's first sample."""
        return middle_origin(self.origins, tick)


class SoundReader:
    """Collects decoded sound frames into runs and places the runs on the timeline.

    Inside a run samples are counted, whatever the time stamps of its frames say one by one. Frames at another rate than
    the first are converted.

    Args:
      media: the open file; warnings go there.
    """

    def __init__(self, media: Media) -> None:
        self._media = media
        self._runs: list[_Run] = []
        self._even: EvenRate | None = None
        self.sample_rate = 0

    def add(self, frame: av.AudioFrame) -> None:
        """Takes the next decoded frame.

        Raises:
          UserError: the sample rate is not between 8 and 192 kHz.
        """
        if self._even is None:
            self.sample_rate = checked_rate(frame.sample_rate, self._media.name)
            self._even = EvenRate(self.sample_rate, self._media.mix or mono)
        for samples, stamped in self._even.add(frame):
            self._place(samples, stamped)

    def _place(self, samples: Float32[np.ndarray, " S"], stamped: Fraction | None) -> None:
        if not len(samples):
            return
        run = self._runs[-1] if self._runs else None
        counted = None if run is None else run.start + Fraction(run.count, self.sample_rate)
        time = Fraction(0)
        if stamped is not None:
            time = stamped
        elif counted is not None:
            time = counted
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
        for samples, stamped in self._even.finish() if self._even else ():
            self._place(samples, stamped)
        if not self._runs:
            raise UserError(f"{self._media.name} has a sound stream, but no sound that can be decoded")
        unit, rate = tick(self._media.sound, self._media.name), self.sample_rate
        start = self._runs[0].origin(unit)
        track = _Track()
        for run in self._runs:
            track.place(np.concatenate(run.blocks), nearest((run.origin(unit) - start) * rate), LONGEST_GAP * rate)
            run.blocks.clear()
        self._warn(track)
        hidden = max(0, nearest(-start * rate)) if self._media.edited else 0
        if hidden >= track.count:
            raise UserError(f"{self._media.name} has a sound stream, but all of it is hidden by its edit list")
        samples = np.nan_to_num(np.concatenate(track.pieces)[hidden:], copy=False)
        return np.clip(samples, -1, 1, out=samples), start + Fraction(hidden, rate)

    def _warn(self, track: "_Track") -> None:
        warn, name = self._media.warnings.append, self._media.name
        if track.gaps:
            warn(f"{name} has {track.gaps} gap{'s' * (track.gaps > 1)} in its sound, filled with silence")
        if track.dropped > self.sample_rate * RUN_TOLERANCE:
            warn(f"{name} has sound that {OVERLAPS}, {track.dropped} samples were dropped")
        if self._even:
            self._media.warnings += self._even.doubts(name)


class _Track:
    """Samples of runs, one after the other."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []
        self.count = self.gaps = self.dropped = 0

    def place(self, samples: Float32[np.ndarray, " S"], first: int, longest_gap: int) -> None:
        """Puts samples at index `first`, after silence or without those that are there already."""
        gap = first - self.count
        if gap > longest_gap or -gap >= len(samples):
            self.dropped += len(samples)
            return
        if gap > 0:
            self.pieces.append(np.zeros(gap, np.float32))
            self.gaps += 1
        self.dropped += max(-gap, 0)
        self.pieces.append(samples[max(-gap, 0) :])
        self.count = first + len(samples)


def mono(frame: av.AudioFrame) -> Float32[np.ndarray, " S"]:
    """Mean of a frame's channels, as float32; stored floats may exceed [-1, 1]."""
    values = _planes(frame)
    return values[0] if len(values) == 1 else values.mean(axis=0)


def all_channels(frame: av.AudioFrame) -> Float32[np.ndarray, "S C"]:
    """A frame's channels side by side, as float32."""
    return np.ascontiguousarray(_planes(frame).T)


class Channels:
    """Frames' channels side by side; where a broadcast changes their number, mixed to those of its first frame."""

    def __init__(self) -> None:
        self._layout: str | None = None
        self._mixers: dict[tuple[str, str, int], av.AudioResampler] = {}

    def __call__(self, frame: av.AudioFrame) -> Float32[np.ndarray, "S C"]:
        """The samples of the next frame."""
        self._layout = self._layout or frame.layout.name
        if frame.layout.name == self._layout:
            return all_channels(frame)
        key = (frame.format.name, frame.layout.name, frame.sample_rate)
        if key not in self._mixers:
            self._mixers[key] = av.AudioResampler(frame.format.name, self._layout, frame.sample_rate)
        mixed = self._mixers[key].resample(frame)
        return np.concatenate([all_channels(each) for each in mixed])


def _planes(frame: av.AudioFrame) -> Float32[np.ndarray, "C S"]:
    values: np.ndarray = frame.to_ndarray()
    values = values if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels).T
    if values.dtype == np.uint8:
        values = (values.astype(np.float32) - 128) / 128
    elif values.dtype.kind == "i":
        values = values.astype(np.float32) / -float(np.iinfo(values.dtype).min)
    return values.astype(np.float32)


def middle_origin(origins: Sequence[Fraction], tick: Fraction) -> Fraction:
    """What several tell of one time (s): the middle where only rounding to `tick` (s) parts them, else the median."""
    ordered = sorted(origins)
    if ordered[-1] - ordered[0] <= tick:
        return (ordered[0] + ordered[-1]) / 2
    return ordered[len(ordered) // 2]


def checked_rate(rate: int, name: str) -> int:
    """The sample rate (Hz) if it is one that is decoded.

    Raises:
      UserError: it is not between 8 and 192 kHz.
    """
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise UserError(f"{name} has a sample rate of {rate} Hz, but must have {LOWEST_RATE} to {HIGHEST_RATE} Hz")
    return rate
