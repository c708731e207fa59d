"""Pieces of a long title: where in a stretch somebody speaks, and what is seen and judged there."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from divas_jax.errors import UserError
from divas_jax.judging.judge import Judge
from divas_jax.media.hearing import Hearing, open_heard
from divas_jax.media.tracks import Wish
from divas_jax.title.scan import Facts, Scan
from divas_jax.title.scene_judging import JudgedScene, judge_scenes
from divas_jax.title.sound_ahead import SoundAhead
from divas_jax.title.speech import Span
from divas_jax.title.watching import MakeWatcher

PIECE = Fraction(6)
"""Length of a piece (s)."""

EAR = Fraction(30)
"""So long (s) is listened, at most, before a piece is chosen; twice in a stretch, then it holds none."""

ENOUGH_SPEECH = Fraction(2)
"""A piece needs so much speech (s) to be looked at."""

PLENTY = Fraction(4)
"""A piece with so much speech (s) will do: no better one is listened for."""

SIP = Fraction(3)
"""So much (s) is listened to at a time."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of every piece of a file; travels to worker processes.

    Attributes:
      file: a media file.
      hearing: which sound of it is heard.
      wish: which picture and sound are wanted, where there are several.
      search: how far each way an offset is searched (s).
      fineness: steps searched per frame interval.
    """

    file: Path
    hearing: Hearing
    wish: Wish
    search: Fraction
    fineness: int


class Place(NamedTuple):
    """Where in a stretch somebody speaks.

    Attributes:
      stretch: of the title (s).
      piece: of it, with enough speech; None where there is none.
      loudest: largest absolute sample of what was listened to, 0 to 1.
    """

    stretch: Span
    piece: Span | None
    loudest: float


class Seen(NamedTuple):
    """What came of one stretch.

    Attributes:
      place: that was looked at.
      scenes: judged; none without a piece.
      facts: of the piece; None without one.
    """

    place: Place
    scenes: tuple[JudgedScene, ...] = ()
    facts: Facts | None = None


class PieceReader:
    """Finds, reads and judges pieces of one file.

    Args:
      judge: the model.
      make_watcher: follows faces.
      wanted: the file, and what is asked of it.
    """

    def __init__(self, judge: Judge, make_watcher: MakeWatcher, wanted: Wanted) -> None:
        self._judge, self._make_watcher, self._wanted = judge, make_watcher, wanted

    def look_in(self, stretch: Span) -> Seen:
        """A piece of the stretch in which somebody speaks, if there is one, looked at."""
        return self.look_at(self.place_in(stretch))

    def look_at(self, place: Place) -> Seen:
        """The scenes of a piece, judged."""
        if place.piece is None:
            return Seen(place)
        wanted = self._wanted
        scan = Scan(wanted.file, self._make_watcher, wish=wanted.wish, span=place.piece, hearing=wanted.hearing)
        judged = judge_scenes(self._judge, scan, scan.facts.stages, wanted.search, wanted.fineness)
        scenes = tuple(beside[0] for beside in judged)
        return Seen(place, scenes, scan.facts)

    def place_in(self, stretch: Span) -> Place:
        """Where in the stretch somebody speaks enough, of two places that are listened to."""
        middle, loudest = (stretch.start + stretch.end) / 2, 0.0
        for start in (middle - EAR / 2, stretch.start):
            first = max(stretch.start, start)
            best, spoken, loud = self._most_spoken(first, min(stretch.end, first + EAR))
            loudest = max(loudest, loud)
            if spoken >= ENOUGH_SPEECH:
                return Place(stretch, best, loudest)
        return Place(stretch, None, loudest)

    def _most_spoken(self, start: Fraction, end: Fraction) -> tuple[Span, Fraction, float]:
        """The piece in [`start`, `end`) with the most speech, or the first with plenty; how much (s), and how loud."""
        best, spoken, wanted = Span(start, start + PIECE), Fraction(0), self._wanted
        with open_heard(wanted.file, wanted.hearing, wish=wanted.wish, begins=start) as media:
            try:
                sound = SoundAhead(media)
            except UserError:
                return best, spoken, 0.0  # no sound there
            heard = start
            while heard < end and spoken < PLENTY and not sound.ended:
                heard = min(end, heard + SIP)
                sound.read_until(heard)
                best, spoken = most_spoken([span for span in sound.spans(start) if span.start < heard], start, heard)
            return best, spoken, sound.loudest


def most_spoken(spans: Sequence[Span], first: Fraction, last: Fraction) -> tuple[Span, Fraction]:
    """The piece in [`first`, `last`) that has the most speech, and how much (s)."""
    begins = [first, *(min(max(first, span.start), max(first, last - PIECE)) for span in spans)]
    pieces = [Span(begin, begin + PIECE) for begin in begins]
    most = [shared(spans, *piece) for piece in pieces]
    best = most.index(max(most))
    return pieces[best], most[best]


def shared(spans: Sequence[Span], start: Fraction, end: Fraction) -> Fraction:
    """Seconds of speech in [`start`, `end`)."""
    return sum((max(Fraction(0), min(span.end, end) - max(span.start, start)) for span in spans), Fraction(0))
