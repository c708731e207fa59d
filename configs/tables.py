"""Small models that learn in minutes: DiVAS's part in `divas tables --minutes N`.

Rates of everything that is trained on there: up to 30 frames/s, up to 48 kHz. How large the model is and how many
steps it gets follows from the minutes.
"""

from configs import quickstart


def get_config(arg=None):
    """Muon and whitened patches, the objective alone: what needs the fewest steps (docs/recipe.md)."""
    config = quickstart.get_config(arg)
    config.data.rungs = ((5, 25), (6, 25), (5, 75), (6, 75))
    config.objective.name = "offset_curve"
    config.optim.name = "muon"
    config.optim.lr = 5e-3
    config.optim.warmup = 20
    config.optim.ema = 0.98
    config.train.whiten = True
    config.train.start_distance = 1.0
    config.train.log_every = 100
    return config
