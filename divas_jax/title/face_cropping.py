"""Crops of the faces in one decoded picture, of which only the parts around them are made."""

from collections.abc import Sequence
from math import ceil, floor
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from divas_jax.data.view import Box
from divas_jax.faces.crops import STORED_SIZE, Face, crop_face, face_square
from divas_jax.media.picture_stream import Picture

GRID = 32
"""Parts have sides of whole multiples (pixels), so that few sizes need a scaler of their own."""

REACH = 2
"""Bicubic resampling looks so many pixels of the result beyond what it shows."""

MOST_OF_IT = 0.6
"""Parts of so much of the picture together are not worth being made one by one."""

ENOUGH = 1.5 * STORED_SIZE
"""The converter halves squares, and halves them again, while they keep so many pixels: the rest of the way is short."""


class Part(NamedTuple):
    """A part of a picture (pixels, all even)."""

    left: int
    top: int
    width: int
    height: int


def crop_faces(picture: Picture, faces: Sequence[Face]) -> list[UInt8[np.ndarray, "size size 3"]]:
    """The stored crop of each face, given by its box in pixels, as `crop_face` makes it of the whole picture."""
    height, width = picture.size
    parts = [_around(face_square(face), height, width) for face in faces]
    little = sum(part.width * part.height for part in parts) < MOST_OF_IT * height * width
    if little and all(part.width and part.height for part in parts):
        crops = [_cropped(picture, face, part) for face, part in zip(faces, parts, strict=True)]
        made = [crop for crop in crops if crop is not None]
        if len(made) == len(crops):
            return made
    pixels = picture.pixels()
    return [crop_face(pixels, face) for face in faces]


def _cropped(picture: Picture, face: Face, part: Part) -> UInt8[np.ndarray, "size size 3"] | None:
    shrunk = _shrunk(face_square(face).side, part)
    pixels = picture.part(*part, shrunk)
    moved = face._replace(left=face.left - part.left, top=face.top - part.top)
    return None if pixels is None else crop_face(pixels, moved.scaled(1 / shrunk, 1 / shrunk))


def _shrunk(side: float, part: Part) -> int:
    """How many times smaller the converter makes a part in which a square has so long a side (pixels)."""
    shrunk = 1
    while side / (2 * shrunk) >= ENOUGH and part.width % (2 * shrunk) == part.height % (2 * shrunk) == 0:
        shrunk *= 2
    return shrunk


def _around(square: Box, height: int, width: int) -> Part:
    """The part of a picture that shows a square and what resampling needs around it; empty outside the picture."""
    margin = REACH * max(1.0, square.side / STORED_SIZE) + 2  # two more, for colour at the edges of a part
    left, across = _stretch(square.left - margin, square.side + 2 * margin, width)
    top, down = _stretch(square.top - margin, square.side + 2 * margin, height)
    return Part(left, top, across, down)


def _stretch(start: float, length: float, limit: int) -> tuple[int, int]:
    """An even start and an even length that hold a stretch, within a picture's side.

    Two zeros where there are none: beyond the picture, or at the last line of a picture of odd size.
    """
    first, last = max(0, floor(start / 2) * 2), min(limit, ceil(start + length))
    wanted = ceil((last - first) / GRID) * GRID
    first = max(0, min(first, (limit - wanted) // 2 * 2))
    wanted = min(wanted, (limit - first) // 2 * 2)
    return (first, wanted) if last > first and first + wanted >= last else (0, 0)
