"""One talker with a known offset: a file to ask a model about."""

from dataclasses import replace
from fractions import Fraction

from divas_jax.clip import Clip
from divas_jax.errors import UserError
from divas_jax.rates import nearest
from divas_jax.talkers.encoded_talkers import talker_seed
from divas_jax.talkers.talker import make_talker

FPS, SAMPLE_RATE = Fraction(25), 16_000
SECONDS = Fraction(4)
LONGEST = Fraction(120)
"""Longest example (s): it is painted in memory."""

LARGEST_SHIFT = Fraction(2)
"""Largest artificial offset (s): how much longer than its picture the talker is on either side."""


def shifted_talker(shift: Fraction, index: int = 0, seconds: Fraction = SECONDS) -> Clip:
    """A talker of the test split, at 25 frames/s, whose sound was moved on purpose.

    Real surrounding sound comes in at the edges, so the sound covers the whole
    picture: no silence and no truncation (4.2) give the offset away. All shifts
    of one `index` have the same picture.

    Args:
      shift: s, positive = sound early; rounded to a whole sample.
      index: which talker; no model is trained on the test split.
      seconds: how long it is, to the nearest picture.

    Raises:
      UserError: the shift is larger than `LARGEST_SHIFT`, or it is shorter than 1 s or longer than `LONGEST`.
    """
    if not 1 <= seconds <= LONGEST:
        raise UserError(f"an example of {float(seconds):g} s cannot be made: from 1 to {LONGEST} s")
    if abs(shift) > LARGEST_SHIFT:
        raise UserError(f"a shift of {float(shift * 1000):g} ms is too large: at most {LARGEST_SHIFT * 1000} ms")
    seed = talker_seed(index, "test")
    long = make_talker(seed, fps=FPS, sample_rate=SAMPLE_RATE, duration=seconds + 2 * LARGEST_SHIFT, distractions=False)
    first = nearest(LARGEST_SHIFT * FPS)
    seen = long.frames_between(first, first + nearest(seconds * FPS))
    start = seen.frame_time(0)
    moved = seen.shifted(Fraction(nearest(shift * SAMPLE_RATE), SAMPLE_RATE))
    sample = moved.sample_at(start)
    return replace(
        moved,
        frame_pts=moved.frame_pts - moved.frame_pts[0],
        samples=moved.samples[sample : sample + nearest(seconds * SAMPLE_RATE)],
        sound_start=Fraction(0),
    )
