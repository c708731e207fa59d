"""Segments made of noise for a tiny model, built from NumPy alone."""

import numpy as np

from divas_jax.clip import PictureBatch, SoundBatch
from divas_jax.config import ModelConfig

TINY = ModelConfig(dim=24, layers=2, heads=3, mlp=32, size=32, patch=16)


def pictures(times, start, length, *, size=32, seed=0) -> PictureBatch:
    """One row: a noisy frame at each of `times` (s), windows of `length` frames at `start`."""
    frames = np.random.default_rng(seed).integers(0, 256, (1, len(times), size, size, 3), np.uint8)
    start = np.asarray(start, np.int32)[None]
    return PictureBatch(
        frames,
        np.asarray(times, np.float32)[None],
        np.ones((1, len(times)), bool),
        start,
        np.asarray([length], np.int32),
        np.ones(start.shape, bool),
    )


def sounds(samples, rate, start, length, *, seed=0) -> SoundBatch:
    """One row: `samples` of noise at `rate` Hz, windows of `length` patches at sample `start`."""
    start = np.asarray(start, np.int32)[None]
    return SoundBatch(
        np.random.default_rng(seed).standard_normal((1, samples)).astype(np.float32),
        np.asarray([rate], np.float32),
        start,
        np.zeros(start.shape, np.float32),
        np.asarray([length], np.int32),
        np.ones(start.shape, bool),
    )
