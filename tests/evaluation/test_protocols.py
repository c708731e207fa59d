from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from time_telling import Records, every_rate, time_clip

from divas_jax.config import EvaluateConfig
from divas_jax.errors import UserError
from divas_jax.evaluation.protocols import TOO_SHORT, drawn_offset, random_offsets, without_offsets
from divas_jax.evaluation.reading import chosen_evenly, within_rates
from divas_jax.evaluation.scores import scores
from divas_jax.judging.judge import offsets_of
from divas_jax.sync.tolerances import TOLERANCES

SETTINGS = EvaluateConfig(trials=4)


def test_an_oracle_is_right_at_every_rate(oracle):
    records = Records(every_rate())
    trials = random_offsets(oracle, records, SETTINGS, decode=records.decode)
    assert [trial.clip for trial in trials] == [f"clip{index}" for index in range(5) for _ in range(4)]
    for trial in trials:
        step = 1000 / float(trial.fps)
        frames = drawn_offset(0, trial.clip, trials.index(trial) % 4, 15)
        if trial.constant_rate:
            assert trial.true_ms == pytest.approx(frames * step)
            assert trial.error_ms == 0
            assert abs(trial.fine_error_ms) < 3
        else:
            assert abs(trial.error_ms) <= step / 4
        assert trial.windows >= 4
        assert trial.confidence > 0
        assert trial.curve_ms[trial.curve.argmin()] == pytest.approx(trial.predicted_ms)
    found = scores(trials)
    assert [found.accuracy[one.name].value for one in TOLERANCES] == [1.0, 1.0, 1.0]
    assert records.decoded == list(records.clips)  # once each, for all trials


@pytest.mark.parametrize("frames", [-3, 4])
def test_a_sound_that_really_is_early_is_called_early(oracle, frames):
    clips = [clip.shifted(frames / clip.fps) for clip in every_rate()[:4]]
    records = Records(clips)
    for trial, clip in zip(without_offsets(oracle, records, SETTINGS, decode=records.decode), clips, strict=True):
        assert trial.true_ms == 0
        assert trial.predicted_ms == pytest.approx(frames * 1000 / float(clip.fps))


@pytest.mark.parametrize("clip", every_rate(noise=7), ids=lambda clip: clip.name)
def test_an_artificial_offset_is_the_same_as_a_shifted_clip(random_model, clip):
    frames, reach = 5, 8
    still = random_model.embed([clip], 2 * reach)[0]
    shifted = random_model.embed([clip.shifted(frames / clip.fps)], 2 * reach)[0]
    steps = still.steps_per_frame
    moved = offsets_of([still], reach * steps, np.asarray([[frames * steps]]))
    real = offsets_of([shifted], reach * steps, np.asarray([[0]]))
    assert np.isfinite(real.curve).all()
    np.testing.assert_allclose(moved.curve, real.curve, atol=2e-5)
    assert moved.windows == real.windows
    assert np.ptp(real.curve) > 1e-3


def test_a_ragged_group_equals_one_by_one(random_model):
    clips = [*every_rate(noise=3), time_clip(Fraction(25), Fraction(1), name="short", noise=9)]
    records = Records(clips)
    together = random_offsets(random_model, records, SETTINGS, decode=records.decode)
    alone = []
    for clip in clips:
        one = Records([clip])
        alone += random_offsets(random_model, one, SETTINGS, decode=one.decode)
    assert len(together) == len(alone) == 4 * len(clips)
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose(a.curve, b.curve, atol=2e-5)
        exact = ("fine_ms", "confidence", "curve_ms", "curve", "predicted_ms")
        assert {k: v for k, v in vars(a).items() if k not in exact} == {
            k: v for k, v in vars(b).items() if k not in exact
        }
        assert a.confidence == pytest.approx(b.confidence, abs=1e-4)


def test_offsets_depend_on_seed_clip_and_trial_alone(random_model):
    clips = every_rate(noise=3)[:3]
    one, other = Records(clips), Records(clips[::-1])
    first = random_offsets(random_model, one, SETTINGS, decode=one.decode)
    again = random_offsets(random_model, one, SETTINGS, decode=one.decode)
    assert first == again
    turned = random_offsets(random_model, other, replace(SETTINGS, trials=2), decode=other.decode)
    drawn = {(trial.clip, trial.true_ms) for trial in first}
    assert {(trial.clip, trial.true_ms) for trial in turned} <= drawn
    draws = [drawn_offset(0, f"clip{index}", 0, 15) for index in range(600)]
    assert set(draws) == set(range(-15, 16))
    assert draws != [drawn_offset(1, f"clip{index}", 0, 15) for index in range(600)]


def test_clips_without_an_answer_are_named(oracle):
    clips = [time_clip(name="good"), time_clip(seconds=Fraction(4, 25), name="short"), time_clip(name="broken")]
    records = Records(clips)

    def decode(record):
        if record.name == "broken":
            raise UserError("broken: cannot be decoded")
        return records.decode(record)

    told = []
    trials = random_offsets(oracle, records, SETTINGS, lambda *done: told.append(done), decode)
    assert len(trials) == 12
    assert {trial.clip: trial.failure for trial in trials} == {
        "good": "",
        "short": TOO_SHORT,
        "broken": "broken: cannot be decoded",
    }
    assert all(np.isnan(trial.predicted_ms) for trial in trials if trial.failure)
    assert scores(trials).trials == 4
    assert told == [(3, 71)]


def test_many_clips_go_in_groups_that_give_the_same(oracle, monkeypatch):
    clips = [time_clip(seconds=Fraction(2), name=f"clip{index}") for index in range(20)]
    records = Records(clips)
    whole = random_offsets(oracle, records, SETTINGS, decode=records.decode)
    told = []
    monkeypatch.setattr("divas_jax.evaluation.reading.GROUP_FRAMES", 150)
    parts = random_offsets(oracle, records, SETTINGS, lambda *done: told.append(done[0]), records.decode)
    assert told == [3] * 6 + [2]
    assert parts == whole


def test_a_part_of_the_records_is_spread_evenly():
    records = Records([time_clip(Fraction(20 + index), Fraction(1), name=f"{index}") for index in range(10)])
    assert [chosen_evenly(records, 4)[index].name for index in range(4)] == ["0", "2", "5", "7"]
    assert chosen_evenly(records, 0) is records
    assert chosen_evenly(records, 10) is records
    slow = within_rates(records, 22.0, 25.0)
    assert [slow[index].name for index in range(len(slow))] == ["2", "3", "4", "5"]
