from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from time_telling import Records, every_rate, time_clip

from divas_jax.config import EvaluateConfig
from divas_jax.evaluation.lengths import by_part, length_trials, lengths_table, middle
from divas_jax.evaluation.protocol_names import LENGTHS, OFFSETS
from divas_jax.evaluation.protocols import moved_trials
from divas_jax.evaluation.reading import embedded_groups
from divas_jax.evaluation.results import measure
from divas_jax.judging import embedding

SETTINGS = EvaluateConfig(trials=3)


def embedded(embedder, clips):
    records = Records(clips)
    (group,) = embedded_groups(embedder, records, 30, decode=records.decode)
    return group


def test_an_oracle_is_right_at_every_length_and_nothing_is_embedded_twice(oracle, monkeypatch):
    runs = []
    tell = embedding._pictures
    monkeypatch.setattr(
        embedding, "_pictures", lambda *given: runs.append(int(given[3].window_mask.sum())) or tell(*given)
    )
    records = Records([*every_rate(), time_clip(seconds=Fraction(5), name="long")])
    results = measure(oracle, {"val": records}, SETTINGS, (OFFSETS, LENGTHS), decode=records.decode)
    assert sum(runs) >= results.windows  # the last rows of a shape are padded with copies
    assert len(runs) <= 2 * -(-results.windows // (2 * 16))
    found = by_part(results.trials[LENGTHS])
    assert [one.trials for one in found.values()] == [18, 18, 3, 18, 18, 3, 18, 3]
    assert [trial for trial in results.trials[LENGTHS] if not trial.part] == results.trials[OFFSETS]
    for trial in results.trials[LENGTHS]:
        assert trial.constant_rate is False or abs(trial.error_ms) < 1e-6
    long = [trial for trial in results.trials[LENGTHS] if trial.clip == "long"]
    windows = {trial.part: trial.windows for trial in long if not trial.sound_around}
    assert 4 <= windows[1] <= 21 < windows[4] < windows[0]
    assert {trial.windows for trial in long if trial.sound_around and trial.part == 1} == {21}  # all have sound


@pytest.mark.parametrize("moved", [0, 3, -7])
def test_a_part_is_judged_as_a_file_of_that_length(random_model, monkeypatch, moved):
    monkeypatch.setattr("divas_jax.data.windows.loudness_gain", lambda samples: 1.0)  # else that of another stretch
    clip = time_clip(noise=4)
    first, samples = 25, 16000 // 25
    file = replace(
        clip.frames_between(first, first + 25),
        samples=clip.samples[(first + moved) * samples :][:16000],
        sound_start=clip.frame_time(first),
    )
    (whole,), (alone,) = embedded(random_model, [clip]), embedded(random_model, [file])
    part = middle(whole, Fraction(1), moved)
    (found,) = moved_trials([part], np.asarray([[moved]], np.int32), [15])
    (wanted,) = moved_trials([alone], np.zeros((1, 1), np.int32), [15])
    np.testing.assert_allclose(found.curve, wanted.curve, atol=2e-5)
    assert np.isfinite(wanted.curve).sum() > 10
    assert np.nanmax(np.where(np.isfinite(wanted.curve), wanted.curve, np.nan)) > wanted.curve.min() + 1e-3
    assert (found.windows, found.true_ms) == (wanted.windows, 40.0 * moved)


def test_clips_that_are_shorter_take_no_part(oracle):
    clips = [time_clip(seconds=Fraction(9, 10), name="short"), time_clip(seconds=Fraction(1), name="just")]
    trials = length_trials(embedded(oracle, clips), SETTINGS)
    assert {(trial.clip, trial.part) for trial in trials} == {("short", 0), ("just", 0), ("just", 1)}


def test_the_table_has_intervals_and_chance(oracle):
    lines = lengths_table("title", length_trials(embedded(oracle, [time_clip()]), SETTINGS))
    assert [row[0] for row in lines.rows] == [
        "middle 1 s", "middle 2 s", "middle 4 s", "middle 1 s, sound around", "middle 2 s, sound around",
        "middle 4 s, sound around", "whole clip", "whole clip of 4 s and longer",
    ]  # fmt: skip
    assert lines.rows[0][2] == "100.0 (21-100)"  # three answers about one clip are worth one: Wilson of 1 of 1
    assert lines.rows[2][2:] == ("-", "-", "-", "-/-/-", "- / -")
    strict = 100 * 3 / 31  # one frame of 25 fps is 40 ms; less where the truth is at the end of the search
    assert strict - 4 < float(lines.rows[0][5].split("/")[0]) < strict + 1
