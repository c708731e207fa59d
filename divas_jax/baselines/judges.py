"""The competitors as `Baseline`s: from a clip to the costs of its windows."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from flax import nnx
from jaxtyping import Bool, Float, Int

from divas_jax.baselines.even_clip import EvenClip, even_clip
from divas_jax.baselines.inputs import InputKind, is_real, looks, stretches, window_count, windows
from divas_jax.baselines.protocol import Costs
from divas_jax.baselines.sparse_sync import CLASSES, SparseSync
from divas_jax.baselines.syncnet import SyncNet, distances
from divas_jax.baselines.vocalist import Vocalist
from divas_jax.clip import Clip

CLASS_STEPS = 5
"""Steps of 40 ms from one class of SparseSync to the next."""

Compute = Callable[..., Any]
"""Arrays with the same first axis to one array with that axis."""


class PairJudge:
    """A competitor that compares short windows: SyncNet, VocaLiST.

    Args:
      kind: what it is fed.
      embed_pictures: windows of pictures to what is kept of each.
      embed_sounds: stretches of sound likewise.
      cost: of pairs of the two; lower = better aligned.
      batch: windows computed at once; shapes are padded to it.
      pairs: likewise of pairs.
    """

    def __init__(
        self,
        kind: InputKind,
        embed_pictures: Compute,
        embed_sounds: Compute,
        cost: Compute,
        batch: int = 32,
        pairs: int = 256,
    ) -> None:
        self._kind, self._batch, self._pairs = kind, batch, pairs
        self._embed_pictures, self._embed_sounds, self._cost = embed_pictures, embed_sounds, cost
        self._last: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def costs(self, clip: Clip, offsets: Int[np.ndarray, " O"]) -> Costs:
        """See `Baseline.costs`: each encoder runs once a window, the cost once a pair."""
        even = even_clip(clip)
        starts = np.arange(window_count(even, self._kind))
        places = starts[:, None] - offsets
        exists = is_real(even, places, self._kind)
        cost = np.full(places.shape, np.inf, np.float32)
        if exists.any():
            rows, _ = np.nonzero(exists)
            needed, index = np.unique(places[exists], return_inverse=True)
            pictures, sounds = self._pictures(clip, even, starts), self._sounds(even, needed)
            cost[exists] = _batched(self._cost, [(pictures, rows), (sounds, index)], self._pairs)
        return Costs(cost, exists)

    def _pictures(self, clip: Clip, even: EvenClip, starts: Int[np.ndarray, " W"]) -> np.ndarray:
        """Embeddings of all windows; of a clip whose sound alone was moved they are those of the last one."""
        if self._last is None or self._last[0] is not clip.frames or self._last[1] is not clip.frame_pts:
            self._last = clip.frames, clip.frame_pts, self._embedded(even, starts)
        return self._last[2]

    def _embedded(self, even: EvenClip, starts: Int[np.ndarray, " W"]) -> np.ndarray:
        seen = looks(even, self._kind)
        parts = (starts[first : first + self._batch] for first in range(0, len(starts), self._batch))
        return np.concatenate(
            [_padded(self._embed_pictures, [windows(seen, part, self._kind.frames)], self._batch) for part in parts]
        )

    def _sounds(self, even: EvenClip, starts: Int[np.ndarray, " W"]) -> np.ndarray:
        heard = stretches(even, starts, self._kind)
        return _batched(self._embed_sounds, [(heard, np.arange(len(heard)))], self._batch)


def syncnet_judge(model: SyncNet, kind: InputKind) -> PairJudge:
    """SyncNet by the distance between its embeddings; the model stops learning."""
    embed_pictures, embed_sounds = _compiled(model, "embed_pictures", "embed_sounds")
    return PairJudge(kind, embed_pictures, embed_sounds, jax.jit(distances))


def vocalist_judge(model: Vocalist, kind: InputKind) -> PairJudge:
    """VocaLiST by minus its logit, a run of its Transformer for every pair (4.1); the model stops learning."""
    embed_pictures, embed_sounds, classify = _compiled(model, "embed_pictures", "embed_sounds", "classify")
    return PairJudge(kind, embed_pictures, embed_sounds, lambda pictures, sounds: -classify(pictures, sounds))


class ClassJudge:
    """SparseSync: its windows of 5 s, one after the other; the cost of an offset is that of the nearest class.

    Args:
      model: it stops learning.
      kind: what it is fed.
    """

    def __init__(self, model: SparseSync, kind: InputKind) -> None:
        (self._classify,) = _compiled(model, "__call__")
        self._kind = kind

    def costs(self, clip: Clip, offsets: Int[np.ndarray, " O"]) -> Costs:
        """See `Baseline.costs`; a window counts where picture and sound run through it, whatever the offset."""
        even = even_clip(clip)
        starts = _windows_apart(even, self._kind)
        logits = np.zeros((0, CLASSES), np.float32)
        if len(starts):
            seen = looks(even, self._kind)
            rows = [
                self._classify(windows(seen, start, self._kind.frames), stretches(even, start, self._kind))
                for start in starts[:, None]
            ]
            logits = np.concatenate(rows)
        classes = np.clip(np.round(offsets / CLASS_STEPS).astype(int) + CLASSES // 2, 0, CLASSES - 1)
        cost = -np.asarray(jax.nn.log_softmax(logits, axis=-1))[:, classes]
        return Costs(cost, np.ones(cost.shape, bool))


def _windows_apart(even: EvenClip, kind: InputKind) -> Int[np.ndarray, " W"]:
    """Starts of windows that do not overlap, from the first frame at which there is sound on."""
    starts = np.arange(window_count(even, kind))
    real: Bool[np.ndarray, " W"] = is_real(even, starts, kind)
    return starts[real][:: kind.frames]


def _compiled(model: nnx.Module, *names: str) -> list[Compute]:
    """The methods of a model as it is now, with the statistics it has gathered."""
    model.eval()
    definition, state = nnx.split(model)

    def method(name: str) -> Compute:
        run = jax.jit(lambda state, *inputs: getattr(nnx.merge(definition, state), name)(*inputs))
        return lambda *inputs: run(state, *inputs)

    return [method(name) for name in names]


def _batched(
    compute: Compute, inputs: Sequence[tuple[np.ndarray, Int[np.ndarray, " N"]]], batch: int
) -> Float[np.ndarray, "N ..."]:
    """A function of rows of arrays, `batch` rows at a time."""
    count = len(inputs[0][1])
    parts = ([array[index[first : first + batch]] for array, index in inputs] for first in range(0, count, batch))
    return np.concatenate([_padded(compute, part, batch) for part in parts])


def _padded(compute: Compute, inputs: Sequence[np.ndarray], batch: int) -> np.ndarray:
    """One shape for all batches, so that one function is compiled."""
    count = len(inputs[0])
    filled = [np.concatenate([rows, np.repeat(rows[:1], batch - count, axis=0)]) for rows in inputs]
    return np.asarray(compute(*filled))[:count]
