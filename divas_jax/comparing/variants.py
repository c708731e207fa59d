"""Variants of one run, and the report of what came out of them."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from divas_jax.config import Config
from divas_jax.preparing.preparation import prepare_talkers
from divas_jax.running import talker_rates
from divas_jax.talkers import FRAME_RATES

Run = Callable[[Config, Path], int | None]
"""Trains a config in a folder; returns the signal that ended it early, if one did."""


@dataclass(frozen=True)
class Report:
    """What a comparison found.

    Attributes:
      json: for machines; every number names its unit.
      markdown: for people.
    """

    json: dict[str, Any]
    markdown: str


def with_steps(config: Config, steps: int | None, every: int) -> Config:
    """The same run with `steps` steps (None leaves them) and an evaluation every `every`."""
    train = dataclasses.replace(
        config.train, steps=steps or config.train.steps, evaluate_every=every, log_every=every, save_every=every
    )
    return dataclasses.replace(config, train=train)


def seeded(config: Config, data: Path, seed: int) -> Config:
    """The same run on a given data set and seed."""
    return dataclasses.replace(
        config,
        data=dataclasses.replace(config.data, path=str(data)),
        train=dataclasses.replace(config.train, seed=seed),
    )


def compared_talkers(config: Config, out: Path) -> Path:
    """Talkers at the run's rates, and at 59.94 and 60 frames/s for the second column of Table 2; made on first use."""
    held_out = max(20, config.data.talkers // 5)
    counts = {"train": config.data.talkers, "val": held_out // 2, "test": held_out}
    rates, sample_rates = talker_rates(config.data)
    unseen = [rate for rate in FRAME_RATES if rate > 59 and rate not in rates]
    prepare_talkers(out / "talkers", counts, config.train.seed, [*rates, *unseen], sample_rates)
    return out / "talkers"
