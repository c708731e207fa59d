"""A copy of a media file in which some sound is other: all other packets are copied as they are."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from jaxtyping import Float32

from divas_jax.errors import LossError, UserError
from divas_jax.media.boxes import edited_in_parts
from divas_jax.media.clock import SteadyClock
from divas_jax.media.container import open_media, reading_options
from divas_jax.media.encode import movie_scale
from divas_jax.media.heard_sound import HeardSound, opened_sound
from divas_jax.media.held import container_of
from divas_jax.media.packets import timed_packets
from divas_jax.media.sound import Channels
from divas_jax.media.sound_stream import SoundStream

_FROM_DISCS = (".m2ts", ".mts")
"""Transport streams as discs and cameras write them: four bytes more before each packet."""


@dataclass
class Copy:
    """What became of a copy.

    Attributes:
      packets: copied.
      left_out: streams that the container cannot hold, each a sentence.
      warnings: doubts about the sound that was remade, each a sentence.
    """

    packets: int = 0
    left_out: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


_EQUALLY_LONG = (".mxf",)
"""Names of containers that lose the last pictures where a sound is shorter."""

Remake = Callable[[Iterator[Float32[np.ndarray, "S C"]]], Iterable[Float32[np.ndarray, "S C"]]]
"""The samples to other samples."""


def with_other_sound(
    file: Path, partial: Path, target: Path, sounds: Sequence[HeardSound], remake: Callable[[HeardSound], Remake]
) -> Copy:
    """Writes a copy of a file in which some sound is remade; everything else is copied packet by packet.

    Args:
      file: to be read.
      partial: to be written.
      target: what it will be called, which tells the container.
      sounds: to be remade, of `heard_sound` and `other_sounds`; the first is the one that is judged.
      remake: what to do with the samples of each.

    Raises:
      UserError: the file cannot be read, or the copy cannot be written.
      LossError: the copy would lack some of the sound.
    """
    try:
        with ExitStack() as opened:
            source = opened.enter_context(reading(file))
            remade, files, streams = {}, [], []
            for sound in sounds:
                media = opened.enter_context(opened_sound(file, sound.index))
                streams.append(SoundStream(media, Channels()))
                made, blocks = remake(sound), streams[-1].blocks()
                long = target.suffix.lower() in _EQUALLY_LONG
                remade[sound.index] = (sound, _as_long(made, blocks) if long else made(blocks))
                files.append(media)
            kind = container_of(target)
            options = {"mpegts_m2ts_mode": "1"} if target.suffix.lower() in _FROM_DISCS else {}
            options |= exact_times(source) if kind in ("mp4", "mov") else {}
            with av.open(str(partial), "w", format=kind, container_options=options) as output:
                done = _copied(source, output, remade)
            if lost := next(filter(None, (stream.lost for stream in streams)), ""):
                raise LossError(f"{file} cannot be repaired without loss: {lost}; nothing is written")
            done.warnings += dict.fromkeys(warning for media in files for warning in media.warnings)
            return done
    except (av.error.FFmpegError, ValueError) as error:
        if _clock_jumps(file):  # where it jumps back, the container takes no packet after it
            raise LossError(f"{file} cannot be repaired without loss: its clock jumps; nothing is written") from None
        raise UserError(f"{target} cannot be written ({getattr(error, 'strerror', None) or error})") from None


def _clock_jumps(file: Path) -> bool:
    """Whether the clock of a transport or program stream jumps; its packets are read, nothing is decoded."""
    clock = SteadyClock()
    with open_media(file) as media, suppress(av.error.FFmpegError):
        for packet in media.container.demux(media.picture, media.sound) if media.running_clock else ():
            clock.place(packet)
    return bool(clock.jumps)


def picture_packets(file: Path) -> tuple[int, str]:
    """How many packets the picture has, and the SHA-256 of all of them: what a copy must not change.

    Raises:
      UserError: the file cannot be read.
    """
    count, digest = 0, hashlib.sha256()
    try:
        with open_media(file) as media:
            for packet in media.container.demux(media.picture):
                if packet.size:
                    count += 1
                    digest.update(bytes(packet))
    except av.error.FFmpegError as error:
        raise UserError(f"{file} cannot be read to its end ({error})") from None
    return count, digest.hexdigest()


@contextmanager
def reading(file: Path) -> Iterator[Any]:
    """As `open_media` opens it, but for its packets.

    Raises:
      UserError: its picture is cut by an edit list, which packets cannot carry over.
    """
    with open(file, "rb") as stream:
        if "vide" in edited_in_parts(stream):
            raise UserError(f"{file} cannot be copied: an edit list joins several parts of its picture")
        with av.open(stream, options=reading_options(stream), buffer_size=1 << 16) as container:
            yield container


def exact_times(source: Any) -> dict[str, str]:
    """Makes mp4 and mov keep where a stream begins in ticks of the sound and the picture, not in milliseconds."""
    sound, picture = next(iter(source.streams.audio), None), next(iter(source.streams.video), None)
    if sound is None or picture is None:
        return {}
    return {"movie_timescale": str(movie_scale(picture.time_base, sound.sample_rate))}


def _as_long(remake: Remake, blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """With silence at the end, if need be, until it is as long as before."""
    count = 0

    def counted() -> Iterator[np.ndarray]:
        nonlocal count
        for block in blocks:
            count += len(block)
            yield block

    done, last = 0, None
    for made in remake(counted()):
        done, last = done + len(made), made
        yield made
    if last is not None and done < count:
        yield np.zeros((count - done, *last.shape[1:]), last.dtype)


def _copied(source: Any, output: Any, remade: Mapping[int, tuple[HeardSound, Iterable[np.ndarray]]]) -> Copy:
    done, streams = Copy(), {}
    for stream in _in_order(source, output, next(iter(remade))):
        if stream.index in remade:
            made = _sound_stream(output, remade[stream.index][0])
        else:
            made = same_stream(output, stream, done.left_out)
        if made is not None:
            made.metadata.update(stream.metadata)
            made.disposition = stream.disposition
            streams[stream.index] = made
    output.metadata.update(source.metadata)
    chapters = source.chapters()
    if chapters:
        output.set_chapters(chapters)
    encoded = [_encoded(streams[index], sound, blocks) for index, (sound, blocks) in remade.items()]
    others = [stream for stream in source.streams if stream.index in streams and stream.index not in remade]
    packets = source.demux(others) if others else ()  # of no streams it would give those of all
    _mux(packets, output, streams, merge(*encoded, key=_decoded_at), done)
    return done


def _in_order(source: Any, output: Any, judged: int) -> list[Any]:
    """The streams; a transport stream cannot mark the sound that is meant, so that it must be the first."""
    late = output.format.name == "mpegts"
    return sorted(source.streams, key=lambda stream: late and stream.type == "audio" and stream.index != judged)


def same_stream(output: Any, stream: Any, left_out: list[str]) -> Any:
    """A stream of a copy that takes the packets of one of the source; None where the container cannot hold it.

    Args:
      output: the copy.
      stream: of the source.
      left_out: gets a sentence for what cannot be held.
    """
    if stream.type == "data" and "timecode" in stream.metadata and output.format.name != "mpegts":
        return None  # written anew, from what the picture says of it
    try:
        if stream.type == "attachment":
            return output.add_attachment(stream.name, stream.mimetype, stream.data)
        if stream.type == "data":
            raise ValueError("data other than subtitles")
        if _unknown(stream):
            raise ValueError("nothing is known of it")
        made = output.add_stream_from_template(stream, opaque=True)
        if stream.type == "video" and stream.average_rate:
            made.codec_context.framerate = stream.average_rate  # timecode tracks count at this rate
        return made
    except (av.error.FFmpegError, ValueError, AttributeError, TypeError) as error:
        left_out.append(f"stream {stream.index} ({stream.type}) is left out ({error})")
        return None


def _unknown(stream: Any) -> bool:
    """Whether a stream was named, but did not turn up before the file was read: no container could hold it."""
    context = stream.codec_context
    key = {"audio": "sample_rate", "video": "width"}.get(stream.type)
    return key is not None and not getattr(context, key, 0)


def _sound_stream(output: Any, heard: HeardSound) -> Any:
    made = output.add_stream(heard.encoder, rate=heard.sample_rate, layout=heard.layout)
    if heard.bit_rate:
        made.bit_rate = heard.bit_rate
    made.time_base = Fraction(1, heard.sample_rate)
    return made


def _encoded(stream: Any, heard: HeardSound, blocks: Iterable[np.ndarray]) -> Iterator[Any]:
    """Packets of the sound, its first sample where it was, or `lead` samples earlier."""
    count = round(heard.start * heard.sample_rate) - heard.lead
    for block in blocks:
        if not len(block):
            continue
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), "flt", heard.layout)
        frame.sample_rate, frame.pts, frame.time_base = heard.sample_rate, count, Fraction(1, heard.sample_rate)
        count += len(block)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _mux(copied: Iterable[Any], output: Any, streams: Mapping[int, Any], sound: Iterator[Any], done: Copy) -> None:
    """Everything in the order of its times, as far as the file has it so."""
    pending = next(sound, None)
    for packet in timed_packets(copied):
        while pending is not None and _decoded_at(pending) <= _decoded_at(packet):
            output.mux(pending)
            pending = next(sound, None)
        packet.stream = streams[packet.stream.index]
        output.mux(packet)
        done.packets += 1
    while pending is not None:
        output.mux(pending)
        pending = next(sound, None)


def _decoded_at(packet: Any) -> Fraction:
    return packet.dts * packet.time_base
