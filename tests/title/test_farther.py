"""What lies at the end of the search is no offset; it is searched farther, and what is not sure is called so."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from divas_jax.judging.calibration import FARTHEST
from divas_jax.judging.judge import Judgement, with_probability
from divas_jax.loading import load_calibration
from divas_jax.outcomes import doubt_words, sided
from divas_jax.sync.tolerances import UNDETECTABLE
from divas_jax.title.batch import FileJudge, Settings
from divas_jax.title.checked_title import checked
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.scan import Facts
from divas_jax.title.scene_judging import JudgedScene, JudgedTrack

SEARCHED = np.arange(-15, 16) * 40.0


def judgement(best, probability=None, unsure=None):
    curve = 1 + 0.3 * (1 - np.exp(-(((SEARCHED - best) / 60) ** 2)))
    return Judgement("a", float(best), float(best), 0.3, 90, SEARCHED, curve, probability=probability, unsure=unsure)


def scene(best, start):
    track = JudgedTrack(
        0, Fraction(start), Fraction(start + 4), Fraction(25), 100.0, (Fraction(start),),
        np.zeros((1, 4), np.float32), judgement(best),
    )  # fmt: skip
    return JudgedScene(0, Fraction(start), Fraction(start + 4), (track,), None)


def answer(offsets, search, reason="no visible speaker"):
    scenes = tuple(scene(best, 5 * place) for place, best in enumerate(offsets))
    return FileAnswer(Path("a.mp4"), scenes, None, reason, facts=Facts(end=Fraction(60)), search=search)


def test_the_end_of_the_search_is_never_told():
    calibration = load_calibration()
    inside = with_probability(judgement(120), calibration, Fraction(25), Fraction(3, 5))
    for end in (-600, 600):
        found = with_probability(judgement(end), calibration, Fraction(25), Fraction(3, 5))
        assert found.at_end
        assert (found.unsure, found.probability) == (FARTHEST, 0.0)
    assert not inside.at_end
    assert inside.probability > 0.5


def test_scenes_at_the_end_of_the_search_carry_no_verdict():
    there = checked(answer([600] * 6, Fraction(3, 5)))
    assert there.verdict.kind == "not enough evidence"
    assert all(each.trust == 0 for each in there.verdict.predictions)
    mixed = checked(answer([120, 600, 120, 120, 600, 120, 120, 120, 120], Fraction(3, 5), ""))
    assert mixed.verdict.offset_start.value == pytest.approx(120, abs=5)


@pytest.fixture
def judge(monkeypatch):
    """A judge that finds something only where it searches far enough."""

    class Fake(FileJudge):
        def __init__(self, truth):
            self.settings = Settings(None, False, Fraction(3, 5), 1, UNDETECTABLE)
            self.truth, self.searched = truth, []

        def _answer(self, file, search, progress, watch):
            self.searched.append(search)
            if abs(self.truth) <= 1000 * search:
                return replace(answer([0] * 3, search, ""), judgement=judgement(0))
            return answer([600 if self.truth > 0 else -600] * 3, search)

    return Fake


@pytest.mark.parametrize(("truth", "searches"), [(100, 1), (-1400, 2), (5000, 3)])
def test_it_is_searched_as_far_as_needed(judge, truth, searches):
    made = judge(truth)
    found = made.answer(Path("a.mp4"))
    assert made.searched == [Fraction(3, 5), Fraction(2), Fraction(10)][:searches]
    assert found.status == "told"
    assert bool(found.facts.warnings) == (searches > 1)
    if searches > 1:
        assert found.facts.warnings[0].startswith("a.mp4 seems to be off by more than 0.6 s, so up to")


def test_beyond_the_widest_search_it_says_so(judge):
    found = judge(30_000).answer(Path("a.mp4"))
    assert found.status == "thin"
    assert found.reason == "its sound seems to be farther off than the 10 s that were searched"


def test_no_alarm_without_certainty():
    assert sided(None, None) == "thin"
    assert (sided(True, None), sided(False, None)) == ("in", "out")
    assert [sided(chance > 0.5, chance) for chance in (0.02, 0.3, 0.6, 0.95)] == ["out", "doubtful", "doubtful", "in"]
    assert sided(True, 0.6, sure=0.5) == "in"
    assert doubt_words(0.3) == "probably out of tolerance (70 %)"
    assert doubt_words(0.8) == "probably within the tolerance (80 %)"


def test_the_chance_of_a_tolerance():
    assert UNDETECTABLE.chance(45.0, 10.0) == pytest.approx(0.5, abs=1e-6)
    assert UNDETECTABLE.chance(-40.0, 10.0) > 0.999
    assert UNDETECTABLE.chance(80.0, 10.0) < 0.001
    assert UNDETECTABLE.chance(50.0, 0.0) == 0.0
