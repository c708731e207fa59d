"""The text file of one LRS3 clip: which video it is of, when, and where the face is."""

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from pathlib import Path

import numpy as np

from divas_jax.errors import UserError
from divas_jax.faces.crops import FaceTrack

FRAME_RATE = 25
"""Frame numbers count frames of the video as LRS3 converted it (frames/s)."""

_MOST_BYTES = 16 << 20
_LAST_FRAME = 10**7
_VIDEO = re.compile(r"Ref:\s*([\w-]{1,64})\s*")


@dataclass(frozen=True)
class Lrs3Text:
    """What a text file says.

    Attributes:
      video: YouTube's name of the original video.
      start: of the clip in the original (s).
      end: s.
      track: the face, in fractions of the picture's width and height, by the original's time.
    """

    video: str
    start: Fraction
    end: Fraction
    track: FaceTrack


def video_of(path: Path) -> str:
    """YouTube's name of the original video.

    Raises:
      UserError: the file cannot be read or does not say.
    """
    return _video(_lines(path), path)


def read_text(path: Path) -> Lrs3Text:
    """Reads a text file: a header, one face box for each frame, and timed words, which are not needed here.

    Raises:
      UserError: the file cannot be read, or its face boxes are no face track.
    """
    lines = _lines(path)
    heads = [index for index, line in enumerate(lines) if line.split()[:1] == ["FRAME"]]
    if not heads:
        raise UserError(f"{path} has no line FRAME X Y W H")
    rows = list(takewhile(str.strip, lines[heads[0] + 1 :]))
    try:
        numbers = np.array([int(row.split()[0]) for row in rows])
        boxes = np.array([[float(value) for value in row.split()[1:]] for row in rows])
        in_order = len(rows) > 1 and numbers[0] >= 0 and numbers[-1] < _LAST_FRAME and (np.diff(numbers) > 0).all()
        whole = in_order and boxes.shape == (len(rows), 4) and _on_picture(boxes)
    except (ValueError, IndexError):
        whole = False
    if not whole:
        raise UserError(f"{path} has face boxes that are no track: frames must increase, boxes be fractions")
    return Lrs3Text(
        video=_video(lines, path),
        start=Fraction(int(numbers[0]), FRAME_RATE),
        end=Fraction(int(numbers[-1]) + 1, FRAME_RATE),
        track=FaceTrack(numbers / FRAME_RATE, boxes).steadied(),
    )


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UserError(f"{path} is too large for a text file of LRS3")
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _video(lines: list[str], path: Path) -> str:
    for line in lines:
        if match := _VIDEO.fullmatch(line):
            return match[1]
    raise UserError(f"{path} has no line Ref: with the name of its video")


def _on_picture(boxes: np.ndarray) -> bool:
    """Whether each box has a size, and its middle on the picture (NaN has neither)."""
    middles, sizes = boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]
    return bool(((sizes > 0) & (sizes <= 1) & (middles >= 0) & (middles <= 1)).all())
