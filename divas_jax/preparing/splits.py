"""Dividing clips into splits: by speaker or source, never by clip; clips that share a sound stay together."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

SPLITS = ("train", "val", "test")


@runtime_checkable
class Divisible(Protocol):
    """A clip, as a frozen dataclass, that is to be given a split.

    Attributes:
      name: unique.
      speaker: whoever is seen; empty if unknown.
      split: empty until one is chosen.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str: ...  # noqa: D102 (told above)

    @property
    def speaker(self) -> str: ...  # noqa: D102

    @property
    def split(self) -> str: ...  # noqa: D102


Clips = TypeVar("Clips", bound=Divisible)


def divided(clips: Sequence[Clips], val_share: float, test_share: float) -> Iterator[Clips]:
    """Gives a split to the clips that have none, by speaker; a clip without a known speaker goes by its own name.

    Speakers who are heard with one and the same sound (`sound_group`) count as one.
    The speakers whose hashes come first are held out: at least one for
    validation where there are two, and one for testing where there are three.

    Args:
      clips: some may have a split already.
      val_share: share of the speakers for validation; 0 holds nobody out.
      test_share: likewise for testing.
    """
    undecided = [clip for clip in clips if not clip.split]
    voice_of = dict(zip((clip.name for clip in undecided), _voices(undecided), strict=True))
    voices = sorted(set(voice_of.values()), key=_hash)
    n_val = min(max(round(val_share * len(voices)), 1 if val_share else 0), len(voices) - 1)
    n_test = min(max(round(test_share * len(voices)), 1 if test_share else 0), len(voices) - n_val - 1)
    splits = dict.fromkeys(voices, "train") | dict.fromkeys(voices[:n_val], "val")
    splits |= dict.fromkeys(voices[n_val : n_val + max(n_test, 0)], "test")
    for clip in clips:
        yield clip if clip.split else replace(clip, split=splits[voice_of[clip.name]])


def capped(clips: Iterable[Clips], most: Mapping[str, int]) -> tuple[Clips, ...]:
    """At most `most[split]` clips of each split that it names, an arbitrary but fixed choice; by name."""
    taken: dict[str, int] = defaultdict(int)
    chosen = []
    for clip in sorted(clips, key=lambda clip: _hash(clip.name)):
        taken[clip.split] += 1
        if clip.split not in most or taken[clip.split] <= most[clip.split]:
            chosen.append(clip)
    return tuple(sorted(chosen, key=lambda clip: clip.name))


def _voices(clips: Sequence[Divisible]) -> list[str]:
    """Who is heard in each clip: its speaker (or its own name), the same for all that sounds join to one another."""
    joined: dict[str, str] = {}

    def first(name: str) -> str:
        while joined.get(name, name) != name:
            name = joined[name]
        return name

    heard: dict[str, str] = {}
    for clip in clips:
        speaker, sound = clip.speaker or clip.name, getattr(clip, "sound_group", "")
        if sound:
            first_name, second_name = sorted((first(speaker), first(heard.setdefault(sound, speaker))))
            joined[second_name] = first_name
    return [first(clip.speaker or clip.name) for clip in clips]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
