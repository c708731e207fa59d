"""Scenes, faces and what the model says of them, as plain values."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from divas_jax.judging.answer_records import curve_record, judgement_record
from divas_jax.judging.calibration import FARTHEST
from divas_jax.judging.judge import Judgement
from divas_jax.sync.predictions import Prediction
from divas_jax.sync.tolerances import STRICT, in_words
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.scene_judging import JudgedScene, JudgedTrack
from divas_jax.title.timecodes import Timecodes, timecodes_of
from divas_jax.title.timeline import LEAST_TRUST


def scene_records(checked: CheckedTitle) -> list[dict[str, Any]]:
    """The scenes, in order; what is said of an offset is null where nothing could be compared."""
    verdict, timecodes = checked.verdict, timecodes_of(checked.answer.facts)
    number_of = {scene: number for number, scene in enumerate(checked.scene_of)}
    records = []
    for place, scene in enumerate(checked.answer.scenes):
        number = number_of.get(place)
        prediction = None if number is None else verdict.predictions[number]
        counted = number is not None and verdict.counted[number]
        expected_ms = verdict.at(prediction.time) if prediction and verdict.pieces else None
        records.append(
            _scene(place, scene, prediction, timecodes)
            | {
                "kept": counted,
                "left_out": None if counted else _left_out(prediction, expected_ms),
                "expected_ms": None if expected_ms is None else round(expected_ms, 3),
                "tracks": [_track(track) for track in scene.tracks],
            }
        )
    return records


def curve_of(scene: Mapping[str, Any]) -> tuple[list[float], list[float | None]]:
    """Offsets (ms) and distances of the face that a scene's record is judged by; empty without one."""
    best = next((track for track in scene["tracks"] if track["face"] == scene["judged_by"]), None)
    return (best["curve_ms"], best["curve"]) if best else ([], [])


def _scene(place: int, scene: JudgedScene, prediction: Prediction | None, timecodes: Timecodes) -> dict[str, Any]:
    best = scene.best
    return {
        "scene": place + 1,
        "shot": scene.shot + 1,
        "start_s": _seconds(scene.start),
        "end_s": _seconds(scene.end),
        "start_timecode": timecodes.at(scene.start),
        "end_timecode": timecodes.at(scene.end),
        "faces": len(scene.tracks),
        "speaker": None if scene.speaker is None else scene.tracks[scene.speaker].identity,
        "judged_by": best.identity if best and best.judgement else None,
        **judgement_record(best.judgement if best else None),
        "words": _words(best.judgement if best else None),
        "trust": None if prediction is None else round(prediction.trust, 4),
    }


def _words(judgement: Judgement | None) -> str | None:
    """The scene's best offset; the end of the search is none."""
    if judgement is None:
        return None
    return f"cannot tell: {FARTHEST}" if judgement.at_end else in_words(judgement.offset_ms)


def _track(track: JudgedTrack) -> dict[str, Any]:
    """One face in a scene."""
    judgement = track.judgement
    return {
        "face": track.identity,
        "start_s": _seconds(track.start),
        "end_s": _seconds(track.end),
        "box": [round(float(side), 4) for side in np.median(track.boxes, axis=0)],
        "height_px": round(track.height, 1),
        **judgement_record(judgement),
        **curve_record(judgement),
        "unsure": (judgement.unsure if judgement else track.failure) or None,
    }


def _left_out(prediction: Prediction | None, expected_ms: float | None) -> str:
    """Why a scene does not count for the verdict."""
    if prediction is None:
        return "no face"
    if expected_ms is None:
        return "no verdict"
    agrees = abs(prediction.offset_ms - expected_ms) <= STRICT.early
    return "not sure enough" if agrees or prediction.trust < LEAST_TRUST else "disagrees"


def _seconds(time: Any) -> float:
    return round(float(time), 6)
