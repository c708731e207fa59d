"""What the included weights were trained with: `configs/mouth_crops.py` twice as wide, on sixteen times the windows.

    divas train --config configs/real_mouths.py:lips --workdir LIPS --config.data.path=DATA
    divas train --config configs/real_mouths.py --workdir SYNC --config.data.path=DATA --config.train.init_from=LIPS
    divas train --config configs/real_mouths.py:finish --workdir RUN --config.data.path=DATA \
        --config.train.init_from=SYNC

The first two want an accelerator (two minutes each of one H200), the last took half an hour on two CPU cores.
"""

from configs import mouth_crops, real_faces


def get_config(arg=None):
    """The run; for `lips` what comes before it, for `finish` what comes after."""
    config = real_faces.get_config(None if arg == "finish" else arg)
    small = mouth_crops.get_config()
    config.model.dim = 192
    config.model.mlp = 768
    config.model.size = small.model.size
    config.view = small.view
    config.data.augment.update({"shift": 0.07, "scale": 0.1})
    return finish(config) if arg == "finish" else config


def finish(config):
    """Smaller and smaller steps on two cores, in which other clips' sounds compete too."""
    config.model.dtype = "float32"
    config.data.segments = 8
    config.data.workers = 0
    config.objective.strangers = 0.5
    config.optim.lr = 1e-3
    config.optim.warmup = 50
    config.optim.ema = 0.995
    config.train.steps = 900
    config.train.save_every = 200
    config.train.start_distance = 0.0
    return config
