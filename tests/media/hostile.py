"""Media files that ask for too much: sizes, counts, rates and times that nobody means."""

import io
import os
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 16_000
YEAR_S = 365 * 86_400


def film(
    *,
    tracks: int = 1,
    layout: str = "mono",
    rate: int = RATE,
    fps: Fraction = Fraction(25),
    size: tuple[int, int] = (32, 32),
    codec: str = "mjpeg",
    last_s: int | None = None,
    pictures: int = 25,
    sound: bool = True,
    container: str = "matroska",
) -> bytes:
    """A file of pictures and quiet noise.

    Args:
      tracks: of its sound.
      layout: FFmpeg's name of their channels.
      rate: of its sound (Hz).
      fps: frames/s.
      size: height and width of the pictures.
      codec: of the pictures.
      last_s: when its last picture is shown (s); None for right after the others.
      pictures: how many.
      sound: whether there is any.
      container: FFmpeg's name; matroska holds no more than 127 tracks.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        seen = output.add_stream(codec, rate=fps)
        seen.height, seen.width = size
        seen.pix_fmt = "yuvj420p"
        heard = [output.add_stream("pcm_s16le", rate=rate, layout=layout) for _ in range(tracks if sound else 0)]
        for stream in heard:
            noise = np.random.default_rng(0).integers(-99, 99, (1, stream.layout.nb_channels * min(rate, RATE)))
            frame = av.AudioFrame.from_ndarray(noise.astype(np.int16), "s16", layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
            output.mux(stream.encode(frame))
        for index in range(pictures):
            frame = av.VideoFrame.from_ndarray(np.full((*size, 3), 9 * index % 255, np.uint8), "rgb24")
            frame.pts, frame.time_base = index, 1 / fps
            if last_s is not None and index == pictures - 1:
                frame.pts = int(last_s * fps)
            output.mux(seen.encode(frame))
        for stream in (seen, *heard):
            output.mux(stream.encode(None))
    return buffer.getvalue()


def huge_inside() -> bytes:
    """A film whose container tells 32 pixels, and whose pictures tell 30,000."""
    told = struct.Struct(">BHH")  # of a JPEG's frame header: bits, height, width
    return film().replace(told.pack(8, 32, 32), told.pack(8, 30_000, 30_000))


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "wide.mkv": (lambda: film(size=(16, 30_000), pictures=2), "has pictures of 30000x16 pixels"),
    "inside.mkv": (huge_inside, ""),
    "tracks.mov": (lambda: film(tracks=999, container="mov"), ""),
    "channels.mkv": (lambda: film(layout="192 channels"), ""),
    "years.mkv": (lambda: film(last_s=10 * YEAR_S), ""),
    "megahertz.mkv": (lambda: film(rate=4_000_000), "has a sample rate of 4000000 Hz"),
    "slow.mkv": (lambda: film(fps=Fraction(1, 1000)), ""),
    "fast.mkv": (lambda: film(fps=Fraction(100_000)), ""),
    "one.mkv": (lambda: film(pictures=1), ""),
    "silent.mkv": (lambda: film(sound=False), "has no sound stream"),
    "empty.mp4": (lambda: b"", "is empty"),
}
"""Each with what must be said of it; nothing where it can be read."""


def written(folder: Path) -> dict[Path, str]:
    """The files, a folder and a pipe with names of media files, and a device; what must be said of each."""
    found = {Path("/dev/zero"): "is a pipe or a device", Path("-"): "does not exist"}
    for name, (make, said) in FILES.items():
        (folder / name).write_bytes(make())
        found[folder / name] = said
    (folder / "folder.mp4").mkdir()
    os.mkfifo(folder / "pipe.mp4")
    return found | {folder / "folder.mp4": "is a folder", folder / "pipe.mp4": "is a pipe or a device"}
