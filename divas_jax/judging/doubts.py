"""What makes an answer doubtful whatever the model says: rates it was not trained on, a search that ended too soon."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from divas_jax.clip import Clip, Rung
from divas_jax.config import DataConfig, ViewConfig
from divas_jax.data.ladder import rung_of
from divas_jax.judging.calibration import FARTHEST
from divas_jax.judging.known_sound import heard_rate
from divas_jax.rates import rate_name

SQUARE_ENOUGH = 1.25
"""Crops of faces are square; somebody's own may be so much longer one way."""


def doubts(clip: Clip, curve: Float[np.ndarray, " O"], trained: DataConfig) -> Iterator[str]:
    """Sentences for people, each about something else.

    Args:
      clip: what was judged.
      curve: mean distance at each searched offset.
      trained: the rates that the model knows.
    """
    yield from rate_doubts(clip.name, clip.fps, clip.sample_rate, trained)
    if int(np.argmin(curve)) in (0, len(curve) - 1):
        yield (
            f"{clip.name}: {FARTHEST}, so the true one may lie beyond "
            "(search farther: --search-ms, or search= in Python)"
        )


def shape_doubts(clip: Clip, view: ViewConfig) -> Iterator[str]:
    """Pictures that cannot be crops of one face, as the model wants them."""
    height, width = clip.frames.shape[1:3]
    if not view.full_frame and max(height, width) > SQUARE_ENOUGH * min(height, width):
        yield (
            f"{clip.name}: a picture of {width}x{height} is no crop of a face; its middle was judged "
            "(divas score finds the faces of any film)"
        )


def rate_doubts(name: str, fps: Fraction, sample_rate: int, trained: DataConfig) -> Iterator[str]:
    """Rates (frames/s, Hz) that the model does not know, of whatever has this name."""
    rungs = [Rung(*rung) for rung in trained.rungs]
    heard = heard_rate(sample_rate, rungs, trained.min_sample_rate)
    if heard < sample_rate:
        yield f"{name} has {sample_rate} Hz, more than the model was trained on, so {heard} Hz of it were heard"
    elif heard > sample_rate:
        yield f"{name} has {sample_rate} Hz, fewer than the model was trained on: they were brought to {heard} Hz"
    if rung_of(fps, heard, rungs) is None:
        yield (
            f"{name} has {rate_name(fps)} frames/s and {sample_rate} Hz, more than the model was "
            "trained on (its config's data.rungs), so its answer is a guess"
        )
    elif not trained.min_fps <= fps <= trained.max_fps:
        yield (
            f"{name} has {rate_name(fps)} frames/s, but the model was trained on "
            f"{trained.min_fps:g} to {trained.max_fps:g}"
        )
