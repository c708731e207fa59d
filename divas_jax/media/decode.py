"""A media file to a `Clip`: every frame and sample at its exact presentation time."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from jaxtyping import Float32, UInt8

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.media.container import Media, open_media, tick
from divas_jax.media.hearing import Hearing, hearing_of, open_heard
from divas_jax.media.picture import PictureReader, PictureStack, declared_rate, picture_times
from divas_jax.media.sound import SoundReader
from divas_jax.media.tracks import NOTHING, Wish

MOST_BYTES = 8 << 30
"""Decoded pictures of one clip take at most this much memory (bytes)."""


def decode_clip(
    source: str | Path | bytes,
    *,
    name: str | None = None,
    size: tuple[int, int] | None = None,
    max_frames: int | None = None,
    hearing: Hearing | None = None,
    wish: Wish = NOTHING,
) -> Clip:
    """Reads a whole media file, picture and sound on the file's own timeline.

    Args:
      source: path of a media file, or its bytes.
      name: for messages; the path by default.
      size: height and width (pixels) to which pictures are resized.
      max_frames: reads only so many frames, and the sound until 1 s after them.
      hearing: which sound and channels; found by `hearing_of` where there are several.
      wish: which picture is wanted, where there are several.

    Raises:
      UserError: the file cannot be used; the message says why.
    """
    with open_heard(source, hearing, name, wish) as media:
        if hearing is None:
            _choose_channels(media, source, wish)
        pictures = PictureReader(media, size)
        expected = min(media.picture.frames or 0, max_frames or 1 << 40)
        stack = PictureStack(media.name, expected, MOST_BYTES)
        sounds = SoundReader(media)
        unit = tick(media.picture, media.name)
        for frame in media.frames():
            if isinstance(frame, av.AudioFrame):
                sounds.add(frame)
            elif len(pictures.pts) != max_frames and pictures.accept(frame):
                pictures.write(frame, stack.next(pictures.shape(frame)))
            if len(pictures.pts) == max_frames and _heard(sounds, pictures.pts[-1] * unit):
                break
        return _clip(media, pictures, stack, sounds, cut=len(pictures.pts) == max_frames)


def stream_pictures(
    source: str | Path | bytes,
    *,
    name: str | None = None,
    size: tuple[int, int] | None = None,
) -> Iterator[tuple[Fraction, UInt8[np.ndarray, "H W 3"]]]:
    """Frames of a file of any length, one at a time, each with its presentation time (s).

    The times are those that the file stores: in containers of milliseconds
    (mkv, webm, flv) they are rounded, which only `decode_clip` can undo.

    Args:
      source: path of a media file, or its bytes.
      name: for messages; the path by default.
      size: height and width (pixels) to which pictures are resized.

    Raises:
      UserError: the file cannot be used; the message says why.
    """
    with open_media(source, name) as media:
        pictures = PictureReader(media, size)
        unit = tick(media.picture, media.name)
        for frame in media.frames(media.picture):
            if pictures.accept(frame):
                out = np.empty(pictures.shape(frame), np.uint8)
                pictures.write(frame, out)
                yield pictures.pts[-1] * unit, out


def decode_sound(
    source: str | Path | bytes, *, name: str | None = None
) -> tuple[Float32[np.ndarray, " S"], int, Fraction]:
    """A file's whole sound, as `decode_clip` hears it: mono samples in [-1, 1], rate (Hz), time of the first one (s).

    Args:
      source: path of a media file, or its bytes.
      name: for messages; the path by default.

    Raises:
      UserError: the file cannot be used; the message says why.
    """
    with open_heard(source, None, name, NOTHING) as media:
        _choose_channels(media, source, NOTHING)
        sounds = SoundReader(media)
        for frame in media.frames(media.sound):
            sounds.add(frame)
        samples, start = sounds.finish()
        return samples, sounds.sample_rate, start


def _choose_channels(media: Media, source: str | Path | bytes, wish: Wish) -> None:
    """Nobody here can tell speech from other sound, so tracks are not compared; only channels are."""
    if media.sound.codec_context.channels > 1:
        media.mix = hearing_of(source, wish).mix


def _heard(sounds: SoundReader, time: Fraction) -> bool:
    return sounds.end is not None and sounds.end > time + 1


def _clip(media: Media, pictures: PictureReader, stack: PictureStack, sounds: SoundReader, cut: bool) -> Clip:
    if not pictures.pts:
        raise UserError(f"{media.name} has a picture stream, but no frame that can be decoded")
    samples, sound_start = sounds.finish()
    pictures.warn()
    times = picture_times(pictures.pts, tick(media.picture, media.name), declared_rate(media.picture))
    clip = Clip(
        frames=stack.frames(),
        frame_pts=times.pts,
        time_base=times.time_base,
        picture_start=times.start,
        samples=samples,
        sample_rate=sounds.sample_rate,
        sound_start=sound_start,
        fps=times.fps,
        constant_rate=times.constant_rate,
        name=media.name,
    )
    return replace(clip, warnings=(*media.warnings, *(() if cut else _cut_off(media, clip))))


def _cut_off(media: Media, clip: Clip) -> list[str]:
    """A warning if the file promises more than came out of it."""
    container = media.container
    if container.duration is None:
        return []
    promised = Fraction(container.duration + (container.start_time or 0), av.time_base)
    missing = promised - max(clip.picture_end, clip.sound_end)
    if missing <= Fraction(1, 2):
        return []
    return [f"{clip.name} is cut off: it promises {float(missing):.1f} s more than it holds"]
