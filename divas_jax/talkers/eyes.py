"""The eyes at many instants at once: white, iris and lid."""

import numpy as np
from jaxtyping import Float, Float32

from divas_jax.talkers.portrait import Look

HALF_WIDTH = 4.6
"""Half the width of an eye (points)."""


def blink_track(times: Float[np.ndarray, " T"], rng: np.random.Generator, duration: float) -> Float[np.ndarray, " T"]:
    """How far the lids are open (1) or closed (0) at `times` (s): blinks of about 0.2 s every few seconds."""
    open_share = np.ones(len(times))
    moment = rng.exponential(3.0)
    while moment < duration:
        length = rng.uniform(0.09, 0.16)
        open_share = np.minimum(open_share, np.clip((np.abs(times - moment) / length) * 1.4 - 0.4, 0, 1))
        moment += 0.4 + rng.exponential(3.0)
    return open_share


def paint_eyes(
    look: Look,
    lids: Float[np.ndarray, " B"],
    gaze: Float[np.ndarray, "B 2"],
    u: Float32[np.ndarray, " Q"],
    v: Float32[np.ndarray, " P"],
    light: Float32[np.ndarray, "P Q 3"],
) -> Float32[np.ndarray, "B P Q 4"]:
    """One eye at B instants; `u` and `v` are the places of columns and rows from its centre (points).

    Returns:
      Premultiplied RGB (0..255) and coverage (0..1).
    """
    x, y = u[None, None, :], v[None, :, None]
    lids = np.asarray(lids, np.float32)[:, None, None]
    arch = np.clip(1 - (x / HALF_WIDTH) ** 2, 0, 1)
    top, bottom = 1.2 - lids * 3.4 * arch**0.8, 1.2 * arch
    between = np.clip((HALF_WIDTH - np.abs(x)) / 0.8 + 0.5, 0, 1)
    white = np.clip(np.minimum(y - top, bottom - y) / 0.8 + 0.5, 0, 1) * between
    lash = 0.85 * np.exp(-0.5 * ((y - np.minimum(top, bottom)) / 0.55) ** 2) * between
    aim_x, aim_y = (gaze[:, k].astype(np.float32)[:, None, None] for k in (0, 1))
    from_aim = np.hypot(x - aim_x, y + 0.3 - aim_y)
    iris = np.clip((2.25 - from_aim) / 0.7 + 0.5, 0, 1)[..., None]
    pupil = np.clip((1.0 - from_aim) / 0.6 + 0.5, 0, 1)[..., None]
    spark = np.exp(-0.5 * (((x - aim_x - 0.8) / 0.5) ** 2 + ((y - aim_y + 1.1) / 0.5) ** 2))[..., None]
    ball = np.array([226, 221, 216], np.float32) * (1 - 0.25 * np.exp(-0.5 * ((y - top) / 0.8) ** 2))[..., None]
    ball = ball + (look.iris.astype(np.float32) - ball) * iris
    ball = ball * (1 - 0.9 * pupil) + 200 * spark
    colour = ball * light * (white * (1 - lash))[..., None] + (0.2 * look.hair).astype(np.float32) * lash[..., None]
    return np.concatenate([colour, (white + (1 - white) * lash)[..., None]], axis=3)
