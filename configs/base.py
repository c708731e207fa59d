"""Table 2's ablation: positions count frames and patches instead of telling their time (3.1).

`configs/base.py:quickstart` is the same ablation of the quickstart's small model.
"""

from configs import face_crops, quickstart


def get_config(arg=None):
    """The run named by `arg` ("face_crops" by default) without time-aware positions."""
    config = {"quickstart": quickstart, "face_crops": face_crops}[arg or "face_crops"].get_config()
    config.model.time_aware = False
    return config
