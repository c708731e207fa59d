"""Which streams of a transport stream belong together: its programmes, by its own tables (ISO/IEC 13818-1).

PyAV does not tell of programmes, so that PAT, PMT and SDT are read here. What cannot be read is left out: files are
not to be trusted, and a capture may hold damaged tables.
"""

import codecs
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any

from divas_jax.errors import UserError

READ_BYTES = 4 << 20
"""So much of the start of a file is searched for tables, which broadcasts repeat ten times a second."""

MOST_PROGRAMMES = 1024

_PACKET, _SYNC, _NULL = 188, 0x47, 0x1FFF
_SPACINGS = (188, 192, 204)
"""Bytes from one packet to the next: broadcast, disc (m2ts), with error correction."""

_IN_A_ROW = 5
"""So many packets at the right places are no chance."""

_PAT, _PMT, _SDT = (0x00, 0x02, 0x42)
_SDT_PID = 0x11
_SERVICE = 0x48
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Each byte with its bits the other way round."""


@dataclass(frozen=True)
class Programme:
    """What belongs together in a transport stream.

    Attributes:
      number: as the file has it, and as FFmpeg's -map 0:p:NUMBER takes it.
      pids: of its streams, which are their `id` in PyAV.
      name: as the broadcaster has it; empty where it has none.
    """

    number: int
    pids: tuple[int, ...]
    name: str = ""


def programmes(stream: BufferedIOBase) -> tuple[Programme, ...]:
    """The programmes of a transport stream that have streams, in its own order; none of anything else.

    Args:
      stream: a file, which stays where it is.
    """
    place = stream.tell()
    stream.seek(0)
    content = stream.read(READ_BYTES)
    stream.seek(place)
    return programmes_in(content)


def programmes_in(content: bytes) -> tuple[Programme, ...]:
    """The programmes in the first bytes of a transport stream, for one that cannot be read twice."""
    tables: dict[int, set[int]] = {}
    for section in _sections(content, {0}, _PAT):
        for number, pid in _programme_tables(section):
            if number and len(tables) < MOST_PROGRAMMES:
                tables.setdefault(number, set()).add(pid)
    if not tables:
        return ()
    pids: dict[int, dict[int, None]] = {number: {} for number in tables}
    for section in _sections(content, set().union(*tables.values()), _PMT):
        if (number := _two(section, 3)) in pids:
            pids[number] |= dict.fromkeys(_streams(section))
    names = dict(name for section in _sections(content, {_SDT_PID}, _SDT) for name in _names(section))
    return tuple(
        Programme(number, tuple(streams), names.get(number, "")) for number, streams in pids.items() if streams
    )


def of_programme(streams: Iterable[Any], programme: Programme | None) -> list[Any]:
    """Those streams that belong to a programme; all of them where there is no choice."""
    return [stream for stream in streams if programme is None or stream.id in programme.pids]


def chosen_programme(
    all_programmes: Sequence[Programme], container: Any, name: str, wanted: int | None
) -> Programme | None:
    """The programme that is meant: the first with a picture and a sound; None where there is no choice.

    Args:
      all_programmes: of the file.
      container: the open file.
      name: for the message.
      wanted: the number of one; None for none in particular.

    Raises:
      UserError: there is none of that number.
    """
    if wanted is not None and wanted not in [each.number for each in all_programmes]:
        there = ", ".join(f"{each.number} ({each.name})" if each.name else str(each.number) for each in all_programmes)
        raise UserError(f"{name} has no programme {wanted}; " + (f"it has {there}" if there else "it tells of none"))
    if len(all_programmes) < 2:
        return None
    if wanted is not None:
        return next(each for each in all_programmes if each.number == wanted)
    kinds = (container.streams.video, container.streams.audio)
    return next((each for each in all_programmes if all(of_programme(streams, each) for streams in kinds)), None)


def programme_words(programme: Programme | None, all_programmes: Sequence[Programme]) -> str:
    """A programme as people call it: "programme 2 of 3 (NAME)"; empty where there is no choice."""
    if programme is None or len(all_programmes) < 2:
        return ""
    place = all_programmes.index(programme) + 1
    number = f"number {programme.number}" if programme.number != place else ""
    known = ", ".join(filter(None, (programme.name, number)))
    return f"programme {place} of {len(all_programmes)}" + (f" ({known})" if known else "")


def _packets(content: bytes) -> Iterator[bytes]:
    """The packets, wherever they begin; bytes between them are passed over."""
    spacing, place = _spacing(content)
    while spacing and place + _PACKET <= len(content):
        if content[place] == _SYNC:
            yield content[place : place + _PACKET]
            place += spacing
        else:
            place = content.find(_SYNC, place)
            spacing = spacing if place >= 0 else 0


def _spacing(content: bytes) -> tuple[int, int]:
    """Bytes from packet to packet, and where the first is; 0 for no transport stream."""
    for place in range(min(len(content), 8 * _SPACINGS[-1])):
        for spacing in _SPACINGS if content[place] == _SYNC else ():
            starts = content[place : place + spacing * _IN_A_ROW : spacing]
            if len(starts) > 1 and set(starts) == {_SYNC}:
                return spacing, place
    return 0, 0


def _sections(content: bytes, pids: set[int], table: int) -> Iterator[bytes]:
    """The different sections of a table that are whole and in force, without their checksums."""
    parts: dict[int, bytes] = {}
    seen: set[bytes] = set()
    for packet in _packets(content):
        pid = _two(packet, 1) & 0x1FFF
        if pid not in pids or pid == _NULL or packet[1] & 0x80 or not packet[3] & 0x10:
            continue
        payload = packet[5 + packet[4] :] if packet[3] & 0x20 else packet[4:]
        begun = parts.pop(pid, b"")
        if packet[1] & 0x40:
            start = 1 + (payload[0] if payload else 0)
            ends, begun = begun + payload[1:start], payload[start:]
            whole, _ = _whole(ends) if ends else ([], b"")
        else:
            whole, begun = [], begun + payload if begun else b""
        more, left = _whole(begun)
        parts[pid] = left
        for section in (*whole, *more):
            if section[0] == table and section not in seen and section[5] & 1 and _unharmed(section):
                seen.add(section)
                yield section[:-4]


def _whole(content: bytes) -> tuple[list[bytes], bytes]:
    """Sections that are there from start to end, and what is there of the next."""
    sections: list[bytes] = []
    while len(content) >= 3 and content[0] != 0xFF:  # FF fills packets up
        length = 3 + (_two(content, 1) & 0xFFF)
        if len(content) < length:
            return sections, content
        if length >= 12:
            sections.append(content[:length])
        content = content[length:]
    return sections, content if content[:1] != b"\xff" else b""


def _two(content: bytes, place: int) -> int:
    return int.from_bytes(content[place : place + 2], "big")


def _programme_tables(section: bytes) -> Iterator[tuple[int, int]]:
    """Numbers of programmes, and the PID of the table of each."""
    for place in range(8, len(section) - 3, 4):
        yield _two(section, place), _two(section, place + 2) & 0x1FFF


def _streams(section: bytes) -> Iterator[int]:
    """PIDs of a programme's streams."""
    place = 12 + (_two(section, 10) & 0xFFF)
    while place + 5 <= len(section):
        yield _two(section, place + 1) & 0x1FFF
        place += 5 + (_two(section, place + 3) & 0xFFF)


def _names(section: bytes) -> Iterator[tuple[int, str]]:
    """Numbers of programmes, and their names."""
    place = 11
    while place + 5 <= len(section):
        number, end = _two(section, place), place + 5 + (_two(section, place + 3) & 0xFFF)
        place += 5
        while place + 2 <= end:
            tag, body = section[place], section[place + 2 : place + 2 + section[place + 1]]
            if tag == _SERVICE and len(body) > 1:
                after = 2 + body[1]  # of the provider's name
                yield number, _text(body[after + 1 : after + 1 + body[after]] if after < len(body) else b"")
            place += 2 + section[place + 1] if place + 1 < len(section) else 2
        place = end


def _text(content: bytes) -> str:
    """A name as DVB writes it (EN 300 468, annex A); only what can be printed."""
    coding, content = _coding(content)
    text = ""
    with suppress(LookupError):
        text = codecs.decode(content, coding, "ignore")
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _coding(content: bytes) -> tuple[str, bytes]:
    first = content[0] if content else 0x20
    if first >= 0x20:
        return "latin-1", content
    if first == 0x10:
        return f"iso8859-{_two(content, 1)}", content[3:]
    named = {0x11: "utf-16-be", 0x15: "utf-8"}
    return named.get(first, f"iso8859-{first + 4}"), content[1:]


def _unharmed(section: bytes) -> bool:
    """Whether the checksum at the end of a section (CRC-32/MPEG-2) is its own: zlib has it the other way round."""
    return zlib.crc32(section.translate(_MIRRORED)) == 0xFFFFFFFF
