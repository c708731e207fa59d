"""A square around a face, put somewhere into a larger picture: whole pictures to train on, out of face crops (5.5).

    config.view.full_frame = True
    config.data.picture_changes = ("divas_jax.training.placing:PLACED",)

What lies around it stands still, so that nothing there goes with the sound.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from divas_jax.data.view import GREY
from divas_jax.training.picture_changes import HIGHEST, resampling

GRIDS = ((2, 40.0, "linear"), (5, 30.0, "nearest"), (12, 25.0, "linear"), (32, 12.0, "nearest"))
"""What a made-up background is the sum of: points a side, their standard deviation (grey levels), what is between."""

COLOURFUL = 0.5
"""Standard deviation of each colour's own part, the common part's being 1."""

CORE = (0.25, 0.8)
"""Where in the square a face is, from its left or upper edge on; it stays inside the picture."""


class _Placement(NamedTuple):
    """What is drawn for a segment; lengths in sides of the picture.

    Attributes:
      side: of the square.
      left: from the picture's left edge to the square's; may be negative.
      top: likewise from above.
      own: at least 0.5 for a background out of the segment's own first picture, frozen and enlarged.
      zoom: how much of that picture's side is shown.
      across: where that part begins, from 0 to 1.
      down: likewise.
      seed: of the made-up background.
    """

    side: Array
    left: Array
    top: Array
    own: Array
    zoom: Array
    across: Array
    down: Array
    seed: Array


@dataclass(frozen=True)
class Placed:
    """The change.

    Attributes:
      smallest: least side of the square, in sides of the picture; a face is about half as high.
      largest: greatest side.
    """

    smallest: float = 0.5
    largest: float = 1.15

    def draw(self, rng: np.random.Generator) -> list[float]:
        """The numbers of a `_Placement`."""
        side = float(rng.uniform(self.smallest, self.largest))
        left, top = (float(rng.uniform(-CORE[0] * side, 1 - CORE[1] * side)) for _ in range(2))
        own, across, down = rng.random(3).tolist()
        return [side, left, top, own, float(rng.uniform(0.3, 0.8)), across, down, float(rng.integers(1 << 20))]

    def render(self, pictures: Float[Array, "T S S 3"], numbers: Float[Array, " 8"]) -> Float[Array, "T S S 3"]:
        """The pictures, smaller, on a background."""
        place, size = _Placement(*numbers), pictures.shape[1]
        columns = resampling(size, -place.left / place.side * size, size / place.side, size)
        rows = resampling(size, -place.top / place.side * size, size / place.side, size)
        covered = jnp.clip(rows.sum(axis=1), 0, 1)[:, None] * jnp.clip(columns.sum(axis=1), 0, 1)
        small = _resampled(pictures, rows, columns)
        behind = jnp.where(place.own < 0.5, _made_up(place.seed, size), _frozen(pictures[0], place))
        return jnp.clip(small + (1 - covered)[..., None] * (behind - GREY) + GREY, 0, 255)


PLACED = Placed()


def _resampled(
    pictures: Float[Array, "*T S S 3"], rows: Float[Array, "S S"], columns: Float[Array, "S S"]
) -> Float[Array, "*T S S 3"]:
    """Pictures less grey, so that what lies beyond them is 0."""
    tall = jnp.einsum("oy,...yxc->...oxc", rows, pictures - GREY, precision=HIGHEST)
    return jnp.einsum("px,...oxc->...opc", columns, tall, precision=HIGHEST)


def _frozen(picture: Float[Array, "S S 3"], place: _Placement) -> Float[Array, "S S 3"]:
    """A part of one picture, enlarged and mirrored."""
    size = picture.shape[0]
    length = place.zoom * size
    rows, columns = (resampling(size, start * (size - length), length, size) for start in (place.down, place.across))
    return _resampled(picture, rows, columns[::-1]) + GREY


def _made_up(seed: Float[Array, ""], size: int) -> Float[Array, "S S 3"]:
    """Random tiles and shades, coarse and fine."""
    key, behind = jax.random.key(seed.astype(jnp.int32)), jnp.full((size, size, 3), float(GREY))
    for number, (points, strength, method) in enumerate(GRIDS):
        light, colour = (
            jax.random.normal(jax.random.fold_in(key, 2 * number + which), (points, points, channels))
            for which, channels in enumerate((1, 3))
        )
        behind += strength * jax.image.resize(light + COLOURFUL * colour, (size, size, 3), method)
    return jnp.clip(behind, 0, 255)
