"""What is said of a file, as plain values: one record for every command, in JSON and CSV; every number says its unit.

`divas_jax/schemas/file.json` is its JSON Schema.
"""

import csv
import io
from collections.abc import Iterable
from typing import Any

import numpy as np

from divas_jax import __version__
from divas_jax.judging.answer_records import outcome_record, rates_record, times_record
from divas_jax.outcomes import SURE, WORDS, Outcome, sided
from divas_jax.rates import rate_name
from divas_jax.sync.tolerances import Tolerance
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.file_answer import FileAnswer, evidence
from divas_jax.title.repair import doubts
from divas_jax.title.scan import Facts
from divas_jax.title.scene_records import scene_records
from divas_jax.title.timecodes import timecodes_of
from divas_jax.title.verdict_records import verdict_record

SCHEMA = "divas_jax.file/5"
"""Changes its number where a key changes its meaning or goes; new keys do not change it."""

COLUMNS = (
    "file", "sound", "outcome", "status", "kind", "words", "within_tolerance", "chance_within", "offset_ms",
    "probability", "offset_start_ms", "offset_end_ms", "slope_ms_per_minute", "confidence", "windows",
    "mean_minimum_distance", "mean_confidence", "agreement", "coverage", "duration_s", "fps", "sample_rate_hz",
    "shots", "scenes", "faces", "speakers", "reason", "advice", "error",
)  # fmt: skip
"""Of the CSV, in order: one row a file, or one for each of its sounds."""

_LONG = ("scenes", "shots_s")


def file_record(checked: CheckedTitle, tolerance: Tolerance, sure: float = SURE) -> dict[str, Any]:
    """One file; the same keys for every file, null where there is nothing to say. docs/report.md has them all.

    Args:
      checked: the file.
      tolerance: that it has to keep to.
      sure: least probability of what is called within it, or out of it.
    """
    answer, facts, verdict = checked.answer, checked.answer.facts, checked.verdict
    timecodes = timecodes_of(facts)
    return {
        "schema": SCHEMA,
        "divas_jax": __version__,
        "file": str(checked.file),
        "path": str(checked.file.absolute()),
        **_outcome(checked, tolerance, sure),
        **verdict_record(verdict, timecodes),
        **facts_record(facts),
        "zero_s": round(float(facts.zero), 6),
        "jumps": [{"at_s": round(float(jump.at), 6), "by_s": round(float(jump.by), 6)} for jump in facts.jumps],
        "stages_s": facts.stages.rounded(),
        "timecode": {
            "frames_per_s": rate_name(timecodes.rate),
            "drop_frame": timecodes.drop_frame,
            "carried": timecodes.first or None,
        },
        "search_ms": round(1000 * float(answer.search), 3),
        "counts": counts_record(answer),
        "shots_s": [round(float(time), 6) for time in facts.shots],
        "scenes": scene_records(checked),
        "sounds": [file_record(other, tolerance, sure) for other in checked.others],
    }


def brief(record: dict[str, Any]) -> dict[str, Any]:
    """A record without its scenes and shots: a thousand films would fill the memory with them."""
    short = {key: value for key, value in record.items() if key not in _LONG}
    return short | {"sounds": [brief(sound) for sound in record["sounds"]]}


def each_sound(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of files, each followed by those of its other sounds."""
    return [each for record in records for each in (record, *record["sounds"])]


def csv_text(records: Iterable[dict[str, Any]]) -> str:
    """The files as CSV, one row each, or one for each of its sounds; of numbers with an interval the number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in each_sound(records):
        values = record["verdict"] | record["counts"] | {k: v for k, v in record.items() if k not in _LONG}
        if record["error"]:
            values["kind"] = None  # nothing was judged
        plain = (value["value"] if isinstance(value, dict) else value for value in map(values.get, COLUMNS))
        writer.writerow("" if value is None else value for value in plain)
    return text.getvalue()


def facts_record(facts: Facts) -> dict[str, Any]:
    """What the pass saw, as far as every command that reads a film tells it."""
    return {
        **times_record(facts.start, facts.end),
        **rates_record(facts.fps, facts.sample_rate),
        "sound": facts.hearing.words or None if facts.hearing else None,
        "warnings": list(facts.warnings),
    }


def counts_record(answer: FileAnswer) -> dict[str, int]:
    """How many shots, scenes, faces (tracks) and scenes with a speaker a file has."""
    return {
        "shots": len(answer.facts.shots),
        "scenes": len(answer.scenes),
        "faces": sum(len(scene.tracks) for scene in answer.scenes),
        "speakers": sum(scene.speaker is not None for scene in answer.scenes),
    }


def _outcome(checked: CheckedTitle, tolerance: Tolerance, sure: float) -> dict[str, Any]:
    """The outcome in words and numbers; `offset_ms` only where one holds, from the scenes where only they agree."""
    answer, verdict, chance = checked.answer, checked.verdict, checked.chance_within(tolerance)
    within = checked.within(tolerance)
    called = sided(within, chance, sure) if checked.status == "told" else checked.status
    joint = checked.one_offset and answer.status == "told"
    outcome = outcome_record(checked.status, answer.judgement, answer.reason or verdict.reason, joint)
    if checked.status == "told" and checked.one_offset and not joint and verdict.offset_start:
        outcome["offset_ms"] = round(verdict.offset_start.value, 3)
    return {
        **outcome,
        "words": checked.words or None,
        **_means(checked),
        "outcome": WORDS[called],
        "tolerance": {**tolerance._asdict(), "words": tolerance.words},
        "within_tolerance": within,
        "chance_within": None if chance is None else round(chance, 4),
        "advice": _advice(checked, called),
        "error": answer.failure or None,
    }


def _advice(checked: CheckedTitle, called: Outcome) -> str | None:
    """What to do next: where nothing is told, and where it is out of the tolerance."""
    if called == "thin":
        return checked.answer.advice or None
    if called not in ("out", "doubtful"):
        return None
    why = "; ".join(doubts(checked.verdict))
    if called == "out" and not why:
        return "repair it: divas repair writes a copy that is in sync, and measures it again"
    return "look at its surest scenes" + (f"; divas repair would refuse: {why}" if why else "")


def _means(checked: CheckedTitle) -> dict[str, Any]:
    """What papers on generators print of SyncNet, on this model's own scale."""
    judged = [track.judgement for track in evidence(checked.answer.scenes) if track.judgement]
    weights = [judgement.windows for judgement in judged]
    if not sum(weights):
        return {"mean_minimum_distance": None, "mean_confidence": None}
    return {
        "mean_minimum_distance": round(float(np.average([j.curve.min() for j in judged], weights=weights)), 5),
        "mean_confidence": round(float(np.average([j.confidence for j in judged], weights=weights)), 5),
    }
