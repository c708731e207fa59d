"""The sound of a file that is judged, and how it can be written again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from divas_jax.errors import UserError
from divas_jax.media.container import Media, open_media
from divas_jax.media.hearing import Hearing, open_heard
from divas_jax.media.held import check_picture, container_of, holds_sound
from divas_jax.media.sound import Channels, layout_of
from divas_jax.media.sound_stream import SoundStream

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

LOSSLESS = ("pcm_", "flac", "alac")
USUAL_BIT_RATE = 96_000
"""Bits/s a channel, where the file does not tell, or codes it without loss."""

_MOST_BIT_RATE = 192_000
"""Most bits/s a channel, where another codec takes the place of the file's: more than enough, and Opus refuses more."""


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
      UserError: the file cannot be read, holds several programmes, the target's name ends in nothing known, or it
        cannot hold the picture or the sound.
    """
    container_of(target)
    with open_heard(file, hearing) as media:
        _check_programmes(media, str(file))
        check_picture(media.picture, media.container, str(file), target)
        return _described(media, target)


def _check_programmes(media: Media, name: str) -> None:
    """Refuses what a copy would mix up: PyAV writes transport streams of one programme."""
    if len(media.programmes) > 1:
        number = (media.programme or media.programmes[0]).number
        raise UserError(
            f"{name} holds {len(media.programmes)} programmes, which a copy would mix up: "
            f"take one out first (ffmpeg -i {name} -map 0:p:{number} -c copy one.ts) and repair that"
        )


def sound_tracks(file: Path) -> int:
    """How many sound streams a file, or the programme of it that is meant, tells; none is decoded.

    Raises:
      UserError: the file cannot be read.
    """
    with open_media(file) as media:
        return len(media.sounds)


def other_sounds(file: Path, target: Path, heard: HeardSound) -> tuple[list[HeardSound], list[str]]:
    """The other sound streams, and sentences about those that cannot be decoded or written.

    Raises:
      UserError: as `heard_sound`.
    """
    sounds, doubts = [], []
    with open_media(file) as media:
        others = [stream.index for stream in media.with_sound(heard.index).sounds if stream.index != heard.index]
    for index in others:
        try:
            with opened_sound(file, index) as media:
                sounds.append(_described(media, target))
        except UserError as error:
            doubts.append(f"stream {index} stays as it is: {error}")
    return sounds, doubts


@contextmanager
def opened_sound(file: Path, index: int) -> Iterator[Media]:
    """The file as if this were its sound; each is read by itself.

    Raises:
      UserError: the file or the stream cannot be read.
    """
    with open_media(file) as media:
        yield media.with_sound(index)


def _described(media: Media, target: Path) -> HeardSound:
    stream, sound = SoundStream(media, Channels()), media.sound
    context = sound.codec_context
    codec, channels = context.codec.canonical_name, stream.layout.nb_channels
    layout = layout_of(stream.layout).name
    bit_rate = 0 if codec.startswith(LOSSLESS) else sound.bit_rate or context.bit_rate or 0
    encoder, rate = _encoder(codec, target, stream.sample_rate, layout, bit_rate or USUAL_BIT_RATE * channels, channels)
    number = [each.index for each in media.container.streams.audio].index(sound.index)
    return HeardSound(
        index=sound.index,
        number=number,
        codec=codec,
        encoder=encoder,
        bit_rate=rate,
        sample_rate=stream.sample_rate,
        layout=layout,
        channels=channels,
        start=stream.start,
        file_start=Fraction(media.container.start_time or 0, av.time_base),
    )


def _encoder(codec: str, target: Path, sample_rate: int, layout: str, rate: int, channels: int) -> tuple[str, int]:
    """The codec's own encoder, or what takes its place, and the bit rate that is asked of it (0 for none)."""
    kind = container_of(target)
    for encoder, most in ((ENCODERS.get(codec, codec), rate), (UNWRITTEN[kind], _MOST_BIT_RATE * channels)):
        asked = 0 if encoder.startswith(LOSSLESS) else min(rate, most)
        if holds_sound(encoder, kind, sample_rate, layout, asked):
            return encoder, asked
    raise UserError(f"{target} cannot hold sound of {sample_rate} Hz ({layout}) that can be written here: take an mkv")
