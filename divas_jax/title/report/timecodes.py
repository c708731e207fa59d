"""Times as editing suites count them: SMPTE timecodes, with dropped numbers at 29.97 and 59.94 frames/s."""

from fractions import Fraction

from timecode import Timecode

from divas_jax.rates import nearest

DROPPING = (Fraction(30000, 1001), Fraction(60000, 1001))
"""Rates whose timecodes leave out numbers, so as to keep to the clock."""

_NAMES = {
    Fraction(24000, 1001): "23.976",
    Fraction(30000, 1001): "29.97",
    Fraction(60000, 1001): "59.94",
    Fraction(48000, 1001): "47.952",
}
USUAL = Fraction(25)
"""Of files that tell no frame rate (frames/s)."""


def counted_rate(fps: Fraction | None) -> Fraction:
    """The rate (frames/s) at which a file's timecodes count: its own, if one can."""
    if fps is None or not 1 <= fps <= 120:
        return USUAL
    return fps if fps in _NAMES else Fraction(max(1, nearest(fps)))


def drops(fps: Fraction | None) -> bool:
    """Whether timecodes at this rate leave out numbers."""
    return counted_rate(fps) in DROPPING


def timecode(time: Fraction | float, fps: Fraction | None) -> str:
    """`HH:MM:SS:FF`, with a semicolon before the frames where numbers are dropped.

    Args:
      time: s from the start of the file's own timeline, where the timecode is zero.
      fps: frames/s of the file; see `counted_rate`.
    """
    rate = counted_rate(fps)
    frames = max(0, nearest(Fraction(time) * rate))
    return str(Timecode(_NAMES.get(rate, str(rate)), frames=frames + 1, force_non_drop_frame=rate not in DROPPING))
