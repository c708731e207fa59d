import numpy as np
import pytest
from pieces import GRID, KNOWN, entry, piece, told

from divas_jax.aligning.consensus import likelihood_of
from divas_jax.aligning.evidence import Evidence
from divas_jax.aligning.lateness_tables import agreement, as_json, manifest_csv, recordings_csv
from divas_jax.aligning.recordings import aligned


def by_name(entries, evidence, likelihood=KNOWN):
    return {each.name: each for each in aligned(entries, evidence, GRID, likelihood)}


def test_clips_of_a_recording_say_together_what_none_is_sure_of():
    weak = {"depth": 0.04, "noise": 0.02}
    entries, evidence = told({"alone": [123], "many": [123] * 12}, **weak)
    found = by_name(entries, evidence)
    assert found["alone"].told_ms is None
    assert found["alone"].why.startswith("not sure: margin")
    assert found["many"].told_ms == pytest.approx(123, abs=10)
    assert found["many"].found.low_ms < 123 < found["many"].found.high_ms


def test_a_lateness_between_two_steps_is_found():
    entries, evidence = told({"a": [-44.0] * 4}, noise=0.01)
    assert by_name(entries, evidence)["a"].told_ms == pytest.approx(-44, abs=2)


def test_clips_in_order_of_their_times_show_a_drift_that_is_not_averaged_away():
    entries, evidence = told({"drifts": [0, 30, 60, 90, 120, 150, 180, 210], "holds": [90] * 8})
    found = by_name(entries, evidence)
    assert found["drifts"].told_ms is None
    assert "does not hold" in found["drifts"].why
    assert len(found["drifts"].quarters) == 4
    assert [part.late_ms for part in found["drifts"].quarters] == pytest.approx([15, 75, 135, 195], abs=15)
    assert found["holds"].told_ms == pytest.approx(90, abs=5)
    assert [half.late_ms for half in found["holds"].halves] == pytest.approx([90, 90], abs=5)


def test_a_stretch_in_the_middle_that_differs_shows_in_quarters():
    entries, evidence = told({"a": [0] * 6 + [200] * 3 + [0] * 3}, noise=0.01)
    assert "+0, +0, +200, +0 ms in its quarters" in by_name(entries, evidence)["a"].why


def test_the_end_of_the_search_is_no_value():
    entries, evidence = told({"far": [590] * 4})
    found = by_name(entries, evidence)["far"]
    assert found.told_ms is None
    assert "end of the search" in found.why


def test_what_cannot_be_used_says_why_and_ends_nothing():
    entries, evidence = told({"good": [50] * 3})
    entries += [entry("silent.mp4", "bad")]
    evidence["silent.mp4"] = Evidence("silent.mp4", (), "silent.mp4 is silent (-90 dB of full scale)")
    found = by_name(entries, evidence)
    assert found["bad"].why == "silent.mp4 is silent (-90 dB of full scale)"
    assert found["bad"].found is None
    assert found["good"].told_ms is not None


def test_a_foreign_clip_in_a_recording_cannot_turn_it():
    entries, evidence = told({"a": [60, 60, -400, 60, 60]})
    assert by_name(entries, evidence)["a"].told_ms == pytest.approx(60, abs=5)


def test_what_a_distance_is_worth_is_learnt_from_the_recordings_themselves():
    depths = {}
    for noise in (0.05, 0.4):
        entries, evidence = told({f"r{index}": [10 * index - 100] * 5 for index in range(20)}, noise=noise)
        depths[noise] = likelihood_of(entries, evidence, GRID).sharpness
    assert depths[0.05] > 1.5 * depths[0.4]


def test_a_model_that_knows_nothing_gives_no_values():
    entries, evidence = told({f"r{index}": [None] * 5 for index in range(40)}, noise=1.0)
    found = aligned(entries, evidence, GRID, likelihood_of(entries, evidence, GRID))
    assert sum(each.told_ms is not None for each in found) <= 2


def test_agreement_is_counted_up_to_one_constant():
    entries, evidence = told({f"r{index}": [20 * index] * 3 for index in range(8)})
    filed = {f"r{index}": 20 * index - 40 + (100 if index == 7 else 0) for index in range(8)}
    entries = [entry(one.name, one.recording, filed=filed[one.recording], begins=one.begins) for one in entries]
    found = agreement(aligned(entries, evidence, GRID, KNOWN), 0.0)
    assert found.recordings == 8
    assert found.constant_ms == pytest.approx(40, abs=5)
    assert found.near == 7 / 8


def test_the_manifest_keeps_columns_and_gives_no_value_where_it_is_not_sure():
    entries, evidence = told({"a": [75] * 3, "b": [None]})
    entries = [entry(one.name, one.recording, begins=one.begins, speaker_id="me", sound_late_ms=1) for one in entries]
    recordings = aligned(entries, evidence, GRID, KNOWN)
    lines = manifest_csv(entries, recordings).splitlines()
    assert lines[0] == "file,speaker_id,sound_late_ms,late_margin,recording"
    assert float(lines[1].split(",")[2]) == pytest.approx(75, abs=5)
    assert lines[4].split(",")[:3] == ["b-0.mp4", "me", ""]
    assert len(recordings_csv(recordings).splitlines()) == 3
    made = as_json(recordings, {"folder": "x"})
    assert made["told"] == 1
    assert made["recordings"][1]["sound_late_ms"] is None
    assert np.isfinite(made["recordings"][0]["halves_ms"][0]["late_ms"])


def test_pieces_of_one_long_file_are_halves_too():
    clip = entry("film.mp4", "film.mp4")
    own = tuple(piece(0 if place < 4 else 160, place, noise=0.01, begins=4.0 * place) for place in range(8))
    found = aligned([clip], {clip.name: Evidence(clip.name, own)}, GRID, KNOWN)[0]
    assert found.told_ms is None
    assert "does not hold: +0, +160 ms in its halves" in found.why
