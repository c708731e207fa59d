"""DiVAS: how far is the sound from the picture? In JAX, from raw frames and raw samples."""

__version__ = "0.1.0"

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from divas_jax.evaluation.judge import Judge


def load(path: "str | Path | None" = None) -> "Judge":
    """A model that tells offsets: `divas_jax.load(path).offset("clip.mp4").words`.

    Args:
      path: a training folder (its best checkpoint) or a folder written by `divas export`; without one, the weights
        that come with the package.

    Raises:
      divas_jax.errors.UserError: nothing usable is there, or the package comes without weights.
    """
    from divas_jax.loading import load_judge  # late: importing divas_jax must not start JAX

    return load_judge(path)
