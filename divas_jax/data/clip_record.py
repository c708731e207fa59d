"""One stored clip: the bytes of a media file and what is known of it without decoding."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class ClipRecord:
    """An encoded clip, as data sets store it.

    Attributes:
      name: unique within its data set.
      media: bytes of the media file.
      fps: nominal frame rate (frames/s), as decoding reports it.
      n_frames: frames after decoding.
      constant_rate: False for a variable frame rate.
      sample_rate: Hz.
      duration: s, of the stretch where picture and sound both run.
      speaker: whoever is seen; empty if unknown.
      source: where it comes from (a data set, "talkers").
      split: "train", "val" or "test".
    """

    name: str
    media: bytes
    fps: Fraction
    n_frames: int
    constant_rate: bool
    sample_rate: int
    duration: float
    speaker: str = ""
    source: str = ""
    split: str = "train"


@runtime_checkable
class ClipSource(Protocol):
    """Random access to the records of one split (a `tfds.data_source`, a folder, a list)."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> ClipRecord: ...


class JoinedClips:
    """A `ClipSource`: the records of several, one source after the other."""

    def __init__(self, sources: Sequence[ClipSource]) -> None:
        self._sources = sources
        self._ends = list(accumulate(len(source) for source in sources))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, index: int) -> ClipRecord:
        number = bisect_right(self._ends, index)
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._sources[number][index - (self._ends[number - 1] if number else 0)]
