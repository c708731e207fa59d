"""Frames that a synchronisation model judges in a second, at the size of its paper (Table 1)."""

import time
from collections.abc import Callable
from fractions import Fraction

import jax
import numpy as np

from divas_jax.baselines.competitors import Competitor
from divas_jax.baselines.protocol import answer
from divas_jax.clip import Clip
from divas_jax.config import Config
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.judge import offsets_of
from divas_jax.model.parameters import initial_parameters
from divas_jax.talkers import make_talker

REACH = 15
"""Frames searched each way (5.1)."""

ROUNDS, ENOUGH_S = 2, 10.0
"""The better of so many rounds counts; a round that takes longer (s) is not repeated."""


def measured_clip(seconds: int) -> Clip:
    """A face crop at 25 frames/s and 16 kHz, which no model needs to convert."""
    return make_talker(5, fps=Fraction(25), sample_rate=16_000, duration=Fraction(seconds), distractions=False)


def divas_speed(config: Config, clip: Clip) -> float:
    """Frames/s from the decoded clip to its offset."""
    embedder = Embedder(config, initial_parameters(config.model, jax.random.key(0)))

    def judge() -> None:
        (embedded,) = embedder.embed([clip], REACH)
        jax.block_until_ready(offsets_of([embedded], REACH, np.zeros((1, 1), np.int32)))

    return _rate(judge, clip)


def competitor_speed(competitor: Competitor, clip: Clip) -> float:
    """Frames/s from the decoded clip to its offset, spectra included."""
    baseline = competitor.baseline(competitor.fresh())
    return _rate(lambda: jax.block_until_ready(answer(baseline, clip, REACH)), clip)


def _rate(judge: Callable[[], object], clip: Clip) -> float:
    judge()  # compiles
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        judge()
        seconds.append(time.perf_counter() - begin)
        if seconds[-1] > ENOUGH_S:
            break
    return len(clip.frames) / min(seconds)
