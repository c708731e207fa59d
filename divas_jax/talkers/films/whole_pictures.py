"""A talker in a whole picture: one scene, one face somewhere in it, as full-frame models learn from (5.5)."""

from fractions import Fraction

import numpy as np

from divas_jax.faces.crops import MARGIN
from divas_jax.rates import nearest
from divas_jax.talkers.films.script import Film, FilmFace, FilmScene, Stretch
from divas_jax.talkers.talker import draw_rates

SMALLEST, LARGEST = 0.35, 0.62
"""Heights of faces, in heights of the picture: medium shots and close-ups."""

SHAPE = Fraction(4, 3)
"""Width of the picture in its heights."""


def talker_in_picture(
    seed: int,
    *,
    fps: Fraction | None = None,
    sample_rate: int | None = None,
    duration: Fraction = Fraction(4),
    height: int = 240,
    distractions: bool = True,
) -> Film:
    """Somebody who talks all the time, in the middle of the picture or beside it, but never outside its square (5.1).

    Args:
      seed: of `make_talker`: who talks and what; the film is a function of the arguments alone.
      fps: frames/s, drawn from `FRAME_RATES` if None.
      sample_rate: Hz, drawn from `SAMPLE_RATES` if None.
      duration: s; rounded to whole frames.
      height: of the picture (pixels).
      distractions: whether rooms, music, noise and distant voices may be heard.

    Raises:
      UserError: an argument out of range.
    """
    drawn_fps, drawn_rate = draw_rates(seed)
    fps, sample_rate = fps or drawn_fps, sample_rate or drawn_rate
    rng = np.random.default_rng([seed, 1001])
    width = 2 * nearest(SHAPE * height / 2)
    side = min(int(MARGIN * height * rng.uniform(SMALLEST, LARGEST)), height)
    left = (width - height) / 2 + rng.uniform() * (height - side)
    top = rng.uniform() * (height - side)
    face = FilmFace(seed, float(left), float(top), side, (Stretch(Fraction(0), duration),))
    scene = FilmScene(nearest(duration * fps), int(rng.integers(2**31)), (face,))
    return Film(height, width, fps, sample_rate, (scene,), distractions)
