"""A stream that goes on for hours, as a row of short files: packets are copied, nothing is decoded here.

Each file begins with a key picture. They are written in FFmpeg's own container NUT, which holds every codec and keeps
every presentation time exactly.
"""

import contextlib
import errno
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, NamedTuple

import av
import av.error

from divas_jax.errors import UserError
from divas_jax.media.boxes import table_comes_last
from divas_jax.media.programmes import (
    READ_BYTES,
    Programme,
    chosen_programme,
    of_programme,
    programme_words,
    programmes_in,
)
from divas_jax.media.tracks import NOTHING, Wish, picture_track, sound_track, track_words

PROTOCOLS = ("http", "https", "hls", "rtmp", "rtmps", "rtsp", "udp", "rtp", "srt", "tcp")
"""Addresses that are opened begin with one of these and `://`."""

_WHITELIST = "http,https,hls,rtmp,rtmps,rtsp,udp,rtp,srt,tcp,tls,crypto,httpproxy"
"""What an address may lead to: the network, never a file of this machine."""

PIPE = "-"
SourceKind = Literal["address", "pipe", "file"]
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOENT, errno.EFBIG)
POLL_S = 0.2
_OPEN_S, _READ_S = 15.0, 10.0
_NO_STREAM = "not media, or an mp4 whose table comes last: send fragments, mkv or a transport stream"
_BEHIND = Fraction(1)
"""A stream's packets may come so much (s) after those of the other that they belong to."""


class LostInputError(Exception):
    """The stream broke off, or could not be opened; a sentence says why."""


@dataclass(frozen=True)
class Chunk:
    """A short file.

    Attributes:
      path: of the file; whoever takes it deletes it.
      start: of its first picture, on the stream's own clock (s).
      seconds: that it lasts.
      sound: of which programme its picture and sound are, and which track the sound is; empty where there is no choice.
    """

    path: Path
    start: float
    seconds: float
    sound: str = ""


class Growing(io.RawIOBase):
    """A file that another program still writes: at its end it waits for more.

    Args:
      path: of the file.
      patience: seconds without anything new after which the file counts as ended.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 (closed in `close`)
        self._patience = patience

    def readable(self) -> bool:
        """True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, as soon as there are some; none after `patience` seconds."""
        waited = 0.0
        while not (content := self._file.read(size)):
            if waited >= self._patience:
                break
            time.sleep(POLL_S)
            waited += POLL_S
        return content

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        super().close()


class Once(io.RawIOBase):
    """Bytes that can be read only once; the first are kept until they were looked at, for FFmpeg reads them too.

    Args:
      file: where they come from; closed with this.
    """

    def __init__(self, file: io.RawIOBase) -> None:
        self._file = file
        self._first_bytes: bytearray | None = bytearray()

    def readable(self) -> bool:
        """True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        content = self._file.read(size) or b""
        if self._first_bytes is not None and len(self._first_bytes) < READ_BYTES:
            self._first_bytes += content
        return content

    def forgotten(self) -> bytes:
        """The first bytes, which are kept no longer."""
        first_bytes, self._first_bytes = bytes(self._first_bytes or b""), None
        return first_bytes

    def close(self) -> None:
        """Closes where they come from."""
        self._file.close()
        super().close()


def checked_source(source: str) -> str:
    """The source, if it is one that can be watched.

    Raises:
      UserError: it is an address of an unknown kind, or a file that does not exist.
    """
    kind, separator, _ = source.partition("://")
    if separator:
        if kind.lower() not in PROTOCOLS:
            raise UserError(f"{source} cannot be watched: addresses begin with one of {', '.join(PROTOCOLS)}")
    elif source != PIPE and not Path(source).is_file():
        raise UserError(f"{source} does not exist" if not Path(source).exists() else f"{source} is a folder")
    return source


def source_kind(source: str) -> SourceKind:
    """What kind of source a name means."""
    if source == PIPE:
        return "pipe"
    return "address" if "://" in source else "file"


def live_chunks(
    source: str,
    folder: Path,
    seconds: float,
    patience: float,
    wanted: Callable[[], bool],
    longest_s: float = _OPEN_S,
    wish: Wish = NOTHING,
) -> Iterator[Chunk]:
    """Copies a stream into short files, until it ends or `wanted` says no.

    Args:
      source: a file that may still grow, `-` for a pipe, or an address.
      folder: where the files are written.
      seconds: that each lasts at least; it ends before the next key picture.
      patience: seconds that a file may not grow.
      wanted: asked at every packet.
      longest_s: that an address may be silent, if less than FFmpeg is given else.
      wish: which picture and sound are wanted, where there are several.

    Raises:
      LostInputError: it cannot be opened, breaks off, or has no picture or no sound.
      UserError: the files cannot be written, or what is wanted is not there.
    """
    name, number = "the pipe" if source == PIPE else source, 0
    try:
        with _opened(source, patience, longest_s) as (container, programmes):
            streams = _streams(container, name, wish, programmes)
            for chunk in _pieces(container, streams, folder, seconds, wanted):
                number += 1
                yield replace(chunk, sound=streams.words)
    except av.error.ExitError:  # what PyAV makes of a time-out
        raise LostInputError(f"{name} broke off (nothing came for {min(_READ_S, longest_s):g} s)") from None
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        if number == 0 and isinstance(error, av.error.InvalidDataError):
            raise LostInputError(f"{name} cannot be read while it comes ({_NO_STREAM})") from None
        raise LostInputError(f"{name} broke off ({getattr(error, 'strerror', None) or error})") from None


def _pieces(
    container: Any, streams: "_Streams", folder: Path, seconds: float, wanted: Callable[[], bool]
) -> Iterator[Chunk]:
    """The stream cut at key pictures; where it breaks off, first what had come until then."""
    picture, sound, _ = streams
    writer, broken = None, None
    packets = container.demux(picture, sound)
    try:
        while wanted():
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
                broken = error
                break
            if packet is None:
                break
            if not packet.size or packet.pts is None:
                continue
            begins = packet.stream is picture and packet.is_keyframe
            now = packet.pts * packet.time_base
            set_back = writer is not None and writer.behind(packet) > _BEHIND  # the stream's clock
            if writer is not None and (set_back or (begins and now - writer.start >= seconds)):
                chunk, writer = writer.done(None if set_back else now), None
                yield chunk
            if begins and writer is None:
                writer = _Writer(folder, picture, sound, now)
            if writer is not None:
                writer.add(packet)
        if writer is not None:
            chunk, writer = writer.done(None), None
            yield chunk
    finally:
        if writer is not None:
            writer.drop()
    if broken is not None:
        raise broken


@contextlib.contextmanager
def _opened(source: str, patience: float, longest_s: float) -> Iterator[tuple[Any, tuple[Programme, ...] | None]]:
    """The open stream and its programmes; None of an address, whose bytes FFmpeg fetches."""
    if "://" in source:
        limits = (min(_OPEN_S, longest_s), min(_READ_S, longest_s))
        with av.open(source, options={"protocol_whitelist": _WHITELIST}, timeout=limits) as container:
            yield container, None
        return
    options = {"protocol_whitelist": "none", "advanced_editlist": "0"}
    with _bytes_of(source, patience) as file, av.open(file, options=options) as container:
        transport = isinstance(file, Once) and container.format.name == "mpegts"
        yield container, programmes_in(file.forgotten()) if transport else ()


def _bytes_of(source: str, patience: float) -> Any:
    """A reader of a pipe or a file; in a file that will not grow FFmpeg may go back and forth."""
    if source == PIPE:
        return Once(_standard_input())
    with open(source, "rb") as file:
        whole = table_comes_last(file)  # an mp4 that nothing can be added to
    return open(source, "rb") if whole else Once(Growing(Path(source), patience))


def _standard_input() -> Any:
    """Unbuffered and of its own: a thread that waits for the shared one keeps Python from ending."""
    return open(os.dup(sys.stdin.fileno()), "rb", buffering=0)


class _Streams(NamedTuple):
    """What of a stream is watched, and how people call it."""

    picture: Any
    sound: Any
    words: str


def _streams(container: Any, name: str, wish: Wish, programmes: tuple[Programme, ...] | None) -> _Streams:
    """A picture and a sound, of one programme, chosen as those of a file."""
    if not container.streams.video or not container.streams.audio:
        raise LostInputError(f"{name} has no {'sound' if container.streams.video else 'picture'}")
    programme = chosen_programme(programmes or (), container, name, wish.program)
    of = name if programme is None else f"{name}, programme {programme.number},"
    first = "1" if programmes is None else ""  # of an address the first picture, and what FFmpeg knows to belong to it
    picture = picture_track(container, of, wish.picture or first, programme)
    beside = container.streams.best("audio", related=picture) if programmes is None and not wish.track else None
    sound = beside or sound_track(container, of, wish.track, programme)
    sounds = of_programme(container.streams.audio, programme)
    track = track_words(sound, sounds) if len(sounds) > 1 else ""
    return _Streams(picture, sound, ", ".join(filter(None, (programme_words(programme, programmes or ()), track))))


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """A full disk is no fault of the stream, and opening that again would not help."""
    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise UserError(f"a piece of the stream cannot be written to {folder} ({error.strerror})") from None


class _Writer:
    """One short file."""

    def __init__(self, folder: Path, picture: Any, sound: Any, start: Fraction) -> None:
        self._folder = folder
        with _writing(folder):  # a file from before a loss may still wait in the folder
            handle, path = tempfile.mkstemp(".nut", dir=folder)
            os.close(handle)
        self.start, self._path, self._last = start, Path(path), start
        self._output = av.open(path, "w", format="nut")
        self._made = {  # opaque: nothing is encoded, so that there need be no encoder
            stream.index: self._output.add_stream_from_template(stream, opaque=True) for stream in (picture, sound)
        }
        self._decoded: dict[int, int] = {}

    def behind(self, packet: Any) -> Fraction:
        """How long a packet should have come before the last one of its stream (s); below 0 as a rule."""
        last = self._decoded.get(packet.stream.index)
        return Fraction(-1) if last is None or packet.dts is None else (last - packet.dts) * packet.time_base

    def add(self, packet: Any) -> None:
        """Copies a packet; those long before the first picture belong to the file before, those that come twice go."""
        if packet.pts * packet.time_base < self.start - _BEHIND or self.behind(packet) >= 0:
            return
        if packet.dts is not None:
            self._decoded[packet.stream.index] = packet.dts
        self._last = max(self._last, packet.pts * packet.time_base)
        packet.stream = self._made[packet.stream.index]
        with _writing(self._folder):
            self._output.mux(packet)

    def drop(self) -> None:
        """Closes and deletes the file, which nobody will look at."""
        with contextlib.suppress(av.error.FFmpegError, OSError):
            self._output.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def done(self, end: Fraction | None) -> Chunk:
        """Closes the file, which lasts until `end` (s; None: its last packet)."""
        with _writing(self._folder):
            self._output.close()
        return Chunk(self._path, float(self.start), float((self._last if end is None else end) - self.start))
