"""A part of a decoded picture as RGB: planes are cut first, and only what is left is converted."""

import re
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from jaxtyping import UInt8

PLANAR = re.compile(r"yuvj?4(20|22|44)p(1[02]le)?")
"""Formats that are cut: brightness and two colours, each in a plane of its own."""


BYTE = 8
"""Bits; values of more take two bytes."""


def can_be_parted(frame: av.VideoFrame) -> bool:
    """Whether `PartMaker` knows the frame's format."""
    return PLANAR.fullmatch(frame.format.name) is not None


class PartMaker:
    """Cuts parts out of decoded frames. One scaler serves all: a new one a part costs more than the conversion."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def make(
        self, frame: av.VideoFrame, left: int, top: int, width: int, height: int, shrunk: int
    ) -> UInt8[np.ndarray, "h w 3"]:
        """The pixels of a part that lies within the frame.

        Args:
          frame: of a format that can be cut.
          left: first column; all four are even.
          top: first line.
          width: pixels.
          height: lines.
          shrunk: so many times fewer pixels each way; divides both sides.
        """
        part = av.VideoFrame(width, height, frame.format.name)
        part.colorspace, part.color_range = frame.colorspace, frame.color_range
        wide = frame.format.components[0].bits > BYTE
        for source, target in zip(frame.planes, part.planes, strict=True):
            across, down = frame.width // source.width, frame.height // source.height
            depth = 2 if wide else 1  # bytes a value
            wanted = _rows(target)[: target.height, : depth * target.width]
            first = depth * (left // across)
            wanted[...] = _rows(source)[top // down :, first : first + wanted.shape[1]][: target.height]
        across, down = width // shrunk, height // shrunk
        made: Any = self._reformatter.reformat(part, across, down, "rgb24", threads=1).planes[0]
        return _rows(made)[:down, : 3 * across].reshape(down, across, 3)


def _rows(plane: Any) -> UInt8[np.ndarray, "rows bytes"]:
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
