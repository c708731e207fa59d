"""Models are trained once, with steps that fit their seconds, and measured on made-up data."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_run import tiny_config

from divas_jax.config import EvaluateConfig
from divas_jax.tabling.bench import Bench
from divas_jax.tabling.contestants import BaselineContestant
from divas_jax.tabling.datasets import LRS3, SLOW, DataSets
from divas_jax.tabling.effort import effort_of
from divas_jax.tabling.paper_numbers import TABLE_2
from divas_jax.tabling.rates_table import rates_table
from divas_jax.tabling.runs import BASE, LEARNS_FROM, NEEDED, ON_LRS3, SYNCNET, Runs

EFFORT = replace(effort_of(1.0), width=1 / 16, clips=4, tested=2, trials=1)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    sets = DataSets({}, folder / "data", EFFORT)
    config = tiny_config(data={"segments": 8, "windows": 4, "spacing": 1, "rungs": ((6, 25), (12, 25))})
    runs = Runs(sets, folder / "runs", EFFORT, config, config, seconds_each=0.1)
    return Bench(sets, runs, EFFORT, EvaluateConfig(trials=1))


def test_every_table_says_what_it_needs():
    assert sorted(NEEDED) == [1, 2, 3, 4, 5, 6]
    assert {run for runs in NEEDED.values() for run in runs} == set(LEARNS_FROM)


@pytest.mark.slow
def test_positions_are_compared_on_clips_of_both_rates(bench):
    table = rates_table(bench)
    assert [row.name for row in table.rows] == list(TABLE_2)
    for row in table.rows:
        assert row.values["answers"] > 0
        assert row.values["fast_answers"] > 0
        assert 0 <= row.values["strict"] <= 1
    assert f"{BASE} {bench.runs.steps(BASE)}" in table.note
    assert bench.runs.steps(ON_LRS3) >= 10


@pytest.mark.slow
def test_a_competitor_is_trained_once_and_answers(bench):
    contestant = bench.runs.contestant(SYNCNET)
    assert isinstance(contestant, BaselineContestant)
    assert bench.runs.contestant(SYNCNET) is contestant
    trials = contestant.offsets(bench.sets.tested(LRS3, SLOW), bench.settings)
    assert len(trials) == 2
    assert all(np.isfinite(trial.predicted_ms) for trial in trials)
