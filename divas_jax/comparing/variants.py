"""Variants of one run, and the report of what came out of them."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from divas_jax.config import Config

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
