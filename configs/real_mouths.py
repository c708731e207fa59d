"""A small model of mouths for one accelerator: `configs/mouth_crops.py` twice as wide, on sixteen times the windows.

divas train --config configs/real_mouths.py:lips --workdir LIPS --config.data.path=DATA
divas train --config configs/real_mouths.py --workdir RUN --config.data.path=DATA --config.train.init_from=LIPS
"""

from configs import mouth_crops, real_faces


def get_config(arg=None):
    """The run, or, for the argument `lips`, what comes before it."""
    config = real_faces.get_config(arg)
    small = mouth_crops.get_config()
    config.model.dim = 192
    config.model.mlp = 768
    config.model.size = small.model.size
    config.view = small.view
    config.data.augment.update({"shift": 0.07, "scale": 0.1})
    return config
