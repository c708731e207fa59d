"""What was aligned as tables: in the terminal, as CSV, as JSON, and as a manifest that `prepare` takes."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from divas_jax.aligning.recordings import Recording
from divas_jax.aligning.releases import Release
from divas_jax.aligning.sources import Entry, columns_of
from divas_jax.evaluation.lines import Lines, number
from divas_jax.preparing.known_offsets import EARLY, LATE

MARGIN, RECORDING = "late_margin", "recording"
"""Columns of the manifest beside `sound_late_ms`."""

NEAR_MS, WIDE_MARGIN = 25.0, 20.0
"""Agreement with what was said before is counted within this (ms), of recordings with at least this margin too."""

LONGEST, LONGEST_NAME = 40, 34
"""Recordings that a terminal shows, and characters of their names, from their ends."""


class Agreement(NamedTuple):
    """How the values found compare with those that the manifest had.

    Attributes:
      recordings: that have both.
      constant_ms: by how much the found ones are later (ms, the median).
      near: share within `NEAR_MS` of the old ones, up to the constant, 0 to 1.
      median_ms: of the differences' size, up to the constant (ms).
    """

    recordings: int
    constant_ms: float
    near: float
    median_ms: float


def agreement(recordings: Sequence[Recording], margin: float) -> Agreement | None:
    """With what was said before, over recordings of at least this margin; None where there is nothing to compare."""
    pairs = [
        (each.told_ms, each.filed_ms)
        for each in recordings
        if each.told_ms is not None and each.filed_ms is not None and each.found and each.found.margin >= margin
    ]
    if not pairs:
        return None
    apart = np.asarray([value - filed for value, filed in pairs])
    size = np.abs(apart - np.median(apart))
    return Agreement(len(pairs), float(np.median(apart)), float(np.mean(size <= NEAR_MS)), float(np.median(size)))


def agreement_words(recordings: Sequence[Recording]) -> list[str]:
    """`agreement` as sentences; none where nothing was known before."""
    sentences = []
    for margin, which in ((WIDE_MARGIN, f"with a margin of {WIDE_MARGIN:g} or more"), (0.0, "that get a value")):
        if agreeing := agreement(recordings, margin):
            sentences.append(
                f"of {agreeing.recordings} recordings {which}, {100 * agreeing.near:.1f} % are within {NEAR_MS:.0f} ms "
                f"of the manifest's own value, up to one constant of {agreeing.constant_ms:+.0f} ms; half of them "
                f"within {agreeing.median_ms:.0f} ms"
            )
    return sentences


def recording_lines(recordings: Sequence[Recording], most: int = LONGEST) -> Lines:
    """A row a recording, the longest first."""
    shown = sorted(recordings, key=lambda each: -each.seconds)[:most]
    rest = len(recordings) - len(shown)
    return Lines(
        "Recordings" + (f" (the {most} longest; {rest} more in the CSV)" if rest else ""),
        ("recording", "clips", "s", "late ms", "margin", "halves ms"),
        tuple(
            (
                _short(each.name),
                str(each.clips),
                number(each.seconds, 0),
                "-" if each.told_ms is None else f"{round(each.told_ms):+d}",
                number(each.found.margin, 1) if each.found else "-",
                " ".join(f"{round(half.late_ms):+d}" if half.sure else "?" for half in each.halves) or "-",
            )
            for each in shown
        ),
        "late: by how much the sound comes after the picture; - where it is not sure, ? where a half is not by itself",
    )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else "…" + name[1 - LONGEST_NAME :]


def source_lines(recordings: Sequence[Recording]) -> Lines:
    """A row a source: how many recordings get a value, and how these are spread."""
    rows = []
    for source in sorted({each.source for each in recordings}):
        of_source = [each for each in recordings if each.source == source]
        values = [each.told_ms for each in of_source if each.told_ms is not None]
        spread = [number(value, 0) for value in np.percentile(values, (50, 25, 75, 0, 100))] if values else ["-"] * 5
        middle, low, high, least, most = spread
        rows.append((source, str(len(of_source)), str(len(values)), middle, f"{low} … {high}", f"{least} … {most}"))
    return Lines(
        "Sources",
        ("source", "recordings", "told", "median", "middle half", "range"),
        tuple(rows),
        "ms; late is positive",
    )


def release_lines(measured: Sequence[Release]) -> Lines:
    """A row a source whose openings agree, and one for all."""
    certain = [each for each in measured if each.told]
    rows = [
        (
            each.source,
            str(each.openings),
            number(float("nan") if each.after_ms is None else each.after_ms, 0),
            f"{number(float('nan') if each.low_ms is None else each.low_ms, 0)} … "
            f"{number(float('nan') if each.high_ms is None else each.high_ms, 0)}",
        )
        for each in certain
    ]
    rest = len(measured) - len(certain)
    return Lines(
        "How long after closed lips open the sound of 0.7 to 3.8 kHz rises",
        ("source", "openings", "after ms", "95 %"),
        tuple(rows),
        f"{rest} with too few openings, or openings that do not agree, are not shown" if rest else "",
    )


def left_out(recordings: Sequence[Recording]) -> list[str]:
    """Why each recording without a value has none, a sentence each."""
    return [f"{each.name}: {each.why}" for each in recordings if each.why]


def manifest_csv(entries: Sequence[Entry], recordings: Sequence[Recording]) -> str:
    """The rows as they were, with `sound_late_ms`, `late_margin` and `recording`; no value where it is not sure."""
    by_name = {each.name: each for each in recordings}
    columns = [column for column in columns_of(entries) if column not in (LATE, EARLY, MARGIN, RECORDING)]
    rows = []
    for entry in entries:
        recording = by_name[entry.recording]
        value = {
            LATE: _value(recording.told_ms),
            MARGIN: _value(recording.found.margin if recording.found else None),
            RECORDING: recording.name,
        }
        rows.append({**entry.row, **value})
    return as_csv([*columns, LATE, MARGIN, RECORDING], rows)


def videos_csv(recordings: Sequence[Recording]) -> str:
    """A row a video, each a recording of its own."""
    rows = [
        {"file": each.name, LATE: _value(each.told_ms), MARGIN: _value(each.found.margin if each.found else None)}
        for each in recordings
    ]
    return as_csv(["file", LATE, MARGIN], rows)


def recordings_csv(recordings: Sequence[Recording]) -> str:
    """A row a recording."""
    rows = [_flat(each) for each in recordings]
    return as_csv(list(rows[0]), rows)


def as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """A table as text."""
    text = io.StringIO()
    table = csv.DictWriter(text, columns, extrasaction="ignore", restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _value(value: float | None) -> float | str:
    return "" if value is None else round(value, 1) + 0.0


def _flat(each: Recording) -> dict[str, Any]:
    lateness = each.found
    return {
        RECORDING: each.name,
        "source": each.source,
        "clips": each.clips,
        "seconds": round(each.seconds, 1),
        LATE: _value(each.told_ms),
        MARGIN: _value(lateness.margin if lateness else None),
        "best_guess_ms": _value(lateness.late_ms if lateness else None),
        "low_ms": _value(lateness.low_ms if lateness else None),
        "high_ms": _value(lateness.high_ms if lateness else None),
        "halves_ms": " ".join(str(_value(half.late_ms)) for half in each.halves),
        "quarters_ms": " ".join(str(_value(part.late_ms)) for part in each.quarters),
        "before_ms": _value(each.filed_ms),
        "why_not": each.why,
    }


def as_json(recordings: Sequence[Recording], about: Mapping[str, Any]) -> dict[str, Any]:
    """For other programs; unknown numbers are null.

    Args:
      recordings: what was found.
      about: what was aligned and how; becomes `about`.
    """
    rows = []
    for each in recordings:
        row: dict[str, Any] = {key: None if value == "" else value for key, value in _flat(each).items()}
        for name, parts in (("halves_ms", each.halves), ("quarters_ms", each.quarters)):
            row[name] = [
                {"late_ms": round(part.late_ms, 1), "margin": round(part.margin, 1), "sure": part.sure}
                for part in parts
            ]
        rows.append(row)
    compared = {f"margin_{margin:g}": agreement(recordings, margin) for margin in (0.0, WIDE_MARGIN)}
    return {
        "about": dict(about),
        "recordings": rows,
        "told": sum(each.told_ms is not None for each in recordings),
        "agreement": {name: agreeing._asdict() for name, agreeing in compared.items() if agreeing},
    }
