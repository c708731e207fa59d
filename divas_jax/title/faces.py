"""Faces in a picture: by CenterFace, or by YuNet where its file is given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from jaxtyping import UInt8

from divas_jax.errors import UserError
from divas_jax.faces.crops import Face
from divas_jax.title.center_face import CenterFace

THRESHOLD = 0.4
"""Score from which CenterFace's detection is a face.

Real faces of 30 pixels and more score above 0.5 save for dark, blurred or half turned ones; hands and patterns stay
below 0.4 but for two in 1,366 pictures of real footage. Backs of heads pass at times, and are the model's to judge.
"""

YUNET_THRESHOLD = 0.7
"""The same of YuNet, whose scores are on another scale; programs that use it take 0.6 to 0.9."""

SMALLEST = 16.0
"""Height of the smallest face (pixels of the picture given): of smaller ones more and more are missed."""

LARGER, HIGHER = 1.01, 0.01
"""CenterFace's box to YuNet's, by which crops are made: its sides times the one, and up by so much of the longer.

Medians over 459 crops of real faces that YuNet's boxes had placed, shown at faces of 48 and 100 pixels.
"""


class DetectedFace(NamedTuple):
    """A face box in pixels (YuNet's convention, as `faces/crops.py` wants it) and how sure the detector is, 0 to 1."""

    box: Face
    score: float


FaceDetector = Callable[[UInt8[np.ndarray, "H W 3"]], list[DetectedFace]]
"""RGB picture to the faces in it; best where the longer side is about 640 pixels."""


def face_detector(model: Path | None = None) -> FaceDetector:
    """CenterFace, or YuNet where its file is given.

    Raises:
      UserError: the file is missing or is no YuNet model.
    """
    return partial(_center_face, CenterFace()) if model is None else partial(_yunet, _read_yunet(model))


def _center_face(net: CenterFace, picture: UInt8[np.ndarray, "H W 3"]) -> list[DetectedFace]:
    boxes, scores = net(picture, THRESHOLD)
    detected = [
        DetectedFace(_as_yunet(Face(*box)), score) for box, score in zip(boxes.tolist(), scores.tolist(), strict=True)
    ]
    return [face for face in detected if face.box.height >= SMALLEST]


def _as_yunet(box: Face) -> Face:
    width, height = LARGER * box.width, LARGER * box.height
    middle_x, middle_y = box.left + box.width / 2, box.top + box.height / 2 - HIGHER * max(width, height)
    return Face(middle_x - width / 2, middle_y - height / 2, width, height)


def _read_yunet(model: Path) -> Any:
    if not model.is_file():
        raise UserError(f"face model {model} does not exist or is no file")
    try:
        with _without_log():
            net = cv2.FaceDetectorYN.create(str(model), "", (320, 320), YUNET_THRESHOLD)
            net.detect(np.zeros((320, 320, 3), np.uint8))  # another network is read without complaint
    except cv2.error:
        raise UserError(f"face model {model} is no YuNet model that OpenCV {cv2.__version__} can read") from None
    return net


@contextmanager
def _without_log() -> Iterator[None]:
    """OpenCV prints pages about files that it cannot read; one sentence is to be enough."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


def _yunet(net: Any, picture: UInt8[np.ndarray, "H W 3"]) -> list[DetectedFace]:
    height, width = picture.shape[:2]
    net.setInputSize((width, height))
    _, detected = net.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    rows = [] if detected is None else detected.astype(float).tolist()
    return [DetectedFace(Face(*row[:4]), row[-1]) for row in rows if row[3] >= SMALLEST]
