"""The paper's full frames: 240x240 with the sides cut off, 17M parameters (5.1, Table 5)."""

from divas_jax.config import defaults


def get_config(arg=None):
    """Face crops' run with wider embeddings and the whole height of the picture."""
    del arg
    config = defaults()
    config.model.dim = 594
    config.model.size = 240
    config.view.full_frame = True
    config.data.segments = 8
    config.data.windows = 16
    return config
