"""Answers as plain values, for JSON and CSV: every number says its unit."""

import csv
import io
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import isfinite
from typing import Any

import numpy as np

from divas_jax.evaluation.judge import Judgement
from divas_jax.rates import rate_name
from divas_jax.sync.tolerances import Tolerance
from divas_jax.title.answer import FileAnswer, evidence
from divas_jax.title.judging import JudgedScene, JudgedTrack

COLUMNS = (
    "file", "status", "offset_ms", "words", "probability", "within_tolerance", "confidence", "windows",
    "mean_minimum_distance", "mean_confidence", "duration_s", "fps", "sample_rate_hz", "shots", "scenes", "faces",
    "speakers", "reason", "advice", "error",
)  # fmt: skip
"""Of the CSV, in order: one row a file."""


def file_record(answer: FileAnswer, tolerance: Tolerance) -> dict[str, Any]:
    """One file; the same keys for every file, null where there is nothing to say.

    `file`; `status` (`told`, `thin`: not enough evidence, `failed`: not read); `offset_ms` (positive = sound early)
    and the same in `words`; `probability` that it errs by at most 40 ms (0 to 1; null without a calibration);
    `near`, the probability of a wider error and that error (ms); `within_tolerance`, and the probability of that
    (`chance_within`, 0 to 1; null without a calibration); `confidence` (median - minimum of the curve); `windows`
    compared; `mean_minimum_distance` and `mean_confidence` over the tracks judged (see docs/title.md); `duration_s`,
    `fps`, `sample_rate_hz`; which `sound` was judged (null: there is one); how many `shots`, `scenes`, `faces` (tracks)
    and scenes with a speaker (`speakers`); `reason` why nothing is told, and
    `advice`, what to try next; `error`; `warnings`; `stages_s`, where the time went; `timeline`, the scenes.
    """
    facts, found, chance = answer.facts, answer.judgement, answer.chance_within(tolerance)
    told = found if answer.status == "told" else None
    return {
        "file": str(answer.file),
        "status": answer.status,
        **_offset(told),
        "within_tolerance": answer.within(tolerance),
        "chance_within": None if chance is None else round(chance, 4),
        **_evidence(found),
        **_means(answer.scenes),
        "duration_s": round(float(facts.end - facts.start), 3),
        "fps": rate_name(facts.fps) if facts.fps else None,
        "sample_rate_hz": facts.sample_rate or None,
        "sound": facts.hearing.words or None if facts.hearing else None,
        "shots": len(facts.shots),
        "scenes": len(answer.scenes),
        "faces": sum(len(scene.tracks) for scene in answer.scenes),
        "speakers": sum(scene.speaker is not None for scene in answer.scenes),
        "reason": answer.reason or None,
        "advice": answer.advice or None,
        "error": answer.failure or None,
        "warnings": list(facts.warnings),
        "stages_s": facts.stages.rounded(),
        "timeline": [scene_record(scene) for scene in answer.scenes],
    }


def scene_record(scene: JudgedScene) -> dict[str, Any]:
    """One scene: its `shot`, `start_s`, `end_s`, the `face` that speaks (null: none visible), and its `tracks`."""
    speaker = None if scene.speaker is None else scene.tracks[scene.speaker].identity
    return {
        "shot": scene.shot,
        "start_s": _seconds(scene.start),
        "end_s": _seconds(scene.end),
        "face": speaker,
        "tracks": [track_record(track) for track in scene.tracks],
    }


def track_record(track: JudgedTrack) -> dict[str, Any]:
    """One face in a scene: `box` is left, top, width and height at the median, as fractions of the picture."""
    found = track.judgement
    curve_ms, curve = (found.curve_ms, found.curve) if found else (np.zeros(0), np.zeros(0))
    return {
        "face": track.identity,
        "start_s": _seconds(track.start),
        "end_s": _seconds(track.end),
        "box": [round(float(side), 4) for side in np.median(track.boxes, axis=0)],
        "height_px": round(track.height, 1),
        **_offset(found),
        **_evidence(found),
        "curve_ms": [round(float(value), 3) for value in curve_ms],
        "curve": [round(float(value), 5) if isfinite(value) else None for value in curve],
        "unsure": found.unsure if found else track.failure,
    }


def csv_text(records: Iterable[Mapping[str, Any]]) -> str:
    """The files as CSV, one row each."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if value is None else value for key, value in record.items()} for record in records)
    return text.getvalue()


def _offset(found: Judgement | None) -> dict[str, Any]:
    return {
        "offset_ms": None if found is None else round(found.offset_ms, 3),
        "words": None if found is None else found.words,
        "probability": None if found is None or found.probability is None else round(found.probability, 4),
        "near": None if found is None or found.near is None else [round(value, 4) for value in found.near],
    }


def _evidence(found: Judgement | None) -> dict[str, Any]:
    return {
        "confidence": None if found is None else round(found.confidence, 5),
        "windows": 0 if found is None else found.windows,
    }


def _means(scenes: Iterable[JudgedScene]) -> dict[str, Any]:
    """What papers on generators print of SyncNet, on this model's own scale."""
    judged = [track.judgement for track in evidence(list(scenes)) if track.judgement]
    weights = [judgement.windows for judgement in judged]
    if not sum(weights):
        return {"mean_minimum_distance": None, "mean_confidence": None}
    return {
        "mean_minimum_distance": round(float(np.average([j.curve.min() for j in judged], weights=weights)), 5),
        "mean_confidence": round(float(np.average([j.confidence for j in judged], weights=weights)), 5),
    }


def _seconds(time: Fraction) -> float:
    return round(float(time), 6)
