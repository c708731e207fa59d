"""What is said of a whole title: kind, pieces, drift, evidence and severity (4.4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from divas_jax.sync.predictions import Kind, Prediction
from divas_jax.sync.tolerances import STRICT, Tolerance, in_few_words, in_words

DEVIATIONS = 1.96
"""Standard deviations to which a 95 % interval reaches."""


class Estimate(NamedTuple):
    """A number with its 95 % interval; in a verdict `by_whole`, with the error that `sure_words` speak of.

    Attributes:
      value: the number.
      low: lower end of the interval.
      high: upper end.
    """

    value: float
    low: float
    high: float

    @property
    def reach(self) -> float:
        """How far the interval reaches from the value, on its wider side."""
        return max(self.value - self.low, self.high - self.value)


class Gap(NamedTuple):
    """A stretch of the title without a scene that carries the verdict, from `start` to `end` (s)."""

    start: float
    end: float


class RateError(NamedTuple):
    """A relation of rates that explains a drift.

    Attributes:
      ratio: seconds that a second of the sound should last; above 1 it is played too fast, and gets earlier.
      name: what is known to make it, for example "sound at 24, picture at 23.976 frames/s"; empty if nothing is.
    """

    ratio: float
    name: str


@dataclass(frozen=True)
class Piece:
    """A stretch of the title whose offset follows one straight line.

    Attributes:
      start: s.
      end: s.
      start_ms: offset at its start (ms, positive = sound early), with its 95 % interval.
      end_ms: offset at its end (ms).
    """

    start: float
    end: float
    start_ms: Estimate
    end_ms: Estimate

    def at(self, time: float) -> float:
        """The offset at `time` (s), in ms."""
        share = (time - self.start) / max(self.end - self.start, 1e-9)
        return self.start_ms.value + share * (self.end_ms.value - self.start_ms.value)


class Whole(NamedTuple):
    """What all scenes of a title say together, as if it had one offset.

    Attributes:
      offset_ms: positive = sound early.
      sure: how sure it is, as people say it; empty if nobody knows.
      reach_ms: the error that is spoken of, the wider if there are two (ms).
    """

    offset_ms: float
    sure: str = ""
    reach_ms: float = STRICT.early


class Severity(NamedTuple):
    """Seconds of the title by what people notice (ITU-R BT.1359).

    Attributes:
      not_noticeable: offset within -125 and +45 ms.
      noticeable: outside, but within -185 and +90 ms.
      not_acceptable: outside of both.
      unknown: no verdict.
    """

    not_noticeable: float
    noticeable: float
    not_acceptable: float
    unknown: float

    @property
    def worst(self) -> str:
        """The class of the worst stretch, as the attribute is called."""
        worst_first = ("not_acceptable", "noticeable", "unknown")
        return next((name for name in worst_first if getattr(self, name)), "not_noticeable")

    @property
    def words(self) -> str:
        """The worst, as people say it."""
        return self.worst.replace("_", " ")


@dataclass(frozen=True)
class Verdict:
    """What is said of a title.

    Attributes:
      kind: in one word.
      start: of the title (s).
      end: of the title (s).
      pieces: what the offset does, in order, without holes; several if intermittent, none without enough evidence.
      slope: of a drift (ms of offset a minute); None without evidence.
      rate: what explains a drift; None where there is none.
      predictions: all scenes', in order.
      counted: whether each of them carries the verdict: trusted, and near the line (`by_whole`: near the offset).
      agreement: share of the predictions that do, 0 to 1, each as heavy as it is trusted (`by_whole`: all alike); the
        paper's confidence of a title.
      coverage: share of the title that carries evidence, 0 to 1.
      gaps: long stretches without any.
      severity: for how long how bad.
      reason: why there is no verdict, a sentence's end; empty if there is one.
      by_whole: whether it is that of a `Whole`, because the scenes one by one were too few or too weak.
      sure_words: how sure it is then, as people say it; empty if nobody knows.
      zero: the time from which people count (s).
    """

    kind: Kind
    start: float
    end: float
    pieces: tuple[Piece, ...]
    slope: Estimate | None
    rate: RateError | None
    predictions: tuple[Prediction, ...]
    counted: tuple[bool, ...]
    agreement: float
    coverage: float
    gaps: tuple[Gap, ...]
    severity: Severity
    reason: str = ""
    by_whole: bool = False
    sure_words: str = ""
    zero: float = 0.0

    def clock(self, time: float) -> str:
        """A time on the file's own timeline (s), as people count it."""
        return clock(time - self.zero)

    @property
    def offset_start(self) -> Estimate | None:
        """Offset at the title's start (ms)."""
        return self.pieces[0].start_ms if self.pieces else None

    @property
    def offset_end(self) -> Estimate | None:
        """Offset at the title's end (ms)."""
        return self.pieces[-1].end_ms if self.pieces else None

    def at(self, time: float) -> float:
        """The offset at `time` (s), in ms; there must be a verdict."""
        last = [piece for piece in self.pieces if piece.start <= time]
        return (last[-1] if last else self.pieces[0]).at(time)

    @property
    def widest_ms(self) -> float:
        """How far the widest of its 95 % intervals reaches (ms); infinite without a verdict."""
        ends = (end for piece in self.pieces for end in (piece.start_ms, piece.end_ms))
        return max((end.reach for end in ends), default=float("inf"))

    @property
    def intervals(self) -> tuple[tuple[float, float, float], ...]:
        """Times (s) with the ends of the 95 % interval there (ms): at both ends of one line, in the middle of steps."""
        if len(self.pieces) == 1:
            (piece,) = self.pieces
            ends: tuple[tuple[float, Estimate], ...] = ((piece.start, piece.start_ms), (piece.end, piece.end_ms))
        else:
            ends = tuple(((piece.start + piece.end) / 2, piece.start_ms) for piece in self.pieces)
        return tuple((time, estimate.low, estimate.high) for time, estimate in ends)

    def within(self, tolerance: Tolerance) -> bool | None:
        """Whether the title keeps to the tolerance from its start to its end; None without a verdict."""
        if not self.pieces:
            return None
        ends = [value for piece in self.pieces for value in (piece.start_ms.value, piece.end_ms.value)]
        return bool(tolerance.holds(np.asarray(ends)).all())

    def chance_within(self, tolerance: Tolerance) -> float | None:
        """Probability that it keeps to the tolerance at the end where that is least likely; None without a verdict."""
        if not self.pieces:
            return None
        ends = [each for piece in self.pieces for each in (piece.start_ms, piece.end_ms)]
        return min(tolerance.chance(each.value, each.reach / DEVIATIONS) for each in ends)

    @property
    def words(self) -> str:
        """The verdict in a sentence, for example "constant offset: sound is 125 ms early (±4 ms)"."""
        return f"{self.kind}: {self._sentence()}"

    def _sentence(self) -> str:
        if not self.pieces:
            return self.reason
        if self.kind == "intermittent":
            return _stretches(self.pieces, self.clock)
        first, last = self.pieces[0].start_ms, self.pieces[-1].end_ms
        if self.kind in ("in sync", "constant offset"):
            worse = max(first, last, key=lambda estimate: abs(estimate.value))
            offset = in_words(worse.value) if round(worse.value) else "no offset"
            return f"{offset} ({self.sure_words or f'±{worse.reach:.0f} ms'})"
        drift = f"{_two_digits(abs(self.slope.value))} ms a minute" if self.slope else ""
        if self.rate and self.rate.name:  # what is known to cause it says how fast it is, better than the scenes do
            drift = self.rate.name
        return f"{in_words(first.value)} at the start, {in_few_words(last.value)} at the end ({drift})"


def clock(seconds: float) -> str:
    """A time in the title as people read it: "1:02:03", rounded to whole seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _two_digits(value: float) -> str:
    """As many as a drift is known to; never with an exponent."""
    return f"{float(f'{value:.2g}'):.10g}"


def _stretches(pieces: tuple[Piece, ...], clock_of: Callable[[float], str]) -> str:
    """The pieces that are out of sync, with their times; the others in one word."""
    out = [piece for piece in pieces if not STRICT.holds(np.asarray([piece.start_ms.value])).all()]
    stretches = ", ".join(
        f"{in_few_words(piece.start_ms.value)} from {clock_of(piece.start)} to {clock_of(piece.end)}"
        for piece in out or pieces
    )
    elsewhere = ", elsewhere in sync" if 0 < len(out) < len(pieces) else ""
    return f"sound is {stretches}{elsewhere}"
