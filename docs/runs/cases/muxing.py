"""Writes media files that are as odd as is wanted: any tracks, coded as is said, their packets left out or late."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from made_film import FPS, RATE, SIZE, Pixels

from divas_jax.media.encode import picture_frame, picture_stream
from divas_jax.media.packets import timed_packets

Keep = Callable[[float], bool]
"""Whether a packet of such a time (s) is written."""

Stream = tuple[Any, Callable[[], Iterable[Any]]]
"""A stream of a file that is being written, and what makes its packets."""


def everything(time: float) -> bool:
    """Every packet is kept."""
    return True


@dataclass(frozen=True)
class Track:
    """A sound track.

    Attributes:
      sound: [samples] or [channels, samples] at 48 kHz, in [-1, 1].
      codec: FFmpeg's name of the encoder.
      layout: FFmpeg's name of its channels.
      rate: Hz at which it is coded.
      start: time of its first sample (s).
      keep: which packets are written.
      about: its metadata.
      mark: its disposition.
    """

    sound: np.ndarray
    codec: str = "aac"
    layout: str = "mono"
    rate: int = RATE
    start: Fraction = Fraction(0)
    keep: Keep = everything
    about: dict[str, str] = field(default_factory=dict)
    mark: Disposition | None = None

    def added(self, output: Any) -> Stream:
        """The stream in a file that is being written."""
        stream = output.add_stream(self.codec, rate=self.rate, layout=self.layout, options={"strict": "-2"})
        if not self.codec.startswith(("pcm", "flac", "alac")):
            stream.bit_rate = 96_000 * max(1, np.atleast_2d(self.sound).shape[0])
        stream.metadata.update(self.about)
        if self.mark is not None:
            stream.disposition = self.mark
        return stream, lambda: (packet for packet in self._packets(stream) if self.keep(time_of(packet)))

    def _packets(self, stream: Any) -> Iterator[Any]:
        coder = stream.codec_context
        resampler = av.AudioResampler(coder.format.name, self.layout, self.rate, coder.frame_size or 1024)
        sound = np.ascontiguousarray(np.atleast_2d(self.sound), np.float32)
        frame = av.AudioFrame.from_ndarray(sound, "fltp", self.layout)
        frame.sample_rate, frame.pts, frame.time_base = RATE, round(self.start * RATE), Fraction(1, RATE)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            yield from stream.encode(part)
        yield from stream.encode(None)


@dataclass(frozen=True)
class Coded:
    """A picture that is coded anew.

    Attributes:
      pictures: RGB, each with its time (s).
      codec: FFmpeg's name of the encoder.
      fps: its nominal rate.
      unit: of its times (s).
      options: of the encoder.
      start: added to its times (s).
      keep: which packets are written.
    """

    pictures: Iterable[tuple[Fraction, Pixels]]
    codec: str = "libx264"
    fps: Fraction = FPS
    unit: Fraction = 1 / FPS
    options: dict[str, str] = field(default_factory=dict)
    start: Fraction = Fraction(0)
    keep: Keep = everything

    def added(self, output: Any) -> Stream:
        """The stream in a file that is being written."""
        speed = {"preset": "veryfast"} if self.codec == "libx264" else {"b": "2M"}
        if self.codec.startswith("libvpx"):
            speed |= {"deadline": "realtime", "cpu-used": "8"}
        stream = picture_stream(output, self.fps, SIZE, self.codec, self.unit, speed | self.options)
        return stream, lambda: (packet for packet in self._packets(stream) if self.keep(time_of(packet)))

    def _packets(self, stream: Any) -> Iterator[Any]:
        reformatter = VideoReformatter()
        for time, pixels in self.pictures:
            yield from stream.encode(picture_frame(reformatter, pixels, stream, time + self.start, self.unit))
        yield from stream.encode(None)


@dataclass(frozen=True)
class Copied:
    """The picture packets of a file as they are; `keep` says which, by their times (s) from the first on."""

    path: Path
    keep: Keep = everything

    def added(self, output: Any) -> Stream:
        """The stream in a file that is being written."""
        with av.open(str(self.path)) as source:
            return output.add_stream_from_template(source.streams.video[0]), self._packets

    def _packets(self) -> Iterator[Any]:
        with av.open(str(self.path)) as source:
            packets = list(timed_packets(source.demux(video=0)))
        first = min(packet.pts for packet in packets)
        for packet in packets:
            packet.pts, packet.dts = packet.pts - first, packet.dts - first
            if self.keep(time_of(packet)):
                yield packet


@dataclass(frozen=True)
class Cover:
    """A still picture beside the moving one, as files of shops have it: RGB `pixels`."""

    pixels: Pixels

    def added(self, output: Any) -> Stream:
        """The stream in a file that is being written."""
        stream = output.add_stream("mjpeg", rate=1)
        stream.height, stream.width = self.pixels.shape[:2]
        stream.pix_fmt, stream.disposition = "yuvj420p", Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(self.pixels, format="rgb24").reformat(format="yuvj420p")
        return stream, lambda: [*stream.encode(frame), *stream.encode(None)]


def time_of(packet: Any) -> float:
    """When it is shown or heard (s)."""
    return float(packet.pts * packet.time_base)


def write(path: Path, *parts: Track | Coded | Copied | Cover, kind: str = "", **options: str) -> None:
    """Writes a file of these streams, in this order.

    Args:
      path: of the file; its suffix is its container.
      parts: its streams.
      kind: FFmpeg's name of the container, where the suffix does not tell.
      options: of the container.
    """
    with av.open(str(path), "w", format=kind or None, container_options=options) as output:
        streams = [part.added(output) for part in parts]
        output.start_encoding()
        packets = []
        for stream, made in streams:
            for packet in made():
                packet.stream = stream
                packets.append(packet)
        for packet in sorted(packets, key=lambda each: (each.dts or 0) * each.time_base):
            output.mux(packet)
