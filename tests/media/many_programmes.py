"""A transport stream of several programmes, put together by hand of streams of one."""

import zlib
from collections.abc import Sequence

PACKET = 188
PROVIDER = b"a broadcaster with a name that is long enough for the table of names to need more than one packet"
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ES_STEP = 0x100


def joined(parts: Sequence[bytes], numbers: Sequence[int], names: Sequence[str], *, disc: bool = False) -> bytes:
    """One stream with each part as a programme; as m2ts where `disc`."""
    tables = [_section(0x00, 1, b"".join(_two(n) + _two(0xE000 | 0x30 + i) for i, n in enumerate(numbers)))]
    pids, lines = [0], []
    for place, (part, number) in enumerate(zip(parts, numbers, strict=True)):
        packets = [part[at : at + PACKET] for at in range(0, len(part), PACKET)]
        table_pid = _two_of(next(p for p in packets if _pid(p) == 0), 15) & 0x1FFF
        told = next(p for p in packets if _pid(p) == table_pid)[5:]
        tables.append(_moved(told, number, _ES_STEP * place))
        pids.append(0x30 + place)
        lines.append([_with_pid(p, _pid(p) + _ES_STEP * place) for p in packets if _pid(p) >= 0x100 and p])
        lines[-1] = [p for p in lines[-1] if _pid(p) != table_pid + _ES_STEP * place]
    tables.append(_section(0x42, 1, b"\x00\x01\xff" + b"".join(map(_service, numbers, names))))
    mixed = sorted((i / len(line), place, p) for place, line in enumerate(lines) for i, p in enumerate(line))
    packets = []
    for count, (_, _, packet) in enumerate(mixed):
        if count % 50 == 0:
            packets += [p for pid, table in zip([*pids, 0x11], tables, strict=True) for p in _packed(pid, table)]
        packets.append(packet)
    return b"".join(b"\0\0\0\0" * disc + packet for packet in packets)


def _two(number: int) -> bytes:
    return number.to_bytes(2, "big")


def _two_of(content: bytes, place: int) -> int:
    return int.from_bytes(content[place : place + 2], "big")


def _pid(packet: bytes) -> int:
    return _two_of(packet, 1) & 0x1FFF


def _with_pid(packet: bytes, pid: int) -> bytes:
    return packet[:1] + _two(packet[1] << 8 & 0xE000 | pid) + packet[3:]


def _section(table: int, number: int, body: bytes) -> bytes:
    content = bytes([table]) + _two(0xB000 | len(body) + 9) + _two(number) + b"\xc1\0\0" + body
    crc = zlib.crc32(content.translate(_MIRRORED)) ^ 0xFFFFFFFF
    return content + int(f"{crc:032b}"[::-1], 2).to_bytes(4, "big")


def _moved(told: bytes, number: int, by: int) -> bytes:
    """A programme's table under another number, its streams' PIDs moved."""
    body = bytearray(told[8 : 3 + (_two_of(told, 1) & 0xFFF) - 4])
    place = 4 + (_two_of(body, 2) & 0xFFF)
    body[0:2] = _two(_two_of(body, 0) + by)
    while place < len(body):
        body[place + 1 : place + 3] = _two(_two_of(body, place + 1) + by)
        place += 5 + (_two_of(body, place + 3) & 0xFFF)
    return _section(0x02, number, bytes(body))


def _service(number: int, name: str) -> bytes:
    text = b"\x15" + name.encode()
    inner = bytes([1, len(PROVIDER)]) + PROVIDER + bytes([len(text)]) + text
    return _two(number) + b"\xfc" + _two(0x8000 | len(inner) + 2) + bytes([0x48, len(inner)]) + inner


def _packed(pid: int, section: bytes) -> list[bytes]:
    content, found = b"\0" + section, []
    for at in range(0, len(content), PACKET - 4):
        head = b"\x47" + _two((0x4000 if at == 0 else 0) | pid) + bytes([0x10 | len(found)])
        found.append((head + content[at : at + PACKET - 4]).ljust(PACKET, b"\xff"))
    return found
