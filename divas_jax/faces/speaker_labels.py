"""Who speaks when, as a table: one row a face and stretch of time, by hand or by `divas speakers`."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from divas_jax.errors import UserError
from divas_jax.faces.crops import Face
from divas_jax.writing import write_whole

COLUMNS = ("file", "start_s", "end_s", "face", "x", "y", "w", "h", "speaking")
"""Of the CSV; further columns are not read."""

OVERLAP = Fraction(1, 100)
"""Rows of one face may overlap by so much (s): times are rounded."""

_SPEAKING = {"1": True, "0": False, "true": True, "false": False}


class SpeakerLabel(NamedTuple):
    """A stretch of time in which a face is seen, and speaks all the time or not at all.

    Attributes:
      file: name of the media file, as written.
      start: on the picture's timeline (s).
      end: s.
      face: which face of the file; one appearance, which ends with the shot.
      box: in the middle of the stretch, as fractions of the picture's width and height (YuNet's convention).
        Between the rows of a face it is taken to move evenly: a face that walks needs rows of about a second.
      speaking: whether it is seen speaking. Mouths that move to a voice that is not heard do not speak.
    """

    file: str
    start: Fraction
    end: Fraction
    face: str
    box: Face
    speaking: bool


def write_labels(target: Path, labels: Iterable[SpeakerLabel]) -> None:
    """Writes the table, at once or not at all.

    Raises:
      UserError: it cannot be written.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for label in labels:
        times = (f"{float(time):.6f}" for time in (label.start, label.end))
        rows.writerow([label.file, *times, label.face, *(f"{side:.5f}" for side in label.box), int(label.speaking)])
    write_whole(target, text.getvalue().encode())


def read_labels(path: Path) -> list[SpeakerLabel]:
    """Reads a table with the columns `COLUMNS`, in any order.

    Raises:
      UserError: the file, or a line of it, cannot be understood; the message names the line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no UTF-8 text") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise UserError(f"{path} has no column {', '.join(missing)} (it needs {','.join(COLUMNS)})")
        return _checked(_rows(rows, path), path)
    except csv.Error as error:
        raise UserError(f"{path}:{rows.line_num} is no row of a CSV ({error})") from None


def _rows(rows: "csv.DictReader[str]", path: Path) -> Iterator[tuple[int, SpeakerLabel]]:
    for row in rows:
        try:
            yield rows.line_num, _label(row)
        except ValueError as error:
            raise UserError(f"{path}:{rows.line_num}: {error}") from None


def _label(row: dict[str, str | None]) -> SpeakerLabel:
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    empty = [name for name, cell in cells.items() if not cell]
    if empty:
        raise ValueError(f"{', '.join(empty)} is empty")
    start, end = (_time(cells[name], name) for name in ("start_s", "end_s"))
    if end <= start:
        raise ValueError(f"end_s {cells['end_s']} is not after start_s {cells['start_s']}")
    box = Face(*(_fraction(cells[name], name) for name in ("x", "y", "w", "h")))
    if box.width <= 0 or box.height <= 0:
        raise ValueError(f"w {cells['w']} and h {cells['h']} are not positive")
    if cells["speaking"].lower() not in _SPEAKING:
        raise ValueError(f"speaking {cells['speaking']!r} is neither 0 nor 1")
    return SpeakerLabel(cells["file"], start, end, cells["face"], box, _SPEAKING[cells["speaking"].lower()])


def _time(text: str, column: str) -> Fraction:
    try:
        if len(text) > 40 or not isfinite(float(text)) or not 0 <= float(text) < 1e7:
            raise ValueError
        return Fraction(text)
    except ValueError:
        raise ValueError(f"{column} {text!r} is no time in seconds") from None


def _fraction(text: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -2 <= value <= 2:
        raise ValueError(f"{column} {text!r} is no fraction of the picture (0 to 1)")
    return value


def _checked(rows: Iterable[tuple[int, SpeakerLabel]], path: Path) -> list[SpeakerLabel]:
    """The rows, by file, face and time, none of a face overlapping another."""
    ordered = sorted(rows, key=lambda row: (row[1].file, row[1].face, row[1].start))
    for (first, before), (second, after) in pairwise(ordered):
        if (before.file, before.face) == (after.file, after.face) and before.end - after.start > OVERLAP:
            raise UserError(f"{path}:{second}: face {after.face} of {after.file} is already labelled in line {first}")
    return [label for _, label in ordered]


def labels_by_file(labels: Sequence[SpeakerLabel]) -> dict[str, list[SpeakerLabel]]:
    """The rows of each file."""
    by_file: dict[str, list[SpeakerLabel]] = {}
    for label in labels:
        by_file.setdefault(label.file, []).append(label)
    return by_file
