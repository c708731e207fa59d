"""Pictures of a file of any length, one at a time; pixels are made when they are asked for."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from jaxtyping import UInt8

from divas_jax.media.container import Media, tick
from divas_jax.media.picture import PictureReader, declared_rate
from divas_jax.media.picture_part import PartMaker, can_be_parted
from divas_jax.rates import nearest

TALLEST = 1080
"""Pictures with more lines are made smaller: faces in them are large enough, and a second of them fits the memory."""

MOST_THREADS = 4
"""Decoding threads, each of which holds pictures."""

_MISSED = Fraction(1, 2)
"""So late (s) after its first packet the first picture may come without a word: pictures are stored out of order."""


@dataclass(frozen=True)
class Picture:
    """One decoded picture, kept as the decoder left it: 4 to 8 times smaller than float pixels, half of RGB.

    Attributes:
      pts: presentation time stamp, in the stream's time base.
      time: presentation time (s) as the file stores it.
    """

    pts: int
    time: Fraction
    _frame: av.VideoFrame
    _stream: "PictureStream"

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of `pixels()`."""
        return self._stream.reader(self._frame, None).shape(self._frame)[:2]

    def part(self, left: int, top: int, width: int, height: int, shrunk: int = 1) -> UInt8[np.ndarray, "h w 3"] | None:
        """A part of `pixels()`, without making the rest; None where only the whole can be made.

        It is the same but for a pixel or two along edges that the picture goes on beyond.

        Args:
          left: first column; even, as is all else, because colour is stored for two by two pixels.
          top: first line.
          width: pixels.
          height: lines.
          shrunk: so many times fewer pixels each way; divides the part's sides.
        """
        frame = self._frame
        if frame.rotation or self.size != (frame.height, frame.width) or not can_be_parted(frame):
            return None
        return self._stream.parts.make(frame, left, top, width, height, shrunk)

    def pixels(self, longest: int | None = None, sampled: bool = False) -> UInt8[np.ndarray, "H W 3"]:
        """Upright RGB, at most `TALLEST` lines.

        Args:
          longest: the longer side of the result (pixels) where that is smaller than the picture.
          sampled: whether single pixels will do for that, as they do to compare pictures.
        """
        reader = self._stream.reader(self._frame, longest, sampled)
        out = np.empty(reader.shape(self._frame), np.uint8)
        reader.write(self._frame, out)
        return out


class PictureStream:
    """Iterates over the pictures of an open file; what is odd about their times becomes warnings of the file.

    The times are those that the file stores: in containers of milliseconds (mkv, webm, flv) they are
    rounded, which `media.picture.picture_times` can undo for a stretch of them.

    Attributes:
      fps: frames/s as the container tells; None if it tells none that can be true.
      time_base: s per unit of `Picture.pts`.
      duration: of the file as it tells (s); None if it tells none.
      parts: makes parts of its pictures.
    """

    def __init__(self, media: Media) -> None:
        self.fps = declared_rate(media.picture)
        self.time_base = tick(media.picture, media.name)
        self.duration = float(media.length) or None
        self.parts = PartMaker()
        self._media = media
        self._full_size: tuple[int, int] | None = None
        self._readers: dict[tuple[int | None, bool], PictureReader] = {}
        context = media.picture.codec_context
        context.thread_type, context.thread_count = "AUTO", min(MOST_THREADS, os.cpu_count() or 1)

    def __iter__(self) -> Iterator[Picture]:
        judged = PictureReader(self._media)
        for frame in self._media.frames(self._media.picture):
            if judged.accept(frame):
                pts = judged.pts[-1]
                if len(judged.pts) == 1:
                    self._warn_of_missed(pts)
                del judged.pts[:-1]  # a film has hundreds of thousands
                yield Picture(pts, pts * self.time_base, frame, self)
        judged.warn()

    def _warn_of_missed(self, pts: int) -> None:
        """A file that was cut between key pictures begins with pictures that cannot be decoded."""
        started = self._media.picture.start_time
        if started is None or self._media.begins is not None:
            return
        missed = (pts - (max(started, 0) if self._media.edited else started)) * self.time_base
        if missed > _MISSED:
            what = f"the first {float(missed):.2f} s of its picture cannot be decoded: they lack their key picture"
            self._media.warnings.append(f"{self._media.name}: {what}; they are not judged")

    def reader(self, frame: av.VideoFrame, longest: int | None, sampled: bool = False) -> PictureReader:
        """Makes pixels of one size; one a size, as each keeps its scaler.

        Raises:
          UserError: the pictures are too large.
        """
        if (longest, sampled) not in self._readers:
            if self._full_size is None:
                self._full_size = PictureReader(self._media).shape(frame)[:2]
            self._readers[longest, sampled] = PictureReader(self._media, _fitted(self._full_size, longest), sampled)
        return self._readers[longest, sampled]


def _fitted(size: tuple[int, int], longest: int | None) -> tuple[int, int]:
    """Height and width (pixels), in proportion, within `TALLEST` lines or a longest side."""
    scale = Fraction(TALLEST, size[0]) if longest is None else Fraction(longest, max(size))
    height, width = (max(2, nearest(side * min(Fraction(1), scale))) for side in size)
    return height, width
