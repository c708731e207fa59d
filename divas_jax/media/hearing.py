"""Which track and which channels of a file's sound are heard: those with the voice, not a mean that drowns it.

A few pieces of the sound are decoded. Of one channel nothing is to be chosen; silent ones are left out; a centre
channel is where films put their dialogue; channels of opposite phase would cancel each other. Where somebody can
tell speech from other sound, channels and unnamed mono tracks without any give way to those with it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from jaxtyping import Float32

from divas_jax.errors import UserError
from divas_jax.media.channel_choice import ENOUGH, Probe, Voiced, chosen_channels
from divas_jax.media.container import Media, open_media
from divas_jax.media.programmes import programme_words
from divas_jax.media.sound import all_channels, layout_of, mono
from divas_jax.media.tracks import NOTHING, Wish, is_aside, language_of, title_of, track_words

PLACES, PIECE_S = 6, 10.0
"""So many pieces of so many seconds are listened to, spread over the file; all of a file that is not longer."""

MOST_ALIKE = 64
"""Where there are more mono tracks or channels than this, none is listened to: nobody records so many."""


@dataclass(frozen=True)
class Hearing:
    """What is heard of a file.

    Attributes:
      index: of the stream in the file.
      weights: of its channels; empty for their mean.
      words: which programme, track and channels these are, as people say it; empty where there is no choice.
      alike: indices of the streams that are channels of one sound: mono tracks that nothing tells apart.
      unheard: numbers (from 1) of the file's other sounds, the one to try next first; empty where each is heard.
    """

    index: int
    weights: tuple[float, ...] = ()
    words: str = ""
    alike: tuple[int, ...] = ()
    unheard: tuple[int, ...] = ()

    def mix(self, frame: av.AudioFrame) -> Float32[np.ndarray, " S"]:
        """A frame's samples, in one channel."""
        if len(self.weights) != frame.layout.nb_channels:
            return mono(frame)
        return (all_channels(frame) @ np.asarray(self.weights, np.float32)).astype(np.float32)


@contextmanager
def open_heard(
    source: str | Path | bytes,
    hearing: Hearing | None,
    name: str | None = None,
    wish: Wish = NOTHING,
    begins: Fraction | None = None,
) -> Iterator[Media]:
    """As `open_media`, with the track and the channels that are to be heard; None for what the file says.

    With `begins` (s) frames are read from about there on.

    Raises:
      UserError: as `open_media`, or the track cannot be decoded.
    """
    with open_media(source, name, wish) as media:
        if hearing is None:
            yield media
            return
        mix = hearing.mix if hearing.weights else None
        yield replace(media.with_sound(hearing.index), mix=mix, begins=begins)


def hearing_of(source: str | Path | bytes, wish: Wish = NOTHING, voiced: Voiced | None = None) -> Hearing:
    """What is to be heard of a file.

    Args:
      source: path of a media file, or its bytes.
      wish: a track or a channel that is wanted.
      voiced: tells speech from other sound.

    Raises:
      UserError: the file cannot be read, or has no such track or channel.
    """
    with open_media(source, wish=wish) as media:
        streams, meant = media.sounds, media.sound.index
        tracks = {stream.index: track_words(stream, streams) for stream in streams}
        alike = [meant] if wish.track else _unnamed_monos(streams, meant)
        channels = media.sound.codec_context.channels
        shown = programme_words(media.programme, media.programmes)
        unheard = _unheard(streams, meant, alike)
    words = _listed(shown, tracks[meant] if len(tracks) > 1 else "")
    if len(alike) > 1 and voiced is not None:
        index = _with_speech(source, alike, meant, voiced)
        other = "" if index == meant else ", the first in which somebody speaks"
        return Hearing(index, (), _listed(shown, tracks[index] + other), tuple(alike), unheard)
    if channels <= 1 and not wish.channel:
        return Hearing(meant, (), words, unheard=unheard)
    probe = _probe(source, meant)
    weights, which = chosen_channels(probe, wish.channel, voiced if channels <= MOST_ALIKE else None)
    return Hearing(meant, weights, _listed(words, which), unheard=unheard)


def _listed(*words: str) -> str:
    return ", ".join(filter(None, words))


def _unnamed_monos(streams: Sequence[Any], meant: int) -> list[int]:
    """The tracks of one channel that nothing tells apart, if the one that is meant is among them."""
    monos = [
        stream.index
        for stream in streams
        if stream.codec_context is not None
        and stream.codec_context.channels == 1
        and not (is_aside(stream) or language_of(stream) or title_of(stream))
    ]
    return monos if meant in monos and len(monos) <= MOST_ALIKE else [meant]


def _unheard(streams: Sequence[Any], meant: int, alike: Sequence[int]) -> tuple[int, ...]:
    """Numbers of the other sounds: those after the one that is meant, then those before it; asides come last."""
    place = [stream.index for stream in streams].index(meant)
    others = [
        (is_aside(stream), (number - 1 - place) % len(streams), number)
        for number, stream in enumerate(streams, 1)
        if stream.index not in (meant, *alike) and stream.codec_context is not None
    ]
    return tuple(number for *_, number in sorted(others))


def _with_speech(source: str | Path | bytes, indices: Sequence[int], meant: int, voiced: Voiced) -> int:
    """The track that is meant, if there is speech in it as in any; else the first that has."""
    shares = {}
    for index in indices:
        with suppress(UserError):
            probe = _probe(source, index)
            shares[index] = voiced(probe.samples.mean(1), probe.rate)
    best = max(shares.values(), default=0.0)
    good = [index for index in indices if best and shares.get(index, 0.0) >= ENOUGH * best]
    return meant if meant in good or not good else good[0]


def _probe(source: str | Path | bytes, index: int) -> Probe:
    """Decodes a few pieces of a track.

    Raises:
      UserError: it cannot be decoded.
    """
    with open_media(source) as opened:
        media = opened.with_sound(index)
        pieces, first = [], None
        for start in _starts(media):
            for frame in _piece(media, start):
                first = first or frame
                if (frame.sample_rate, frame.layout.nb_channels) == (first.sample_rate, first.layout.nb_channels):
                    pieces.append(all_channels(frame))
        if first is None:
            raise UserError(f"{media.name} has a sound stream, but no sound that can be decoded")
        layout = layout_of(first.layout)
        names = tuple(channel.name for channel in layout.channels)
        return Probe(names, layout.name, first.sample_rate, np.concatenate(pieces))


def _starts(media: Media) -> list[float]:
    """Where the pieces begin (s)."""
    length = float(media.length)
    if length <= 1.5 * PLACES * PIECE_S:
        return [0.0]
    return [float(start) for start in np.linspace(0, length - PIECE_S, PLACES)]


def _piece(media: Media, start: float) -> list[av.AudioFrame]:
    """Frames from about `start` (s) on; nothing where seeking fails."""
    seconds = PIECE_S if start else 1.5 * PLACES * PIECE_S
    if start:
        try:
            begins = media.container.start_time or 0
            media.container.seek(begins + int(start * av.time_base))
        except av.error.FFmpegError:
            return []
    frames: list[av.AudioFrame] = []
    heard = 0.0
    for frame in islice(media.frames(media.sound), 1 << 20):
        frames.append(frame)
        heard += frame.samples / frame.sample_rate
        if heard >= seconds:
            break
    return frames
