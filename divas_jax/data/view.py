"""Which part of a stored picture the model sees."""

from math import ceil
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from divas_jax.config import ViewConfig

GREY = 110
"""What lies beyond the picture, in each channel."""

ON_GRID = 1e-6
"""How far from whole a box may be and still be cut without resampling (pixels)."""


class Box(NamedTuple):
    """A square of a picture, in pixels from its top left corner; it may reach beyond the picture."""

    left: float
    top: float
    side: float


def seen_box(height: int, width: int, view: ViewConfig) -> Box:
    """The square of a stored picture that the model sees (5.1 for full frames)."""
    if view.full_frame:
        return Box((width - height) / 2, 0.0, float(height))
    side = view.crop / view.stored * min(height, width)
    return Box((width - side) / 2, view.centre_y * height - side / 2, side)


def cut(frames: UInt8[np.ndarray, "n H W 3"], box: Box, size: int) -> UInt8[np.ndarray, "n size size 3"]:
    """The same square of every frame, resized to `size`; a plain slice where no pixel needs resampling.

    What the square shows beyond the picture is grey.
    """
    frames, box = _padded(frames, box)
    left, top, side = (round(value) for value in box)
    if side == size and max(abs(left - box.left), abs(top - box.top), abs(side - box.side)) < ON_GRID:
        return frames[:, top : top + side, left : left + side]
    height, width = frames.shape[1:3]
    edges = (box.left, box.top, min(box.left + box.side, width), min(box.top + box.side, height))
    out = np.empty((len(frames), size, size, 3), np.uint8)
    for index, frame in enumerate(frames):
        image = Image.fromarray(np.ascontiguousarray(frame))
        out[index] = np.asarray(image.resize((size, size), Image.Resampling.BICUBIC, box=edges))
    return out


def seen(frames: UInt8[np.ndarray, "n H W 3"], view: ViewConfig, size: int) -> UInt8[np.ndarray, "n size size 3"]:
    """What the model sees of stored frames: the square of `seen_box` at `size` pixels."""
    height, width = frames.shape[1:3]
    return cut(frames, seen_box(height, width, view), size)


def _padded(frames: UInt8[np.ndarray, "n H W 3"], box: Box) -> tuple[np.ndarray, Box]:
    height, width = frames.shape[1:3]
    left, top = max(0, ceil(-box.left - ON_GRID)), max(0, ceil(-box.top - ON_GRID))
    right = max(0, ceil(box.left + box.side - width - ON_GRID))
    bottom = max(0, ceil(box.top + box.side - height - ON_GRID))
    if not (left or top or right or bottom):
        return frames, Box(max(0.0, box.left), max(0.0, box.top), box.side)
    padded = np.pad(frames, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=GREY)
    return padded, Box(box.left + left, box.top + top, box.side)
