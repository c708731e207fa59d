"""Exact rates: the paper's numbers, rounding, and no drift."""

from fractions import Fraction

import pytest

from divas_jax.errors import UserError
from divas_jax.rates import (
    STANDARD_RATES,
    WINDOW_SECONDS,
    frames_in,
    milliseconds,
    nearest,
    parse_rate,
    patches_in,
    rate_name,
    standard_rate,
)

NTSC_FILM = Fraction(24000, 1001)


def test_window_of_the_paper():
    assert Fraction(1, 5) == WINDOW_SECONDS
    assert frames_in(WINDOW_SECONDS, Fraction(30)) == 6  # 5.1
    assert WINDOW_SECONDS * 16000 == 3200  # 5.1
    assert patches_in(WINDOW_SECONDS, 16000) == 25


@pytest.mark.parametrize(
    ("fps", "frames"),
    [
        ("24000/1001", 5), ("24", 5), ("25", 5), ("30000/1001", 6), ("30", 6), ("48", 10),
        ("50", 10), ("60000/1001", 12), ("60", 12), ("100", 20), ("120000/1001", 24), ("120", 24),
    ],
)  # fmt: skip
def test_frames_in_a_window_at_every_standard_rate(fps, frames):
    assert frames_in(WINDOW_SECONDS, Fraction(fps)) == frames


def test_every_standard_rate_is_tested_above():
    marked = test_frames_in_a_window_at_every_standard_rate.pytestmark[0].args[1]
    assert {Fraction(fps) for fps, _ in marked} == set(STANDARD_RATES)


def test_a_window_has_a_frame_even_in_a_slide_show():
    assert frames_in(WINDOW_SECONDS, Fraction(1)) == 1


@pytest.mark.parametrize(
    ("sample_rate", "patches"),
    [(8000, 12), (11025, 17), (16000, 25), (22050, 34), (32000, 50), (44100, 68), (48000, 75), (96000, 150)],
)
def test_patches_lie_wholly_inside_the_window(sample_rate, patches):
    assert patches_in(WINDOW_SECONDS, sample_rate) == patches
    assert patches * 128 <= WINDOW_SECONDS * sample_rate < (patches + 1) * 128


@pytest.mark.parametrize(
    ("value", "integer"),
    [("0", 0), ("1/2", 1), ("-1/2", 0), ("5/2", 3), ("-5/2", -2), ("-3/2", -1), ("7/3", 2), ("-7/3", -2), ("4", 4)],
)
def test_nearest_rounds_halves_up(value, integer):
    assert nearest(Fraction(value)) == integer


def test_nearest_is_exact_where_floats_are_not():
    below_half = Fraction(1, 2) - Fraction(1, 10**30)
    assert nearest(10**20 + below_half) == 10**20
    assert nearest(10**20 + Fraction(1, 2)) == 10**20 + 1


def test_no_drift_after_a_million_frames():
    time = sum([1 / NTSC_FILM] * 1000, Fraction(0)) * 1000
    assert time == 1_000_000 / NTSC_FILM == Fraction(125125, 3)
    assert nearest(time * 48000) == 2_002_000_000
    assert nearest(time * NTSC_FILM) == 1_000_000


def test_milliseconds():
    assert milliseconds(Fraction(-1, 8)) == -125.0
    assert milliseconds(1 / NTSC_FILM) == pytest.approx(41.7083333333, abs=1e-9)


def test_standard_rate_tells_24_from_23_976():
    assert standard_rate(Fraction(24)) == 24
    assert standard_rate(Fraction("23.976")) == NTSC_FILM
    assert standard_rate(Fraction(2997, 100)) == Fraction(30000, 1001)
    assert standard_rate(Fraction(15)) == 15


@pytest.mark.parametrize("rate", STANDARD_RATES)
def test_what_people_call_a_rate_is_read_back_exactly(rate):
    assert parse_rate(rate_name(rate)) == rate
    assert parse_rate(str(rate)) == rate


def test_rate_names():
    assert [rate_name(rate) for rate in STANDARD_RATES[:5]] == ["23.976", "24", "25", "29.97", "30"]
    assert rate_name(Fraction(25, 2)) == "12.5"
    assert rate_name(Fraction(300001, 10000)) == "30"


def test_an_unusual_decimal_rate_stays_itself():
    assert parse_rate("12.5") == Fraction(25, 2)


@pytest.mark.parametrize("text", ["", "fast", "25fps", "30/0", "nan", "inf", "0", "-25", "-30000/1001"])
def test_bad_rates_are_refused_by_name(text):
    with pytest.raises(UserError, match=repr(text)):
        parse_rate(text)
