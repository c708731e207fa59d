"""Any folder of clips as a source: with a manifest.csv, or just media files.

Speakers, never clips, are divided into splits, so that nobody is in two of them.
"""

import csv
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from divas_jax.data.timed_record import TimedRecord
from divas_jax.errors import ManifestError, UserError
from divas_jax.preparing.acceptance import accepted
from divas_jax.preparing.known_offsets import Unknown, offset_column, sound_late
from divas_jax.preparing.splits import SPLITS, capped, divided

SUFFIXES = frozenset((
    ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg",
    ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv",
))  # fmt: skip
"""Endings of the media files that a folder without a manifest is searched for."""

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class FolderClip:
    """A media file that may become a record.

    Attributes:
      path: the file.
      name: its path below the source's folder.
      speaker: whoever is seen; empty if unknown.
      source: where it comes from.
      split: "train", "val" or "test"; empty until the source has chosen one.
      excluded: why it is left out, as a sentence after its name; empty if it is not.
      sound_late: s by which its sound comes after its picture, as the manifest says.
      sound_group: of clips that share a sound; empty for none.
      said_by: the manifest and the line in it that say so.
    """

    path: Path
    name: str
    speaker: str = ""
    source: str = ""
    split: str = ""
    excluded: str = ""
    sound_late: Fraction = Fraction(0)
    sound_group: str = ""
    said_by: str = ""

    def record(self) -> TimedRecord:
        """Decodes the file once to learn its rates and times.

        Raises:
          UserError: the clip is rejected; the message says why, after its name.
          ManifestError: its sound does not meet its picture where the manifest moves it.
        """
        if self.excluded:
            raise UserError(f"{self.name} {self.excluded}")
        try:
            media = self.path.read_bytes()
        except OSError as error:
            raise UserError(f"{self.name} cannot be read ({error.strerror})") from error
        take = partial(accepted, media, name=self.name, speaker=self.speaker, source=self.source, split=self.split)
        take = partial(take, sound_group=self.sound_group)
        try:
            return take(sound_late=self.sound_late)
        except UserError:
            if not self.sound_late:
                raise
            take()  # of no use as it is: that is why it is turned away
            raise ManifestError(
                f"{self.said_by}: {self.name} would have no sound with its picture if that were moved by "
                f"{float(abs(self.sound_late) * 1000):g} ms"
            ) from None


@dataclass(frozen=True)
class FolderSource:
    """Clips of a folder.

    The folder has one manifest.csv (with a column `split`, or without), or
    subfolders train, val and test with one each, or none: then every media
    file below it is a clip, and the folder that it lies in names its speaker.
    Files in a top folder called train, val or test belong to that split;
    where nothing says the split, speakers are divided by a hash of their names.
    A clip without a known speaker is divided by its own name.

    Attributes:
      folder: where the clips are.
      where: manifest columns and the values to keep; all must hold.
      val_share: share of the speakers for validation where nothing says the split.
      test_share: likewise for testing.
      most: at most so many clips of a split, an arbitrary but fixed choice.
      exclude: clips to leave out, by name, and why.
      split: of all clips; empty if manifest, folders or speakers decide.
      unknown: what becomes of rows without an offset where the manifest has a column of offsets.
      as_filed: whether to ignore that column.
      lips: a file of lip shapes (`lip_shapes.py`) that goes with the clips.
      manifest: a manifest that lies elsewhere (as `divas align` writes it), instead of those in the folder.
    """

    folder: Path
    where: Mapping[str, Collection[str]] = field(default_factory=dict)
    val_share: float = 0.05
    test_share: float = 0.05
    most: Mapping[str, int] = field(default_factory=dict)
    exclude: Mapping[str, str] = field(default_factory=dict)
    split: str = ""
    unknown: Unknown = "leave-out"
    as_filed: bool = False
    lips: Path | None = None
    manifest: Path | None = None

    def candidates(self) -> tuple[FolderClip, ...]:
        """Clips to be tried, by name; whether a file can be used shows when it is decoded.

        Raises:
          UserError: the folder or its manifest cannot be used, or no clip is left.
        """
        if not self.folder.is_dir():
            raise UserError(f"{self.folder} is not a folder of clips")
        manifests = [(self.manifest, "")] if self.manifest else manifests_in(self.folder)
        if self.where and not manifests:
            raise UserError(f"{self.folder} has no {MANIFEST}, so there is no column {next(iter(self.where))!r}")
        clips = [clip for path, split in manifests for clip in self._listed(path, split)]
        clips = clips if manifests else list(_walked(self.folder))
        clips = [replace(clip, split=self.split) for clip in clips] if self.split else clips
        if not clips:
            filtered = " that the given columns select" if self.where else ""
            raise UserError(f"{self.folder} holds no media files{filtered}")
        known = [clip for clip in clips if not clip.excluded]
        chosen = capped(divided(known, self.val_share, self.test_share), self.most)
        chosen += tuple(replace(clip, split=clip.split or "train") for clip in clips if clip.excluded)  # for the report
        excluded = {
            clip.name: f"is excluded: {self.exclude[clip.name]}" for clip in chosen if clip.name in self.exclude
        }
        return tuple(replace(clip, excluded=excluded.get(clip.name, clip.excluded)) for clip in chosen)

    def _listed(self, manifest: Path, split: str) -> Iterator[FolderClip]:
        rows, columns = listed_rows(manifest, self.folder if self.manifest else None, self.where)
        offsets = "" if self.as_filed else offset_column(columns, manifest)
        for line, row, path in rows:
            if any(row[column] not in values for column, values in self.where.items()):
                continue
            late = sound_late(row, offsets, line) if offsets else Fraction(0)
            yield FolderClip(
                path=path,
                name=path.relative_to(self.folder).as_posix(),
                speaker=row.get("speaker_id") or row.get("speaker") or "",
                source=row.get("source") or self.folder.name,
                split=split or _split(row.get("split") or "", line),
                excluded=f"has no known {offsets}" if late is None and self.unknown == "leave-out" else "",
                sound_late=late or Fraction(0),
                sound_group=row.get("sound_group") or "",
                said_by=line,
            )


def excluded_clips(path: Path) -> dict[str, str]:
    """Names and reasons in a table with the columns `name` and `doubt` (as `prepare --audit` writes it) or `reason`.

    Rows without a reason exclude nothing.

    Raises:
      UserError: the table cannot be read, or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as text:
            table = csv.DictReader(text)
            reason = "reason" if "reason" in (table.fieldnames or ()) else "doubt"
            _require(("name", reason), table.fieldnames or (), path)
            return {row["name"]: row[reason] for row in table if row["name"] and row[reason]}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read ({error})") from error


def manifests_in(folder: Path) -> list[tuple[Path, str]]:
    """Each manifest with the split that its place implies."""
    if (folder / MANIFEST).is_file():
        return [(folder / MANIFEST, "")]
    return [(folder / split / MANIFEST, split) for split in SPLITS if (folder / split / MANIFEST).is_file()]


def listed_rows(
    manifest: Path, folder: Path | None = None, needed: Collection[str] = ()
) -> tuple[list[tuple[str, dict[str, Any], Path]], Sequence[str]]:
    """The rows of a manifest, each with where it stands, for messages, and its file; and the columns.

    Args:
      manifest: to read.
      folder: where the files are; None for the manifest's own folder.
      needed: columns that it must have beside `file`.

    Raises:
      UserError: it cannot be read, lacks a column, or names a file that is not below the folder.
    """
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as text:
            table = csv.DictReader(text)
            table.fieldnames = [name.strip() for name in table.fieldnames or ()]
            _require({"file", *needed}, table.fieldnames or (), manifest)
            rows = [(f"{manifest} line {table.line_num}", row) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{manifest} cannot be read ({error})") from error
    place = folder or manifest.parent
    return [(line, row, place / _inside(row["file"] or "", line)) for line, row in rows], table.fieldnames or ()


def _inside(file: str, line: str) -> PurePosixPath:
    inside = PurePosixPath(file)
    if not inside.parts or inside.is_absolute() or ".." in inside.parts:
        raise UserError(f"{line} names the file {file!r}, which is not below its folder")
    return inside


def _require(columns: Collection[str], present: Sequence[str], manifest: Path) -> None:
    for column in sorted(columns):
        if column not in present:
            raise UserError(f"{manifest} has no column {column!r} (it has: {', '.join(present)})")


def _split(text: str, line: str) -> str:
    if text and text not in SPLITS:
        raise UserError(f"{line} has the split {text!r}, but must have one of {', '.join(SPLITS)}")
    return text


def media_in(folder: Path) -> Iterator[Path]:
    """The media files of a folder at any depth, in order, without hidden ones (what other programs leave behind)."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(files):
            path = Path(place, file)
            if path.suffix.lower() in SUFFIXES and not file.startswith(".") and path.is_file():
                yield path


def _walked(folder: Path) -> Iterator[FolderClip]:
    for path in media_in(folder):
        inside = path.relative_to(folder)
        split = inside.parts[0] if len(inside.parts) > 1 and inside.parts[0] in SPLITS else ""
        speaker = "/".join(inside.parent.parts[1 if split else 0 :])
        yield FolderClip(path, inside.as_posix(), speaker, folder.name, split)
