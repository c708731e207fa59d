"""Whole pictures of real faces: the included weights go on, with faces at other places and of other sizes.

    divas train --config configs/real_frames.py --workdir RUN --config.data.path=DATA --config.train.init_from=MOUTHS

DATA as for `configs/mouth_crops.py`, MOUTHS a run of `configs/real_mouths.py`. A step puts each segment's square into
a larger picture (`training/placing.py`); 96 pixels are what two CPU cores can learn from in hours.
"""

from configs import real_mouths


def get_config(arg=None):
    """The run, for two cores: 128 windows a step."""
    config = real_mouths.finish(real_mouths.get_config(arg))
    config.model.size = 96
    config.view.full_frame = True
    config.data.picture_changes = ("divas_jax.training.placing:PLACED",)
    config.data.augment.update({"shift": 0.0, "scale": 0.0, "compression": 0.0})
    config.objective.strangers = 0.0
    config.optim.lr = 2e-3
    config.train.steps = 3000
    config.train.save_every = 100
    return config
