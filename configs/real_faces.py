"""The paper's model on real faces, for one accelerator: clips in device memory, bfloat16, many segments a step.

    divas prepare --source folder --path CLIPS --where trust=A,B --out DATA
    divas train --config configs/real_faces.py --workdir RUN --config.data.path=DATA --config.train.init_from=TALKERS

TALKERS is a run of the same model on made-up talkers (the same command with `divas prepare --source talkers
--anticipation 0.12`): from noise, real faces stay on the plateau much longer. Not yet run on an accelerator;
docs/recipe.md says what the small model on two cores taught.
"""

from configs import quickstart
from divas_jax.config import defaults


def get_config(arg=None):
    """The quickstart's recipe with the paper's model, everything resident."""
    del arg
    config = quickstart.our_recipe(defaults())
    config.model.dtype = "bfloat16"
    config.data.resident = True
    config.data.draw_by = "second"
    config.data.segments = 64
    config.optim.lr = 5e-4
    config.optim.warmup = 500
    config.optim.ema = 0.999
    config.train.steps = 10_000
    config.train.evaluate_every = 1000
    config.train.save_every = 500
    return config
