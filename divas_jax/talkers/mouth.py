"""The mouth at many instants at once: lips, teeth, tongue and the dark behind them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from divas_jax.talkers.articulation import Tracks
from divas_jax.talkers.portrait import Look

GAPE = 6.5
"""Distance (points) of the lips at an opening of 1."""

JAW_SHARE = 0.62
"""Share of the opening by which the chin drops."""

PATCH = (46.0, 50.0, 82.0, 85.0)
"""Draw of the head (left, top, right, bottom; points) that the mouth can reach."""


class _Contours(NamedTuple):
    """Edges of the lips below the mouth's centre (points), for B frames and Q columns."""

    upper_out: Float32[np.ndarray, "B 1 Q"]
    upper_in: Float32[np.ndarray, "B 1 Q"]
    lower_in: Float32[np.ndarray, "B 1 Q"]
    lower_out: Float32[np.ndarray, "B 1 Q"]
    along: Float32[np.ndarray, "B 1 Q"]
    between: Float32[np.ndarray, "B 1 Q"]


def jaw_drop(opening: Float32[np.ndarray, " B"]) -> Float32[np.ndarray, " B"]:
    """How far the chin sinks (points)."""
    return (JAW_SHARE * GAPE * opening).astype(np.float32)


def _contours(look: Look, tracks: Tracks, u: Float32[np.ndarray, " Q"]) -> _Contours:
    def column(values: np.ndarray) -> np.ndarray:
        return np.asarray(values, np.float32)[:, None, None]

    gape = column(GAPE * tracks.opening)
    wide = column(look.mouth_width / 2 * (0.86 + 0.28 * tracks.width - 0.36 * tracks.rounding))
    plump = column(1 + 0.30 * tracks.rounding - 0.12 * tracks.width) - 0.02 * gape
    along = u[None, None, :] / wide
    bow = np.sqrt(np.clip(1 - along**2, 0, 1))
    slit = np.clip(1 - (along / 0.90) ** 2, 0, 1) ** 0.75 * (1 + look.skew * along)
    bend = np.float32(look.smile) * (0.3 - along**2)
    cupid = 1 - 0.28 * np.exp(-0.5 * (u[None, None, :] / 1.5) ** 2)
    upper_in = bend - 0.28 * gape * slit
    lower_in = bend + 0.72 * gape * slit
    upper_out = upper_in - np.float32(look.lip_upper) * plump * bow * cupid
    lower_out = lower_in + np.float32(look.lip_lower) * plump * bow
    between = np.clip((wide - np.abs(u)[None, None, :]) / 0.9 + 0.5, 0, 1)
    return _Contours(upper_out, upper_in, lower_in, lower_out, along, between)


def paint_mouths(
    look: Look,
    tracks: Tracks,
    u: Float32[np.ndarray, " Q"],
    v: Float32[np.ndarray, " P"],
    light: Float32[np.ndarray, "P Q 3"],
) -> Float32[np.ndarray, "B P Q 4"]:
    """Mouths for the B instants of `tracks`, to be laid over the skin.

    Args:
      look: whose mouth.
      tracks: articulation at the B instants.
      u: places of the columns right of the mouth's centre (points).
      v: places of the rows below it (points).
      light: light on the patch.

    Returns:
      Premultiplied RGB (0..255) and coverage (0..1).
    """
    edges = _contours(look, tracks, u.astype(np.float32))
    rows = v.astype(np.float32)[None, :, None]
    soft = np.float32(0.8)
    lips = np.clip(np.minimum(rows - edges.upper_out, edges.lower_out - rows) / soft + 0.5, 0, 1) * edges.between
    cavity = np.clip(np.minimum(rows - edges.upper_in, edges.lower_in - rows) / soft + 0.15, 0, 1) * edges.between
    shade = _lip_shade(edges, rows, tracks)
    shadow = 0.17 * np.exp(-0.5 * ((rows - edges.lower_out - 1.6) / 1.2) ** 2) * np.clip(1 - edges.along**2, 0, 1)
    coverage = lips + (1 - lips) * shadow
    grey_mouth = (lips * (1 - cavity) * shade)[..., None]
    colour = grey_mouth * look.lips.astype(np.float32) + _cavity(look, tracks, edges, rows) * (lips * cavity)[..., None]
    return np.concatenate([colour * light, coverage[..., None]], axis=3)


def _lip_shade(edges: _Contours, rows: Float32[np.ndarray, "1 P 1"], tracks: Tracks) -> Float32[np.ndarray, "B P Q"]:
    """Upper lip darker, a shine on the lower one (more when protruded), a dark line where they meet."""
    middle = 0.5 * (edges.upper_in + edges.lower_in)
    shine = np.exp(-0.5 * ((rows - 0.55 * edges.lower_in - 0.45 * edges.lower_out) / 0.7) ** 2)
    shine = shine * np.clip(1 - edges.along**2, 0, 1)
    gloss = (0.22 + 0.12 * np.clip(tracks.rounding, 0, 1)).astype(np.float32)[:, None, None]
    line = np.exp(-0.5 * ((rows - middle) / 0.5) ** 2)
    return np.where(rows < middle, np.float32(0.86), np.float32(1.0)) + gloss * shine - 0.45 * line


def _cavity(
    look: Look, tracks: Tracks, edges: _Contours, rows: Float32[np.ndarray, "1 P 1"]
) -> Float32[np.ndarray, "B P Q 3"]:
    """Teeth at the upper and lower edge, the tongue between, all fading into the dark at the corners."""
    teeth, tongue, opening = (
        np.asarray(t, np.float32)[:, None, None] for t in (tracks.teeth, tracks.tongue, tracks.opening)
    )
    round_off = np.clip(1 - (edges.along / 0.95) ** 2, 0, 1)
    upper = np.clip((edges.upper_in + 0.7 + 1.7 * teeth - rows) / 0.8 + 0.5, 0, 1) * (0.45 + 0.55 * teeth)
    lower = np.clip((rows - edges.lower_in + 0.2 + 1.3 * teeth) / 0.8 + 0.5, 0, 1) * np.clip(teeth, 0, 1) * 0.8
    ivory = np.maximum(upper, lower) * round_off
    height = edges.lower_in - 0.6 - (0.25 + 0.6 * tongue) * 0.8 * np.float32(GAPE) * opening
    flesh = np.clip((rows - height) / 1.5 + 0.5, 0, 1) * round_off * (0.35 + 0.4 * tongue) * (1 - ivory)
    dark = 1 - np.maximum(ivory, flesh)
    return (
        ivory[..., None] * np.array([225, 215, 198], np.float32)
        + flesh[..., None] * np.array([168, 78, 78], np.float32)
        + dark[..., None] * (np.array([34, 10, 12], np.float32) + 0.04 * look.skin.astype(np.float32))
    )
