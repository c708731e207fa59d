from fractions import Fraction

import pytest

from divas_jax.clip import Rung
from divas_jax.config import DataConfig, ModelConfig
from divas_jax.data.ladder import ladder_of, padding_waste, rung_for_any, rung_of, window_shape
from divas_jax.rates import WINDOW_SECONDS

LADDER = (Rung(12, 75), Rung(6, 75), Rung(6, 25))


@pytest.mark.parametrize(
    ("fps", "sample_rate", "index"),
    [
        (Fraction(25), 16_000, 2),
        (Fraction(30), 16_000, 2),
        (Fraction(30_000, 1001), 44_100, 1),
        (Fraction(25), 48_000, 1),
        (Fraction(60_000, 1001), 48_000, 0),
        (Fraction(60), 16_000, 0),
        (Fraction(120), 48_000, None),
        (Fraction(25), 96_000, None),
    ],
)
def test_smallest_fitting_rung(fps, sample_rate, index):
    assert rung_of(fps, sample_rate, LADDER) == index


def test_frames_weigh_more_than_sound_patches():
    assert rung_of(Fraction(25), 16_000, (Rung(12, 25), Rung(6, 300))) == 1


def test_ladder_grows_only_for_rates_outside():
    assert rung_for_any(Fraction(25), 48_000, LADDER, WINDOW_SECONDS) == (1, LADDER)
    index, ladder = rung_for_any(Fraction(25), 96_000, LADDER, WINDOW_SECONDS)
    assert ladder[:3] == LADDER
    assert ladder[index] == Rung(6, 150)  # 5 frames share the 6-frame rung's height
    again, same = rung_for_any(Fraction(30), 96_000, ladder, WINDOW_SECONDS)
    assert (again, same) == (index, ladder)


def test_the_grown_rung_fits_and_an_empty_ladder_grows_its_first():
    index, ladder = rung_for_any(Fraction(240), 192_000, (), WINDOW_SECONDS)
    assert (index, ladder) == (0, (Rung(48, 300),))


def test_padding_waste_by_hand():
    assert window_shape(Fraction(25), 48_000, WINDOW_SECONDS) == Rung(5, 75)
    rates = [(Fraction(25), 48_000), (Fraction(30), 44_100), (Fraction(60), 48_000), (Fraction(200), 48_000)]
    (high, middle, low), outside = padding_waste(rates, LADDER)
    assert (high.clips, middle.clips, low.clips, outside) == (1, 2, 0, 1)
    assert (high.picture, high.sound) == (0.0, 0.0)
    assert middle.picture == pytest.approx(1 / 12)  # 5 + 6 frames in 2 x 6
    assert middle.sound == pytest.approx(1 - (75 + 68) / 150)
    assert (low.picture, low.sound) == (0.0, 0.0)


@pytest.mark.parametrize(("seconds", "shapes"), [(0.1, ((3, 38), (6, 38))), (0.4, ((12, 150), (24, 150)))])
def test_the_rungs_of_longer_and_shorter_windows_are_in_proportion(seconds, shapes):
    model = ModelConfig(seconds=seconds)
    ladder = ladder_of(model, DataConfig(rungs=((6, 75), (12, 75))))
    assert [(rung.frames, rung.patches) for rung in ladder] == list(shapes)
    assert {rung.window for rung in ladder} == {Fraction(str(seconds))}
    for index, fps in enumerate((Fraction(30000, 1001), Fraction(60))):
        assert rung_of(fps, 48_000, ladder) == index
    assert rung_for_any(Fraction(25), 48_000, ladder, model.window) == (0, ladder)
