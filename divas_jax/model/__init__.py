"""Arrays to embeddings: the two convolution-free encoders (Flax NNX).

`Divas` is the module, for training code of one's own. `embed_pictures` and `embed_sounds` do the same with plain
dictionaries of weights, as all of divas_jax does.
"""

from divas_jax.model.divas import Divas
from divas_jax.model.members import Members
from divas_jax.model.parameters import embed_pictures, embed_sounds, parameters_of

__all__ = ["Divas", "Members", "embed_pictures", "embed_sounds", "parameters_of"]
