"""The surest seconds of a title before and after: where they lie, and that the sound is where it should be."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from clicking_film import CLICKS, made_film

from divas_jax.errors import UserError
from divas_jax.media.clock import Jump
from divas_jax.media.decode import decode_clip
from divas_jax.sync.predictions import Prediction
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.file_answer import FileAnswer
from divas_jax.title.preview import surest_stretch, write_preview
from divas_jax.title.scan import Facts
from divas_jax.title.timeline import judge_title


@pytest.fixture(scope="module")
def early(tmp_path_factory) -> CheckedTitle:
    """Three seconds whose sound is said to be 120 ms early; scenes are trusted more and more."""
    path = made_film(tmp_path_factory.mktemp("film") / "film.mp4")
    found = [Prediction(0.25 * n, 0.25 * n + 0.2, 120.0, 1.0, 0.6 + 0.03 * n) for n in range(12)]
    facts = Facts(end=Fraction(3), fps=Fraction(30000, 1001), sample_rate=48_000)
    return CheckedTitle(FileAnswer(path, facts=facts), judge_title(found, 0.0, 3.0, 600.0), ())


def _last_click(path) -> float:
    """Time at which the last click has rung out, against the clip's first picture (s)."""
    clip = decode_clip(path)
    loud = np.flatnonzero(np.abs(clip.samples) > 0.3)
    return float(clip.sound_start - clip.frame_time(0)) + float(loud[-1]) / clip.sample_rate


def test_the_surest_seconds_before_and_after(early, tmp_path):
    start, end = surest_stretch(early, Fraction(1))
    assert (start, end) == (2, 3)
    before, after = write_preview(early, tmp_path / "copy.mp4", Fraction(1))
    assert [path.name for path in (before, after)] == ["copy.before.mp4", "copy.after.mp4"]
    by = early.verdict.at(2.5) / 1000
    assert 0.115 < by < 0.125
    clicks = [_last_click(path) for path in (before, after)]
    last = CLICKS[3] - 2
    assert clicks[1] - clicks[0] == pytest.approx(by, abs=0.002)
    assert last - 0.04 < clicks[0] < last + 0.01  # the first picture of the stretch lies up to a frame after 2 s


def test_a_film_that_is_shorter_is_shown_whole(early):
    assert surest_stretch(early, Fraction(60)) == (0, 3)


def test_nothing_is_looked_for_behind_a_jump(early, tmp_path):
    facts = replace(early.answer.facts, jumps=(Jump(Fraction(1), Fraction(3600)),))
    with pytest.raises(UserError, match="its clock jumps"):
        write_preview(replace(early, answer=replace(early.answer, facts=facts)), tmp_path / "b.mp4", Fraction(1))
    assert not list(tmp_path.iterdir())
