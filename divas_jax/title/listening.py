"""Which sound of a file is judged: `media.hearing` with the voice detector's ears."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from divas_jax.errors import UserError
from divas_jax.media.container import open_media
from divas_jax.media.hearing import MOST_ALIKE, Hearing, hearing_of
from divas_jax.media.tracks import NOTHING, Wish
from divas_jax.title.speech import speech_spans


def listen(file: Path, wish: Wish = NOTHING) -> Hearing:
    """What is to be heard of a file.

    Args:
      file: a media file.
      wish: a track or a channel that is wanted.

    Raises:
      UserError: the file cannot be read, or has no such track or channel.
    """
    return hearing_of(file, wish, voiced)


def listen_all(file: Path, wish: Wish = NOTHING) -> tuple[tuple[Hearing, ...], tuple[str, ...]]:
    """What is to be heard of a file, and of each of its other sound tracks if all are wanted.

    Tracks that are channels of the same sound as the first are no others.

    Returns:
      What is heard, the file's own choice first; and a sentence on each track that cannot be.

    Raises:
      UserError: as `listen`, or there are more tracks than anybody records.
    """
    if not wish.every_sound:
        return (listen(file, wish),), ()
    first = listen(file, replace(wish, track=""))
    hearings, failures = [first], []
    with open_media(file, wish=replace(wish, track="")) as media:
        indices = [stream.index for stream in media.sounds]
    if len(indices) > MOST_ALIKE:
        raise UserError(f"{file} has {len(indices)} sound tracks, at most {MOST_ALIKE} are judged: name one (--track)")
    for number, index in enumerate(indices, 1):
        if index == first.index or index in first.alike:
            continue
        try:
            hearings.append(listen(file, replace(wish, track=str(number))))
        except UserError as error:
            failures.append(f"{error} (sound track {number})")
    return tuple(replace(hearing, unheard=()) for hearing in hearings), tuple(failures)  # none is left to be tried


def voiced(samples: Float32[np.ndarray, " S"], sample_rate: int) -> float:
    """In which share of the time somebody speaks, 0 to 1."""
    spoken = sum(float(span.end - span.start) for span in speech_spans(samples, sample_rate))
    return min(1.0, spoken * sample_rate / max(1, len(samples)))
