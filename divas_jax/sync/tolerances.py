"""How far an offset may be from the truth (4.3, ITU-R BT.1359)."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float


class Tolerance(NamedTuple):
    """An interval of error in ms, both ends in it; positive = the sound is judged too early.

    Attributes:
      name: what tables call it.
      late: its lower end (ms), below 0.
      early: its upper end (ms).
    """

    name: str
    late: float
    early: float

    @property
    def words(self) -> str:
        """What lies inside, without signs: "undetectable: 125 ms late to 45 ms early"."""
        limits = f"{in_few_words(self.late)} to {in_few_words(self.early)}"
        return limits if self.name == _limits(self.late, self.early) else f"{self.name}: {limits}"

    def holds(self, error_ms: Float[np.ndarray, "..."]) -> Bool[np.ndarray, "..."]:
        """Which errors (predicted - true offset, ms) lie inside."""
        error_ms = np.asarray(error_ms)
        return (error_ms >= self.late) & (error_ms <= self.early)

    def chance(self, offset_ms: float, spread_ms: float) -> float:
        """Probability (0 to 1) that an offset lies inside which was measured as so much, give or take so much."""
        scale = max(spread_ms, 1e-3) * math.sqrt(2)
        late, early = ((end - offset_ms) / scale for end in (self.late, self.early))
        return (math.erfc(-early) - math.erfc(-late)) / 2  # not by SciPy, whose import takes longer than the answer


STRICT = Tolerance("strict", -40.0, 40.0)
UNDETECTABLE = Tolerance("undetectable", -125.0, 45.0)
ACCEPTABLE = Tolerance("acceptable", -185.0, 90.0)
"""ITU's figure and the paper's tables say 90 ms; its section 4.3 prints 95."""

TOLERANCES = (STRICT, UNDETECTABLE, ACCEPTABLE)


def tolerance_of(text: str) -> Tolerance:
    """One by its name, or in ms: "40" is 40 each way, "125:45" (or "-125:45") from 125 late to 45 early.

    Raises:
      ValueError: it is none of these.
    """
    named = [each for each in TOLERANCES if each.name == text]
    if named:
        return named[0]
    late, colon, early = text.partition(":")
    ends = (-abs(float(late)), float(early if colon else text))
    if not ends[0] < ends[1] or not np.isfinite(ends).all():
        raise ValueError(f"{text} is no interval")
    return Tolerance(_limits(*ends), *ends)


def _limits(late: float, early: float) -> str:
    return f"{late:g} to {early:g} ms"


def in_words(offset_ms: float) -> str:
    """The offset as people say it: never a bare sign."""
    return f"sound is {in_few_words(offset_ms)}"


def in_few_words(offset_ms: float) -> str:
    """`in_words` without its subject, for sentences that have named the sound already."""
    rounded = round(offset_ms)
    if rounded == 0:
        return "in sync (0 ms)"
    return f"{abs(rounded)} ms {'early' if rounded > 0 else 'late'}"
