"""The staging area of a data set that is being prepared: what is accepted survives any interruption.

The media file of each accepted clip is a file of its own, and a journal in
JSON lines says what is known of it. A clip counts once its line is whole.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from divas_jax.data.clip_record import ClipRecord
from divas_jax.data.timed_record import TimedRecord, pack_pts
from divas_jax.errors import UserError
from divas_jax.preparing.sound_print import sound_print
from divas_jax.writing import write_json, write_whole

_FOLDER = ".staging"
_JOURNAL = "journal.jsonl"
_EXACT = ("fps", "time_base", "picture_start")
_YOUNGER: dict[str, dict[str, Any]] = {
    "folder": {"exclude": {}, "split": "", "unknown": "leave-out", "as_filed": False, "lips": None, "manifest": None},
}
"""By source: arguments that came later, with what was done before; data sets prepared then stay usable."""

_GONE = {"anticipation": "0"}
"""Arguments that are no more, with what is done now."""


@dataclass(frozen=True)
class Staged:
    """One accepted clip.

    Attributes:
      record: what is known of it; its `media` is empty, the bytes lie in the staging area.
      n_bytes: size of the media file.
      digest: SHA-256 of the media file.
      sound_print: fingerprint of its sound, packed.
    """

    record: TimedRecord
    n_bytes: int
    digest: str
    sound_print: bytes = field(default=b"", repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """Split and name, unique within the data set."""
        return self.record.split, self.record.name

    def to_line(self) -> str:
        """One line of the journal."""
        values = {**vars(self.record), "n_bytes": self.n_bytes, "digest": self.digest}
        values["sound_print"] = self.sound_print.hex()
        values |= {key: str(values[key]) for key in (*_EXACT, "sound_late")}
        values["pts"] = self.record.frame_pts.tolist()
        del values["media"], values["lips"]
        return json.dumps(values) + "\n"

    @classmethod
    def from_line(cls, line: str) -> "Staged":
        """The inverse of `to_line`."""
        values = json.loads(line)
        size, digest, heard = values.pop("n_bytes"), values.pop("digest"), bytes.fromhex(values.pop("sound_print"))
        values |= {key: Fraction(values[key]) for key in _EXACT}
        values["sound_late"] = Fraction(values.get("sound_late", 0))
        values["pts"] = pack_pts(np.asarray(values["pts"], np.int64))
        return cls(TimedRecord(media=b"", **values), size, digest, heard)


class Staging:
    """The staging area of the data set `out`, opened by the one process that prepares it."""

    def __init__(self, out: Path) -> None:
        """Makes the area, or reads what an interrupted run left in it."""
        self.folder = out / _FOLDER
        self.folder.mkdir(parents=True, exist_ok=True)
        self._journal = self.folder / _JOURNAL
        self.clips: dict[tuple[str, str], Staged] = {}
        whole = [clip for clip in self._read() if media_file(self.folder, *clip.key).is_file()]
        self.clips = {clip.key: clip for clip in whole}
        # Rewritten, so that a torn last line does not swallow the next one.
        write_whole(self._journal, "".join(clip.to_line() for clip in self.clips.values()).encode())

    def _read(self) -> Iterator[Staged]:
        if not self._journal.is_file():
            return
        for line in self._journal.read_text().splitlines():
            try:
                yield Staged.from_line(line)
            except (ValueError, KeyError, TypeError):
                continue

    def add(self, clip: Staged) -> None:
        """Notes a clip whose media file `stage` has written.

        Raises:
          UserError: the journal cannot be written.
        """
        try:
            with self._journal.open("a") as journal:
                journal.write(clip.to_line())
        except OSError as error:
            raise UserError(f"{self._journal} cannot be written ({error.strerror})") from error
        self.clips[clip.key] = clip

    def keep(self, facts_of: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
        """Forgets the clips that are not among these keys, or of which now something else is said (by field)."""
        self.clips = {
            key: clip
            for key, clip in self.clips.items()
            if key in facts_of and all(getattr(clip.record, name) == value for name, value in facts_of[key].items())
        }

    def records(self, split: str) -> Iterator[TimedRecord]:
        """The accepted clips of a split with their media, by name; one at a time in memory."""
        for key in sorted(self.clips):
            if key[0] == split:
                yield replace(self.clips[key].record, media=media_file(self.folder, *key).read_bytes())

    def remove(self) -> None:
        """Removes the area and everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def stage(record: ClipRecord, folder: Path) -> Staged:
    """Writes a clip's media file into the staging area `folder`; safe in any worker process."""
    write_whole(media_file(folder, record.split, record.name), record.media)
    timed = record if isinstance(record, TimedRecord) else TimedRecord(**vars(record))
    digest = hashlib.sha256(record.media).hexdigest()
    return Staged(replace(timed, media=b""), len(record.media), digest, sound_print(record.media))


def media_file(folder: Path, split: str, name: str) -> Path:
    """Where the staging area `folder` keeps the media of a clip, whatever its name looks like."""
    return folder / hashlib.sha256(f"{split}/{name}".encode()).hexdigest()[:32]


@contextmanager
def sole_writer(out: Path) -> Iterator[None]:
    """Lets one process at a time prepare `out`; the others wait. A killed process frees it.

    Raises:
      UserError: `out` cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(out, os.O_RDONLY)
    except OSError as error:
        raise UserError(f"{out} cannot be written ({error.strerror})") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def recall_arguments(out: Path, arguments: Mapping[str, Any]) -> None:
    """Remembers what `out` is prepared from, so that a resumed run mixes nothing.

    Raises:
      UserError: it was begun with other arguments; the message names one of them.
    """
    path = out / "prepare.json"
    if not path.is_file():
        write_json(path, arguments)
        return
    try:
        known = json.loads(path.read_text())
        known = _YOUNGER.get(known.get("source"), {}) | known
        known = {key: value for key, value in known.items() if not (key in _GONE and _GONE[key] == value)}
    except (ValueError, AttributeError):
        raise UserError(f"{path} is damaged; prepare into another folder, or again with --force") from None
    for key in sorted(known.keys() | arguments.keys()):
        if known.get(key) != arguments.get(key):
            raise UserError(
                f"{out} was prepared with {key} = {known.get(key)}, not {arguments.get(key)}; "
                "choose another folder, or prepare it again with --force"
            )
