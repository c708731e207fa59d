"""Any folder of clips as a source: with a manifest.csv, or just media files.

Speakers, never clips, are divided into splits, so that nobody is in two of them.
"""

import csv
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from divas_jax.data.acceptance import accepted
from divas_jax.data.records import TimedRecord
from divas_jax.data.splits import SPLITS, capped, divided
from divas_jax.errors import UserError

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
      excluded: why the user leaves it out; empty if nobody does.
    """

    path: Path
    name: str
    speaker: str = ""
    source: str = ""
    split: str = ""
    excluded: str = ""

    def record(self) -> TimedRecord:
        """Decodes the file once to learn its rates and times.

        Raises:
          UserError: the clip is rejected; the message says why, after its name.
        """
        if self.excluded:
            raise UserError(f"{self.name} is excluded: {self.excluded}")
        try:
            media = self.path.read_bytes()
        except OSError as error:
            raise UserError(f"{self.name} cannot be read ({error.strerror})") from error
        return accepted(media, name=self.name, speaker=self.speaker, source=self.source, split=self.split)


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
    """

    folder: Path
    where: Mapping[str, Collection[str]] = field(default_factory=dict)
    val_share: float = 0.05
    test_share: float = 0.05
    most: Mapping[str, int] = field(default_factory=dict)
    exclude: Mapping[str, str] = field(default_factory=dict)

    def candidates(self) -> tuple[FolderClip, ...]:
        """Clips to be tried, by name; whether a file can be used shows when it is decoded.

        Raises:
          UserError: the folder or its manifest cannot be used, or no clip is left.
        """
        if not self.folder.is_dir():
            raise UserError(f"{self.folder} is not a folder of clips")
        manifests = _manifests(self.folder)
        if self.where and not manifests:
            raise UserError(f"{self.folder} has no {MANIFEST}, so there is no column {next(iter(self.where))!r}")
        found = [clip for path, split in manifests for clip in _listed(self.folder, path, split, self.where)]
        found = found if manifests else list(_walked(self.folder))
        if not found:
            filtered = " that the given columns select" if self.where else ""
            raise UserError(f"{self.folder} holds no media files{filtered}")
        chosen = capped(divided(found, self.val_share, self.test_share), self.most)
        return tuple(replace(clip, excluded=self.exclude.get(clip.name, "")) for clip in chosen)


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


def _manifests(folder: Path) -> list[tuple[Path, str]]:
    """Each manifest with the split that its place implies."""
    if (folder / MANIFEST).is_file():
        return [(folder / MANIFEST, "")]
    return [(folder / split / MANIFEST, split) for split in SPLITS if (folder / split / MANIFEST).is_file()]


def _listed(folder: Path, manifest: Path, split: str, where: Mapping[str, Collection[str]]) -> Iterator[FolderClip]:
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as text:
            table = csv.DictReader(text)
            _require({"file", *where}, table.fieldnames or (), manifest)
            rows = list(table)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{manifest} cannot be read ({error})") from error
    for number, row in enumerate(rows, start=2):
        if any(row[column] not in values for column, values in where.items()):
            continue
        inside = PurePosixPath(row["file"] or "")
        if not inside.parts or inside.is_absolute() or ".." in inside.parts:
            raise UserError(f"{manifest} line {number} names the file {row['file']!r}, which is not below its folder")
        path = manifest.parent / inside
        yield FolderClip(
            path=path,
            name=path.relative_to(folder).as_posix(),
            speaker=row.get("speaker_id") or row.get("speaker") or "",
            source=row.get("source") or folder.name,
            split=split or _split(row.get("split") or "", manifest, number),
        )


def _require(columns: Collection[str], present: Sequence[str], manifest: Path) -> None:
    for column in sorted(columns):
        if column not in present:
            raise UserError(f"{manifest} has no column {column!r} (it has: {', '.join(present)})")


def _split(text: str, manifest: Path, number: int) -> str:
    if text and text not in SPLITS:
        raise UserError(f"{manifest} line {number} has the split {text!r}, but must have one of {', '.join(SPLITS)}")
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
