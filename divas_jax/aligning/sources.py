"""What is aligned: rows of a manifest, a prepared data set, or files; each with the recording that it belongs to."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path, PurePosixPath

from divas_jax.clip import Clip
from divas_jax.data.clip_record import ClipSource, LipShapes
from divas_jax.data.records import is_complete, open_records, splits_of
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.preparing.folder import listed_rows, manifests_in, media_in
from divas_jax.preparing.known_offsets import offset_column, sound_late

FILE, FOLDER = "file", "folder"
"""Recordings that are no column: each file is one, or each folder that holds files."""

ORDER = ("source_start_s", "start_s")
"""Columns that say when a clip begins in its recording (s); without them the order of the rows counts."""


@dataclass(frozen=True)
class Entry:
    """One clip that is to be aligned.

    Attributes:
      name: its path below the folder, or its name in the data set.
      row: what its manifest says of it; some columns where there is none.
      recording: clips of one recording share one offset.
      source: where it comes from.
      begins: when it begins in its recording (s, or its place in the list).
      filed: by how much its sound is late, as somebody has said before (s); None where nobody has.
      read: decodes it as it is filed; a UserError where it cannot be read.
      path: of its file; None where it is in a data set.
      lips: the shapes of its lips, where the data set has them.
    """

    name: str
    row: Mapping[str, str]
    recording: str
    source: str
    begins: float
    filed: Fraction | None
    read: Callable[[], Clip]
    path: Path | None = None
    lips: LipShapes | None = field(default=None, repr=False)


def entries_of(folder: Path, by: str = "", split: str = "") -> list[Entry]:
    """Everything in a folder of clips (with a manifest or without), or in a prepared data set.

    Args:
      folder: where the clips are.
      by: what makes a recording: a column, `FILE` or `FOLDER`; empty takes the column "recording" where there is
        one, else each file.
      split: only clips of this split; empty for all.

    Raises:
      UserError: the folder holds nothing of use, or has no such column.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder of clips or videos")
    if is_complete(folder):
        entries = list(_stored(folder, split))
    elif manifests := manifests_in(folder):
        entries = [entry for path, place in manifests for entry in _listed(folder, path, place)]
        entries = [entry for entry in entries if not split or entry.row.get("split") == split]
    else:
        entries = [_file(folder, path) for path in media_in(folder)]
    if not entries:
        raise UserError(f"{folder} holds no clips" + (f" of the split {split!r}" if split else ""))
    columns = {column for entry in entries for column in entry.row}
    by = by or ("recording" if "recording" in columns else FILE)
    if by not in (FILE, FOLDER) and by not in columns:
        raise UserError(f"{folder} has no column {by!r} (it has: {', '.join(sorted(columns))})")
    return [_placed(entry, by, number) for number, entry in enumerate(entries)]


def _placed(entry: Entry, by: str, number: int) -> Entry:
    """With its recording, and when it begins there."""
    folder = str(Path(entry.name).parent)
    if by == FILE:
        recording = entry.name
    elif by == FOLDER:
        recording = folder
    else:
        recording = entry.row.get(by) or entry.name
    for column in ORDER:
        try:
            return replace(entry, recording=recording, begins=float(entry.row[column]))
        except (KeyError, ValueError):
            continue
    return replace(entry, recording=recording, begins=float(number))


def _listed(folder: Path, manifest: Path, split: str) -> Iterator[Entry]:
    rows, columns = listed_rows(manifest)
    offsets = offset_column(columns, manifest)
    for line, row, path in rows:
        name = path.relative_to(folder).as_posix()
        known = {**{key: value or "" for key, value in row.items() if key}, "file": name}
        known |= {"split": split} if split else {}
        filed = sound_late(row, offsets, line) if offsets else None
        source = row.get("source") or folder.name
        yield Entry(name, known, "", source, 0.0, filed, _reader(path, name), path)


def _file(folder: Path, path: Path) -> Entry:
    name = path.relative_to(folder).as_posix()
    return Entry(name, {"file": name}, "", folder.name, 0.0, None, _reader(path, name), path)


def _reader(path: Path, name: str) -> Callable[[], Clip]:
    return lambda: decode_clip(path, name=name)


def _stored(folder: Path, split: str) -> Iterator[Entry]:
    for each in [split] if split else splits_of(folder):
        records = open_records(folder, each)
        for index, record in enumerate(records.facts()):
            row = {"file": record.name, "speaker_id": record.speaker, "source": record.source, "split": each}
            row |= {"sound_group": record.sound_group} if record.sound_group else {}
            read = _record_reader(records, index)
            yield Entry(record.name, row, "", record.source, 0.0, record.sound_late, read, lips=record.lips)


def _record_reader(records: ClipSource, index: int) -> Callable[[], Clip]:
    def read() -> Clip:
        record = records[index]
        return decode_clip(record.media, name=record.name)

    return read


def cut_videos(folder: Path, crops: Path, workers: int) -> list[Entry]:
    """The faces of any videos in a folder, cut as `prepare --source media` cuts them; a recording is a video.

    Raises:
      UserError: there is no video, or no face in any.
    """
    from divas_jax.title.cutting import MediaSource  # late: it loads a face detector

    MediaSource(folder, crops, workers=workers).candidates()
    return entries_of(crops, by="video")


def with_lips(entries: Sequence[Entry], lips: Mapping[str, LipShapes]) -> list[Entry]:
    """The clips whose lip shapes are known, by their names or, where only one is called so, their files' names."""
    bare = Counter(PurePosixPath(entry.name).name for entry in entries)
    with_shapes = []
    for entry in entries:
        name = PurePosixPath(entry.name).name
        shapes = lips.get(entry.name, lips.get(name) if bare[name] == 1 else None) or entry.lips
        with_shapes += [replace(entry, lips=shapes)] if shapes else []
    return with_shapes


def is_raw(folder: Path) -> bool:
    """Whether a folder has neither records nor a manifest: its videos may show anything."""
    return not is_complete(folder) and not manifests_in(folder)


def columns_of(entries: Sequence[Entry]) -> list[str]:
    """The columns that the rows have, in their order."""
    return list(dict.fromkeys(column for entry in entries for column in entry.row))
