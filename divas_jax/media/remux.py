"""A copy of a media file in which some sound is other: all other packets are copied as they are."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from jaxtyping import Float32

from divas_jax.errors import UserError
from divas_jax.media.container import Media, open_media
from divas_jax.media.packets import timed_packets
from divas_jax.media.sound import all_channels
from divas_jax.media.sound_stream import SoundStream

FORMATS = {
    ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".ts": "mpegts",
    ".m2ts": "mpegts", ".mts": "mpegts", ".mxf": "mxf",
}  # fmt: skip
"""What a file name's end means."""

ENCODERS = {"mp3": "libmp3lame", "opus": "libopus"}
"""Encoders that are not called as their codecs."""

UNWRITTEN = {
    "mp4": "aac",
    "mpegts": "aac",
    "webm": "libopus",
    "matroska": "pcm_s24le",
    "mov": "pcm_s24le",
    "mxf": "pcm_s24le",
}
"""What takes the place of sound that nothing here can encode."""

LOSSLESS = ("pcm_", "flac", "alac")
USUAL_BIT_RATE = 96_000
"""Of a channel (bits/s), where the file does not tell."""


@dataclass(frozen=True)
class HeardSound:
    """A sound stream that is to be remade, and how it is coded.

    Attributes:
      index: of the stream in the file.
      number: among the sound streams.
      codec: FFmpeg's name.
      encoder: what it is written with.
      bit_rate: bits/s; 0 for codecs that lose nothing.
      sample_rate: Hz.
      layout: FFmpeg's name of the channels.
      channels: how many.
      start: time of the first sample (s).
    """

    index: int
    number: int
    codec: str
    encoder: str
    bit_rate: int
    sample_rate: int
    layout: str
    channels: int
    start: Fraction


@dataclass
class Copy:
    """What became of a copy.

    Attributes:
      packets: copied.
      left_out: streams that the container cannot hold, each a sentence.
    """

    packets: int = 0
    left_out: list[str] = field(default_factory=list)


Remake = Callable[[Iterator[Float32[np.ndarray, "S C"]], int], Iterable[Float32[np.ndarray, "S C"]]]
"""The samples, and how many there are by the file's own word, to other samples."""


def heard_sound(file: Path, target: Path) -> HeardSound:
    """What sound of a file is judged, and how it would be written to `target`.

    Raises:
      UserError: the file cannot be read, or the target's name ends in nothing known.
    """
    kind = container_of(target)
    with open_media(file) as media:
        return _described(media, kind)


def sound_tracks(file: Path) -> int:
    """How many sound streams a file tells; none is decoded.

    Raises:
      UserError: the file cannot be read.
    """
    with open_media(file) as media:
        return len(media.container.streams.audio)


def other_sounds(file: Path, target: Path, heard: HeardSound) -> tuple[list[HeardSound], list[str]]:
    """The other sound streams, and sentences about those that cannot be decoded.

    Raises:
      UserError: as `heard_sound`.
    """
    kind, found, doubts = container_of(target), [], []
    with open_media(file) as media:
        others = [stream.index for stream in media.container.streams.audio if stream.index != heard.index]
    for index in others:
        try:
            with _opened_sound(file, index) as media:
                found.append(_described(media, kind))
        except UserError as error:
            doubts.append(f"stream {index} stays as it is: {error}")
    return found, doubts


@contextmanager
def _opened_sound(file: Path, index: int) -> Iterator[Media]:
    """The file as if this were its sound; each is read by itself."""
    with open_media(file) as media:
        stream = media.container.streams[index]
        if stream.codec_context is None:
            raise UserError(f"{file} has an audio stream in a format that cannot be decoded")
        yield replace(media, sound=stream)


def _described(media: Media, kind: str) -> HeardSound:
    stream, sound = SoundStream(media, all_channels), media.sound
    context = sound.codec_context
    codec = context.codec.canonical_name
    encoder = ENCODERS.get(codec, codec)
    if not _can_encode(encoder, kind):
        encoder = UNWRITTEN[kind]
    lossless = encoder.startswith(LOSSLESS)
    rate = sound.bit_rate or context.bit_rate or USUAL_BIT_RATE * context.channels
    number = [each.index for each in media.container.streams.audio].index(sound.index)
    return HeardSound(
        sound.index, number, codec, encoder, 0 if lossless else rate, stream.sample_rate, context.layout.name,
        context.channels, stream.start,
    )  # fmt: skip


def container_of(target: Path) -> str:
    """FFmpeg's name of the container that a file's name means.

    Raises:
      UserError: its end is not known.
    """
    kind = FORMATS.get(target.suffix.lower())
    if kind is None:
        raise UserError(f"{target} should end in one of {', '.join(FORMATS)}")
    return kind


def _can_encode(encoder: str, kind: str) -> bool:
    try:
        codec = av.codec.Codec(encoder, "w")
    except (av.codec.codec.UnknownCodecError, ValueError):
        return False
    return kind != "mp4" or not codec.name.startswith("pcm_")


def with_other_sound(
    file: Path, partial: Path, target: Path, sounds: Sequence[HeardSound], remake: Callable[[HeardSound], Remake]
) -> Copy:
    """Writes a copy of a file in which some sound is remade; everything else is copied packet by packet.

    Args:
      file: to be read.
      partial: to be written.
      target: what it will be called, which tells the container.
      sounds: to be remade, of `heard_sound` and `other_sounds`.
      remake: what to do with the samples of each.

    Raises:
      UserError: the file cannot be read, or the copy cannot be written.
    """
    try:
        with ExitStack() as opened:
            source = opened.enter_context(_reading(file))
            remade = {}
            for sound in sounds:
                media = opened.enter_context(_opened_sound(file, sound.index))
                samples = SoundStream(media, all_channels).blocks()
                remade[sound.index] = (sound, remake(sound)(samples, _length(media, sound)))
            with av.open(str(partial), "w", format=container_of(target)) as output:
                return _copied(source, output, remade)
    except (av.error.FFmpegError, ValueError) as error:
        raise UserError(f"{target} cannot be written ({error})") from None


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
def _reading(file: Path) -> Iterator[Any]:
    """As `open_media` opens it, but for its packets."""
    options = {"advanced_editlist": "0", "protocol_whitelist": "none"}
    with open(file, "rb") as stream, av.open(stream, options=options, buffer_size=1 << 16) as container:
        yield container


def _length(media: Media, heard: HeardSound) -> int:
    """Samples from the first one to the end that the file tells."""
    sound = media.sound
    if sound.duration is not None:
        return int(sound.duration * sound.time_base * heard.sample_rate)
    return int(Fraction(media.container.duration or 0, av.time_base) * heard.sample_rate)


def _copied(source: Any, output: Any, remade: Mapping[int, tuple[HeardSound, Iterable[np.ndarray]]]) -> Copy:
    done, streams = Copy(), {}
    for stream in source.streams:
        if stream.index in remade:
            made = _sound_stream(output, remade[stream.index][0])
        else:
            made = _same_stream(output, stream, done)
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
    _mux(source.demux(others), output, streams, merge(*encoded, key=_decoded_at), done)
    return done


def _same_stream(output: Any, stream: Any, done: Copy) -> Any:
    if stream.type == "data" and "timecode" in stream.metadata and output.format.name != "mpegts":
        return None  # written anew, from what the picture says of it
    try:
        if stream.type == "attachment":
            return output.add_attachment(stream.name, stream.mimetype, stream.data)
        if stream.type == "data":
            raise ValueError("data other than subtitles")
        made = output.add_stream_from_template(stream, opaque=True)
        if stream.type == "video" and stream.average_rate:
            made.codec_context.framerate = stream.average_rate  # timecode tracks count at this rate
        return made
    except (av.error.FFmpegError, ValueError, AttributeError, TypeError) as error:
        done.left_out.append(f"stream {stream.index} ({stream.type}) is left out ({error})")
        return None


def _sound_stream(output: Any, heard: HeardSound) -> Any:
    made = output.add_stream(heard.encoder, rate=heard.sample_rate, layout=heard.layout)
    if heard.bit_rate:
        made.bit_rate = heard.bit_rate
    made.time_base = Fraction(1, heard.sample_rate)
    return made


def _encoded(stream: Any, heard: HeardSound, blocks: Iterable[np.ndarray]) -> Iterator[Any]:
    """Packets of the sound, its first sample where it was."""
    count = round(heard.start * heard.sample_rate)
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
