"""Which picture and which sound of a file are meant, where it holds several (dubs, commentary, covers)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from av.stream import Disposition

from divas_jax.errors import UserError
from divas_jax.media.programmes import Programme, of_programme

ASIDE = re.compile(
    r"comment|descri(?:b|p)|narrat|visually|hearing.impaired|hard.of.hearing|\bsdh\b|\bad\b|karaoke|"
    r"music (?:and|&) effects|\bm ?& ?e\b|kommentar|h[öo]rfilm|audiodes[ck]ri|audio desc|malentendant",
    re.IGNORECASE,
)
"""Titles of sound tracks that are not what the picture says by itself."""

_ASIDES = (
    Disposition.comment
    | Disposition.descriptions
    | Disposition.visual_impaired
    | Disposition.hearing_impaired
    | Disposition.karaoke
    | Disposition.clean_effects
    | Disposition.non_diegetic
)

_STILLS = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
"""Marks of pictures that do not move."""

_HANDLERS = re.compile(
    r"(?:sound|audio|video)[ _]?(?:handler|media)|(?:iso|core) media .*|.*\b(?:sound|audio|video) (?:media )?handler",
    re.IGNORECASE,
)
"""What muxers write where a track has no name."""


EVERY = "all"
"""Named as a sound track, it means each."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a file that holds several; empty for what the file says itself.

    Attributes:
      track: of its sound: a number from 1, a language, or a part of its title; `EVERY` for all of them.
      picture: of its pictures: likewise.
      channel: of the sound: a number from 1, or a name as FFmpeg has it (FL, FC, …).
      program: of a transport stream: the number of its programme.
    """

    track: str = ""
    picture: str = ""
    channel: str = ""
    program: int | None = None

    @property
    def every_sound(self) -> bool:
        """Whether all sound tracks are wanted, each by itself."""
        return self.track.casefold() == EVERY


NOTHING = Wish()


def pictures_of(streams: Iterable[Any]) -> list[Any]:
    """The tracks of moving pictures: covers, thumbnails and stills are none."""
    return [stream for stream in streams if not (stream.disposition & _STILLS or stream.frames == 1)]


def picture_track(container: Any, name: str, wanted: str = "", programme: Programme | None = None) -> Any:
    """The picture that is meant: the one marked default, else the one that FFmpeg would play.

    Args:
      container: the open file.
      name: for messages.
      wanted: a number from 1, a language, or a part of its title; empty for none in particular.
      programme: of which it must be; None where there is no choice.

    Raises:
      UserError: there is none, or none as wanted.
    """
    streams = of_programme(container.streams.video, programme)
    pictures = pictures_of(streams) or [each for each in streams if not each.disposition & _STILLS]
    if not pictures:
        raise UserError(f"{name} has no picture stream")
    if wanted:
        return _wanted(pictures, wanted, name, "picture track")
    default = [stream for stream in pictures if stream.disposition & Disposition.default] or pictures
    best = container.streams.best("video", related=pictures[0] if programme else None)
    return best if best in default else default[0]


def sound_track(container: Any, name: str, wanted: str = "", programme: Programme | None = None) -> Any:
    """The sound that is meant: the one marked default, else the first that is no commentary or description.

    FFmpeg's own choice weighs bit rates, which are other ones in a copy whose sound was repaired. Arguments as
    `picture_track`.

    Raises:
      UserError: there is none, or none as wanted.
    """
    sounds = of_programme(container.streams.audio, programme)
    if not sounds:
        raise UserError(f"{name} has no sound stream")
    if wanted:
        return _wanted(sounds, wanted, name, "sound track")
    plain = [stream for stream in sounds if not is_aside(stream)]
    default = [stream for stream in sounds if stream.disposition & Disposition.default]
    both = [stream for stream in default if stream in plain]
    return (both or default or plain or sounds)[0]


def is_aside(stream: Any) -> bool:
    """Whether a sound is a commentary, a description, for the hard of hearing, or without its voices."""
    return bool(stream.disposition & _ASIDES) or bool(ASIDE.search(title_of(stream)))


def title_of(stream: Any) -> str:
    """What a track is called; empty where it has no name of its own."""
    title = stream.metadata.get("title") or stream.metadata.get("handler_name") or ""
    return "" if _HANDLERS.fullmatch(title.strip()) else title.strip()


def language_of(stream: Any) -> str:
    """The language that a track is marked with, for example "eng"; empty for none."""
    language = stream.metadata.get("language", "")
    return "" if language == "und" else language


def track_words(stream: Any, streams: Sequence[Any], what: str = "sound track") -> str:
    """A track as people call it: "sound track 2 of 3 (fra, Commentary)"."""
    known = ", ".join(filter(None, (language_of(stream), title_of(stream))))
    number = [each.index for each in streams].index(stream.index) + 1
    return f"{what} {number} of {len(streams)}" + (f" ({known})" if known else "")


def _wanted(streams: Sequence[Any], wanted: str, name: str, what: str) -> Any:
    if wanted.isdigit() and 1 <= int(wanted) <= len(streams):
        return streams[int(wanted) - 1]
    text = wanted.casefold()
    for matches in (
        lambda stream: language_of(stream).casefold() == text,
        lambda stream: text in title_of(stream).casefold(),
    ):
        if matching := [stream for stream in streams if matches(stream)]:
            return matching[0]
    there = "; ".join(track_words(stream, streams, what) for stream in streams)
    raise UserError(f"{name} has no {what} {wanted!r}; it has {there}")
