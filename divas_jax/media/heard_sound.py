"""The sound of a file that is judged, and how it can be written again."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import av.error

from divas_jax.errors import UserError
from divas_jax.media.container import Media, open_media
from divas_jax.media.hearing import Hearing, open_heard
from divas_jax.media.sound import Channels, layout_of
from divas_jax.media.sound_stream import SoundStream

FORMATS = {
    ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".ts": "mpegts",
    ".m2ts": "mpegts", ".mts": "mpegts", ".mxf": "mxf",
}  # fmt: skip
"""What a file name's end means."""

ENCODERS = {"mp3": "libmp3lame", "opus": "libopus", "vorbis": "libvorbis"}
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

_HELD = {
    "mpegts": ("aac", "ac3", "eac3", "mp2", "libmp3lame", "libopus"),
    "mxf": ("pcm_s16le", "pcm_s24le"),
}
"""Encoders whose sound these containers hold; FFmpeg writes others too, but nobody can read them."""

_MXF_RATE = 48_000
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
      file_start: time at which the file begins (s).
      lead: samples by which the copy's sound begins before `start`.
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
    file_start: Fraction
    lead: int = 0


def heard_sound(file: Path, target: Path, hearing: Hearing | None = None) -> HeardSound:
    """The sound of a file that is judged, and how it would be written to `target`.

    Args:
      file: to be read.
      target: to be written.
      hearing: which sound; None for what the file says.

    Raises:
      UserError: the file cannot be read, the target's name ends in nothing known, or it cannot hold the sound.
    """
    container_of(target)
    with open_heard(file, hearing) as media:
        return _described(media, target)


def sound_tracks(file: Path) -> int:
    """How many sound streams a file tells; none is decoded.

    Raises:
      UserError: the file cannot be read.
    """
    with open_media(file) as media:
        return len(media.container.streams.audio)


def other_sounds(file: Path, target: Path, heard: HeardSound) -> tuple[list[HeardSound], list[str]]:
    """The other sound streams, and sentences about those that cannot be decoded or written.

    Raises:
      UserError: as `heard_sound`.
    """
    found, doubts = [], []
    with open_media(file) as media:
        others = [stream.index for stream in media.container.streams.audio if stream.index != heard.index]
    for index in others:
        try:
            with opened_sound(file, index) as media:
                found.append(_described(media, target))
        except UserError as error:
            doubts.append(f"stream {index} stays as it is: {error}")
    return found, doubts


@contextmanager
def opened_sound(file: Path, index: int) -> Iterator[Media]:
    """The file as if this were its sound; each is read by itself.

    Raises:
      UserError: the file or the stream cannot be read.
    """
    with open_media(file) as media:
        stream = media.container.streams[index]
        if stream.codec_context is None:
            raise UserError(f"{file} has an audio stream in a format that cannot be decoded")
        yield replace(media, sound=stream)


def container_of(target: Path) -> str:
    """FFmpeg's name of the container that a file's name means.

    Raises:
      UserError: its end is not known.
    """
    kind = FORMATS.get(target.suffix.lower())
    if kind is None:
        raise UserError(f"{target} should end in one of {', '.join(FORMATS)}")
    return kind


def _described(media: Media, target: Path) -> HeardSound:
    stream, sound = SoundStream(media, Channels()), media.sound
    context = sound.codec_context
    codec, channels = context.codec.canonical_name, stream.layout.nb_channels
    layout = layout_of(stream.layout).name
    encoder = _encoder(codec, target, stream.sample_rate, layout)
    rate = sound.bit_rate or context.bit_rate or USUAL_BIT_RATE * channels
    number = [each.index for each in media.container.streams.audio].index(sound.index)
    return HeardSound(
        index=sound.index,
        number=number,
        codec=codec,
        encoder=encoder,
        bit_rate=0 if encoder.startswith(LOSSLESS) else rate,
        sample_rate=stream.sample_rate,
        layout=layout,
        channels=channels,
        start=stream.start,
        file_start=Fraction(media.container.start_time or 0, av.time_base),
    )


def _encoder(codec: str, target: Path, sample_rate: int, layout: str) -> str:
    """The codec's own encoder, or what takes its place."""
    kind = container_of(target)
    for encoder in (ENCODERS.get(codec, codec), UNWRITTEN[kind]):
        if _writes(encoder, kind, sample_rate, layout):
            return encoder
    raise UserError(f"{target} cannot hold sound of {sample_rate} Hz ({layout}) that can be written here: take an mkv")


def _writes(encoder: str, kind: str, sample_rate: int, layout: str) -> bool:
    """Whether such sound can be encoded, and the container can hold it: it is tried."""
    if encoder not in _HELD.get(kind, (encoder,)) or (kind == "mp4" and encoder.startswith("pcm_")):
        return False
    if kind == "mxf":  # has no header without a picture
        return sample_rate == _MXF_RATE
    try:
        with av.open(io.BytesIO(), "w", format=kind) as output:
            output.add_stream(encoder, rate=sample_rate, layout=layout)
            output.start_encoding()
    except (av.error.FFmpegError, ValueError, TypeError):
        return False
    return True
