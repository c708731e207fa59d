"""Where the film's known sound lies in a file, by correlation alone: nothing that judges has a part in it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from made_film import RATE, Sound, first_picture
from scipy.signal import correlate, resample_poly

from divas_jax.media.hearing import Hearing, open_heard
from divas_jax.media.sound_stream import SoundStream

PIECE = (12.6, 14.8)
"""The piece of the film's sound that is looked for (s); one talker speaks throughout."""


def early_ms(path: Path, known: Sound, hearing: Hearing | None = None, skipped: float = 0.0) -> float:
    """By how much earlier than its picture a piece of the film's sound is heard in a file (ms; negative: later).

    Args:
      path: of the file.
      known: the film's sound.
      hearing: which sound of the file is meant.
      skipped: seconds of the film before the file's first picture.

    Raises:
      UserError: the file cannot be read.
    """
    with open_heard(path, hearing) as media:
        stream = SoundStream(media)
        samples, start, rate = np.concatenate(list(stream.blocks())), stream.start, stream.sample_rate
    if rate != RATE:
        ratio = Fraction(RATE, rate)
        samples = resample_poly(samples, ratio.numerator, ratio.denominator).astype(np.float32)
    piece = known[int(PIECE[0] * RATE) : int(PIECE[1] * RATE)]
    place = int(np.abs(correlate(samples, piece, "valid")).argmax())
    heard = float(start - first_picture(path)) + place / RATE
    return 1000 * (PIECE[0] - skipped - heard)
