"""Scenes made by hand."""

from fractions import Fraction

import numpy as np

from divas_jax.judging.judge import Judgement
from divas_jax.title.scene_judging import JudgedScene, JudgedTrack

FPS = Fraction(30000, 1001)


def judgement(offset_ms: float) -> Judgement:
    curve_ms = np.arange(-600.0, 601.0, 40.0)
    curve = 2 - np.exp(-(((curve_ms - offset_ms) / 60) ** 2))
    curve[0] = np.inf
    return Judgement("x", offset_ms, offset_ms, 1.0, 40, curve_ms, curve, probability=0.8)


def scene(number: int, offset_ms: float, jpeg: bytes) -> JudgedScene:
    start = Fraction(number * 20)
    box = np.tile(np.float32([0.4, 0.2, 0.1, 0.3]), (2, 1))
    track = JudgedTrack(
        number, start, start + 6, FPS, 80.0, (start, start + 1), box, judgement(offset_ms), thumbnail=jpeg
    )
    return JudgedScene(number, start, start + 6, (track,), 0)
