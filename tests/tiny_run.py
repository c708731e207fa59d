"""A training folder with one checkpoint of a very small model, for tests of the commands."""

from pathlib import Path

import jax

from divas_jax.config import Config
from divas_jax.training.checkpoints import Checkpoints
from divas_jax.training.state import TrainState, new_state

MODEL = {"dim": 24, "layers": 1, "mlp": 48, "size": 32}


def tiny_config(**groups) -> Config:
    """Settings of the tiny model; each group given replaces or adds keys."""
    values = {"model": MODEL, "data": {"rungs": ((6, 75), (12, 75)), "max_fps": 31.0}}
    return Config.from_dict({key: values.get(key, {}) | groups.get(key, {}) for key in values | groups})


def tiny_state(config: Config) -> TrainState:
    return jax.jit(lambda: new_state(config))()


def write_run(workdir: Path, config: Config | None = None, state: TrainState | None = None) -> Path:
    """Saves one checkpoint as training does."""
    config = config or tiny_config()
    with Checkpoints(workdir, 1) as checkpoints:
        checkpoints.save(state or tiny_state(config), config, {"strict": 0.5})
    return workdir
