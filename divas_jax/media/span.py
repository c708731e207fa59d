"""A stretch of a long media file to a `Clip`, without reading what lies before and after it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import Float32, UInt8

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.media.container import Media, open_media, tick
from divas_jax.media.decode import MOST_BYTES
from divas_jax.media.hearing import Hearing, open_heard
from divas_jax.media.picture import PictureReader, PictureStack, declared_rate, picture_times
from divas_jax.media.sound import SoundReader
from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.rates import nearest

LEAD = Fraction(1)
"""Decoding begins this long (s) before the stretch: sound codecs need their last frame, seeking may land late."""

Shown = Callable[[Fraction, UInt8[np.ndarray, "H W 3"]], UInt8[np.ndarray, "h w 3"]]
"""What a clip shows of a picture, by the picture's time in its file (s)."""


def decode_span(
    source: str | Path | bytes,
    start: Fraction,
    end: Fraction,
    *,
    name: str | None = None,
    height: int | None = None,
    shown: Shown | None = None,
    around: Fraction = Fraction(0),
    wish: Wish = NOTHING,
    hearing: Hearing | None = None,
) -> Clip:
    """Frames whose presentation times are in [`start`, `end`), and the sound that belongs to them.

    The first frame is at time 0 of the clip; its sound begins with the first
    sample that is not before it. What lies between picture and sound is as in the file.

    Args:
      source: path of a media file, or its bytes.
      start: s, on the file's own timeline.
      end: s.
      name: for messages; the path by default.
      height: to which pictures are resized (pixels), in proportion and to an even width; their own by default.
      shown: what to keep of each picture, for example a crop; all results must have one shape.
      around: sound kept before the first picture and after the last one (s), where the file has it.
      wish: which picture is wanted, where there are several.
      hearing: which sound and channels; None for what the file says.

    Raises:
      UserError: the file cannot be used, or has no picture or no sound in the stretch.
    """
    name = name or ("clip" if isinstance(source, bytes) else str(source))
    pictures = _pictures(source, start, end, name, height, shown, wish)
    origin, last = pictures.frame_time(0), pictures.picture_end
    samples, sample_rate, sound_start = _sound(source, origin - around, last + around, name, hearing)
    return replace(
        pictures,
        picture_start=pictures.picture_start - origin,
        samples=samples,
        sample_rate=sample_rate,
        sound_start=sound_start - origin,
    )


def container_rate(source: str | Path | bytes, name: str | None = None) -> Fraction | None:
    """Frames/s that a file's header tells, if it tells any that can be true; nothing is decoded.

    Raises:
      UserError: the file cannot be used.
    """
    with open_media(source, name) as media:
        return declared_rate(media.picture)


def _pictures(
    source: str | Path | bytes,
    start: Fraction,
    end: Fraction,
    name: str,
    height: int | None,
    shown: Shown | None,
    wish: Wish,
) -> Clip:
    """The stretch's pictures on the file's timeline, without sound."""
    with open_media(source, name, wish=wish) as media:
        base, reader = tick(media.picture, media.name), None
        stack = PictureStack(name, 0, MOST_BYTES)
        for frame in _frames_from(media, media.picture, start):
            time = frame.pts * base
            if time >= end:
                break
            if time < start:
                continue
            reader = reader or PictureReader(media, _sized(frame, height))
            if reader.accept(frame):
                picture = np.empty(reader.shape(frame), np.uint8)
                reader.write(frame, picture)
                pixels = picture if shown is None else shown(time, picture)
                stack.next(pixels.shape)[...] = pixels
        if reader is None:
            raise UserError(f"{name} has no picture between {float(start):.2f} and {float(end):.2f} s")
        reader.warn()
        times = picture_times(reader.pts, base, declared_rate(media.picture))
        return Clip(
            frames=stack.frames(),
            frame_pts=times.pts,
            time_base=times.time_base,
            picture_start=times.start,
            fps=times.fps,
            constant_rate=times.constant_rate,
            samples=np.zeros(0, np.float32),
            sample_rate=1,
            name=name,
            warnings=tuple(media.warnings),
        )


def _sound(
    source: str | Path | bytes, start: Fraction, end: Fraction, name: str, hearing: Hearing | None
) -> tuple[Float32[np.ndarray, " S"], int, Fraction]:
    """The samples in [`start`, `end`), their rate (Hz) and the time of the first one on the file's timeline (s)."""
    with open_heard(source, hearing, name) as media:
        reader = SoundReader(media)
        for frame in _frames_from(media, media.sound, start):
            if reader.end is not None and reader.end > end + LEAD:
                break
            reader.add(frame)
        samples, first = reader.finish()
    rate = reader.sample_rate
    skipped = max(0, ceil((start - first) * rate))
    inside = samples[skipped : max(0, nearest((end - first) * rate))]
    if not len(inside):
        raise UserError(f"{name} has no sound between {float(start):.2f} and {float(end):.2f} s")
    return inside, rate, first + Fraction(skipped, rate)


def _frames_from(media: Media, stream: Any, start: Fraction) -> Iterator[Any]:
    """Decoded frames with a time, in order, from at least `LEAD` before `start` or from the first on."""
    begins = start - LEAD if start > LEAD else None
    frames = _timed(replace(media, begins=begins), stream)
    first = next(frames, None)
    if begins is not None and (first is None or first.pts * stream.time_base > start):
        frames = _timed(replace(media, begins=Fraction(0)), stream)  # seeking went wrong (a file without an index)
        first = next(frames, None)
    if first is not None:
        yield first
        yield from frames


def _timed(media: Media, stream: Any) -> Iterator[Any]:
    return (frame for frame in media.frames(stream) if frame.pts is not None)


def _sized(frame: av.VideoFrame, height: int | None) -> tuple[int, int] | None:
    if height is None:
        return None
    upright = frame.rotation // 90 % 2 == 0
    tall, wide = (frame.height, frame.width) if upright else (frame.width, frame.height)
    return height, 2 * max(1, nearest(Fraction(wide * height, 2 * tall)))
