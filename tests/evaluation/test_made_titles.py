"""Titles made up from the errors of single scenes, and tables of what a judge makes of them."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from divas_jax.evaluation import made_title_tables as title_tables_module
from divas_jax.evaluation.made_title_tables import (
    DENSITIES,
    OUTLIER_SHARES,
    PARTS,
    title_scores,
    title_tables,
    titles_json,
)
from divas_jax.evaluation.made_titles import (
    TitleAnswer,
    assumed_errors,
    made_title,
    scene_errors,
    scene_predictions,
    smallest_drift,
)
from divas_jax.evaluation.trial import Trial
from divas_jax.sync.predictions import KINDS
from divas_jax.title.timeline import judge_title


def knowing(predictions, length):
    """As good as the scenes: a line through their medians in both halves."""
    said = np.asarray([each.offset_ms for each in predictions])
    half = len(said) // 2
    first, last = np.median(said[:half]), np.median(said[half:])
    if abs(first) < 20 and abs(last) < 20:
        return TitleAnswer("in sync", lambda time: 0.0)
    return TitleAnswer("drift late" if last < first - 20 else "constant offset", lambda time: float(first))


def timeline(predictions, length):
    verdict = judge_title(predictions, 0.0, length, 600.0)
    return TitleAnswer(verdict.kind, verdict.at if verdict.pieces else None, verdict.intervals)


@pytest.mark.parametrize("kind", KINDS)
def test_a_title_has_the_scenes_that_were_asked_for(kind):
    rng = np.random.default_rng(3)
    title = made_title(kind, rng)
    found = scene_predictions(title, assumed_errors(), 0.3, 0.35, rng)
    covered = sum(each.end - each.start for each in found) / title.length
    assert covered == pytest.approx(0.3, abs=0.03)
    assert all(0 <= each.start < each.end <= title.length for each in found)
    if title.offset is not None:
        truth = title.offset(np.asarray([each.time for each in found]))
        near = np.abs(np.asarray([each.offset_ms for each in found]) - truth) < 60
        assert near.mean() == pytest.approx(0.65 + 0.35 * 0.1, abs=0.12)


def test_what_a_source_leans_to_is_shared_by_a_title():
    """Ten clips each of two sources that lean by -20 and +15 ms, one of a third; half as many under other sounds."""
    rng = np.random.default_rng(0)
    curve = {"curve_ms": np.arange(-600.0, 601, 40), "curve": np.ones(31)}
    trials = [
        Trial("clip", Fraction(25), True, 16_000, 4.0, "", source, 0.0, fine_ms=lean + rng.normal(0, 5), **curve)
        for source, lean in [("early", -20.0)] * 10 + [("late", 15.0)] * 10 + [("alone", 80.0)]
    ]
    trials += [replace(trial, matched=False) for trial in trials[::2]]
    errors = scene_errors(trials, None)
    assert len(errors.leans_ms) == 3
    assert np.allclose(np.sort(errors.leans_ms)[[0, -1]], [-20, 15], atol=5)
    assert np.abs(errors.right_ms[:-1]).max() < 20
    title = made_title("in sync", rng)
    drawn = [
        np.mean([each.offset_ms for each in scene_predictions(title, errors, 0.3, 0.0, np.random.default_rng(seed))])
        for seed in range(20)
    ]
    assert {int(np.abs(errors.leans_ms - mean).argmin()) for mean in drawn} == {0, 1, 2}


def test_scores_tell_a_judge_that_errs_from_one_that_does_not(monkeypatch):
    monkeypatch.setattr(title_tables_module, "DENSITIES", (0.1,))
    monkeypatch.setattr(title_tables_module, "OUTLIER_SHARES", (0.35,))
    errors = assumed_errors()
    good = title_scores(timeline, errors, 2, 0)
    stubborn = TitleAnswer("in sync", lambda time: 0.0, ((0.0, -1.0, 1.0),))
    always = title_scores(lambda predictions, length: stubborn, errors, 2, 0)
    assert good.right.value == 1
    assert always.right.right == 2  # those in sync
    assert good.held.value >= 0.9
    assert always.held.value < 0.9
    assert good.accuracy["strict"].value > 0.99 > 0.5 > always.accuracy["strict"].value
    assert all(np.isnan(drift) for drift in always.drifts_ms.values())
    assert good.drifts_ms[0.1, 0.35] <= 90


def test_every_part_is_told_and_every_number_shown():
    parts = []
    scores = title_scores(knowing, assumed_errors(), 1, 0, lambda: parts.append(1))
    assert len(parts) == PARTS
    verdicts, accuracy, drifts = title_tables(scores)
    assert [row[0] for row in verdicts.rows] == list(KINDS)
    assert len(accuracy.rows) == 3
    assert len(drifts.rows) == len(DENSITIES)
    assert all(len(row) == 1 + len(OUTLIER_SHARES) for row in drifts.rows)
    assert sum(each["titles"] for each in titles_json(scores)["verdicts"]) == len(KINDS)


def test_a_drift_of_60_ms_over_two_hours_is_found():
    assert smallest_drift(timeline, assumed_errors(), (60.0,), 10, 0.3, 0.35, 7200.0, 0) == 60.0
