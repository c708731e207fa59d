"""A checked title as plain values: the JSON that the files, the page and other programs read."""

from math import isfinite
from typing import Any

import numpy as np

from divas_jax import __version__
from divas_jax.rates import rate_name
from divas_jax.sync.predictions import Prediction
from divas_jax.sync.tolerances import STRICT, Tolerance, in_words
from divas_jax.title.checked import Checked
from divas_jax.title.judging import JudgedScene
from divas_jax.title.report.timecodes import Timecodes, timecodes_of
from divas_jax.title.timeline import LEAST_TRUST
from divas_jax.title.verdict import Estimate, Piece, Verdict

SCHEMA = "divas_jax.check/2"
"""Changes its number where a key changes its meaning or goes; new keys do not change it."""


def title_record(checked: Checked) -> dict[str, Any]:
    """Everything that is said of a title; docs/report.md has the keys."""
    facts, verdict = checked.answer.facts, checked.verdict
    timecodes = timecodes_of(facts)
    return {
        "schema": SCHEMA,
        "divas_jax": __version__,
        "file": str(checked.file.absolute()),
        "start_s": round(float(facts.start), 6),
        "end_s": round(float(facts.end), 6),
        "fps": rate_name(facts.fps) if facts.fps else None,
        "sample_rate_hz": facts.sample_rate or None,
        "sound": facts.hearing.words or None if facts.hearing else None,
        "zero_s": _s(float(facts.zero)),
        "search_ms": round(1000 * float(checked.answer.search), 3),
        "timecode": _timecode(timecodes),
        "verdict": verdict_record(verdict),
        "pieces": [_piece(piece, timecodes) for piece in verdict.pieces],
        "gaps": [{"start_s": _s(gap.start), "end_s": _s(gap.end)} for gap in verdict.gaps],
        "shots_s": [_s(float(time)) for time in facts.shots],
        "scenes": scene_records(checked),
        "jumps": [{"at_s": _s(float(jump.at)), "by_s": _s(float(jump.by))} for jump in facts.jumps],
        "advice": checked.answer.advice or None,
        "warnings": list(facts.warnings),
        "stages_s": facts.stages.rounded(),
    }


def brief_record(checked: Checked, tolerance: Tolerance) -> dict[str, Any]:
    """A title without its scenes and shots, for lists of many; also of one that could not be read.

    Beside what `title_record` has: `file` as it was named, `error` (null: it was read), `within_tolerance` and the
    probability of that (`chance_within`).
    """
    record = title_record(checked)
    verdict = checked.verdict
    chance = verdict.chance_within(tolerance)
    return {key: value for key, value in record.items() if key not in ("scenes", "shots_s")} | {
        "file": str(checked.file),
        "error": checked.answer.failure or None,
        "within_tolerance": verdict.within(tolerance),
        "chance_within": None if chance is None else round(chance, 4),
    }


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """The verdict and its numbers."""
    severity = verdict.severity
    return {
        "kind": verdict.kind,
        "words": verdict.words,
        "reason": verdict.reason or None,
        "sure": verdict.sure or None,
        "offset_start_ms": _estimate(verdict.offset_start),
        "offset_end_ms": _estimate(verdict.offset_end),
        "slope_ms_per_minute": _estimate(verdict.slope),
        "rate": None if verdict.rate is None else {"ratio": verdict.rate.ratio, "name": verdict.rate.name or None},
        "agreement": round(verdict.agreement, 4),
        "coverage": round(verdict.coverage, 4),
        "severity": severity.worst,
        "severity_s": {key: _s(value) for key, value in severity._asdict().items()},
    }


def scene_records(checked: Checked) -> list[dict[str, Any]]:
    """The scenes, in order; `offset_ms` and all after it are null where nothing could be compared."""
    verdict = checked.verdict
    of_scene = {scene: number for number, scene in enumerate(checked.scene_of)}
    records, timecodes = [], timecodes_of(checked.answer.facts)
    for place, scene in enumerate(checked.answer.scenes):
        number = of_scene.get(place)
        prediction = None if number is None else verdict.predictions[number]
        record = _scene(place, scene, prediction, timecodes)
        kept = number is not None and verdict.kept[number]
        expected_ms = verdict.at(prediction.time) if prediction and verdict.pieces else None
        record["kept"], record["left_out"] = kept, None if kept else _left_out(prediction, expected_ms)
        record["expected_ms"] = None if expected_ms is None else round(expected_ms, 3)
        records.append(record)
    return records


def _scene(place: int, scene: JudgedScene, prediction: Prediction | None, timecodes: Timecodes) -> dict[str, Any]:
    best = scene.best
    judgement = best.judgement if best else None
    curve_ms, curve = (judgement.curve_ms, judgement.curve) if judgement else (np.zeros(0), np.zeros(0))
    return {
        "scene": place + 1,
        "shot": scene.shot + 1,
        "start_s": _s(float(scene.start)),
        "end_s": _s(float(scene.end)),
        "start_timecode": timecodes.at(scene.start),
        "end_timecode": timecodes.at(scene.end),
        "faces": len(scene.tracks),
        "offset_ms": None if prediction is None else round(prediction.offset_ms, 3),
        "words": None if prediction is None else in_words(prediction.offset_ms),
        "confidence": None if prediction is None else round(prediction.confidence, 5),
        "trust": None if prediction is None else round(prediction.trust, 4),
        "curve_ms": [round(float(value), 3) for value in curve_ms],
        "curve": [round(float(value), 5) if isfinite(value) else None for value in curve],
    }


def _left_out(prediction: Prediction | None, expected_ms: float | None) -> str:
    """Why a scene does not carry the verdict."""
    if prediction is None:
        return "no face"
    if expected_ms is None:
        return "no verdict"
    near = abs(prediction.offset_ms - expected_ms) <= STRICT.early
    return "not sure enough" if near or prediction.trust < LEAST_TRUST else "disagrees"


def _piece(piece: Piece, timecodes: Timecodes) -> dict[str, Any]:
    return {
        "start_s": _s(piece.start),
        "end_s": _s(piece.end),
        "start_timecode": timecodes.at(piece.start),
        "end_timecode": timecodes.at(piece.end),
        "start_ms": _estimate(piece.start_ms),
        "end_ms": _estimate(piece.end_ms),
    }


def _timecode(timecodes: Timecodes) -> dict[str, Any]:
    """How timecodes count, and what they begin with where the file carries one."""
    rate, drop_frame = rate_name(timecodes.rate), timecodes.drop_frame
    return {"frames_per_s": rate, "drop_frame": drop_frame, "carried": timecodes.first or None}


def _estimate(estimate: Estimate | None) -> dict[str, float] | None:
    """A number with the ends of its 95 % interval."""
    return None if estimate is None else {key: round(value, 4) for key, value in estimate._asdict().items()}


def _s(seconds: float) -> float:
    return round(seconds, 6)
