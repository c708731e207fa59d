"""What the competitors learn from: windows of clips with sound that belongs to them and sound that does not."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int, Int32

from divas_jax.baselines.even_clip import EvenClip, even_clip
from divas_jax.baselines.inputs import InputKind, is_real, looks, stretches, window_count, windows
from divas_jax.baselines.judges import CLASS_STEPS
from divas_jax.baselines.sparse_sync import CLASSES
from divas_jax.clip import Clip

FARTHEST = 15
"""Frames by which the sound of a false pair is away at most, as far as offsets are searched (5.1)."""


class Examples(NamedTuple):
    """A batch for a competitor.

    Attributes:
      pictures: windows, in [0, 1].
      sounds: spectra.
      labels: 1 or 0 for a true or a false pair; a class of offset for SparseSync.
    """

    pictures: Float32[np.ndarray, "B T H W C"]
    sounds: Float32[np.ndarray, "B rows columns"]
    labels: Int32[np.ndarray, " B"]


MOST_BYTES = 1 << 31
"""Bytes of converted clips that stay in memory, about; what was used longest ago goes first."""

ROWS_EACH = 8
"""Windows that one clip gives in a row: a clip is decoded for several of them."""


@runtime_checkable
class Clips(Protocol):
    """Clips by number: a list of them, or what decodes them when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Clip: ...


class ExampleSource:
    """Clips, converted when they are first needed; batches are a function of (seed, step) alone.

    Args:
      clips: in sync; they may be decoded as they are asked for.
      kind: what the competitor is fed.
    """

    def __init__(self, clips: Clips, kind: InputKind) -> None:
        self._clips, self._kind, self._count = clips, kind, len(clips)
        size = self._converted(0)
        fitting = MOST_BYTES // (size.frames.nbytes + size.samples.nbytes)
        self._clip = lru_cache(max(ROWS_EACH, fitting))(self._converted)

    def _converted(self, index: int) -> EvenClip:
        """A clip whose frames are as the competitor sees them."""
        even = even_clip(self._clips[index])
        return replace(even, frames=looks(even, self._kind))

    def pairs(self, seed: int, step: int, size: int) -> Examples:
        """Half true pairs, half false ones out of the same clip (sections 2.2 of both papers).

        Raises:
          ValueError: no clip has real sound for a false pair.
        """
        return self._batch(seed, step, size, [(1, np.zeros(1, np.int64)), (0, _AWAY)])

    def classes(self, seed: int, step: int, size: int) -> Examples:
        """Every class of offset as often as the clips allow (section 4 of SparseSync's paper).

        Raises:
          ValueError: no clip is long enough for an offset of any class.
        """
        return self._batch(
            seed, step, size, [(number, np.asarray([_class_shift(number)])) for number in range(CLASSES)]
        )

    def _batch(self, seed: int, step: int, size: int, wanted: Sequence[tuple[int, np.ndarray]]) -> Examples:
        random = np.random.default_rng([seed, step])
        chosen = random.integers(self._count, size=-(-size // ROWS_EACH))
        rows = [self._row(random, wanted, number, int(chosen[number // ROWS_EACH])) for number in range(size)]
        pictures, sounds, labels = zip(*rows, strict=True)
        return Examples(np.concatenate(pictures), np.concatenate(sounds), np.asarray(labels, np.int32))

    def _row(
        self, random: np.random.Generator, wanted: Sequence[tuple[int, np.ndarray]], number: int, index: int
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Labels take turns; what a clip is too short for is drawn again, at last of another clip and label."""
        for attempt in range(_ATTEMPTS):
            turn = number if attempt < _ATTEMPTS // 2 else int(random.integers(len(wanted)))
            label, shifts = wanted[turn % len(wanted)]
            clip = self._clip(index)
            shift = int(random.choice(shifts))
            start = self._start(random, clip, shift)
            if start is not None:
                place = np.asarray([start])
                pictures = windows(clip.frames, place, self._kind.frames)
                return pictures, stretches(clip, place - shift, self._kind), label
            index = int(random.integers(self._count)) if attempt >= _ATTEMPTS_OF_CLIP else index
        raise ValueError("no clip is long enough for a window with sound from elsewhere in it")

    def _start(self, random: np.random.Generator, even: EvenClip, shift: int) -> int | None:
        """The first frame of a window that has real sound `shift` frames earlier."""
        starts = np.arange(window_count(even, self._kind))
        possible: Int[np.ndarray, " N"] = starts[is_real(even, starts - shift, self._kind)]
        return int(random.choice(possible)) if len(possible) else None


_ATTEMPTS, _ATTEMPTS_OF_CLIP = 100, 5
_AWAY = np.asarray([shift for shift in range(-FARTHEST, FARTHEST + 1) if shift])


def _class_shift(label: int) -> int:
    """Frames by which the sound of a class is early."""
    return (label - CLASSES // 2) * CLASS_STEPS
