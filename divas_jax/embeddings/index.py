"""What is said of each clip: a record, and a row of `index.csv`."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

INDEX = "index.csv"
COLUMNS = ("file", "name", "pictures", "sounds", "fps", "seconds", "error")
"""Where the clip is, what its embeddings are called, windows of each kind, frames/s, length (s), why it has none."""

Record = dict[str, Any]
"""The same keys, plain values."""


def index_file(out: Path, part: tuple[int, int] | None) -> Path:
    """Where the table is written; each of several parts has one of its own."""
    return out / (INDEX if part is None else "index-{}-of-{}.csv".format(*part))


def csv_text(records: Iterable[Record]) -> str:
    """A row a clip."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow("" if record[column] is None else record[column] for column in COLUMNS)
    return text.getvalue()


def failed_record(clip: Any, why: str) -> Record:
    """Of a clip (a `ClipPlace` or a path) that could not be embedded."""
    return dict.fromkeys(COLUMNS) | {"file": str(clip), "name": clip.name, "error": why}


def outcomes(record: Record) -> tuple[str, ...]:
    """What a clip is counted as: `embedded` or `failed`."""
    return ("failed" if record["error"] else "embedded",)
