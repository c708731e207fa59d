"""The sound of a file, read ahead of its picture: what is spoken when, and the samples of the last seconds."""

from collections import deque
from fractions import Fraction
from math import floor

import numpy as np
from jaxtyping import Float32

from divas_jax.media.container import Media
from divas_jax.media.sound_stream import SoundStream
from divas_jax.rates import nearest
from divas_jax.title.speech import Span, SpeechFinder

AHEAD = Fraction(2)
"""Speech is known so much further than the picture (s), so that scenes do not end just before it does."""


class SoundAhead:
    """Reads sound as far as it is asked for, and forgets what nobody needs any more.

    Args:
      media: an open file, of which only the sound is read.

    Attributes:
      sample_rate: Hz.
      start: time of the first sample (s).
      ended: whether all has been read.
      loudest: largest absolute sample so far.
    """

    def __init__(self, media: Media) -> None:
        stream = SoundStream(media)
        self.sample_rate, self.start = stream.sample_rate, stream.start
        self.ended, self.loudest = False, 0.0
        self._blocks = stream.blocks()
        self._remembered: deque[np.ndarray] = deque()
        self._first = self._count = 0
        self._finder = SpeechFinder(self.sample_rate, self.start)

    @property
    def end(self) -> Fraction:
        """Time just after the last sample read (s)."""
        return self.start + Fraction(self._count, self.sample_rate)

    def read_until(self, time: Fraction) -> None:
        """Reads until there are samples and knowledge of speech up to `time` (s), or to the end."""
        while not self.ended and (self.end < time or self._finder.known_until < time):
            block = next(self._blocks, None)
            if block is None:
                self.ended = True
                self._finder.finish()
                break
            self._finder.add(block)
            self._remembered.append(block)
            self._count += len(block)
            self.loudest = max(self.loudest, float(np.abs(block).max()))

    def speech_at(self, time: Fraction) -> Span | None:
        """The span of speech that `time` (s) is in; its end may still grow."""
        self.read_until(time + AHEAD)
        for span in self._finder.spans(after=time):
            if span.start <= time < span.end:
                return span
            if span.start > time:
                break
        return None

    def spans(self, after: Fraction) -> list[Span]:
        """The speech heard so far that ends after a time (s)."""
        return self._finder.spans(after)

    def between(self, start: Fraction, end: Fraction) -> tuple[Float32[np.ndarray, " S"], Fraction]:
        """What there is of the samples in [`start`, `end`) (s), and the exact time of the first of them (s).

        What was forgotten is not there any more.
        """
        self.read_until(end)
        first = max(self._first, floor((start - self.start) * self.sample_rate))
        last = max(first, min(self._count, nearest((end - self.start) * self.sample_rate)))
        pieces, at = [np.zeros(0, np.float32)], self._first
        for block in self._remembered:
            pieces.append(block[max(0, first - at) : max(0, last - at)])
            at += len(block)
        return np.concatenate(pieces), self.start + Fraction(first, self.sample_rate)

    def forget(self, time: Fraction) -> None:
        """Drops samples before `time` (s), whole blocks at a time."""
        needed = (time - self.start) * self.sample_rate
        while self._remembered and self._first + len(self._remembered[0]) <= needed:
            self._first += len(self._remembered.popleft())
