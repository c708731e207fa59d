"""The model of `make demo`: the quickstart's, learning as the included weights did, in a third of the steps.

Talkers know what their lips do (`lips.npz` of their data set), so that the encoders say lips and sound beside the
objective. On data without lip shapes `configs/quickstart.py` learns from the objective alone.
"""

from configs import mouth_crops, quickstart


def get_config(arg=None):
    """Muon, whitened patches, lips and sound to say."""
    config = mouth_crops.with_targets(quickstart.get_config(arg))
    config.data.resident = True
    config.optim.lr = 5e-3
    config.optim.warmup = 20
    config.optim.ema = 0.98
    config.train.whiten = True
    config.train.steps = 400
    config.train.evaluate_every = 200
    config.train.save_every = 100
    return config
