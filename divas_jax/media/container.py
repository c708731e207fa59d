"""Opens untrusted media files and yields their decoded frames, in the order they are stored."""

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, overload

import av
import av.error

from divas_jax.addresses import as_written, is_address
from divas_jax.errors import UserError
from divas_jax.media.boxes import edited_in_parts, timing_doubts
from divas_jax.media.clock import Jump, SteadyClock, jump_words
from divas_jax.media.programmes import Programme, chosen_programme, of_programme, programmes
from divas_jax.media.tracks import NOTHING, Wish, picture_track, sound_track

MAX_SIDE = 8192
"""Largest height or width that is decoded (pixels)."""

LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000
"""Sample rates that are decoded (Hz)."""


@dataclass
class Media:
    """An open media file with one picture stream and one sound stream.

    Attributes:
      name: for messages.
      container: the open file.
      picture: its picture stream.
      sound: its sound stream.
      edited: whether what lies before time 0 is hidden by an edit list (mp4, mov).
      mix: a sound frame to its samples in one channel; None for the mean of its channels.
      warnings: doubts, each a sentence; grows while the file is read.
      jumps: of its clock; known once all frames were read.
      begins: frames are read from the last key picture before this time on (s); None: from the start.
      programmes: of a transport stream; the picture and the sound are of one.
      programme: which one; None where there is no choice.
    """

    name: str
    container: Any
    picture: av.VideoStream
    sound: av.AudioStream
    edited: bool
    mix: Callable[[av.AudioFrame], Any] | None = None
    warnings: list[str] = field(default_factory=list)
    jumps: tuple[Jump, ...] = ()
    begins: Fraction | None = None
    programmes: tuple[Programme, ...] = ()
    programme: Programme | None = None

    @property
    def running_clock(self) -> bool:
        """Whether time 0 means nothing: transport and program streams begin at whatever their clock was."""
        return self.container.format.name in ("mpegts", "mpeg")

    @property
    def start(self) -> Fraction:
        """When the file begins, by its own word (s)."""
        return Fraction(self.container.start_time or 0, av.time_base)

    @property
    def length(self) -> Fraction:
        """How long it is, by its own word (s); 0 where it tells nothing."""
        return max(Fraction(0), Fraction(self.container.duration or 0, av.time_base))

    @property
    def sounds(self) -> list[Any]:
        """The sound streams that may be heard with the picture: those of its programme."""
        return of_programme(self.container.streams.audio, self.programme)

    def with_sound(self, index: int) -> "Media":
        """The same file with another of its sounds, and the picture of its programme if that is another one.

        Args:
          index: of the stream in the file.

        Raises:
          UserError: it cannot be decoded, or there is no picture with it.
        """
        sound, programme, picture = self.container.streams[index], self.programme, self.picture
        if sound.codec_context is None:
            raise UserError(f"{self.name} has an audio stream in a format that cannot be decoded")
        if programme is not None and sound.id not in programme.pids:
            programme = next((each for each in self.programmes if sound.id in each.pids), programme)
            picture = checked_picture(picture_track(self.container, self.name, programme=programme), self.name)
        return replace(self, sound=sound, picture=picture, programme=programme)

    @property
    def timecode(self) -> str:
        """The SMPTE timecode of the first picture, as the file carries it; empty if it carries none."""
        owners = (self.picture, self.container, *self.container.streams)
        tags = (tag for owner in owners for tag in owner.metadata.items())
        return next((value for key, value in tags if key.lower() == "timecode"), "")

    @overload
    def frames(self, stream: av.VideoStream, /) -> Iterator[av.VideoFrame]: ...

    @overload
    def frames(self, stream: av.AudioStream, /) -> Iterator[av.AudioFrame]: ...

    @overload
    def frames(self, *streams: av.VideoStream | av.AudioStream) -> Iterator[av.VideoFrame | av.AudioFrame]: ...

    def frames(self, *streams: Any) -> Iterator[av.VideoFrame | av.AudioFrame]:
        """Decodes the picture and the sound, or only the given streams, in stored order.

        Damaged packets are skipped and a broken end is cut off, each with a warning. Where the clock of a transport or
        program stream jumps, what follows is moved to come right after what was before.
        """
        damaged, clock, wanted = 0, SteadyClock(), streams or (self.picture, self.sound)
        if self.begins is not None:
            with suppress(av.error.FFmpegError):  # a file without an index is read from its start
                self.container.seek(int(self.begins * av.time_base))
        try:
            streams_read = dict.fromkeys((self.picture, self.sound, *wanted))  # all tell of the clock, wanted or not
            for packet in self.container.demux(tuple(streams_read)):
                if self.running_clock:
                    clock.place(packet)
                if packet.stream not in wanted:
                    continue
                try:
                    yield from packet.decode()
                except (av.error.FFmpegError, ValueError):
                    damaged += 1
        except IndexError:
            pass  # PyAV flushes streams that turned up after opening and does not find them; ours are flushed
        except (av.error.FFmpegError, OSError) as error:
            self.warnings.append(f"{self.name} breaks off ({_reason(error)})")
        if clock.jumps:
            self.jumps = tuple(clock.jumps)
            self.warnings.append(f"{self.name}: {jump_words(clock.jumps, clock.start)}")
        if damaged:
            self.warnings.append(f"{self.name} has {damaged} damaged packets, which were skipped")


def tick(stream: av.VideoStream | av.AudioStream, name: str) -> Fraction:
    """Seconds per unit of a stream's time stamps.

    Raises:
      UserError: the file `name` tells none.
    """
    if stream.time_base is None:
        raise UserError(f"{name} has a stream whose time stamps have no unit")
    return stream.time_base


def start_of_frame(frame: av.AudioFrame) -> Fraction | None:
    """The time that a decoded frame says it starts at (s), if it says one."""
    return None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base


@contextmanager
def open_media(source: str | Path | bytes, name: str | None = None, wish: Wish = NOTHING) -> Iterator[Media]:
    """Opens a media file and checks that it has a picture and a sound stream that can be decoded.

    Args:
      source: path of a media file, or its bytes.
      name: for messages; the path by default.
      wish: which picture and sound are wanted, where there are several.

    Raises:
      UserError: the file is missing, empty, no media file, has no usable picture or sound, or is an avi.
    """
    name = name or ("clip" if isinstance(source, bytes) else str(source))
    with _opened(source, name) as stream:
        try:
            container = av.open(stream, options=reading_options(stream), buffer_size=1 << 16)
        except (av.error.FFmpegError, ValueError) as error:
            raise UserError(_not_media(name, stream, error)) from None
        with container:
            media = _checked(container, name, wish, _programmes(stream, container))
            if media.edited:
                media.warnings += [f"{name} {doubt}" for doubt in _doubts(stream)]
            yield media


def reading_options(stream: io.BufferedIOBase) -> dict[str, str]:
    """How FFmpeg is to read a file; leaves `stream` at its start.

    advanced_editlist: FFmpeg's default snaps an edit list that starts inside a frame (up to 24 ms wrong), and is used
    only where a list joins several parts. protocol_whitelist: a playlist or a description cannot make the reader open
    other files or the network.
    """
    return {"advanced_editlist": "1" if edited_in_parts(stream) else "0", "protocol_whitelist": "none"}


def _opened(source: str | Path | bytes, name: str) -> io.BufferedIOBase:
    if isinstance(source, bytes):
        stream: Any = io.BytesIO(source)
    else:
        try:
            if not stat.S_ISREG(mode := os.stat(source).st_mode) and not stat.S_ISDIR(mode):
                raise UserError(f"{name} is a pipe or a device, not a file: save it first (divas watch reads streams)")
            stream = open(source, "rb")  # noqa: SIM115 (the caller closes it)
        except FileNotFoundError:
            if is_address(Path(name)):
                address = as_written(Path(name))
                raise UserError(
                    f"{address} is an address, not a file: fetch it first (divas watch reads streams)"
                ) from None
            raise UserError(f"{name} does not exist") from None
        except IsADirectoryError:
            raise UserError(f"{name} is a folder, not a media file") from None
        except OSError as error:
            raise UserError(f"{name} cannot be read ({error.strerror})") from None
    if not stream.read(1):
        stream.close()
        raise UserError(f"{name} is empty")
    stream.seek(0)
    return stream


def _doubts(stream: io.BufferedIOBase) -> list[str]:
    """The file's timing doubts; the stream stays where FFmpeg left it."""
    position = stream.tell()
    try:
        return timing_doubts(stream)
    finally:
        stream.seek(position)


def _not_media(name: str, stream: io.BufferedIOBase, error: Exception) -> str:
    stream.seek(0)
    start = stream.read(12)
    size = stream.seek(0, os.SEEK_END)
    if start[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return f"{name} is a truncated or damaged mp4 or mov of {size} bytes: its table of contents cannot be read"
    return f"{name} is not a media file that can be read ({_reason(error)})"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _programmes(stream: io.BufferedIOBase, container: Any) -> tuple[Programme, ...]:
    return programmes(stream) if container.format.name == "mpegts" else ()


def _checked(container: Any, name: str, wish: Wish, all_programmes: tuple[Programme, ...]) -> Media:
    kind = container.format.name
    if kind == "avi":
        raise UserError(
            f"{name} is an avi, whose presentation times cannot be trusted: "
            "convert it to mp4 from the source it was made of"
        )
    programme = chosen_programme(all_programmes, container, name, wish.program)
    of = name if programme is None else f"{name}, programme {programme.number},"
    picture = checked_picture(picture_track(container, of, wish.picture, programme), name)
    sound = sound_track(container, of, "" if wish.every_sound else wish.track, programme)
    if sound.codec_context is None:
        raise UserError(f"{name} has an audio stream in a format that cannot be decoded")
    edited = kind.startswith("mov,")
    return Media(name, container, picture, sound, edited, programmes=all_programmes, programme=programme)


def checked_picture(picture: Any, name: str) -> Any:
    """The picture stream, ready to be decoded.

    Raises:
      UserError: it cannot be, or it is too large.
    """
    context = picture.codec_context
    if context is None:
        raise UserError(f"{name} has a video stream in a format that cannot be decoded")
    check_size(context.width, context.height, name)
    # what the container tells of the size is not what the decoder allocates
    context.options = {"max_pixels": str(MAX_SIDE**2)}
    context.thread_type = "SLICE"
    context.thread_count = 1
    return picture


def check_size(width: int, height: int, name: str) -> None:
    """Refuses pictures so large that they could exhaust the memory.

    Raises:
      UserError: a side is longer than `MAX_SIDE` pixels.
    """
    if max(width, height) > MAX_SIDE:
        raise UserError(f"{name} has pictures of {width}x{height} pixels; at most {MAX_SIDE}x{MAX_SIDE} are read")
