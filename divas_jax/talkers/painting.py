"""Brushes: soft edges, layers and smooth noise, in points (the stored square is 128 points wide)."""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter, zoom

POINTS = 128.0
"""Width of the stored square in points; every size and place of the drawing is given in them."""

Points = float | int


def point_grid(pixels: int) -> tuple[Float[np.ndarray, "1 N"], Float[np.ndarray, "N 1"]]:
    """Places (x, y) of pixel centres, in points, of a square of `pixels` pixels a side."""
    centres = ((np.arange(pixels) + 0.5) * POINTS / pixels).astype(np.float32)
    return centres[None, :], centres[:, None]


def inside(distance: Float[np.ndarray, "..."], soft: Points = 0.7) -> Float[np.ndarray, "..."]:
    """Coverage 0..1 where `distance` (points) to an edge is positive; the edge is `soft` points wide."""
    return np.clip(distance / soft + 0.5, 0.0, 1.0)


def blob(
    x: Float[np.ndarray, "..."], y: Float[np.ndarray, "..."], wide: Points, high: Points
) -> Float[np.ndarray, "..."]:
    """A round bump of height 1, `wide` by `high` points (standard deviations)."""
    return np.exp(-0.5 * ((x / wide) ** 2 + (y / high) ** 2))


def lay(
    canvas: Float[np.ndarray, "H W C"], colour: Float[np.ndarray, "..."], coverage: Float[np.ndarray, "H W"]
) -> None:
    """Paint `colour` (one, or one a pixel) over `canvas` where `coverage` says, in place."""
    canvas += (np.asarray(colour, np.float32) - canvas) * coverage[..., None]


def cloudy(rng: np.random.Generator, pixels: int, grain: Points, stretch: Points = 1.0) -> Float[np.ndarray, "N N"]:
    """Smooth noise of about unit deviation; its spots are `grain` points wide and `stretch` times as high."""
    coarse = max(4, round(2 * POINTS / grain))
    field = gaussian_filter(rng.standard_normal((max(4, round(coarse / stretch)), coarse)), 0.7)
    field = zoom(field, (pixels / field.shape[0], pixels / field.shape[1]), order=1)
    return ((field - field.mean()) / (field.std() + 1e-6)).astype(np.float32)
