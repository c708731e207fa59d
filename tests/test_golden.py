"""What came out once comes out again: encoders, ten training steps, a verdict.

Where a change is meant to change them: `python tests/golden/make.py` writes the files anew.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from golden_values import ARRAYS, verdict

GOLDEN = Path(__file__).parent / "golden"
RELATIVE = 1e-5
"""Platforms add up in different orders."""

RENEW = "if this is meant: python tests/golden/make.py, and say in the commit what moved and why"
ROUNDED = 1e-4
"""Step of the numbers of a verdict."""


def differences(found, kept, place: str = "") -> list[str]:
    """Where two JSON values differ: floats by more than platforms do, all else at all."""
    if isinstance(kept, dict) and isinstance(found, dict) and found.keys() == kept.keys():
        return [line for key in kept for line in differences(found[key], kept[key], f"{place}.{key}")]
    if isinstance(kept, list) and isinstance(found, list) and len(found) == len(kept):
        return [
            line for n, pair in enumerate(zip(found, kept, strict=True)) for line in differences(*pair, f"{place}.{n}")
        ]
    if isinstance(kept, float) and isinstance(found, float):
        return [] if found == pytest.approx(kept, rel=RELATIVE, abs=ROUNDED) else [f"{place}: {found}, was {kept}"]
    return [] if found == kept and type(found) is type(kept) else [f"{place}: {found!r}, was {kept!r}"]


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_as_they_were(name):
    found = ARRAYS[name]()
    with np.load(GOLDEN / f"{name}.npz") as kept:
        assert set(found) == set(kept)
        for key, values in kept.items():
            scale = (
                np.abs(values).max() if values.dtype.kind == "f" else 0.0
            )  # what is near 0 is a difference of others
            np.testing.assert_allclose(found[key], values, RELATIVE, RELATIVE * scale, err_msg=f"{key}: {RENEW}")


def test_the_verdict_is_as_it_was():
    assert differences(verdict(), json.loads((GOLDEN / "verdict.json").read_text())) == [], RENEW


@pytest.mark.parametrize(
    ("found", "place"),
    [({"a": [1.0, "in sync"]}, ""), ({"a": [1.001, "in sync"]}, ".a.0"), ({"a": [1.0, "drift"]}, ".a.1"), ({}, "")],
)
def test_differences_are_found(found, place):
    told = differences(found, {"a": [1.0, "in sync"]})
    assert [line.partition(":")[0] for line in told] == ([] if found == {"a": [1.0, "in sync"]} else [place])
