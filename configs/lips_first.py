"""What comes before `configs/mouth_crops.py`: the encoders learn to say lips and sound, and no offset yet.

    divas train --config configs/lips_first.py --workdir LIPS --config.data.path=DATA

Every clip teaches here, in sync or not. Many clips with two windows each say more than many windows of a few clips.
"""

from configs import mouth_crops


def get_config(arg=None):
    """The same model on whitened patches: 64 windows of 32 clips a step, lip shapes and log-mel energies alone."""
    config = mouth_crops.get_config(arg)
    config.data.segments = 32
    config.data.windows = 2
    config.objective.weight = 0.0
    config.optim.lr = 1e-2
    config.optim.warmup = 60
    config.train.whiten = True
    config.train.start_distance = 0.0
    config.train.steps = 4500
    return config
