"""What a long batch has done, so that it goes on where it stopped."""

import json
import os
from pathlib import Path
from typing import Any

from divas_jax.errors import UserError


class Journal:
    """Finished files, a line of JSON each, so that a batch goes on where it stopped.

    Args:
      path: of the file; it need not exist yet.
      settings: what the answers depend on; other answers are not taken.

    Raises:
      UserError: the file cannot be read or is no journal.
    """

    def __init__(self, path: Path, settings: str) -> None:
        self._path, self._settings = path, settings
        self.done: dict[str, dict[str, Any]] = {}
        try:
            lines = path.read_text().splitlines() if path.exists() else []
        except OSError as error:
            raise UserError(f"journal {path} cannot be read ({error.strerror})") from None
        entries = [entry for entry in map(_entry, lines) if entry]
        if lines and not entries:
            raise UserError(f"{path} is no journal of divas: none of its lines can be read")
        for entry in entries:
            file = entry["record"]["file"]
            if entry["settings"] == settings and entry["stamp"] == file_stamp(Path(file)):
                self.done[file] = entry["record"]

    def add(self, record: dict[str, Any]) -> None:
        """Writes one finished file down, at once.

        Raises:
          UserError: the journal cannot be written.
        """
        entry = {"settings": self._settings, "stamp": file_stamp(Path(record["file"])), "record": record}
        try:
            with open(self._path, "a+b") as file:
                if file.tell() and self._cut_off():
                    file.write(b"\n")
                file.write(json.dumps(entry).encode() + b"\n")
        except OSError as error:
            raise UserError(f"journal {self._path} cannot be written ({error.strerror})") from None

    def _cut_off(self) -> bool:
        with open(self._path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"


def _entry(line: str) -> dict[str, Any] | None:
    """One line; None where it was cut off while it was written."""
    try:
        entry = json.loads(line)
        return entry if {"settings", "stamp", "record"} <= entry.keys() and "file" in entry["record"] else None
    except (ValueError, AttributeError, TypeError):
        return None


def file_stamp(file: Path) -> list[int]:
    """Size and time of change: whether it is still the same file."""
    try:
        status = file.stat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]
