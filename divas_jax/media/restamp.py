"""A copy of a media file whose sound comes earlier or later, by time stamps alone: every packet is copied as it is."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from divas_jax.errors import UserError
from divas_jax.media.held import container_of
from divas_jax.media.packets import timed_packets
from divas_jax.media.remux import exact_times, reading, same_stream
from divas_jax.rates import nearest
from divas_jax.writing import replacing


def with_moved_sound(file: Path, out: Path, later: Fraction) -> list[str]:
    """Writes a copy in which all sound comes `later` (s; negative: earlier), to the next tick of its container's clock.

    Where it would come before the file's beginning, the whole file begins later, or its container hides what comes
    before (an edit list): what is heard with which picture is the same in both.

    Args:
      file: to be read.
      out: to be written; its end tells the container.
      later: s.

    Returns:
      What the container cannot hold and is left out, a sentence each.

    Raises:
      UserError: the file cannot be read, or the copy cannot be written, or cannot hold its picture or sound.
    """
    left_out: list[str] = []
    try:
        with (
            replacing(out) as partial,
            reading(file) as source,
            av.open(str(partial), "w", format=container_of(out), container_options=exact_times(source)) as output,
        ):
            _copy(source, output, later, left_out)
    except (av.error.FFmpegError, ValueError) as error:
        raise UserError(f"{out} cannot be written ({getattr(error, 'strerror', None) or error})") from None
    return left_out


def _copy(source: Any, output: Any, later: Fraction, left_out: list[str]) -> None:
    streams = {stream.index: same_stream(output, stream, left_out) for stream in source.streams}
    lost = [stream for stream in source.streams if streams[stream.index] is None and stream.type in ("audio", "video")]
    if lost:
        raise ValueError(left_out[0])
    streams = {index: made for index, made in streams.items() if made is not None}
    for index, made in streams.items():
        made.metadata.update(source.streams[index].metadata)
        made.disposition = source.streams[index].disposition
    output.metadata.update(source.metadata)
    if chapters := source.chapters():
        output.set_chapters(chapters)
    copied = [stream for stream in source.streams if stream.index in streams]
    for packet in timed_packets(source.demux(copied)):
        if packet.stream.type == "audio":
            ticks = nearest(later / packet.time_base)
            packet.dts += ticks
            packet.pts = None if packet.pts is None else packet.pts + ticks
        packet.stream = streams[packet.stream.index]
        output.mux(packet)
