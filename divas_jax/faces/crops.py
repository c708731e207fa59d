"""The square that is stored of a face: the one place that makes face crops."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, UInt8
from scipy.ndimage import median_filter

from divas_jax.data.view import Box, cut

STORED_SIZE = 128
"""Height and width of a stored crop (pixels)."""

MARGIN = 1.4 * 128 / 96
"""Side of the stored square, in longer sides of the face box: SyncNet's 1.4 in the central 96 of 128 pixels."""

LOWERED = 0.2
"""How far the square's middle is below the face box's, in longer sides of the face box."""

STEADYING = 0.5
"""Face boxes are replaced by their median over this long (s)."""


class Face(NamedTuple):
    """A face box, in pixels from the picture's top left corner or as fractions of the picture's width and height."""

    left: float
    top: float
    width: float
    height: float

    def scaled(self, across: int | float, down: int | float) -> "Face":
        """The box in other units: `across` times as many horizontally, `down` times vertically."""
        return Face(self.left * across, self.top * down, self.width * across, self.height * down)


@dataclass(frozen=True)
class FaceTrack:
    """One face through time.

    Attributes:
      times: of the boxes (s), increasing.
      boxes: left, top, width and height of each; pixels or fractions, as in `Face`.
    """

    times: Float64[np.ndarray, " N"]
    boxes: Float64[np.ndarray, "N 4"]

    def steadied(self) -> "FaceTrack":
        """The track with the jitter of its detector taken out: each box's median over `STEADYING` s, or over three."""
        if len(self.times) < 2:
            return self
        reach = max(1, int(STEADYING / 2 / max(float(np.median(np.diff(self.times))), 1e-3)))
        middles = self.boxes[:, :2] + self.boxes[:, 2:] / 2
        middles, sizes = (
            median_filter(values, size=(2 * reach + 1, 1), mode="nearest") for values in (middles, self.boxes[:, 2:])
        )
        return FaceTrack(self.times, np.concatenate([middles - sizes / 2, sizes], axis=1))

    def at(self, time: Fraction) -> Face:
        """The box at `time` (s), between its neighbours in proportion; beyond the ends the last one holds."""
        return Face(*(float(np.interp(float(time), self.times, side)) for side in self.boxes.T))


def face_square(face: Face) -> Box:
    """The square that is stored of a face box in pixels: 1.4 * (128 / 96) of its longer side, a fifth lower."""
    longer = max(face.width, face.height)
    side = MARGIN * longer
    middle_x, middle_y = face.left + face.width / 2, face.top + face.height / 2 + LOWERED * longer
    return Box(middle_x - side / 2, middle_y - side / 2, side)


def crop_face(
    picture: UInt8[np.ndarray, "H W 3"], face: Face, size: int = STORED_SIZE
) -> UInt8[np.ndarray, "size size 3"]:
    """A face, given by its box in pixels, as data sets store it; grey beyond the picture.

    What `ViewConfig` sees of it by default is the central 96 of the 128 pixels: SyncNet's crop.
    """
    return cut(picture[None], face_square(face), size)[0]
