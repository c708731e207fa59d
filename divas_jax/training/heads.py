"""What encoders say beside the objective: lip shapes and log-mel energies, through linear heads (ours).

A picture encoder that has only the objective to learn from hardly comes to
know lips. The heads are of training alone: no export holds them.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from divas_jax.clip import SegmentBatch
from divas_jax.config import ModelConfig, TargetsConfig
from divas_jax.data.draws import SegmentDraw
from divas_jax.data.mel import BANDS, HOP
from divas_jax.data.resident import TargetRows
from divas_jax.rates import WINDOW_SECONDS, nearest

Heads = dict[str, dict[str, Array]]
"""`kernel` and `bias` by target: lips, mel."""

LIP_TIMES = 5
"""Pictures of a window of 0.2 s whose lips are predicted: the first, the last, and three between."""

START_SCALE = 0.1
"""Heads begin small: what they say at first is nearly nothing."""


class TargetError(NamedTuple):
    """One target in a batch: sums over windows, weighted; they merge by adding.

    Attributes:
      error: squared difference of the prediction from the truth.
      power: square of what is true: the error of saying nothing.
      windows: those for which it is known.
    """

    error: Float[Array, ""]
    power: Float[Array, ""]
    windows: Float[Array, ""]


class Targets(NamedTuple):
    """What is true of the windows of a batch, standardised, and where it is known.

    Attributes:
      lips: shapes at `lip_times` times.
      lips_known: for which windows.
      mel: log-mel energies at the times `heard_rows`.
      mel_known: for which windows.
    """

    lips: Float[Array, "B W L"]
    lips_known: Bool[Array, "B W"]
    mel: Float[Array, "B W M"]
    mel_known: Bool[Array, "B W"]


def lip_times(model: ModelConfig) -> int:
    """Pictures of a window whose lips are predicted, evenly from the first to the last: `LIP_TIMES` in 0.2 s."""
    return max(2, nearest(LIP_TIMES * model.window / WINDOW_SECONDS))


def heard_rows(model: ModelConfig) -> range:
    """Rows of log-mel energies of a window that are predicted, counted from its start: every second one."""
    return range(1, int(model.window / HOP), 2)


def initial_heads(model: ModelConfig, targets: TargetsConfig, key: Array) -> Heads | None:
    """Fresh heads for the targets that are asked for; None for none."""
    widths = {"lips": lip_times(model) * len(targets.lip_weights), "mel": len(heard_rows(model)) * BANDS}
    asked = {name: widths[name] for name in ("lips", "mel") if getattr(targets, name) > 0}
    if not asked:
        return None
    dim = model.embedding
    keys = jax.random.split(key, len(asked))
    return {
        name: {
            "kernel": START_SCALE * dim**-0.5 * jax.random.normal(head_key, (dim, width)),
            "bias": jnp.zeros(width),
        }
        for head_key, (name, width) in zip(keys, asked.items(), strict=True)
    }


def targets_of(model: ModelConfig, rows: TargetRows, sampled: SegmentDraw, batch: SegmentBatch) -> Targets:
    """What is true of each window that `sampled` describes.

    Args:
      model: how long its windows are.
      rows: of all kept clips, on the device.
      sampled: which frames and samples of them the batch shows and plays.
      batch: their windows.
    """
    shown, pictures = sampled.pictures, batch.pictures
    step = jnp.round(jnp.linspace(0, 1, lip_times(model)) * (pictures.length[:, None, None] - 1)).astype(int)
    frame = shown.first[:, None, None] + shown.stride[:, None, None] * (pictures.start[..., None] + step)
    frame = jnp.clip(frame, 0, len(rows.lips) - 1)
    lips = (rows.lips[frame, shown.flip[:, None, None].astype(int)] - rows.lips_mean) / rows.lips_spread
    heard, sounds = sampled.sounds, batch.sounds
    moved = heard.mel_part[:, None] + sounds.start / (HOP * sounds.sample_rate[:, None])
    row = (heard.mel[:, None] + jnp.round(moved).astype(int))[..., None] + jnp.asarray(heard_rows(model))
    mel = rows.mels[jnp.clip(row, 0, max(len(rows.mels) - 1, 0))] if len(rows.mels) else jnp.zeros((*row.shape, BANDS))
    return Targets(_flat(lips), rows.seen[frame].all(-1) & pictures.window_mask, _flat(mel), sounds.window_mask)


def target_losses(
    targets: TargetsConfig, heads: Heads, pictures: Float[Array, "B W D"], sounds: Float[Array, "B W D"], true: Targets
) -> tuple[Float[Array, ""], dict[str, TargetError]]:
    """The loss of the heads, by the weights of `targets`, and each target's own sums."""
    shape = jnp.asarray(targets.lip_weights, jnp.float32)
    weights = jnp.tile(shape, true.lips.shape[-1] // len(shape)) if len(shape) else shape
    errors = {}
    if "lips" in heads:
        errors["lips"] = _target_error(heads["lips"], pictures, true.lips, true.lips_known, weights / weights.mean())
    if "mel" in heads:
        errors["mel"] = _target_error(heads["mel"], sounds, true.mel, true.mel_known, 1.0)
    loss = sum(
        getattr(targets, name) * target.error / jnp.maximum(target.windows, 1.0) for name, target in errors.items()
    )
    return jnp.asarray(loss), errors


def _flat(values: Float[Array, "B W T K"]) -> Float[Array, "B W L"]:
    """All numbers of a window in one row."""
    return values.astype(jnp.float32).reshape(*values.shape[:2], -1)


def _target_error(head: dict[str, Any], embedded: Array, true: Array, known: Array, weights: Any) -> TargetError:
    difference = embedded @ head["kernel"] + head["bias"] - true
    of = lambda square: (jnp.where(known, (weights * square).mean(-1), 0.0)).sum()  # noqa: E731
    return TargetError(of(difference**2), of(true**2), known.sum().astype(jnp.float32))
