from fractions import Fraction

import numpy as np
import pytest
from time_telling import time_clip

from divas_jax.baselines.protocol import Costs
from divas_jax.baselines.trials import baseline_grid_trials, baseline_trials
from divas_jax.config import EvaluateConfig
from divas_jax.data.clip_record import ClipRecord
from divas_jax.errors import UserError
from divas_jax.evaluation.protocols import drawn_offset
from divas_jax.evaluation.scores import grid_scores, scores


class Knowing:
    """Reads the truth off the clip's timeline, on which only the sound was moved."""

    def costs(self, clip, offsets):
        true = float((clip.picture_start - clip.sound_start) * 25)
        return Costs(np.repeat(np.abs(offsets - true)[None], 5, 0).astype(np.float32), np.ones((5, len(offsets)), bool))


def record(name, fps):
    return ClipRecord(name, b"", fps, 10, True, 16000, 3.0)


RECORDS = [record(str(fps), fps) for fps in (Fraction(24), Fraction(25), Fraction(30), Fraction(60))]
SETTINGS = EvaluateConfig(trials=5)


def decode(one):
    return time_clip(one.fps, Fraction(1), name=one.name)


def test_a_knowing_competitor_is_right_within_half_a_step():
    trials = baseline_trials(Knowing(), RECORDS, SETTINGS, decode)
    assert len(trials) == 20
    assert max(abs(trial.error_ms) for trial in trials) <= 20
    assert max(abs(trial.error_ms) for trial in trials if trial.fps == 25) == 0
    assert {name: share.value for name, share in scores(trials).accuracy.items()} == dict.fromkeys(
        ("strict", "undetectable", "acceptable"), 1.0
    )


def test_offsets_are_those_of_divas():
    trials = baseline_trials(Knowing(), RECORDS[3:], SETTINGS, decode)
    drawn = [drawn_offset(0, "60", number, 15) / 60 * 1000 for number in range(5)]
    assert [trial.true_ms for trial in trials] == pytest.approx(drawn)
    assert trials[0].curve_ms.tolist() == [40 * step for step in range(-7, 8)]
    assert trials[0].curve_ms[trials[0].curve.argmin()] == trials[0].predicted_ms


def test_classes_are_met_exactly():
    trials = baseline_grid_trials(Knowing(), RECORDS, SETTINGS, decode)
    assert [trial.predicted_class for trial in trials] == [trial.true_class for trial in trials]
    assert grid_scores(trials).exact.value == 1


def test_an_unreadable_clip_is_told_and_does_not_stop_the_others():
    def refuse(one):
        if one.name == "25":
            raise UserError("25 cannot be read")
        return decode(one)

    settings = EvaluateConfig(trials=1)
    assert [trial.failure for trial in baseline_trials(Knowing(), RECORDS, settings, refuse)] == [
        "", "25 cannot be read", "", "",
    ]  # fmt: skip
    assert baseline_grid_trials(Knowing(), RECORDS, settings, refuse)[1].predicted_class is None
