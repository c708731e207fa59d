"""What makes an answer doubtful whatever the model says: rates it was not trained on, a search that ended too soon."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from divas_jax.clip import Clip, Rung
from divas_jax.config import DataConfig
from divas_jax.data.ladder import rung_of
from divas_jax.rates import rate_name


def doubts(clip: Clip, curve: Float[np.ndarray, " O"], trained: DataConfig) -> Iterator[str]:
    """Sentences for people, each about something else.

    Args:
      clip: what was judged.
      curve: mean distance at each searched offset.
      trained: the rates that the model knows.
    """
    if rung_of(clip.fps, clip.sample_rate, [Rung(*rung) for rung in trained.rungs]) is None:
        yield (
            f"{clip.name} has {rate_name(clip.fps)} frames/s and {clip.sample_rate} Hz, more than the model was "
            "trained on (its config's data.rungs), so its answer is a guess"
        )
    elif not trained.min_fps <= clip.fps <= trained.max_fps:
        yield (
            f"{clip.name} has {rate_name(clip.fps)} frames/s, but the model was trained on "
            f"{trained.min_fps:g} to {trained.max_fps:g}"
        )
    if int(np.argmin(curve)) in (0, len(curve) - 1):
        yield (
            f"{clip.name}: the best offset is the farthest that was searched, so the true one may lie beyond "
            "(search farther: --search-ms, or search= in Python)"
        )
