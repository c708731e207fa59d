"""A verdict from short pieces: a long title is looked at in places, more where its pieces disagree or are unsure.

First a piece in every stretch of `GAP`, so that no fault that lasts longer is passed over; then, between pieces that
disagree, ever nearer to where it changes; then more pieces until the interval is narrow. Cost grows with the doubt.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from divas_jax.judging.judge import Judge
from divas_jax.media.hearing import open_heard
from divas_jax.media.tracks import Wish
from divas_jax.title.ahead import made_ahead
from divas_jax.title.checked_title import checked
from divas_jax.title.file_answer import FileAnswer, answer_of
from divas_jax.title.listening import listen
from divas_jax.title.pieces import EAR, PIECE, PieceReader, Seen, Wanted
from divas_jax.title.scan import Facts, Progress
from divas_jax.title.scene_judging import JudgedScene
from divas_jax.title.speech import Span
from divas_jax.title.verdict import Verdict
from divas_jax.title.watching import MakeWatcher

LEAST = Fraction(300)
"""Shorter titles are looked at whole (s)."""

GAP = Fraction(120)
"""In every stretch of this length a piece is looked at (s)."""

SOUGHT_AHEAD = 2
"""Pieces whose places are chosen ahead, while the pieces before them are looked at."""

WORTH_HELP = 8
"""Titles of fewer stretches are done before helpers have started."""

ENOUGH_MS = 18.0
"""An interval that reaches no further (ms) is narrow enough; what models lean to makes 15.7 of it (`LEAN_MS`)."""

NEAR = Fraction(15)
"""A change is known to this (s)."""

MOST = 3
"""Pieces for each stretch of `GAP`, at most, over the whole title."""

Helpers = Callable[[Sequence[Span], Wanted], Iterator[Seen]]
"""Look in stretches of a file, several at a time; what they saw comes in the order in which it is done."""


@dataclass
class Looked:
    """What was looked at so far.

    Attributes:
      scenes: judged, in order of time.
      pieces: stretches that were looked at (s).
      quiet: stretches in which nobody speaks (s).
      facts: of the title.
    """

    facts: Facts
    scenes: list[JudgedScene] = field(default_factory=list)
    pieces: list[Span] = field(default_factory=list)
    quiet: list[Span] = field(default_factory=list)


class QuickPass:
    """Looks at pieces of one file.

    Args:
      judge: the model.
      file: a media file.
      make_watcher: follows faces.
      search: how far each way an offset is searched (s).
      fineness: steps searched per frame interval.
      wish: which picture and sound are wanted, where there are several.
      progress: learns how far it has come.
      helpers: look in the stretches of long titles; None where this process does it alone.

    Raises:
      UserError: the file cannot be used.
    """

    def __init__(
        self,
        judge: Judge,
        file: Path,
        make_watcher: MakeWatcher,
        search: Fraction,
        fineness: int,
        wish: Wish,
        progress: Progress | None = None,
        helpers: Helpers | None = None,
    ) -> None:
        self._judge, self._progress, self._helpers = judge, progress, helpers
        self._wanted = Wanted(file, listen(file, wish), wish, search, fineness)
        self._reader = PieceReader(judge, make_watcher, self._wanted)
        with open_heard(file, self._wanted.hearing, wish=wish) as media:
            start, self.length, timecode = media.start, media.length, media.timecode
            zero = start if media.running_clock else Fraction(0)
        end, hearing = start + self.length, self._wanted.hearing
        self.looked = Looked(Facts(start=start, end=end, zero=zero, timecode=timecode, hearing=hearing))

    def answer(self) -> FileAnswer:
        """What is said of the file, after as many pieces as its doubts need."""
        stretches = _stretches(self.looked.facts.start, self.looked.facts.end)
        most = MOST * len(stretches)
        self._look_in_all(stretches)
        verdict = self._verdict()
        while len(self.looked.pieces) < most and (doubted := next(self._doubted(verdict, stretches), None)):
            self._note(self._reader.look_in(doubted))
            verdict = self._verdict()
        return self._answer()

    def _look_in_all(self, stretches: Sequence[Span]) -> None:
        """Looks at a piece of each stretch."""
        helpers = self._helpers if len(stretches) >= WORTH_HELP else None
        every = helpers(stretches, self._wanted) if helpers else self._seen_here(stretches)
        done = []
        for seen in every:
            done.append(seen)
            self._tell(len(done), len(stretches))
        for seen in sorted(done, key=lambda each: each.place.stretch.start):  # helpers come back in any order
            self._note(seen)

    def _seen_here(self, stretches: Sequence[Span]) -> Iterator[Seen]:
        """In this process; while one piece is looked at, the place of the next is chosen in a thread."""
        with closing(made_ahead(map(self._reader.place_in, stretches), SOUGHT_AHEAD)) as places:
            yield from map(self._reader.look_at, places)

    def _note(self, seen: Seen) -> None:
        """Adds what was seen; without a piece nobody speaks in the stretch."""
        looked, (stretch, piece, loudest) = self.looked, seen.place
        looked.facts.loudest = max(looked.facts.loudest, loudest)
        if piece is None or seen.facts is None:
            looked.quiet.append(stretch)
            return
        looked.pieces.append(piece)
        looked.scenes = sorted([*looked.scenes, *seen.scenes], key=lambda scene: scene.start)
        self._note_facts(seen.facts)

    def _doubted(self, verdict: Verdict, stretches: list[Span]) -> Iterator[Span]:
        """Where another piece would say most: where neighbours disagree, else where little was looked at."""
        for before, after in zip(verdict.pieces[:-1], verdict.pieces[1:], strict=True):
            around = self._around(verdict, before.end, after.start)
            if around is not None:
                yield around
        if verdict.widest_ms > ENOUGH_MS:
            fewest = min(stretches, key=lambda stretch: (self._pieces_in(stretch), stretch.start))
            free = self._free(fewest)
            if free is not None:
                yield free

    def _around(self, verdict: Verdict, end: float, start: float) -> Span | None:
        """Between the last scene that counts before a change and the first after it; None if that is near enough."""
        counted = [each for each, counts in zip(verdict.predictions, verdict.counted, strict=True) if counts]
        ends = [each.end for each in counted if each.time < end]
        starts = [each.start for each in counted if each.time >= start]
        if not ends or not starts or min(starts) - max(ends) <= 2 * NEAR:
            return None
        last, first = max(ends), min(starts)
        middle, reach = Fraction(last + first) / 2, min(EAR / 2, Fraction(first - last) / 4)
        around = Span(middle - reach, middle + reach)
        known = [*self.looked.quiet, *self.looked.pieces]
        return None if any(each.start <= middle <= each.end for each in known) else around

    def _pieces_in(self, stretch: Span) -> int:
        quiet = sum(stretch.start <= each.start < stretch.end for each in self.looked.quiet)
        return MOST * quiet + sum(stretch.start <= each.start < stretch.end for each in self.looked.pieces)

    def _free(self, stretch: Span) -> Span | None:
        """The longest part of a stretch that was not looked at; None if none is long enough."""
        inside = sorted(each for each in self.looked.pieces if stretch.start <= each.start < stretch.end)
        edges = [stretch.start, *(edge for each in inside for edge in each), stretch.end]
        parts = [Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
        longest = max(parts, key=lambda part: part.end - part.start)
        return longest if longest.end - longest.start >= EAR / 2 and self._pieces_in(stretch) < MOST else None

    def _note_facts(self, seen: Facts) -> None:
        facts = self.looked.facts
        facts.pictures += seen.pictures
        facts.fps, facts.sample_rate = facts.fps or seen.fps, facts.sample_rate or seen.sample_rate
        facts.shots = sorted({*facts.shots, *seen.shots[1:]})
        facts.spoken += seen.spoken
        facts.loudest = max(facts.loudest, seen.loudest)
        for stage, seconds in seen.stages.seconds.items():
            facts.stages.seconds[stage] += seconds
        facts.warnings = tuple(dict.fromkeys((*facts.warnings, *seen.warnings)))

    def _verdict(self) -> Verdict:
        return checked(self._answer()).verdict

    def _answer(self) -> FileAnswer:
        looked, facts = self.looked, self.looked.facts
        share = float(
            sum((piece.end - piece.start for piece in looked.pieces), Fraction(0)) / max(self.length, Fraction(1))
        )
        warning = (
            f"{self._wanted.file} was looked at in {len(looked.pieces)} pieces of {float(PIECE):g} s, {share:.0%} of it"
        )
        known = replace(facts, warnings=(*facts.warnings, warning))
        return answer_of(self._judge, self._wanted.file, looked.scenes, known, self._wanted.search)

    def _tell(self, done: int, total: int) -> None:
        if self._progress:
            self._progress(float(done), float(total))


def _stretches(start: Fraction, end: Fraction) -> list[Span]:
    """The title in parts of at most `GAP`, all alike."""
    count = max(1, -(-(end - start) // GAP))
    step = (end - start) / count
    return [Span(start + number * step, start + (number + 1) * step) for number in range(count)]
