"""The paper: face crops of 96x96, 4.8M parameters, equation 1, Adam at 1e-5, batch 128 (5.1).

8 segments of 16 windows are the batch of 128 pairs.
"""

from divas_jax.config import defaults


def get_config(arg=None):
    """`Config`'s defaults are this run."""
    del arg
    return defaults()
