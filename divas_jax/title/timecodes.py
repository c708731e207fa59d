"""Times as editing suites count them: SMPTE timecodes, with dropped numbers at 29.97 and 59.94 frames/s."""

import re
from dataclasses import dataclass
from fractions import Fraction

from timecode import Timecode

from divas_jax.rates import nearest, standard_rate
from divas_jax.title.scan import Facts

DROPPING = (Fraction(30000, 1001), Fraction(60000, 1001))
"""Rates whose timecodes can leave out numbers, so as to keep to the clock."""

_NAMES = {
    Fraction(24000, 1001): "23.976",
    Fraction(30000, 1001): "29.97",
    Fraction(60000, 1001): "59.94",
    Fraction(48000, 1001): "47.952",
}
USUAL = Fraction(25)
"""Of files that tell no frame rate (frames/s)."""

_CARRIED = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d([:;.])(\d\d)")


@dataclass(frozen=True)
class Timecodes:
    """How the timecodes of a file count.

    Attributes:
      rate: frames/s.
      drop_frame: whether they leave out numbers.
      zero: time on the file's own timeline where they begin (s).
      first: what they begin with, as the file itself carries it; empty: 00:00:00:00.
    """

    rate: Fraction
    drop_frame: bool
    zero: Fraction = Fraction(0)
    first: str = ""

    def at(self, time: Fraction | float) -> str:
        """`HH:MM:SS:FF`, with a semicolon before the frames where numbers are dropped.

        Args:
          time: on the file's own timeline (s).
        """
        first = self.first.replace(".", ";") or "00:00:00:00"  # the library reads a point as a decimal one
        begin = Timecode(self._name, first, force_non_drop_frame=not self.drop_frame).frames
        return self._counted(begin + nearest((Fraction(time) - self.zero) * self.rate))

    def lasting(self, seconds: Fraction | float) -> str:
        """A length as a timecode."""
        return self._counted(1 + nearest(Fraction(seconds) * self.rate))

    @property
    def _name(self) -> str:
        return _NAMES.get(self.rate, str(self.rate))

    def _counted(self, frames: int) -> str:
        return str(Timecode(self._name, frames=max(1, frames), force_non_drop_frame=not self.drop_frame))


def timecodes_of(facts: Facts) -> Timecodes:
    """Those of a file: from the one that it carries on, if it can be believed, else from zero."""
    rate = counted_rate(facts.fps)
    carried = _CARRIED.fullmatch(facts.timecode)
    if carried and int(carried[3]) < nearest(rate):
        drop_frame = carried[2] != ":" and rate in DROPPING
        return Timecodes(rate, drop_frame, facts.zero, facts.timecode)
    return Timecodes(rate, rate in DROPPING, facts.zero)


def counted_rate(fps: Fraction | None) -> Fraction:
    """The rate (frames/s) at which a file's timecodes count: its own, if one can."""
    if fps is None or not 1 <= fps <= 120:
        return USUAL
    fps = standard_rate(fps)  # many files say 2997/100
    return fps if fps in _NAMES else Fraction(max(1, nearest(fps)))
