"""Talkers as encoded clips, so that they go the way of every real file."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from divas_jax.clip import Clip
from divas_jax.data.clip_record import ClipRecord
from divas_jax.errors import UserError
from divas_jax.media.decode import decode_clip
from divas_jax.media.encode import encode_clip
from divas_jax.talkers.talker import FRAME_RATES, SAMPLE_RATES, draw_rates, make_talker

SPLITS = ("train", "val", "test")

SPEAKER = "talker-"
"""What the names of talkers as speakers begin with; their seeds follow."""

MOST_CLIPS = 10**9
"""Clips that a split of one seed can have at most."""


def talker_seed(index: int, split: str, seed: int = 0) -> int:
    """Seed, and identity, of clip `index` of a split: no two (index, split, seed) share one.

    Raises:
      UserError: an unknown split, or an index or seed out of range.
    """
    if split not in SPLITS:
        raise UserError(f"split {split!r} of talkers is none of {', '.join(SPLITS)}")
    if not 0 <= index < MOST_CLIPS or seed < 0:
        raise UserError(f"talker {index} of seed {seed} is out of range")
    return (seed * len(SPLITS) + SPLITS.index(split)) * MOST_CLIPS + index


def talker_record(
    index: int,
    *,
    split: str,
    seed: int = 0,
    rates: Sequence[Fraction] = FRAME_RATES,
    sample_rates: Sequence[int] = SAMPLE_RATES,
    duration: Fraction = Fraction(4),
    size: int = 128,
    variable_share: float = 0.1,
    distractions: bool = True,
) -> ClipRecord:
    """Talker `index` of a split as a real mp4 (H.264 and AAC).

    Args:
      index: which talker of the split.
      split: "train", "val" or "test"; they share no person.
      seed: another seed gives other people.
      rates: frame rates (frames/s) to draw from.
      sample_rates: sample rates (Hz) to draw from.
      duration: s.
      size: pixels a side.
      variable_share: share of the clips with a variable frame rate.
      distractions: whether rooms, music, noise and other voices may be heard.

    Raises:
      UserError: an unknown split, or an argument out of range.
    """
    identity = talker_seed(index, split, seed)
    fps, sample_rate = draw_rates(identity, rates, sample_rates)
    variable = bool(np.random.default_rng([identity, 100]).random() < variable_share)
    clip = make_talker(
        identity, fps=fps, sample_rate=sample_rate, duration=duration, size=size,
        variable_rate=variable, distractions=distractions,
    )  # fmt: skip
    return _record(clip, identity, split)


def _record(clip: Clip, identity: int, split: str) -> ClipRecord:
    media = encode_clip(clip)
    if not clip.constant_rate:
        clip = decode_clip(media, name=clip.name)  # what its median rate is, is for the decoder to say
    both = min(clip.picture_end, clip.sound_end) - max(clip.picture_start, clip.sound_start)
    return ClipRecord(
        name=clip.name,
        media=media,
        fps=clip.fps,
        n_frames=len(clip.frames),
        constant_rate=clip.constant_rate,
        sample_rate=clip.sample_rate,
        duration=float(both),
        speaker=f"{SPEAKER}{identity}",
        source="talkers",
        split=split,
    )


@dataclass(frozen=True)
class TalkerSource:
    """Talkers of one split, made when asked for (see `talker_record`).

    Attributes:
      count: clips in the split.
      split: "train", "val" or "test".
      seed: another seed gives other people.
      rates: frame rates (frames/s) to draw from.
      sample_rates: sample rates (Hz) to draw from.
      duration: s.
      size: pixels a side.
      variable_share: share of the clips with a variable frame rate.
      distractions: whether rooms, music, noise and other voices may be heard.
    """

    count: int
    split: str
    seed: int = 0
    rates: Sequence[Fraction] = FRAME_RATES
    sample_rates: Sequence[int] = SAMPLE_RATES
    duration: Fraction = Fraction(4)
    size: int = 128
    variable_share: float = 0.1
    distractions: bool = True

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> ClipRecord:
        """Record `index`; an IndexError outside 0 … count - 1 ends a loop over the source."""
        if not 0 <= index < self.count:
            raise IndexError(f"talker {index} of {self.count}")
        return talker_record(
            index, split=self.split, seed=self.seed, rates=self.rates, sample_rates=self.sample_rates,
            duration=self.duration, size=self.size, variable_share=self.variable_share,
            distractions=self.distractions,
        )  # fmt: skip
