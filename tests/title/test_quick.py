"""A long title looked at in pieces: how many it takes, and where, on titles whose scenes are known."""

import pickle
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from test_file_answer import judgement, track

from divas_jax.media.hearing import Hearing
from divas_jax.media.tracks import NOTHING
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.pieces import PIECE, Place, Seen, Wanted, most_spoken, shared
from divas_jax.title.quick import GAP, NEAR, Looked, QuickPass, _stretches
from divas_jax.title.scan import Facts
from divas_jax.title.scene_judging import JudgedScene
from divas_jax.title.speech import Span

HOUR = Fraction(3600)
NOWHERE = Span(Fraction(-1), Fraction(0))


class KnownReader:
    """Every piece holds one scene that says the truth; nobody speaks in `silent`."""

    def __init__(self, truth, silent):
        self.truth, self.silent = truth, silent

    def place_in(self, stretch):
        begin = (stretch.start + stretch.end) / 2
        quiet = self.silent.start <= begin < self.silent.end
        return Place(stretch, None if quiet else Span(begin, begin + PIECE), 0.5)

    def look_at(self, place):
        if place.piece is None:
            return Seen(place)
        begin = place.piece.start
        error = np.random.default_rng(int(begin)).normal(0, 8)
        found = judgement(self.truth(float(begin)) + error, 2.0, probability=0.95)
        scene = JudgedScene(0, begin, begin + PIECE, (track(found, start=int(begin)),), 0)
        return Seen(place, (scene,), Facts(spoken=4.0))

    def look_in(self, stretch):
        return self.look_at(self.place_in(stretch))


class Known(QuickPass):
    """Of an hour."""

    def __init__(self, truth, silent=NOWHERE, helped=False):
        self._reader, self.length, self._progress = KnownReader(truth, silent), HOUR, None
        self._helpers = self.help if helped else None
        self._wanted = Wanted(Path("film.mp4"), Hearing(0), NOTHING, Fraction(1), 1)
        self.looked = Looked(Facts(end=HOUR, loudest=0.5, spoken=100.0))

    def help(self, stretches, wanted):
        assert wanted is self._wanted
        yield from reversed([self._reader.look_in(stretch) for stretch in stretches])

    def _answer(self):
        return FileAnswer(self._wanted.file, tuple(self.looked.scenes), facts=self.looked.facts)


def test_helpers_change_nothing_whatever_the_order_they_come_back_in():
    def truth(time):
        return 0.0 if time < 1777 else -200.0

    alone, helped = Known(truth), Known(truth, helped=True)
    alone.answer()
    helped.answer()
    assert alone._verdict() == helped._verdict()
    assert alone.looked.pieces == helped.looked.pieces
    assert (alone.looked.facts.spoken, alone.looked.facts.loudest) == (helped.looked.facts.spoken, 0.5)


def test_a_title_in_sync_takes_one_piece_a_stretch():
    quick = Known(lambda time: 0.0)
    answer = quick.answer()
    assert len(quick.looked.pieces) == HOUR / GAP == len(answer.scenes)
    assert quick._verdict().kind == "in sync"


def test_a_change_is_looked_for_until_it_is_near():
    change = 1777.0
    quick = Known(lambda time: 0.0 if time < change else -200.0)
    quick.answer()
    verdict = quick._verdict()
    assert verdict.kind == "intermittent"
    assert verdict.pieces[0].end == pytest.approx(change, abs=2 * float(NEAR))
    assert HOUR / GAP < len(quick.looked.pieces) < HOUR / GAP + 8


def test_where_nobody_speaks_nothing_is_looked_for_twice():
    quick = Known(lambda time: 100.0, silent=Span(Fraction(1000), Fraction(2000)))
    quick.answer()
    assert len(quick.looked.quiet) == len(set(quick.looked.quiet))
    assert all(not 1000 <= piece.start < 2000 for piece in quick.looked.pieces)
    assert quick._verdict().kind == "constant offset"


def test_the_first_piece_with_plenty_of_speech_is_as_good_as_any():
    spans = [Span(Fraction(2), Fraction(4)), Span(Fraction(7), Fraction(20))]
    assert most_spoken(spans, Fraction(0), Fraction(30)) == (Span(Fraction(7), Fraction(13)), 6)
    assert most_spoken(spans[:1], Fraction(0), Fraction(30)) == (Span(Fraction(0), Fraction(6)), 2)
    assert most_spoken([], Fraction(0), Fraction(30))[1] == 0


def test_stretches_cover_a_title_and_speech_is_counted():
    stretches = _stretches(Fraction(10), Fraction(10) + 5 * GAP + 1)
    assert len(stretches) == 6
    assert (stretches[0].start, stretches[-1].end) == (10, 11 + 5 * GAP)
    assert shared([Span(Fraction(1), Fraction(3)), Span(Fraction(4), Fraction(9))], Fraction(2), Fraction(6)) == 3


def test_what_helpers_see_travels():
    facts = Facts(spoken=4.0)
    with facts.stages("faces"):
        pass
    seen = pickle.loads(pickle.dumps(Seen(Place(NOWHERE, NOWHERE, 0.5), (), facts)))
    assert seen.facts.spoken == 4.0
    assert seen.facts.stages.seconds == facts.stages.seconds
