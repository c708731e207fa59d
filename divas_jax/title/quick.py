"""A verdict from short pieces: a long title is looked at in places, more where its pieces disagree or are unsure.

First a piece in every stretch of `GAP`, so that no fault that lasts longer is passed over; then, between pieces that
disagree, ever nearer to where it changes; then more pieces until the interval is narrow. Cost grows with the doubt.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from divas_jax.errors import UserError
from divas_jax.judging.judge import Judge
from divas_jax.media.hearing import open_heard
from divas_jax.media.tracks import Wish
from divas_jax.title.ahead import made_ahead
from divas_jax.title.checked_title import checked
from divas_jax.title.file_answer import FileAnswer, answer_of
from divas_jax.title.listening import listen
from divas_jax.title.scan import Facts, Progress, Scan
from divas_jax.title.scene_judging import JudgedScene, judge_scenes
from divas_jax.title.sound_ahead import SoundAhead
from divas_jax.title.speech import Span
from divas_jax.title.verdict import Verdict
from divas_jax.title.watching import MakeWatcher

LEAST = Fraction(300)
"""Shorter titles are looked at whole (s)."""

GAP = Fraction(120)
"""In every stretch of this length a piece is looked at (s)."""

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

SOUGHT_AHEAD = 2
"""Pieces whose places are chosen ahead, while the pieces before them are looked at."""

ENOUGH_MS = 26.0
"""An interval that reaches no further (ms) is narrow enough; what models lean to makes 23.5 of it (`LEAN_MS`)."""

NEAR = Fraction(15)
"""A change is known to this (s)."""

MOST = 3
"""Pieces for each stretch of `GAP`, at most, over the whole title."""


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
    ) -> None:
        self._judge, self._file, self._make_watcher = judge, file, make_watcher
        self._search, self._fineness, self._wish, self._progress = search, fineness, wish, progress
        self.hearing = listen(file, wish)
        with open_heard(file, self.hearing, wish=wish) as media:
            start, self.length, timecode = media.start, media.length, media.timecode
            zero = start if media.running_clock else Fraction(0)
        facts = Facts(start=start, end=start + self.length, zero=zero, timecode=timecode, hearing=self.hearing)
        self.looked = Looked(facts)
        self._loudest = 0.0  # of what was listened to, in a thread that writes nothing else

    def answer(self) -> FileAnswer:
        """What is said of the file, after as many pieces as its doubts need."""
        stretches = _stretches(self.looked.facts.start, self.looked.facts.end)
        most = MOST * len(stretches)
        self._look_in_all(stretches)
        verdict = self._verdict()
        while len(self.looked.pieces) < most and (doubted := next(self._doubted(verdict, stretches), None)):
            self._look_in(doubted)
            verdict = self._verdict()
        return self._answer()

    def _look_in_all(self, stretches: Sequence[Span]) -> None:
        """Looks at a piece of each stretch; while one is looked at, the place of the next is chosen in a thread."""
        spoken_pieces = ((stretch, self._spoken_piece(stretch)) for stretch in stretches)
        with closing(made_ahead(spoken_pieces, SOUGHT_AHEAD)) as pieces:
            for number, (stretch, piece) in enumerate(pieces):
                self._tell(number, len(stretches))
                self._look_at(piece, stretch)

    def _look_in(self, stretch: Span) -> None:
        """Looks at a piece of the stretch in which somebody speaks, if there is one."""
        self._look_at(self._spoken_piece(stretch), stretch)

    def _look_at(self, piece: Span | None, stretch: Span) -> None:
        """Judges the scenes of a piece; without a piece it notes that nobody speaks in the stretch."""
        self.looked.facts.loudest = max(self.looked.facts.loudest, self._loudest)
        if piece is None:
            self.looked.quiet.append(stretch)
            return
        self.looked.pieces.append(piece)
        scan = Scan(self._file, self._make_watcher, wish=self._wish, span=piece, hearing=self.hearing)
        stages = scan.facts.stages
        judged = [beside[0] for beside in judge_scenes(self._judge, scan, stages, self._search, self._fineness)]
        self.looked.scenes = sorted([*self.looked.scenes, *judged], key=lambda scene: scene.start)
        self._note(scan.facts)

    def _spoken_piece(self, stretch: Span) -> Span | None:
        """Where in the stretch somebody speaks enough, of two places that are listened to."""
        middle = (stretch.start + stretch.end) / 2
        for start in (middle - EAR / 2, stretch.start):
            first = max(stretch.start, start)
            best, spoken = self._most_spoken(first, min(stretch.end, first + EAR))
            if spoken >= ENOUGH_SPEECH:
                return best
        return None

    def _most_spoken(self, start: Fraction, end: Fraction) -> tuple[Span, Fraction]:
        """The piece in [`start`, `end`) with the most speech, or the first with plenty; and how much it has (s)."""
        best, spoken = Span(start, start + PIECE), Fraction(0)
        with open_heard(self._file, self.hearing, wish=self._wish, begins=start) as media:
            try:
                sound = SoundAhead(media)
            except UserError:
                return best, spoken  # no sound there
            heard = start
            while heard < end and spoken < PLENTY and not sound.ended:
                heard = min(end, heard + SIP)
                sound.read_until(heard)
                best, spoken = _most_spoken([span for span in sound.spans(start) if span.start < heard], start, heard)
            self._loudest = max(self._loudest, sound.loudest)
        return best, spoken

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

    def _note(self, seen: Facts) -> None:
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
        warning = f"{self._file} was looked at in {len(looked.pieces)} pieces of {float(PIECE):g} s, {share:.0%} of it"
        known = replace(facts, warnings=(*facts.warnings, warning))
        return answer_of(self._judge, self._file, looked.scenes, known, self._search)

    def _tell(self, done: int, total: int) -> None:
        if self._progress:
            self._progress(done, float(total))


def _stretches(start: Fraction, end: Fraction) -> list[Span]:
    """The title in parts of at most `GAP`, all alike."""
    count = max(1, -(-(end - start) // GAP))
    step = (end - start) / count
    return [Span(start + number * step, start + (number + 1) * step) for number in range(count)]


def _most_spoken(spans: Sequence[Span], first: Fraction, last: Fraction) -> tuple[Span, Fraction]:
    """The piece in [`first`, `last`) that has the most speech, and how much (s)."""
    begins = [first, *(min(max(first, span.start), max(first, last - PIECE)) for span in spans)]
    pieces = [Span(begin, begin + PIECE) for begin in begins]
    most = [_shared(spans, *piece) for piece in pieces]
    best = most.index(max(most))
    return pieces[best], most[best]


def _shared(spans: Sequence[Span], start: Fraction, end: Fraction) -> Fraction:
    """Seconds of speech in [`start`, `end`)."""
    return sum((max(Fraction(0), min(span.end, end) - max(span.start, start)) for span in spans), Fraction(0))
