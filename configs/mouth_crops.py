"""Real faces on two CPU cores: what the included weights were trained with, after `configs/lips_first.py`.

    divas train --config configs/lips_first.py --workdir LIPS --config.data.path=DATA
    divas train --config configs/mouth_crops.py --workdir RUN --config.data.path=DATA --config.train.init_from=LIPS

DATA is written by `divas prepare --source folder --lips FILE.npz`; its clips must be in sync (a manifest's
`sound_late_ms` puts them there). docs/recipe.md has every command and what came out.
"""

from configs import quickstart

LIP_WEIGHTS = (0.5,) * 8 + (0.1,) * 24 + (2.0,) * 7
"""Of 32 principal components of lips and jaw the first say most, the rest is nearly noise; then seven distances."""


def get_config(arg=None):
    """The quickstart's model, at all rates."""
    config = with_targets(quickstart.get_config(arg))
    config.data.resident = True
    config.data.draw_by = "second"
    config.data.max_fps = 61.0
    config.data.min_sample_rate = 16_000
    config.data.rungs = ((5, 75), (6, 75), (12, 75))
    config.data.augment.update({"shift": 0.05, "scale": 0.06, "colour": 0.2, "noise": 0.2, "music": 0.1})
    config.optim.lr = 2e-3
    config.optim.warmup = 200
    config.optim.ema = 0.995
    config.train.steps = 4000
    config.train.evaluate_every = 500
    config.train.save_every = 250
    return config


def with_targets(config):
    """Muon; offsets by the whole curve, with lips and sound still to be said."""
    config.objective.name = "offset_curve"
    config.targets.lips = 1.0
    config.targets.mel = 1.0
    config.targets.lip_weights = LIP_WEIGHTS
    config.optim.name = "muon"
    config.train.start_distance = 1.0
    return config
