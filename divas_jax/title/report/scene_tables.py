"""A checked title as tables: scenes, and markers for editing suites (CMX 3600 EDL, and the CSV of Premiere)."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from divas_jax.rates import nearest
from divas_jax.sync.tolerances import ACCEPTABLE, UNDETECTABLE, in_words
from divas_jax.title.checked_title import CheckedTitle
from divas_jax.title.timecodes import Timecodes

SCENE_COLUMNS = (
    "scene", "shot", "start_timecode", "end_timecode", "start_s", "end_s", "faces", "offset_ms", "words", "confidence",
    "trust", "kept", "left_out", "expected_ms",
)  # fmt: skip
"""Columns of scenes.csv, in order."""

MARKER_COLUMNS = ("Marker Name", "Description", "In", "Out", "Duration", "Marker Type")
"""Columns of markers.csv, as Premiere Pro writes and reads them; Resolve's importers take them too."""


class Marker(NamedTuple):
    """A stretch of the title with something to say (s)."""

    start: float
    end: float
    name: str
    note: str
    offset_ms: float


def markers(checked: CheckedTitle) -> list[Marker]:
    """One for each piece of the verdict, and one for each scene that carries it."""
    verdict = checked.verdict
    marks = [
        Marker(
            piece.start, piece.end, verdict.kind, f"{in_words(piece.start_ms.value)} at its start", piece.start_ms.value
        )
        for piece in verdict.pieces
    ]
    for each, counted in zip(verdict.predictions, verdict.counted, strict=True):
        if counted:
            note = f"{each.trust:.0%} sure"
            marks.append(Marker(each.start, each.end, in_words(each.offset_ms), note, each.offset_ms))
    return sorted(marks, key=lambda each: (each.start, -each.end))  # a piece before the scene that it begins with


def scenes_csv(records: Iterable[Mapping[str, Any]]) -> str:
    """The scenes, one row each."""
    text = io.StringIO()
    writer = csv.DictWriter(text, SCENE_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if value is None else value for key, value in record.items()} for record in records)
    return text.getvalue()


def markers_csv(marks: Sequence[Marker], timecodes: Timecodes) -> str:
    """Markers as Premiere Pro's CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(MARKER_COLUMNS)
    for each in marks:
        start, end = timecodes.at(each.start), timecodes.at(each.end)
        writer.writerow((each.name, each.note, start, end, timecodes.lasting(each.end - each.start), "Comment"))
    return text.getvalue()


def markers_edl(marks: Sequence[Marker], timecodes: Timecodes, title: str) -> str:
    """Markers as the comments of an edit decision list, one frame each, as DaVinci Resolve reads them.

    An EDL holds 999 events; of more, those that matter least (scenes nobody would notice) are left out.
    """
    mattering = sorted(marks, key=lambda each: UNDETECTABLE.late <= each.offset_ms <= UNDETECTABLE.early)[:999]
    ordered = sorted(mattering, key=lambda each: (nearest(Fraction(each.start) * timecodes.rate), -each.end))
    frame = 1 / timecodes.rate
    free = min((Fraction(each.start) for each in ordered), default=Fraction(0))
    lines = [
        f"TITLE: {_one_line(title)[:70]}",
        f"FCM: {'DROP FRAME' if timecodes.drop_frame else 'NON-DROP FRAME'}",
        "",
    ]
    for number, each in enumerate(ordered, 1):
        start = max(Fraction(each.start), free)
        free = start + frame  # suites keep one marker a frame
        first, last = timecodes.at(start), timecodes.at(free)
        length = max(1, round((each.end - each.start) * timecodes.rate))
        lines += [
            f"{number:03}  001      V     C        {first} {last} {first} {last}",
            f" |C:{_colour(each.offset_ms)} |M:{_one_line(each.name)}: {_one_line(each.note)} |D:{length}",
            "",
        ]
    return "\n".join(lines) + "\n"


def _colour(offset_ms: float) -> str:
    if not ACCEPTABLE.late <= offset_ms <= ACCEPTABLE.early:
        return "ResolveColorRed"
    noticed = not UNDETECTABLE.late <= offset_ms <= UNDETECTABLE.early
    return "ResolveColorYellow" if noticed else "ResolveColorGreen"


def _one_line(text: str) -> str:
    """Without what would begin a new line or field: names of files are anybody's."""
    return "".join(sign if sign.isprintable() and sign != "|" else " " for sign in text)
