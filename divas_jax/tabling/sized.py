"""DiVAS's configs at the size of an effort."""

from dataclasses import replace

from divas_jax.config import Config, ModelConfig
from divas_jax.tabling.effort import Effort

FRAME_DIM = 594
"""Embedding width on whole pictures, at the paper's size (configs/full_frames.py)."""

_STEP = 6
"""The embedding width divides by it (`ModelConfig.dim`)."""


def sized_crops(config: Config, effort: Effort) -> Config:
    """The config on face crops; as it is where there is no limit of time."""
    if effort.minutes is None:
        return config
    return replace(config, model=_narrow(config.model, ModelConfig().dim, effort, effort.crop))


def sized_frames(config: Config, effort: Effort) -> Config:
    """The config on whole pictures."""
    if effort.minutes is None:
        return config
    model = _narrow(config.model, FRAME_DIM, effort, effort.picture)
    # as many tokens a step as with crops, about: a picture has more patches
    data = replace(config.data, segments=2, windows=config.data.windows)
    return replace(config, model=model, view=replace(config.view, full_frame=True), data=data)


def _narrow(model: ModelConfig, dim: int, effort: Effort, side: int) -> ModelConfig:
    width = max(1, round(dim * effort.width / _STEP)) * _STEP
    return replace(model, dim=width, mlp=round(ModelConfig().mlp * effort.width), size=side)
