"""One stored clip: the bytes of a media file and what is known of it without decoding."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple, Protocol, runtime_checkable
from zlib import crc32

import numpy as np
from jaxtyping import Bool, Float32, Int8

from divas_jax.clip import Clip
from divas_jax.media.decode import decode_clip, decode_sound


class LipShapes(NamedTuple):
    """What the lips of a clip look like, as somebody has measured it.

    Attributes:
      shapes: K numbers for each frame, of the picture and of the mirrored picture.
      seen: in which frames a face was found.
    """

    shapes: Int8[np.ndarray, "T 2 K"]
    seen: Bool[np.ndarray, " T"]


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
      sound_late: s by which the file's sound comes after its picture (negative: before); decoding a record moves
        it back, so that its clip is in sync.
      sound_group: clips of one group share a sound; each clip is a group of its own where it is empty.
      lips: the shape of its lips, where the data set knows it.
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
    sound_late: Fraction = Fraction(0)
    sound_group: str = ""
    lips: LipShapes | None = field(default=None, repr=False, compare=False)

    @property
    def voice(self) -> str:
        """What tells its sound from others: the group, else its own name."""
        return f"group {self.sound_group}" if self.sound_group else f"clip {self.name}"


@runtime_checkable
class ClipSource(Protocol):
    """Random access to the records of one split (a `tfds.data_source`, a folder, a list)."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> ClipRecord: ...


def facts_of(source: ClipSource) -> list[ClipRecord]:
    """Every record of a source, in its order, with `media` left empty."""
    known = getattr(source, "facts", None)
    return known() if known else [without_media(source[index]) for index in range(len(source))]


def without_media(record: ClipRecord) -> ClipRecord:
    """The same record, a plain `ClipRecord` without the bytes of its media file."""
    facts = {key: value for key, value in vars(record).items() if key in ClipRecord.__dataclass_fields__}
    return replace(ClipRecord(**facts), media=b"")


def voice_number(record: ClipRecord) -> np.int32:
    """`ClipRecord.voice` as a number; two voices get the same one once in four thousand million times."""
    return np.int32(crc32(record.voice.encode()) - (1 << 31))


def decode_record(record: ClipRecord, max_frames: int | None = None) -> Clip:
    """The clip of a record, in sync as far as the record knows: only its sound's place on the timeline is moved.

    Args:
      record: with its media bytes.
      max_frames: reads only so many frames, and the sound until 1 s after them.

    Raises:
      UserError: its media cannot be read.
    """
    return decode_clip(record.media, name=record.name, max_frames=max_frames).shifted(record.sound_late)


def record_sound(record: ClipRecord) -> Float32[np.ndarray, " S"]:
    """The samples of a record's clip alone; its pictures are not decoded.

    Raises:
      UserError: its media cannot be read.
    """
    return decode_sound(record.media, name=record.name)[0]


def joined(sets: Mapping[str, "ClipSource"]) -> "JoinedClips":
    """The records of all sets as one source; the names of several sets come before those of their clips."""
    return JoinedClips(list(sets.values()), list(sets) if len(sets) > 1 else ())


class JoinedClips:
    """A `ClipSource`: the records of several, one source after the other.

    Args:
      sources: where they are.
      names: of the sources; they come before the names of the clips, which are then unique.
    """

    def __init__(self, sources: Sequence[ClipSource], names: Sequence[str] = ()) -> None:
        self._sources, self._names = sources, names
        self._ends = list(accumulate(len(source) for source in sources))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, index: int) -> ClipRecord:
        number = bisect_right(self._ends, index)
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._named(number, self._sources[number][index - (self._ends[number - 1] if number else 0)])

    def facts(self) -> list[ClipRecord]:
        """Every record without its media."""
        return [
            self._named(number, record) for number, source in enumerate(self._sources) for record in facts_of(source)
        ]

    def _named(self, number: int, record: ClipRecord) -> ClipRecord:
        return replace(record, name=f"{self._names[number]}/{record.name}") if self._names else record
