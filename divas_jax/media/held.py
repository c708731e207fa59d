"""Which container a file's name means, and whether it can hold a picture or a sound: it is tried, in memory."""

import io
from pathlib import Path
from typing import Any

import av
import av.error

from divas_jax.errors import UserError

FORMATS = {
    ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".ts": "mpegts",
    ".m2ts": "mpegts", ".mts": "mpegts", ".mxf": "mxf",
}  # fmt: skip
"""What a file name's end means."""

_SOUNDS = {
    "mpegts": ("aac", "ac3", "eac3", "mp2", "libmp3lame", "libopus"),
    "mxf": ("pcm_s16le", "pcm_s24le"),
}
"""Encoders whose sound these containers hold; FFmpeg writes others too, but nobody can read them."""

_PICTURES = {"mpegts": ("h264", "hevc", "vvc", "mpeg1video", "mpeg2video", "mpeg4", "cavs", "dirac", "vc1")}
"""Likewise the codecs of pictures."""

_ADVISED = (".mkv", ".mov", ".mp4", ".ts")

_MXF_RATE = 48_000


def container_of(target: Path) -> str:
    """FFmpeg's name of the container that a file's name means.

    Raises:
      UserError: its end is not known.
    """
    kind = FORMATS.get(target.suffix.lower())
    if kind is None:
        known = ", ".join(FORMATS)
        raise UserError(f"{target} should end in one of {known}; {target.with_suffix('.mkv').name} holds nearly all")
    return kind


def check_picture(picture: Any, container: Any, name: str, target: Path) -> None:
    """Refuses a target that cannot hold the picture of a file, before anything is done.

    Args:
      picture: the stream.
      container: the open file that it is from.
      name: of the file, for the message.
      target: to be written.

    Raises:
      UserError: it cannot; the message names one that can.
    """
    if _holds(picture, container, container_of(target)):
        return
    codec = picture.codec_context.name
    other = next((end for end in _ADVISED if _holds(picture, container, FORMATS[end])), None)
    instead = f"take --out {target.with_suffix(other).name}" if other else "convert it to mp4 first"
    if container_of(target) == "mxf":
        raise UserError(f"{target} cannot be made of {name}: an mxf is only written of an mxf; {instead}")
    raise UserError(f"{target} cannot hold the picture of {name} ({codec}): {instead}")


def _holds(picture: Any, container: Any, kind: str) -> bool:
    if kind == "mxf":  # FFmpeg puts pictures of other containers at other times there, or so that they do not decode
        return container.format.name == "mxf"
    if picture.codec_context.name not in _PICTURES.get(kind, (picture.codec_context.name,)):
        return False
    try:
        with av.open(io.BytesIO(), "w", format=kind) as output:
            output.add_stream_from_template(picture, opaque=True)
            output.start_encoding()
    except (av.error.FFmpegError, ValueError, TypeError):
        return False
    return True


def holds_sound(encoder: str, kind: str, sample_rate: int, layout: str, bit_rate: int) -> bool:
    """Whether such sound can be encoded, and a container can hold it.

    Args:
      encoder: FFmpeg's name.
      kind: of the container, FFmpeg's name.
      sample_rate: Hz.
      layout: FFmpeg's name of the channels.
      bit_rate: bits/s; 0 for the encoder's own.
    """
    if encoder not in _SOUNDS.get(kind, (encoder,)) or (kind == "mp4" and encoder.startswith("pcm_")):
        return False
    if kind == "mxf":  # has no header without a picture
        return sample_rate == _MXF_RATE
    try:
        with av.open(io.BytesIO(), "w", format=kind) as output:
            stream = output.add_stream(encoder, rate=sample_rate, layout=layout)
            if bit_rate and isinstance(stream, av.AudioStream):
                stream.bit_rate = bit_rate
            output.start_encoding()
    except (av.error.FFmpegError, ValueError, TypeError):
        return False
    return True
