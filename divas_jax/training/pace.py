"""How many steps a run has: those of its config, or as many as its time allows."""

import time

import jax
import numpy as np
from jax.experimental import multihost_utils

from divas_jax.config import TrainConfig

RESERVE = 10.0
"""Seconds that are left for the last checkpoint."""

NEWEST = 0.5
"""Weight of the newest lap in the run's speed: a machine that others use is not always as fast."""


class Pace:
    """The steps of a run, of which the learning rate's schedule is a part.

    With `train.minutes` they are reckoned anew after every line of the log, out of the speed so far; never more than
    `train.steps`. Time counts from when this is made, so compiling is within.

    Attributes:
      steps: batches of the whole run, as known now.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.steps = config.steps
        self._config = config
        self._end = time.monotonic() + 60.0 * config.minutes - RESERVE
        self._speed = 0.0

    def lap(self, step: int, steps_per_s: float) -> None:
        """Takes the speed of the last lap, which ended at `step`; the first process speaks for all."""
        if not self._config.minutes:
            return
        self._speed = NEWEST * steps_per_s + (1 - NEWEST) * self._speed if self._speed else steps_per_s
        left = max(0.0, self._end - time.monotonic())
        steps = np.int64(min(self._config.steps, step + int(self._speed * left)))
        self.steps = int(multihost_utils.broadcast_one_to_all(steps) if jax.process_count() > 1 else steps)
