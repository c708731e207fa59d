"""What comes before `configs/mouth_crops.py`: the encoders learn to say lips and sound, and no offset yet.

    divas train --config configs/lips_first.py --workdir LIPS --config.data.path=DATA

Every clip teaches here, in sync or not. Many clips with two windows each say more than many windows of a few clips.
"""

from configs import mouth_crops


def get_config(arg=None):
    """The same model: 64 windows of 32 clips a step."""
    config = lips_alone(mouth_crops.get_config(arg), segments=32)
    config.train.steps = 4500
    return config


def lips_alone(config, segments):
    """Whitened patches, and nothing but lip shapes and log-mel energies to say; two windows of each segment."""
    config.data.segments = segments
    config.data.windows = 2
    config.objective.weight = 0.0
    config.optim.lr = 1e-2
    config.optim.warmup = 60
    config.train.whiten = True
    config.train.start_distance = 0.0
    return config
