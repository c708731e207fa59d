"""Sound of one rate out of frames that change theirs, as at a splice: the exception, which is converted and told."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

import av
import numpy as np
from jaxtyping import Float32

from divas_jax.media.container import HIGHEST_RATE, LOWEST_RATE, start_of_frame
from divas_jax.media.resample import Resampler

Placed = tuple[Float32[np.ndarray, "S ..."], Fraction | None]
"""Samples, and the time of the first of them (s) where it is told."""

_LOOSE = Fraction(1, 20)
"""A frame farther than this from where the ones before it end (s) is placed by its own time. Not less: after a change
of rate FFmpeg's parser still counts the frames inside a packet at the rate before."""


class EvenRate:
    """Frames to samples at the rate of the first; frames of that rate stay as they are.

    Args:
      rate: wanted (Hz).
      mix: a frame to its samples.
      channels: the shape of one sample; only mono (an empty one) can be converted.

    Attributes:
      converted: seconds that came at another rate.
      refused: frames that could not be taken: of other channels, or at a rate that is none.
    """

    def __init__(self, rate: int, mix: Callable[[av.AudioFrame], np.ndarray], channels: tuple[int, ...] = ()) -> None:
        self._rate, self._mix, self._channels = rate, mix, channels
        self._other: _Stretch | None = None
        self.converted, self.refused = Fraction(0), 0

    def samples(self, frames: Iterable[av.AudioFrame]) -> Iterator[Placed]:
        """The samples of decoded frames in order, with their times."""
        for frame in frames:
            yield from self.add(frame)
        yield from self.finish()

    def add(self, frame: av.AudioFrame) -> Iterator[Placed]:
        """Takes the next decoded frame, and gives what is ready."""
        samples, time = self._mix(frame), start_of_frame(frame)
        alike = frame.sample_rate == self._rate
        possible = alike or (not self._channels and LOWEST_RATE <= frame.sample_rate <= HIGHEST_RATE)
        if samples.shape[1:] != self._channels or not possible:
            self.refused += 1
            return
        if self._other and (alike or not self._other.goes_on(frame.sample_rate, time)):
            yield from self.finish()
        if alike:
            yield samples, time
            return
        self._other = self._other or _Stretch(frame.sample_rate, self._rate, time)
        self.converted += Fraction(len(samples), frame.sample_rate)
        yield self._other.add(samples)

    def finish(self) -> Iterator[Placed]:
        """What was held back of a stretch at another rate."""
        if self._other:
            yield self._other.finish()
            self._other = None

    def doubts(self, name: str) -> list[str]:
        """What was converted and what was left out, each a sentence about the file `name`."""
        sentences = []
        if self.converted:
            seconds = f"{float(self.converted):.1f} s at another rate were converted to {self._rate} Hz"
            sentences.append(f"{name} changes its sample rate: {seconds}")
        if self.refused:
            sentences.append(f"{name} changes its sample rate or its channels; {self.refused} frames were dropped")
        return sentences


class _Stretch:
    """Frames of one other rate, each where the one before it ends."""

    def __init__(self, rate: int, out: int, start: Fraction | None) -> None:
        self._rate, self._out, self._start = rate, out, start
        self._resampler = Resampler(rate, out)
        self._count = self._made = 0

    def goes_on(self, rate: int, time: Fraction | None) -> bool:
        expected = None if self._start is None else self._start + Fraction(self._count, self._rate)
        return rate == self._rate and (time is None or expected is None or abs(time - expected) <= _LOOSE)

    def add(self, samples: np.ndarray) -> Placed:
        self._count += len(samples)
        return self._placed(self._resampler.add(samples))

    def finish(self) -> Placed:
        return self._placed(self._resampler.finish())

    def _placed(self, samples: np.ndarray) -> Placed:
        """All are counted from the first."""
        time = None if self._start is None else self._start + Fraction(self._made, self._out)
        self._made += len(samples)
        return samples, time
