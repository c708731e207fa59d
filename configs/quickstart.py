"""The embedded default: a small model on made-up talkers that two CPU cores train in minutes.

It knows 24 to 30 frames/s and 16 to 22.05 kHz (its rungs hold no more; a model
for everything needs more steps), sees the mouth's surroundings at 48x48, learns
from every window of a segment against every other
(`offset_matrix`, ours) instead of equation 1, and hardly augments: talkers vary by themselves.
"""

from divas_jax.config import defaults


def get_config(arg=None):
    """A small model, its talkers, and how it is trained."""
    del arg
    config = our_recipe(defaults())
    config.model.dim = 96
    config.model.mlp = 384
    config.model.size = 48
    config.view.crop = 0.5
    config.view.centre_y = 0.515
    config.data.max_fps = 31.0
    config.data.talkers = 400
    config.data.rungs = ((5, 34), (6, 34))
    config.data.segments = 4
    config.data.augment = {"shift": 0.03, "scale": 0.04, "flip": 0.5, "colour": 0.1, "gain": 10.0} | {
        switch: 0.0 for switch in ("blur", "compression", "noise", "music", "halve_rate")
    }
    config.optim.lr = 1e-3
    config.optim.warmup = 60
    config.optim.ema = 0.99
    config.train.steps = 1200
    config.train.evaluate_every = 400
    config.train.save_every = 200
    return config


def our_recipe(config):
    """Ours instead of the paper's: AdamW, warm-up, cosine, offset_matrix on longer segments."""
    config.data.windows = 16
    config.data.spacing = 2
    config.objective.name = "offset_matrix"
    config.optim.name = "adamw"
    config.optim.schedule = "cosine"
    config.optim.weight_decay = 0.05
    config.optim.clip_norm = 1.0
    config.train.log_every = 100
    return config
