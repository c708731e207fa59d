"""Two checkouts are measured in turn, and the best round of each counts."""

import sys

import pytest

from divas_jax import benchmark
from divas_jax.benchmarking.checkouts import measured_in_turn
from divas_jax.errors import UserError

FAKE = """
import json, pathlib, sys
calls = pathlib.Path(__file__).with_name("calls")
rounds = len(calls.read_text()) if calls.exists() else 0
calls.write_text("x" * (rounds + 1))
assert sys.argv[1:6] == ["--parts", "decode", "--rounds", "1", "--json"], sys.argv
report = {"measurements": [{"part": "decode", "unit": "frames", "rate": RATES[rounds]}]}
pathlib.Path(sys.argv[6]).write_text(json.dumps(report))
"""


def _checkout(folder, rates):
    (folder / "divas_jax").mkdir(parents=True)
    (folder / "divas_jax" / "__init__.py").write_text("")
    (folder / "divas_jax" / "benchmark.py").write_text(FAKE.replace("RATES", str(rates)))
    return folder


def test_the_best_round_of_each_checkout_counts(tmp_path):
    checkouts = {"then": _checkout(tmp_path / "a", [3.0, 5.0]), "now": _checkout(tmp_path / "b", [9.0, 7.0])}
    assert measured_in_turn(checkouts, ["decode"], 2) == {("decode", "frames"): {"then": 5.0, "now": 9.0}}


def test_a_checkout_that_fails_is_named(tmp_path):
    with pytest.raises(UserError, match=rf"{tmp_path / 'a'} failed: IndexError"):
        measured_in_turn({"then": _checkout(tmp_path / "a", [])}, ["decode"], 1)


def test_a_folder_that_is_none_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["divas benchmark", "--against", str(tmp_path)])
    with pytest.raises(UserError, match="is no checkout of divas_jax"):
        benchmark.main()
