"""The clock of transport and program streams, which may jump where recordings were joined or a sender restarted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from divas_jax.rates import nearest

FARTHEST = Fraction(10)
"""A clock that is this far ahead of where the last packet ended (s) has jumped; less is a gap. FFmpeg's own limit."""

BACK = Fraction(1)
"""A clock that goes back by more than this (s) has jumped; less is a stamp out of order."""

_MOST_NAMED = 5


@dataclass(frozen=True)
class Jump:
    """Where a clock jumps.

    Attributes:
      at: time on the unbroken line (s).
      by: seconds by which the file's own clock is ahead of where it should be; negative if it went back.
    """

    at: Fraction
    by: Fraction


def jump_words(jumps: Sequence[Jump], start: Fraction | None) -> str:
    """The jumps of a file, times counted from its start (s), as the end of a sentence."""
    jumps_named = (
        f"by {float(jump.by):+.1f} s after {float(jump.at - (start or 0)):.1f} s" for jump in jumps[:_MOST_NAMED]
    )
    more = f" and {len(jumps) - _MOST_NAMED} times more" if len(jumps) > _MOST_NAMED else ""
    return f"its clock jumps {', '.join(jumps_named)}{more}; what follows is judged as coming right after"


@dataclass
class SteadyClock:
    """Puts packets on one unbroken time line: what follows a jump comes right after what was before it.

    All streams of a file share the jumps, in the order in which the file has them, so that sound and picture keep
    their distance after a jump as before. Each stream gets to a jump by itself, some packets sooner or later.

    Attributes:
      jumps: so far.
      start: time of the first packet (s); None before it.
    """

    jumps: list[Jump] = field(default_factory=list)
    start: Fraction | None = None
    _ends: dict[int, Fraction] = field(default_factory=dict)
    _passed: dict[int, int] = field(default_factory=dict)

    def place(self, packet: Any) -> None:
        """Moves the time stamps of a packet; called with all packets in stored order."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None or not packet.size:
            return
        stream, base = packet.stream.index, Fraction(packet.time_base)
        time, passed = stamp * base, self._passed.get(stream, 0)
        self.start = time if self.start is None else self.start
        expected = self._ends.get(stream)
        if expected is not None and not self._fits(time - self._ahead(passed), expected):
            later = range(passed + 1, len(self.jumps) + 1)
            known = next((count for count in later if self._fits(time - self._ahead(count), expected)), None)
            if known is None:
                by = nearest((time - expected) / base) * base
                self.jumps.append(Jump(expected, by - self._ahead(len(self.jumps))))
                known = len(self.jumps)
            passed = self._passed[stream] = known
        elif expected is None:
            passed = self._passed[stream] = len(self.jumps)
        ahead = nearest(self._ahead(passed) / base)
        if ahead:
            packet.pts = None if packet.pts is None else packet.pts - ahead
            packet.dts = None if packet.dts is None else packet.dts - ahead
        end = time - ahead * base + (packet.duration or 0) * base
        self._ends[stream] = max(end, expected) if expected is not None and end > expected - BACK else end

    def _ahead(self, count: int) -> Fraction:
        """By how much the file's clock is ahead (s) after so many jumps."""
        return sum((jump.by for jump in self.jumps[:count]), Fraction(0))

    @staticmethod
    def _fits(time: Fraction, expected: Fraction) -> bool:
        return -BACK <= time - expected < FARTHEST
