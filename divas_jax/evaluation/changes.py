"""Changes of a clip whose effect on the answer is known: none, or that there is no answer any more."""

from dataclasses import replace
from fractions import Fraction
from zlib import crc32

import numpy as np
from jaxtyping import Float
from scipy.signal import fftconvolve, resample_poly

from divas_jax.clip import Clip
from divas_jax.data.augment import LUMA
from divas_jax.data.clip_record import ClipRecord, ClipSource, facts_of
from divas_jax.data.view import Box, cut
from divas_jax.data.windows import SILENCE, root_mean_square
from divas_jax.errors import UserError
from divas_jax.evaluation.reading import Decode

DETECTED = (0.976, -0.02 / 1.4 * 0.75)
"""What `score`'s face detector crops against our data sets' crops: its side, and how much lower its middle is, both in
parts of the stored square (which is 1.4 * 128 / 96 times the face)."""

STORED_FACES = 1.4 * 128 / 96
"""Side of a stored square in heights of the face that it shows."""

STUDIO_TO_DISC = (147, 160)
"""44.1 kHz over 48 kHz in lowest terms."""

TELEPHONE_RATE = 8000
"""Samples/s of a telephone line."""


def mirrored(clip: Clip) -> Clip:
    """Left and right exchanged."""
    return replace(clip, frames=np.ascontiguousarray(clip.frames[:, :, ::-1]))


def greyed(clip: Clip) -> Clip:
    """The same pictures without colour."""
    grey = np.rint(clip.frames.astype(np.float32) @ np.asarray(LUMA, np.float32)).astype(np.uint8)
    return replace(clip, frames=np.repeat(grey[..., None], 3, axis=-1))


def as_detected(clip: Clip) -> Clip:
    """The face as the detector of `score` crops it: a little tighter, a little higher."""
    height, width = clip.frames.shape[1:3]
    stored, (scale, lower) = min(height, width), DETECTED
    side = scale * stored
    box = Box((width - side) / 2, height / 2 + lower * stored - side / 2, side)
    return replace(clip, frames=cut(clip.frames, box, stored))


def as_small(clip: Clip, pixels: int) -> Clip:
    """The same pictures with no more detail than a face of so many pixels' height has.

    Pictures that have less are left as they are.
    """
    stored = min(clip.frames.shape[1:3])
    side = round(pixels * STORED_FACES)
    if side >= stored:
        return clip
    small = cut(clip.frames, Box(0.0, 0.0, float(stored)), side)
    return replace(clip, frames=cut(small, Box(0.0, 0.0, float(side)), stored))


def at_telephone_rate(clip: Clip) -> Clip:
    """The same sound at 8 kHz, which holds what is below 4 kHz."""
    return _at_rate(clip, TELEPHONE_RATE)


def quieter(clip: Clip, decibels: float = -20.0) -> Clip:
    """The same sound with a gain, rounded to 16 bits again as a file of it would be."""
    steps = np.rint(clip.samples * 10 ** (decibels / 20) * 32767)
    return replace(clip, samples=(steps / 32767).astype(np.float32))


def in_a_room(clip: Clip, seconds: float, below: float) -> Clip:
    """The same sound with an echo after it: noise that falls by 60 dB in so many seconds, so many dB below the voice.

    The voice itself stays where it is.
    """
    length = round(seconds * clip.sample_rate)
    tail = _noise(clip, length) * 10 ** (-3 * np.arange(length) / length)
    tail[: length // 100] = 0  # what comes sooner is the voice's own colour
    tail *= 10 ** (-below / 20) / np.sqrt((tail**2).sum())
    echo = fftconvolve(clip.samples, tail)[: len(clip.samples)]
    return replace(clip, samples=(clip.samples + echo).astype(np.float32))


def in_noise(clip: Clip, below: float) -> Clip:
    """The same sound with white noise so many dB below it."""
    noise = _noise(clip, len(clip.samples))
    return replace(clip, samples=(clip.samples + noise * _level(clip, below)).astype(np.float32))


def _noise(clip: Clip, count: int) -> Float[np.ndarray, " N"]:
    """White, of standard deviation 1; the same for the same clip."""
    return np.random.default_rng(crc32(clip.name.encode())).standard_normal(count)


def _level(clip: Clip, below: float) -> float:
    """The root mean square of what is so many dB below a clip's sound."""
    return root_mean_square(clip.samples) * 10 ** (-below / 20)


def resampled(clip: Clip) -> Clip:
    """The same sound at 147/160 of its sample rate (48 to 44.1 kHz), or at 160/147 where only that is whole.

    Raises:
      UserError: neither is a whole number of Hz.
    """
    up, down = STUDIO_TO_DISC
    if clip.sample_rate % down:
        up, down = down, up
    if clip.sample_rate % down:
        raise UserError(f"{clip.name}: {clip.sample_rate} Hz times 147/160 or 160/147 is no whole sample rate")
    return _at_rate(clip, clip.sample_rate * up // down)


def _at_rate(clip: Clip, sample_rate: int) -> Clip:
    """The same sound at another rate (Hz), by a polyphase filter without delay: the first sample stays where it is."""
    rate = Fraction(sample_rate, clip.sample_rate)
    samples = resample_poly(clip.samples.astype(np.float64), rate.numerator, rate.denominator).astype(np.float32)
    return replace(clip, samples=samples, sample_rate=sample_rate)


class OtherSound:
    """Gives clips the sound of another one of about the same length, of another speaker where there is one.

    Clips that share their sound are not others to each other.

    Such a pair has no offset: whatever is answered is wrong.
    """

    def __init__(self, records: ClipSource, decode: Decode) -> None:
        """Chooses the partners.

        Raises:
          UserError: there are fewer than two clips, or all share one sound.
        """
        if len(records) < 2:
            raise UserError("shuffled pairs need at least two clips")
        self._records, self._decode = records, decode
        known = [_facts(record) for record in facts_of(records)]
        order = sorted(range(len(known)), key=lambda index: known[index][1:3])
        self._partner = {}
        for place, index in enumerate(order):
            others = order[place + 1 :] + order[:place]
            others = [other for other in others if known[other][3] != known[index][3]]
            if not others:
                raise UserError("shuffled pairs need clips of two sounds, but all of them share one")
            strangers = (other for other in others if known[other][0] != known[index][0])
            self._partner[known[index][2]] = next(strangers, others[0])

    def __call__(self, record: ClipRecord, clip: Clip) -> Clip:
        """The pictures of a record's clip with the sound of its partner, which starts with them.

        Raises:
          UserError: the partner's media cannot be read.
        """
        other = self.partner(record)
        return replace(
            clip, samples=other.samples, sample_rate=other.sample_rate, sound_start=clip.frame_time(0), warnings=()
        )

    def partner(self, record: ClipRecord) -> Clip:
        """The clip whose sound it is.

        Raises:
          UserError: its media cannot be read.
        """
        return self._decode(self._records[self._partner[record.name]])

    def under_it(self, record: ClipRecord, clip: Clip, below: float) -> Clip:
        """The record's clip with its partner's sound so many dB below its own, again and again where it is shorter.

        Raises:
          UserError: the partner's media cannot be read.
        """
        other = self.partner(record)
        if other.sample_rate != clip.sample_rate:
            other = _at_rate(other, clip.sample_rate)
        level = _level(clip, below) / max(root_mean_square(other.samples), SILENCE)
        mixed = clip.samples + level * np.resize(other.samples, len(clip.samples))
        return replace(clip, samples=mixed.astype(np.float32))


def _facts(record: ClipRecord) -> tuple[str, float, str, str]:
    """Whoever is seen (each nameless clip somebody else), the duration (s), the name, whose sound it is."""
    return record.speaker or record.name, record.duration, record.name, record.voice
