"""Arrays to embeddings: the two convolution-free encoders (Flax NNX).

`Divas` is the module, for training code of one's own. `embed_pictures` and `embed_sounds` do the same with plain
dictionaries of weights, as all of divas_jax does. Names come when they are asked for: whoever only reads weights, or
runs a compiled program, waits for no Flax.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from divas_jax.model.divas import Divas
    from divas_jax.model.members import Members
    from divas_jax.model.parameters import embed_pictures, embed_sounds, parameters_of

__all__ = ["Divas", "Members", "embed_pictures", "embed_sounds", "parameters_of"]

_HOME = {
    "Divas": "divas_jax.model.divas",
    "Members": "divas_jax.model.members",
    "embed_pictures": "divas_jax.model.parameters",
    "embed_sounds": "divas_jax.model.parameters",
    "parameters_of": "divas_jax.model.parameters",
}
"""Where each name is defined."""


def __getattr__(name: str) -> Any:
    """The names of `__all__`, all of which cost an import."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOME[name]), name)
    return value
