"""The odd files of `make cases` have their traits and their truth; their film is grey here, nothing is painted."""

from fractions import Fraction
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from divas_jax.media.boxes import edited_in_parts
from divas_jax.media.container import open_media

FOLDER = Path(__file__).resolve().parents[2] / "docs/runs/cases"


@pytest.fixture(scope="module")
def made():
    """The modules that make odd files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield SimpleNamespace(**{name: import_module(name) for name in ("made_film", "makers", "measured", "muxing")})


@pytest.fixture(scope="module")
def film(made, tmp_path_factory):
    """The film's sound beside grey pictures."""
    film = made.made_film.MadeFilm(tmp_path_factory.mktemp("cases") / "film.mkv")
    grey = np.full((*made.made_film.SIZE, 3), 99, np.uint8)
    pictures = ((Fraction(index, 25), grey) for index in range(25 * made.made_film.SECONDS))
    made.muxing.write(film.path, made.muxing.Coded(pictures))
    return film


def written(made, film, name: str) -> Path:
    path = film.path.with_name(name)
    made.makers.named(name).make(path, film)
    return path


@pytest.mark.parametrize(
    ("name", "near_ms"),
    [("late-1400.mp4", 0.1), ("late-5000.mp4", 0.1), ("late-start.mkv", 0.6), ("late-picture.mp4", 0.1),
     ("cut.mkv", 1), ("edit-list.mov", 6), ("96-khz.mkv", 0.1), ("fragmented.mp4", 0.1)],
)  # fmt: skip
def test_the_sound_lies_where_the_truth_says(name, near_ms, made, film):
    case = made.makers.named(name)
    found = made.measured.early_ms(written(made, film, name), film.sound, None, case.skipped)
    assert found == pytest.approx(case.truth, abs=near_ms)


def test_a_sound_that_starts_late_does(made, film):
    with av.open(str(written(made, film, "late-start.mkv"))) as source:
        first = next(source.demux(audio=0))
        assert float(first.pts * first.time_base) == pytest.approx(2.5, abs=0.001)


def test_a_cut_file_begins_without_a_key_picture(made, film):
    with av.open(str(written(made, film, "cut.mkv"))) as source:
        assert not next(source.demux(video=0)).is_keyframe


def test_the_edit_list_joins_two_parts(made, film):
    with written(made, film, "edit-list.mov").open("rb") as stream:
        assert edited_in_parts(stream) == {"soun"}


def test_the_clock_jumps_by_an_hour(made, film):
    with open_media(written(made, film, "jump-forward.ts")) as media:
        list(media.frames())
        assert [float(jump.by) for jump in media.jumps] == [pytest.approx(3590, abs=0.1)]


def test_every_case_has_a_truth_or_a_reason(made):
    cases = made.makers.CASES
    assert len({case.name for case in cases}) == len(cases)
    assert all(case.trait and (case.truth is None) == bool(case.refused) for case in cases)
