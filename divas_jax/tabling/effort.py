"""How much is spent on the tables: sizes and steps of every model, shrunk alike."""

from dataclasses import dataclass
from fractions import Fraction

QUICK_MINUTES = 8.0
"""What `--quick` means."""

LEARNING = 0.4
"""Share of the minutes in which models learn; the rest makes data, compiles and measures."""


_USUAL = Fraction(4)


@dataclass(frozen=True)
class Effort:
    """What the tables cost.

    Attributes:
      minutes: of the whole, about; None: as long as it takes.
      width: of every network, in the widths of its paper.
      crop: side of what DiVAS sees of a face (pixels).
      picture: side of whole pictures (pixels).
      window: frames that Iashin et al. see, at 25 frames/s.
      clip_s: length of its face crops (s).
      clips: training clips of a made-up data set.
      tested: its test clips.
      trials: artificial offsets of a test clip.
      films: made-up films of Table 6.
      film_s: length of one (s).
      film_height: of its pictures (pixels).
      titles: made-up titles of a kind in the last row of Table 3.
      speed_s: length of the clip on which VocaLiST's speed is measured (s).
    """

    minutes: float | None
    width: float
    crop: int
    picture: int
    window: int
    clip_s: Fraction
    clips: int
    tested: int
    trials: int
    films: int
    film_s: int
    film_height: int
    titles: int
    speed_s: int

    def seconds_each(self, runs: int) -> float | None:
        """Seconds of learning that each of `runs` models gets; None: the steps of its config."""
        return None if self.minutes is None else 60 * self.minutes * LEARNING / max(1, runs)


def effort_of(minutes: float | None) -> Effort:
    """What can be done in so many minutes on a few cores; without a limit, everything at the papers' sizes."""
    if minutes is None:
        return Effort(None, 1.0, 96, 240, 125, _USUAL, 4000, 400, 4, 20, 60, 1080, 40, 4)
    if minutes < 60:
        return Effort(minutes, 0.25, 48, 96, 25, Fraction(5, 2), 96, 12, 2, 2, 20, 360, 6, 1)
    if minutes < 600:
        return Effort(minutes, 0.375, 48, 128, 50, _USUAL, 400, 60, 4, 4, 40, 540, 20, 2)
    return Effort(minutes, 0.5, 96, 160, 75, _USUAL, 1200, 120, 4, 8, 60, 720, 40, 2)
