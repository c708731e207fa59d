"""Which sound of a file is judged: `media.hearing` with the voice detector's ears."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32

from divas_jax.media.hearing import Hearing, hearing_of
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


def voiced(samples: Float32[np.ndarray, " S"], sample_rate: int) -> float:
    """In which share of the time somebody speaks, 0 to 1."""
    spoken = sum(float(span.end - span.start) for span in speech_spans(samples, sample_rate))
    return min(1.0, spoken * sample_rate / max(1, len(samples)))
