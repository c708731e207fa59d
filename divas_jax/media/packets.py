"""Coded packets on their way from one file to another."""

from collections.abc import Iterable, Iterator
from typing import Any


def timed_packets(packets: Iterable[Any]) -> Iterator[Any]:
    """Packets with decoding times: those that Matroska does not tell, before the first it does, are counted back.

    The empty packets that end a stream are left out.
    """
    waiting: dict[int, list[Any]] = {}
    for packet in packets:
        if not packet.size:
            continue
        early = waiting.setdefault(packet.stream.index, [])
        if packet.dts is None:
            early.append(packet)
            continue
        yield from _counted_back(early, packet.dts)
        early.clear()
        yield packet
    for early in waiting.values():
        yield from _counted_back(early, early[0].pts or 0 if early else 0)


def _counted_back(packets: list[Any], dts: int) -> Iterator[Any]:
    """Each a packet's length before the next."""
    for place, packet in enumerate(packets):
        packet.dts = dts - (len(packets) - place) * max(1, packet.duration or 1)
        yield packet
