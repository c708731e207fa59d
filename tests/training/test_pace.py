"""Runs of so many minutes: as many steps as there is time for, and the schedule with them."""

import time

import pytest
from toy_runs import toy, toy_stream

from divas_jax.config import TrainConfig
from divas_jax.training import pace
from divas_jax.training.loop import train
from divas_jax.training.pace import Pace
from divas_jax.training.writers import Writers


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is moved."""
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    return now


def test_without_minutes_a_run_has_its_steps(clock):
    own = Pace(TrainConfig(steps=70))
    clock[0] = 1e6
    own.lap(10, 0.001)
    assert own.steps == 70


def test_steps_follow_from_speed_and_time(clock):
    own = Pace(TrainConfig(steps=100_000, minutes=2.0))
    assert own.steps == 100_000
    clock[0] = 20
    own.lap(100, 10.0)  # 90 of 110 seconds left at 10 a second
    assert own.steps == 1000
    clock[0] = 65
    own.lap(300, 4.0)  # twice as slow by now: 7 a second, 45 s left
    assert own.steps == 615
    clock[0] = 500
    own.lap(320, 4.0)
    assert own.steps == 320  # its time is over


def test_more_time_makes_no_more_steps_than_asked_for(clock):
    own = Pace(TrainConfig(steps=150, minutes=100.0))
    own.lap(100, 10.0)
    assert own.steps == 150


def test_a_run_ends_in_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(pace, "RESERVE", 0.0)
    config = toy(train={"steps": 1_000_000, "minutes": 0.15, "log_every": 5})
    begin = time.monotonic()
    outcome = train(config, tmp_path, toy_stream, Writers())
    assert 5 <= int(outcome.state.step) < 100_000
    assert outcome.interrupted is None
    assert time.monotonic() - begin < 120  # far from a million steps
