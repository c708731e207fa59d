"""What is known of all clips of a source without reading any media: a run starts with that.

A data set keeps it beside its records, one file a split; where that is missing (data sets of earlier versions) it is
made once, by reading every record.
"""

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from divas_jax.data.clip_record import ClipRecord
from divas_jax.writing import write_whole

_NUMBERS = ("n_frames", "sample_rate")
_TEXTS = ("name", "speaker", "source", "split", "sound_group")
_FRACTIONS = ("fps", "sound_late")


def facts_file(folder: Path, split: str) -> Path:
    """Where a data set keeps the facts of one split."""
    return folder / f"facts-{split}.npz"


def write_facts(path: Path, records: Iterable[ClipRecord]) -> None:
    """Writes what `read_facts` reads.

    Raises:
      UserError: the folder cannot be written.
    """
    rows = list(records)
    columns = {key: np.asarray([getattr(row, key) for row in rows], np.int64) for key in _NUMBERS}
    columns |= {key: np.asarray([getattr(row, key) for row in rows], np.str_) for key in _TEXTS}
    for key in _FRACTIONS:
        columns[key] = np.asarray([getattr(row, key).as_integer_ratio() for row in rows], np.int64).reshape(-1, 2)
    columns["duration"] = np.asarray([row.duration for row in rows], np.float64)
    columns["constant_rate"] = np.asarray([row.constant_rate for row in rows], np.bool_)
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **columns)
    write_whole(path, content.getvalue())


def read_facts(path: Path, count: int) -> list[ClipRecord] | None:
    """The records that a file tells of, without media; None if it is missing, broken, or not of so many records."""
    try:
        with np.load(path, allow_pickle=False) as file:
            columns = {key: file[key].tolist() for key in file.files}
        rows = [_record(columns, row) for row in range(len(columns["name"]))]
    except (OSError, ValueError, KeyError, IndexError, EOFError, BadZipFile):
        return None
    return rows if len(rows) == count else None


def _record(columns: dict[str, Sequence], row: int) -> ClipRecord:
    return ClipRecord(
        media=b"",
        duration=columns["duration"][row],
        constant_rate=columns["constant_rate"][row],
        fps=Fraction(*columns["fps"][row]),
        sound_late=Fraction(*columns["sound_late"][row]),
        **{key: columns[key][row] for key in (*_NUMBERS, *_TEXTS)},
    )
