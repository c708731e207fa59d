"""What one scene says of its title, and what can be said of a title (4.4)."""

from typing import Literal, NamedTuple, get_args

Kind = Literal[
    "in sync", "constant offset", "drift early", "drift late", "mixed", "intermittent", "not enough evidence"
]
"""Verdicts on a title. `mixed` is an offset and a drift; `drift early` drifts towards early sound."""

KINDS: tuple[Kind, ...] = get_args(Kind)


class Prediction(NamedTuple):
    """The offset of one face through one scene.

    Attributes:
      start: of the scene (s, on the title's timeline).
      end: of the scene (s).
      offset_ms: positive = sound early.
      confidence: median - minimum of the distance curve (4.1).
      trust: probability that the offset errs by at most 40 ms, 0 to 1.
      told: whether it is sure enough to be told by itself.
    """

    start: float
    end: float
    offset_ms: float
    confidence: float
    trust: float
    told: bool = True

    @property
    def time(self) -> float:
        """The middle of the scene (s)."""
        return (self.start + self.end) / 2
