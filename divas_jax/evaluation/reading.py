"""Records to embedded clips, in groups: the next group is decoded while this one is embedded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from divas_jax.clip import Clip
from divas_jax.data.clip_record import ClipRecord, ClipSource, decode_record, facts_of
from divas_jax.errors import UserError
from divas_jax.judging.embedding import ClipEmbeddings, Embedder

GROUP = 16
"""Most clips that are embedded together."""

GROUP_FRAMES = 4096
"""Frames after which a group takes no further clip, so that memory stays bounded."""

Progress = Callable[[int, int], None]
"""Told, after each group, how many clips are done and how many picture windows they had, since the last call."""

Decode = Callable[[ClipRecord], Clip]

Change = Callable[[ClipRecord, Clip], Clip]
"""From a record and its clip to the clip that is judged instead; a UserError where that cannot be made."""


@dataclass(frozen=True)
class EmbeddedClip:
    """A record and what became of it.

    Attributes:
      record: without its media bytes.
      embeddings: None if the clip cannot be decoded.
      failure: why not.
    """

    record: ClipRecord
    embeddings: ClipEmbeddings | None
    failure: str = ""


class Selection:
    """A `ClipSource`: some records of another one."""

    def __init__(self, records: ClipSource, indices: Sequence[int]) -> None:
        self._records, self._indices = records, indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> ClipRecord:
        return self._records[self._indices[index]]

    def facts(self) -> list[ClipRecord]:
        """Every record without its media."""
        known = facts_of(self._records)
        return [known[index] for index in self._indices]


def chosen_evenly(records: ClipSource, count: int) -> ClipSource:
    """At most `count` records spread over the whole source; all of them for 0."""
    total = len(records)
    if not 0 < count < total:
        return records
    return Selection(records, [index * total // count for index in range(count)])


def within_rates(records: ClipSource, lowest: float, highest: float) -> ClipSource:
    """The records whose frame rate (frames/s) lies in [lowest, highest]; reads no media."""
    inside = [index for index, record in enumerate(facts_of(records)) if lowest <= float(record.fps) <= highest]
    return Selection(records, inside)


def embedded_groups(
    embedder: Embedder,
    records: ClipSource,
    reach_frames: int,
    progress: Progress | None = None,
    decode: Decode = decode_record,
    reach_seconds: Fraction = Fraction(0),
) -> Iterator[list[EmbeddedClip]]:
    """Every record, decoded once and embedded once. Arguments as `embedded_ways`."""
    as_it_is: Mapping[str, Change] = {"": lambda _, clip: clip}
    for ways in embedded_ways(embedder, records, as_it_is, reach_frames, progress, decode, reach_seconds):
        yield ways[""]


def embedded_ways(
    embedder: Embedder,
    records: ClipSource,
    ways: Mapping[str, Change],
    reach_frames: int,
    progress: Progress | None = None,
    decode: Decode = decode_record,
    reach_seconds: Fraction = Fraction(0),
) -> Iterator[dict[str, list[EmbeddedClip]]]:
    """Every record, decoded once, in several ways; pictures and sound that ways leave alone are embedded once.

    Args:
      embedder: the model.
      records: the clips.
      ways: what is done to each clip, by names. What is left alone must be the same arrays.
      reach_frames: how far each way beyond the picture sound will be needed (frames).
      progress: told after each group; a clip counts once in each way.
      decode: from a record to its clip.
      reach_seconds: the same as `reach_frames` in seconds; the wider of the two counts.

    Yields:
      A group of clips in every way.
    """
    groups = _groups(records)
    with ThreadPoolExecutor(1) as reader:
        ahead = reader.submit(_next_decoded, groups, decode)
        while group := ahead.result():
            ahead = reader.submit(_next_decoded, groups, decode)
            changed = [_changed(*decoded, change) for change in ways.values() for decoded in group]
            embedded = _embedded(embedder, changed, reach_frames, reach_seconds)
            yield {name: embedded[place * len(group) :][: len(group)] for place, name in enumerate(ways)}
            if progress:
                progress(len(changed), sum(len(clip.embeddings.pictures) for clip in embedded if clip.embeddings))


def _groups(records: ClipSource) -> Iterator[list[ClipRecord]]:
    group: list[ClipRecord] = []
    for index in range(len(records)):
        group.append(records[index])
        if len(group) == GROUP or sum(record.n_frames for record in group) >= GROUP_FRAMES:
            yield group
            group = []
    if group:
        yield group


def _next_decoded(groups: Iterator[list[ClipRecord]], decode: Decode) -> list[tuple[ClipRecord, Clip | str]]:
    return [_decoded(record, decode) for record in next(groups, [])]


def _changed(record: ClipRecord, clip: Clip | str, change: Change) -> tuple[ClipRecord, Clip | str]:
    try:
        return record, clip if isinstance(clip, str) else change(record, clip)
    except UserError as error:
        return record, str(error)


def _decoded(record: ClipRecord, decode: Decode) -> tuple[ClipRecord, Clip | str]:
    """The record without its bytes, and its clip or the reason why there is none."""
    try:
        clip: Clip | str = decode(record)
    except UserError as error:
        clip = str(error)
    return replace(record, media=b""), clip


def _embedded(
    embedder: Embedder, group: Sequence[tuple[ClipRecord, Clip | str]], reach_frames: int, reach_seconds: Fraction
) -> list[EmbeddedClip]:
    clips = [clip for _, clip in group if isinstance(clip, Clip)]
    frames = max([reach_frames, *(ceil(reach_seconds * clip.fps) for clip in clips)])
    embeddings = iter(embedder.embed(clips, frames) if clips else [])
    return [
        EmbeddedClip(record, next(embeddings)) if isinstance(clip, Clip) else EmbeddedClip(record, None, clip)
        for record, clip in group
    ]
