"""Real faces on two CPU cores: the quickstart's small model, every rate, clips decoded once.

    divas train --config configs/mouth_crops.py --workdir RUN --config.data.path=DATA --config.train.init_from=TALKERS

DATA is written by `divas prepare --source folder`, TALKERS is a run of this config on talkers whose mouths are ahead
of their voices (`divas prepare --source talkers --anticipation 0.12`): it knows the way, real faces from noise take
much longer to leave the plateau. docs/recipe.md has every command and what came out.
"""

from configs import quickstart


def get_config(arg=None):
    """The quickstart's model and optimiser, with more augmentation, all rates and a longer run."""
    config = quickstart.get_config(arg)
    config.data.resident = True
    config.data.draw_by = "second"
    config.data.max_fps = 61.0
    config.data.rungs = ((5, 75), (6, 75), (12, 75))
    config.data.augment.update({"shift": 0.05, "scale": 0.06, "colour": 0.2, "noise": 0.2, "music": 0.1})
    config.objective.name = "offset_curve"
    config.optim.lr = 2e-4
    config.optim.ema = 0.999
    config.train.steps = 15_000
    config.train.evaluate_every = 1500
    config.train.save_every = 500
    return config
