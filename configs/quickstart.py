"""The embedded default: a small model on made-up talkers that two CPU cores train in minutes.

It sees the lower half of the face at 48x48, and learns from every window of a
segment against every other (`offset_matrix`, ours) instead of equation 1.
"""

from divas_jax.config import defaults


def get_config(arg=None):
    """A recipe of ours: AdamW, warm-up, cosine, offset_matrix."""
    del arg
    config = defaults()
    config.model.dim = 96
    config.model.mlp = 384
    config.model.size = 48
    config.view.crop = 0.5
    config.view.centre_y = 0.515
    config.data.max_fps = 31.0
    config.data.talkers = 400
    config.data.rungs = ((6, 34), (6, 75))
    config.data.segments = 4
    config.data.windows = 16
    config.data.spacing = 2
    config.data.augment.blur = 0.0
    config.data.augment.compression = 0.0
    config.data.augment.music = 0.0
    config.data.augment.noise = 0.1
    config.objective.name = "offset_matrix"
    config.optim.name = "adamw"
    config.optim.lr = 1e-3
    config.optim.schedule = "cosine"
    config.optim.warmup = 60
    config.optim.weight_decay = 0.05
    config.optim.clip_norm = 1.0
    config.optim.ema = 0.99
    config.train.steps = 1200
    config.train.log_every = 100
    config.train.evaluate_every = 400
    config.train.save_every = 200
    return config
