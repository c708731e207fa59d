r"""Whole pictures of real faces, on an accelerator: mouths' weights go on, with faces elsewhere and of other sizes.

    divas train --config configs/real_frames.py:lips --workdir LIPS --config.data.path=DATA \
        --config.train.init_from=MOUTHS
    divas train --config configs/real_frames.py --workdir RUN --config.data.path=DATA --config.train.init_from=LIPS

DATA as for `configs/mouth_crops.py`, MOUTHS a run of `configs/real_mouths.py`. A step puts each segment's square into
a larger picture (`training/placing.py`).
"""

from configs import real_mouths


def get_config(arg=None):
    """The run, 512 windows a step; for `lips` what comes before it."""
    if arg not in (None, "lips"):
        raise ValueError(f"the argument of this config is lips or none, not {arg!r}")
    config = real_mouths.get_config()
    config.model.size = 128
    config.view.full_frame = True
    config.data.picture_changes = ("divas_jax.training.placing:PLACED",)
    config.data.augment.update({"shift": 0.0, "scale": 0.0, "compression": 0.0})
    config.data.windows = 8
    config.data.workers = 2
    return with_lips_alone(config) if arg == "lips" else config


def with_lips_alone(config):
    """The sound encoder knows its part already, and is left alone."""
    config.objective.weight = 0.0
    config.targets.mel = 0.0
    config.data.spacing = 3
    config.data.max_fps = 31.0
    config.optim.lr = 5e-3
    config.optim.warmup = 60
    config.train.start_distance = 0.0
    return config
