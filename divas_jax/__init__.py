"""DiVAS: how far is the sound from the picture? In JAX, from raw frames and raw samples.

Importing this starts neither JAX nor NumPy: names come when they are asked for.
"""

__version__ = "0.1.0"

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from divas_jax.clip import Clip
    from divas_jax.config import Config
    from divas_jax.errors import UserError
    from divas_jax.judging.judge import Judge, Judgement
    from divas_jax.model import Divas, Members

__all__ = ["Clip", "Config", "Judge", "Judgement", "UserError", "__version__", "load", "load_model"]

_HOME = {
    "Clip": "divas_jax.clip",
    "Config": "divas_jax.config",
    "Judge": "divas_jax.judging.judge",
    "Judgement": "divas_jax.judging.judge",
    "UserError": "divas_jax.errors",
}
"""Where each name that comes late is defined."""


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


def load_model(path: "str | Path | None" = None) -> "Divas | Members":
    """The same weights as a Flax NNX module, to embed, look into or train on.

    `model(pictures, sounds)` takes a `PictureBatch` and a `SoundBatch` of `divas_jax.clip` and returns embeddings of
    their windows, [B, Wv, D] and [B, Wa, D].

    Args:
      path: as `load`.

    Returns:
      `Divas`; where the weights are several models side by side (`config.members` above 1), `Members`: the same
      methods, with the `Divas` in `.each` and their embeddings joined along D.

    Raises:
      divas_jax.errors.UserError: as `load`.
    """
    from divas_jax.loading import load_module

    return load_module(path)


def __getattr__(name: str) -> Any:
    """The names of `__all__` that cost an import."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    """What is here, and what would come."""
    return sorted({*globals(), *__all__})
