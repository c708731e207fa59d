"""A film of any length to a media file, picture by picture, with exact presentation times."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter
from jaxtyping import Float32, UInt8

from divas_jax.errors import UserError
from divas_jax.media.encode import (
    CONTAINERS,
    OTHER_NAMES,
    frame_start,
    movie_scale,
    picture_frame,
    picture_stream,
    sound_frame,
    sound_stream,
)
from divas_jax.writing import replacing

_SUFFIXES = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska", ".ts": "mpegts"}


def film_container(path: Path) -> str:
    """The container that a path's suffix means.

    Raises:
      UserError: it means none.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UserError(f"{path} should end in one of {', '.join(_SUFFIXES)}")
    return _SUFFIXES[path.suffix.lower()]


def encode_film(
    path: Path,
    pictures: Iterable[tuple[Fraction, UInt8[np.ndarray, "H W 3"]]],
    sound: Iterable[Float32[np.ndarray, " S"]],
    fps: Fraction,
    size: tuple[int, int],
    sample_rate: int,
    container: str = "mp4",
    *,
    audio_codec: str = "aac",
    crf: int = 20,
    preset: str = "veryfast",
    audio_bit_rate: int = 96_000,
) -> None:
    """Writes a film whose first picture and first sample are at 0 s, at once or not at all.

    In a transport stream both move together; what lies between them stays.

    Args:
      path: of the file; its folder must exist.
      pictures: times (s), increasing from 0, and RGB; whole multiples of 1 / `fps.numerator` s are kept exactly.
      sound: consecutive mono samples in [-1, 1], in blocks of any length.
      fps: nominal frame rate (frames/s).
      size: height and width of the pictures (pixels).
      sample_rate: Hz.
      container: mp4, mov, mkv or ts.
      audio_codec: FFmpeg's name, for example "aac" or "pcm_s16le" (mov, mkv).
      crf: constant quality; lower is better.
      preset: speed of libx264.
      audio_bit_rate: bits/s.

    Raises:
      UserError: the container, codec and sample rate do not go together, or the file cannot be written.
    """
    kind = OTHER_NAMES.get(container, container)
    if kind not in _SUFFIXES.values():
        raise UserError(f"{path} cannot be written as {container}, only as mp4, mov, mkv or ts")
    if not path.parent.is_dir():
        raise UserError(f"{path} cannot be written: its folder is missing")
    base = Fraction(1, fps.numerator)
    options = {"movie_timescale": str(movie_scale(base, sample_rate))} if kind in ("mp4", "mov") else {}
    with replacing(path) as partial:
        try:
            with av.open(str(partial), "w", format=kind, container_options=options) as output:
                coding = {"crf": str(crf), "preset": preset}
                seen = picture_stream(output, fps, size, CONTAINERS[kind][0], base, coding)
                heard = sound_stream(output, path.name, sample_rate, audio_codec, audio_bit_rate)
                output.start_encoding()
                _interleave(output, (seen, pictures, base), (heard, sound, sample_rate))
        except (av.error.FFmpegError, ValueError) as error:
            raise UserError(f"{path} cannot be written as {container} ({error})") from error


def _interleave(output: Any, picture: tuple[Any, Iterable, Fraction], sound: tuple[Any, Iterable, int]) -> None:
    """Writes the sound up to each picture before it."""
    seen, pictures, base = picture
    heard, blocks, sample_rate = sound
    reformatter = VideoReformatter()
    frames = _sound_frames(heard, blocks, sample_rate)
    pending = next(frames, None)
    for time, pixels in pictures:
        while pending is not None and frame_start(pending) <= time:
            output.mux(heard.encode(pending))
            pending = next(frames, None)
        output.mux(seen.encode(picture_frame(reformatter, pixels, seen, time, base)))
    output.mux(seen.encode(None))
    while pending is not None:
        output.mux(heard.encode(pending))
        pending = next(frames, None)
    output.mux(heard.encode(None))


def _sound_frames(
    stream: Any, blocks: Iterable[Float32[np.ndarray, " S"]], sample_rate: int
) -> Iterator[av.AudioFrame]:
    """The samples in frames of the length that the encoder wants; the last may be shorter."""
    step = stream.codec_context.frame_size or 1024
    left, first = np.zeros(0, np.float32), 0
    for block in blocks:
        left = np.concatenate([left, block])
        whole = len(left) // step * step
        for position in range(0, whole, step):
            yield sound_frame(left[position : position + step], stream, sample_rate, first + position)
        left, first = left[whole:], first + whole
    if len(left):
        yield sound_frame(left, stream, sample_rate, first)
