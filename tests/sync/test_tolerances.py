"""Both ends of every interval, and offsets in words."""

from itertools import pairwise

import numpy as np
import pytest

from divas_jax.sync.tolerances import ACCEPTABLE, STRICT, TOLERANCES, UNDETECTABLE, in_words, tolerance_of


@pytest.mark.parametrize(
    ("tolerance", "late", "early"), [(STRICT, -40, 40), (UNDETECTABLE, -125, 45), (ACCEPTABLE, -185, 90)]
)
def test_both_ends_belong_to_the_interval(tolerance, late, early):
    errors = np.array([late - 0.01, late, 0, early, early + 0.01])
    assert tolerance.holds(errors).tolist() == [False, True, True, True, False]


def test_each_tolerance_holds_the_one_before():
    errors = np.arange(-300.0, 300.0)
    held = [tolerance.holds(errors) for tolerance in TOLERANCES]
    for tight, loose in pairwise(held):
        assert (loose | ~tight).all()
        assert loose.sum() > tight.sum()


def test_no_error_is_no_number():
    assert not STRICT.holds(np.array([np.nan, np.inf])).any()


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (120.4, "sound is 120 ms early"),
        (-119.6, "sound is 120 ms late"),
        (0.3, "sound is in sync (0 ms)"),
        (-0.4, "sound is in sync (0 ms)"),
        (-0.6, "sound is 1 ms late"),
    ],
)
def test_offset_in_words(offset, words):
    assert in_words(offset) == words


def test_a_tolerance_is_named_or_told_in_ms():
    assert tolerance_of("strict") is STRICT
    assert tolerance_of("40")[1:] == (-40, 40)
    assert tolerance_of("-125:45")[1:] == (-125, 45)
    assert tolerance_of("-125:45").name == "-125 to 45 ms"
    assert tolerance_of("125:45") == tolerance_of("-125:45")
    for wrong in ("tight", "45:-125", "nan", "1:2:3", ""):
        with pytest.raises(ValueError, match=r"interval|convert"):
            tolerance_of(wrong)
