"""The paper's model on real faces, for one accelerator: the recipe of `mouth_crops`, more of everything.

    divas train --config configs/real_faces.py:lips --workdir LIPS --config.data.path=DATA
    divas train --config configs/real_faces.py --workdir RUN --config.data.path=DATA --config.train.init_from=LIPS

DATA as for `configs/mouth_crops.py`. Clips lie in device memory, the encoders compute in bfloat16. Not yet run on an
accelerator; docs/recipe.md says what the small model on two cores taught.
"""

from configs import lips_first, mouth_crops, quickstart
from divas_jax.config import defaults


def get_config(arg=None):
    """The run, or, for the argument `lips`, what comes before it."""
    if arg not in (None, "lips"):
        raise ValueError(f"configs/real_faces.py takes the argument lips or none, not {arg!r}")
    config = mouth_crops.with_targets(quickstart.our_recipe(defaults()))
    config.model.dtype = "bfloat16"
    config.data.resident = True
    config.data.draw_by = "second"
    config.data.segments = 64
    config.optim.lr = 2e-3
    config.optim.warmup = 500
    config.optim.ema = 0.999
    config.train.steps = 10_000
    config.train.evaluate_every = 1000
    config.train.save_every = 500
    return lips_first.lips_alone(config, segments=512) if arg == "lips" else config
