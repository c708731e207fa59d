"""Changes the tables of mov and mp4 files (ISO/IEC 14496-12) as nothing here writes them."""

import struct
from collections.abc import Callable
from pathlib import Path

Change = Callable[[bytes], bytes]
"""A box's body to another."""


def changed(path: Path, names: tuple[bytes, ...], owner: bytes, change: Change) -> None:
    """Changes a box of the track that holds an `owner` ("smhd": sound, "vmhd": picture); the table must come last.

    Args:
      path: of the file, which is written anew.
      names: the boxes on the way from the track to the one that is changed, which is the last.
      owner: a box that only this track has.
      change: what becomes of its body.
    """

    def walk(body: bytes, way: tuple[bytes, ...]) -> bytes:
        if not way:
            return change(body)
        return b"".join(_box(name, walk(inner, way[1:]) if name == way[0] else inner) for name, inner in _boxes(body))

    def tracks(body: bytes) -> bytes:
        parts = _boxes(body)
        return b"".join(
            _box(name, walk(inner, names) if name == b"trak" and owner in inner else inner) for name, inner in parts
        )

    media = path.read_bytes()
    at = media.rindex(b"moov") - 4
    (size,) = struct.unpack_from(">I", media, at)
    path.write_bytes(media[:at] + _box(b"moov", tracks(media[at + 8 : at + size])) + media[at + size :])


def edit_list(*parts: tuple[int, int]) -> bytes:
    """The body of an `elst`: each part's length in the movie's units, and its start in the track's."""
    entries = (struct.pack(">Iii", length, start, 1 << 16) for length, start in parts)
    return struct.pack(">II", 0, len(parts)) + b"".join(entries)


def turned_by_180(body: bytes) -> bytes:
    """A `tkhd` (version 0) whose picture is shown upside down."""
    whole, unit = 1 << 16, 1 << 30
    width, height = struct.unpack_from(">II", body, 76)
    matrix = (-whole, 0, 0, 0, -whole, 0, width, height, unit)
    return body[:40] + struct.pack(">9i", *matrix) + body[76:]


def _boxes(body: bytes) -> list[tuple[bytes, bytes]]:
    found, position = [], 0
    while position + 8 <= len(body):
        size, name = struct.unpack_from(">I4s", body, position)
        found.append((name, body[position + 8 : position + size]))
        position += size
    return found


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body
