"""Looks into the boxes of mp4 and mov files (ISO/IEC 14496-12) for what FFmpeg keeps to itself."""

import io
import itertools
import struct
from collections.abc import Iterator

_MOST_BYTES = 64 << 20
_FRAGMENTS = 32
_MOST_BOXES = 100_000
_DEEPEST = 4
_CUT = b"cut off"
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_PARENTS = (b"moov", b"trak", b"edts", b"moof", b"traf")


def timing_doubts(stream: io.BufferedIOBase) -> list[str]:
    """What makes an mp4 or mov doubtful, as ends of sentences; leaves `stream` anywhere."""
    doubts: list[str] = []
    for kind, body in itertools.islice(_top_boxes(stream), _MOST_BOXES):
        for inner, payload in _descend(kind, body):
            if inner == b"elst" and _segments(payload) > 1:
                doubts.append(
                    "is put together of parts by its edit list: where they meet its times may be up to 24 ms wrong"
                )
            if inner == b"elst" and _retimed(payload):
                doubts.append("has an edit list that changes the speed, which is not honoured")
            if inner == b"trun" and _negative_offsets(payload):
                doubts.append("is fragmented with negative composition offsets: its picture may be a few frames late")
            if inner == _CUT:
                doubts.append("is cut off: its last part is not whole")
    return list(dict.fromkeys(doubts))


def edited_in_parts(stream: io.BufferedIOBase) -> set[str]:
    """Kinds of track ("vide", "soun") whose edit list joins several parts of the media; leaves `stream` at its start.

    None in what is no mp4 or mov.
    """
    stream.seek(0)
    if stream.read(12)[4:8] not in _FIRST_BOXES:
        stream.seek(0)
        return set()
    kinds = set()
    for kind, body in itertools.islice(_top_boxes(stream), _MOST_BOXES):
        tracks = [inner for name, inner in _inside(body) if name == b"trak"] if kind == b"moov" else []
        for track in tracks:
            parts = [_segments(payload) for name, payload in _descend(b"trak", track) if name == b"elst"]
            if max(parts, default=0) > 1:
                kinds.add(_kind_of(track))
    stream.seek(0)
    return kinds


def _kind_of(track: bytes) -> str:
    """The kind of a track by its media header: "vide" or "soun"; empty for any other."""
    if b"vmhd" in track:
        return "vide"
    return "soun" if b"smhd" in track else ""


def _inside(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes directly inside one."""
    position = 0
    while position + 8 <= len(body):
        size, inner = struct.unpack_from(">I4s", body, position)
        if size < 8:
            return
        yield inner, body[position + 8 : position + size]
        position += size


def table_comes_last(stream: io.BufferedIOBase) -> bool:
    """Whether a whole mp4 or mov has its table of contents after its media; leaves `stream` anywhere."""
    kinds = [kind for kind, _ in itertools.islice(_top_boxes(stream), _MOST_BOXES)]
    return b"moov" in kinds and b"mdat" in kinds[: kinds.index(b"moov")] and _CUT not in kinds


def _top_boxes(stream: io.BufferedIOBase) -> Iterator[tuple[bytes, bytes]]:
    """The file's `moov` and first `moof` boxes with their bodies, its other boxes without, and `_CUT` if one is cut."""
    end = stream.seek(0, io.SEEK_END)
    position = fragments = 0
    while position + 8 <= end:
        stream.seek(position)
        size, kind = struct.unpack(">I4s", stream.read(8))
        held = 8
        if size == 1 and position + 16 <= end:
            size, held = struct.unpack(">Q", stream.read(8))[0], 16
        if size < held:  # 0: up to the end of the file
            return
        fragments += kind == b"moof"
        wanted = kind == b"moov" or (kind == b"moof" and fragments <= _FRAGMENTS)
        yield kind, stream.read(min(size - held, _MOST_BYTES)) if wanted else b""
        position += size
    if position > end:
        yield _CUT, b""


def _descend(kind: bytes, body: bytes, depth: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """The innermost boxes of interest and their bodies."""
    if kind not in _PARENTS:
        yield kind, body
        return
    for inner, payload in _inside(body) if depth < _DEEPEST else ():
        yield from _descend(inner, payload, depth + 1)


def _edits(payload: bytes) -> Iterator[tuple[int, int]]:
    """Media time and speed (16.16 fixed point) of each edit that shows media, not emptiness."""
    if len(payload) < 8:
        return
    version, count = payload[0], struct.unpack_from(">I", payload, 4)[0]
    form = ">Qqi" if version else ">Iii"
    room = (len(payload) - 8) // struct.calcsize(form)
    for index in range(min(count, room)):
        _, media_time, speed = struct.unpack_from(form, payload, 8 + index * struct.calcsize(form))
        if media_time != -1:
            yield media_time, speed


def _segments(payload: bytes) -> int:
    return sum(1 for _ in _edits(payload))


def _retimed(payload: bytes) -> bool:
    return any(speed != 1 << 16 for _, speed in _edits(payload))


def _negative_offsets(payload: bytes) -> bool:
    if len(payload) < 8 or payload[0] == 0:
        return False
    flags, count = struct.unpack_from(">I", payload, 0)[0] & 0xFFFFFF, struct.unpack_from(">I", payload, 4)[0]
    if not flags & 0x800:
        return False
    first = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    before = 4 * (bool(flags & 0x100) + bool(flags & 0x200) + bool(flags & 0x400))
    step = before + 4
    room = max(0, (len(payload) - first) // step)
    offsets = (struct.unpack_from(">i", payload, first + i * step + before)[0] for i in range(min(count, room)))
    return any(offset < 0 for offset in offsets)
