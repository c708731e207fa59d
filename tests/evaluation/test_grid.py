from dataclasses import replace
from fractions import Fraction

import pytest
from time_telling import NTSC, Records, time_clip

from divas_jax.config import EvaluateConfig
from divas_jax.evaluation.grid import FEWEST_WINDOWS, TOO_SHORT, class_grid
from divas_jax.evaluation.scores import grid_scores

SETTINGS = EvaluateConfig(trials=25)
SECONDS = Fraction(5)


def clips():
    return [
        time_clip(Fraction(25), SECONDS, name="25"),
        time_clip(NTSC["29.97"], SECONDS, 44100, name="29.97"),
        time_clip(Fraction(60), SECONDS, 48000, name="60"),
        time_clip(Fraction(30), SECONDS, variable=True, name="variable"),
        time_clip(Fraction(25), Fraction(4), name="short"),
    ]


def test_an_oracle_finds_every_class_of_clips_that_are_long_enough(oracle):
    records = Records(clips())
    trials = class_grid(oracle, records, SETTINGS, decode=records.decode)
    assert {trial.clip for trial in trials if trial.failure == TOO_SHORT} == {"short"}
    found = grid_scores(trials)
    assert (found.clips, found.too_short) == (4, 1)
    assert (found.exact.value, found.tolerant.value) == (1.0, 1.0)
    assert found.exact.chance == pytest.approx(1 / 21)
    assert 2 / 21 < found.tolerant.chance < 3 / 21
    assert {trial.true_class for trial in trials} == set(range(-10, 11))
    assert min(trial.windows for trial in trials if not trial.failure) >= FEWEST_WINDOWS


def test_a_clip_that_is_early_by_itself_is_one_class_off(oracle):
    early = replace(time_clip(Fraction(25), SECONDS + 1, name="early").shifted(Fraction(1, 5)), name="early")
    records = Records([early])
    trials = class_grid(oracle, records, SETTINGS, decode=records.decode)
    trials = [trial for trial in trials if trial.true_class < 10]  # there is no eleventh
    assert all(trial.predicted_class == trial.true_class + 1 for trial in trials)
    found = grid_scores(trials)
    assert found.exact.value < 0.2
    assert found.tolerant.value == 1.0


def test_long_enough_means_real_sound_two_seconds_each_way(oracle):
    # 4 s of search, a window of 0.2 s, and three more frames make four windows.
    lengths = {
        "enough": Fraction(4) + Fraction(1, 5) + Fraction(3, 25),
        "not": Fraction(4) + Fraction(1, 5) + Fraction(2, 25),
    }
    records = Records([time_clip(Fraction(25), seconds, name=name) for name, seconds in lengths.items()])
    trials = class_grid(oracle, records, SETTINGS, decode=records.decode)
    assert {trial.clip: trial.windows for trial in trials} == {"enough": 4, "not": 3}
    assert {trial.clip for trial in trials if not trial.failure} == {"enough"}
