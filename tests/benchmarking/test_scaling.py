"""Growth is fitted and drawn; each size is measured in a process of its own."""

import time

import pytest

from divas_jax.benchmarking import scaling, spreading
from divas_jax.benchmarking.scaling import Grown, growth, plot_growth, slope
from divas_jax.errors import UserError


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_the_power_is_found(power):
    grown = [Grown(size, 0.1 * size**power, 100.0) for size in (1, 2, 4, 8)]
    assert slope(grown) == pytest.approx(power, abs=1e-9)


def test_what_is_known_of_a_data_set_is_read_in_proportion(monkeypatch, tmp_path):
    monkeypatch.setattr(
        scaling, "KINDS", scaling.KINDS | {"records": scaling.KINDS["records"]._replace(sizes=(100, 1000))}
    )
    told = []
    grown = growth("records", told.append)
    assert told == grown
    assert [one.size for one in grown] == [100, 1000]
    assert all(one.seconds > 0 for one in grown)
    assert all(one.peak_mib > 10 for one in grown)
    plot_growth({"records": grown}, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").stat().st_size > 5_000


def test_films_have_the_faces_that_are_asked_for():
    film = scaling._film(2, 3)
    assert [len(scene.faces) for scene in film.scenes] == [3, 3]
    assert [face.heard for face in film.scenes[0].faces] == [True, False, False]


@pytest.mark.slow
def test_what_starts_programs_tells_its_own_seconds(monkeypatch):
    """Two hosts train together, and only their steps count, not their start."""
    monkeypatch.setattr(spreading, "STEPS", 6)
    monkeypatch.setattr(spreading, "LOGGED", 2)
    begin = time.perf_counter()
    seconds = spreading.hosts(2)()
    assert 0 < seconds < time.perf_counter() - begin


def test_a_program_that_fails_is_named():
    with pytest.raises(UserError, match=r"divas_jax predict failed: .*nothing\.mp4"):
        spreading._run(["divas_jax", "predict", "nothing.mp4"])
