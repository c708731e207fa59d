"""Where a model looks and listens in a clip: the attention of its learnable tokens (5.5)."""

import functools
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float, Float32

from divas_jax.clip import Clip, PictureBatch, Rung, SoundBatch, stack_rows
from divas_jax.config import ModelConfig
from divas_jax.data.ladder import rung_for_any
from divas_jax.data.windows import picture_chunks, sound_chunks
from divas_jax.errors import UserError
from divas_jax.judging.embedding import Embedder
from divas_jax.judging.sound_grid import sound_grid
from divas_jax.model.parameters import attend_pictures, attend_sounds
from divas_jax.model.shapes import Parameters
from divas_jax.rates import SOUND_PATCH

MOST_BYTES = 1 << 28
"""What the attention of all tokens to all tokens may take in memory (bytes); at least one window runs at a time."""


@dataclass(frozen=True)
class ClipAttention:
    """How much a model attends to each place of a clip; 1 is what each would get if all got the same.

    Every value is the mean over the windows that hold the place; NaN where no window does.

    Attributes:
      pictures: of each frame, by rows and columns of patches.
      sounds: of each `SOUND_PATCH` samples, from the clip's first sample on.
    """

    pictures: Float32[np.ndarray, "T R C"]
    sounds: Float32[np.ndarray, " P"]

    @property
    def centre(self) -> tuple[float, float]:
        """Where the pictures' attention is highest over the whole clip: across and down, in sides of what is seen.

        The centre of mass of the highest patch and those around it, of what they have above an even share.
        """
        mean: np.ndarray = np.asarray(np.nanmean(self.pictures, axis=0, dtype=np.float64))
        row, column = np.unravel_index(int(mean.argmax()), mean.shape)
        rows, columns = (slice(max(0, int(place) - 1), int(place) + 2) for place in (row, column))
        mass = np.maximum(mean[rows, columns] - 1, 0)
        mass[row - rows.start, column - columns.start] += 1e-6  # attention may be even
        down = np.average(np.arange(len(mass)), weights=mass.sum(axis=1)) + rows.start + 0.5
        across = np.average(np.arange(mass.shape[1]), weights=mass.sum(axis=0)) + columns.start + 0.5
        return float(across / mean.shape[1]), float(down / mean.shape[0])


def attend(embedder: Embedder, clip: Clip) -> ClipAttention:
    """The attention of a model in one clip.

    Sound windows start when picture windows do; what sounds before or after the picture is in none.

    Raises:
      UserError: the clip is shorter than one window.
    """
    index, rungs = rung_for_any(clip.fps, clip.sample_rate, embedder.rungs, embedder.config.model.window)
    attention = ClipAttention(_pictures(embedder, clip, rungs[index]), _sounds(embedder, clip, rungs[index]))
    if np.isnan(attention.pictures).all() or np.isnan(attention.sounds).all():
        seconds = embedder.config.model.seconds
        raise UserError(f"{clip.name} holds no window of {seconds:g} s of picture and sound: no attention can be drawn")
    return attention


def _pictures(embedder: Embedder, clip: Clip, rung: Rung) -> Float32[np.ndarray, "T R C"]:
    model = embedder.config.model
    side = model.size // model.patch
    total, count = np.zeros((len(clip.frames), side * side)), np.zeros(len(clip.frames), np.int32)
    windows = _windows_at_once(embedder, rung.frames * side * side)
    for number, row in enumerate(picture_chunks(clip, embedder.config.view, model.size, windows=windows, rung=rung)):
        attention = np.asarray(_look(model, embedder.parameters, stack_rows([row]), rung.frames))[0]
        for window in np.flatnonzero(row.window_mask):
            shown = int(attention[window].any(axis=1).sum())  # the first ones; at variable rates maybe not all
            first = number * windows + int(row.start[window])
            total[first : first + shown] += attention[window, :shown] * (shown * side * side)
            count[first : first + shown] += 1
    return _mean(total, count).reshape(-1, side, side)


def _sounds(embedder: Embedder, clip: Clip, rung: Rung) -> Float32[np.ndarray, " P"]:
    patches = -(-len(clip.samples) // SOUND_PATCH)
    total, count = np.zeros(patches + 1), np.zeros(patches + 1, np.int32)
    windows = _windows_at_once(embedder, rung.patches)
    times = sound_grid(clip, rung.window, 0, 1).times
    for number, row in enumerate(sound_chunks(clip, times, windows=windows, rung=rung)):
        attention = np.asarray(_listen(embedder.config.model, embedder.parameters, stack_rows([row]), rung.patches))[0]
        length = int(row.length)
        for window in np.flatnonzero(row.window_mask):
            # A window starts at any sample, so each of its patches lies in two of the clip's.
            place, into = divmod(clip.sample_at(times[number * windows + int(window)]), SOUND_PATCH)
            for first, samples in ((place, SOUND_PATCH - into), (place + 1, into)):
                total[first : first + length] += attention[window, :length] * (length * samples)
                count[first : first + length] += samples
    return _mean(total, count)[:patches]


def _windows_at_once(embedder: Embedder, tokens: int) -> int:
    """Windows in one row, so that every layer's attention fits into `MOST_BYTES`."""
    model = embedder.config.model
    window_bytes = 4 * (tokens + 1) ** 2 * (2 * model.heads + model.layers)
    return max(1, min(embedder.config.evaluate.windows, MOST_BYTES // window_bytes))


def _mean(total: Float[np.ndarray, " *places"], count: np.ndarray) -> Float32[np.ndarray, " *places"]:
    """Total / count; NaN where there is none."""
    count = count.reshape(-1, *[1] * (total.ndim - 1))
    with np.errstate(invalid="ignore"):
        return (total / count).astype(np.float32)


@functools.partial(jax.jit, static_argnums=(0, 3))
def _look(config: ModelConfig, parameters: Parameters, batch: PictureBatch, length: int) -> jax.Array:
    return attend_pictures(config, parameters, batch, length)[1]


@functools.partial(jax.jit, static_argnums=(0, 3))
def _listen(config: ModelConfig, parameters: Parameters, batch: SoundBatch, length: int) -> jax.Array:
    return attend_sounds(config, parameters, batch, length)[1]
