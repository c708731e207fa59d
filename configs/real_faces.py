"""The paper's model on real faces, for one accelerator: the recipe of `mouth_crops`, more of everything.

    divas train --config configs/real_faces.py:lips --workdir LIPS --config.data.path=DATA
    divas train --config configs/real_faces.py --workdir RUN --config.data.path=DATA --config.train.init_from=LIPS

DATA as for `configs/mouth_crops.py`. Clips lie in device memory, the encoders compute in bfloat16, worker processes
draw: a step takes some ten milliseconds. docs/recipe.md has what came out.
"""

from configs import lips_first, mouth_crops, quickstart
from divas_jax.config import defaults


def get_config(arg=None):
    """The run, or, for the argument `lips`, what comes before it; 1,024 windows a step."""
    if arg not in (None, "lips"):
        raise ValueError(f"the argument of this config is lips or none, not {arg!r}")
    config = mouth_crops.with_targets(quickstart.our_recipe(defaults()))
    config.model.dtype = "bfloat16"
    config.model.attention = "fused"
    config.data.resident = True
    config.data.draw_by = "second"
    config.data.segments = 64
    config.data.workers = 4
    config.optim.lr = 2e-3
    config.optim.warmup = 300
    config.optim.ema = 0.999
    config.train.steps = 10_000
    config.train.evaluate_every = 1000
    config.train.save_every = 500
    return with_lips_alone(config) if arg == "lips" else config


def with_lips_alone(config):
    """Windows of more clips a step; without the few faster ones, whose longer windows would be compiled for."""
    config = lips_first.lips_alone(config, segments=128)
    config.data.windows = 8
    config.data.spacing = 3
    config.data.max_fps = 31.0
    return config
