"""What is in two splits of a data set and should not be: speakers, media files, and sounds however encoded."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from divas_jax.preparing.sound_print import Landmarks, same_sounds
from divas_jax.preparing.staging import Staged


def find_leaks(clips: Sequence[Staged]) -> list[str]:
    """Each leak as a sentence with the names of what leaks; none where all is well.

    The same content is known by its very bytes, or by its sound: cut, resampled
    or encoded again. Pictures are not compared, so a dubbed copy is not found.
    """
    return [
        *_in_two_splits("speaker", clips, lambda clip: clip.record.speaker),
        *_in_two_splits("sound group", clips, lambda clip: clip.record.sound_group),
        *_in_two_splits("media file", clips, lambda clip: clip.digest),
        *_heard_twice(clips),
    ]


def some(names: Sequence[str]) -> str:
    """The first three of a list of names, each up to its colon."""
    return ", ".join(name.split(": ")[0] for name in names[:3]) + (", …" if len(names) > 3 else "")


def _in_two_splits(kind: str, clips: Sequence[Staged], key: Callable[[Staged], str]) -> Iterator[str]:
    splits: dict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        splits[key(clip)][clip.record.split] += 1
        names[key(clip)].append(clip.record.name)
    for value, counts in sorted(splits.items()):
        if value and len(counts) > 1:
            where = ", ".join(f"{split} ({count} clips)" for split, count in sorted(counts.items()))
            yield f"{kind} {some(names[value]) if kind == 'media file' else value} is in {where}"


def _heard_twice(clips: Sequence[Staged]) -> Iterator[str]:
    prints = [Landmarks.unpack(clip.sound_print) for clip in clips]
    for match in same_sounds(prints, [clip.record.split for clip in clips]):
        first, second = clips[match.first], clips[match.second]
        if first.digest != second.digest:
            both = " and ".join(f"{clip.record.name} in {clip.record.split}" for clip in (first, second))
            yield f"the same sound is in {both} ({match.landmarks} landmarks of it)"
