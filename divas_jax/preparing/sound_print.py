"""A fingerprint of a clip's sound that survives re-encoding, resampling, another loudness and cutting.

Peaks of the spectrogram are paired with peaks soon after them. A pair of
pitches and the time between them is a landmark; two recordings that share many
landmarks, all at one distance in time, hold the same sound.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import log
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64, UInt16, UInt32
from scipy.ndimage import maximum_filter
from scipy.signal import resample_poly

from divas_jax.errors import UserError
from divas_jax.media.decode import decode_sound

RATE = 8000
"""Sounds are compared at this sample rate (Hz)."""

STEP = 128
"""Samples from one spectrum to the next, 16 ms: the unit of a landmark's times."""

LONGEST = 60
"""Of longer sounds the first minute is taken (s)."""

_WINDOW = 512
_AROUND = (7, 13)  # a peak is the highest of so many spectra and pitches
_PEAKS = 20  # the strongest of each second
_PARTNERS = 3
_FARTHEST = 63  # spectra from a peak to its partner
_PACKED = np.dtype([("key", "<u4"), ("time", "<u2")])

# Measured on real speech: clips of one to ten seconds that have nothing in common share up to 5 landmarks at one
# distance, and an eighth as many pairs share one more; a minute of it shares up to 15; copies through AAC share 8
# and more.
_FEWEST, _SHARE, _PAIRS, _FALL = 7, 0.01, 10_000, 8


class Landmarks(NamedTuple):
    """Fingerprint of one sound.

    Attributes:
      keys: two pitches and the time between them, as one number.
      times: when the first of them is heard, in steps of 16 ms.
    """

    keys: UInt32[np.ndarray, " N"]
    times: UInt16[np.ndarray, " N"]

    def pack(self) -> bytes:
        """For storage."""
        packed = np.empty(len(self.keys), _PACKED)
        packed["key"], packed["time"] = self
        return packed.tobytes()

    @classmethod
    def unpack(cls, stored: bytes) -> "Landmarks":
        """The inverse of `pack`."""
        packed = np.frombuffer(stored, _PACKED)
        return cls(packed["key"].astype(np.uint32), packed["time"].astype(np.uint16))


class Match(NamedTuple):
    """Two sounds, by their places in a list, that are the same in part, and how many landmarks say so."""

    first: int
    second: int
    landmarks: int


def sound_print(media: bytes) -> bytes:
    """The fingerprint of a media file's sound, packed; empty where it has none that can be decoded."""
    try:
        samples, sample_rate, _ = decode_sound(media)
    except UserError:
        return b""
    return landmarks(samples, sample_rate).pack()


def landmarks(samples: Float32[np.ndarray, " S"], sample_rate: int) -> Landmarks:
    """The fingerprint of a sound; a pure tone or silence has none."""
    ratio = Fraction(RATE, sample_rate)
    sound = resample_poly(samples[: LONGEST * sample_rate], ratio.numerator, ratio.denominator)
    if len(sound) < _WINDOW:
        sound = np.pad(sound, (0, _WINDOW - len(sound)))
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::STEP]
    level = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW).astype(np.float32), axis=1))
    heard = level > max(float(level.max()) / 1000, 1e-6)
    times, pitches = np.nonzero((level == maximum_filter(level, _AROUND)) & heard)
    most = -(-_PEAKS * len(sound) // RATE)
    strongest = np.sort(np.argsort(-level[times, pitches], kind="stable")[:most])
    return _paired(times[strongest], pitches[strongest])


def _paired(times: Int64[np.ndarray, " P"], pitches: Int64[np.ndarray, " P"]) -> Landmarks:
    """Each peak with the next few; times and pitches are halved, so that a little jitter changes no key."""
    keys, starts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for ahead in range(1, _PARTNERS + 1):
        apart = times[ahead:] - times[:-ahead]
        first, second = pitches[:-ahead], pitches[ahead:]
        telling = (apart > 0) & (apart <= _FARTHEST) & (np.abs(first - second) > 1)
        keys.append((first // 2 << 16 | second // 2 << 8 | apart // 2)[telling])
        starts.append(times[:-ahead][telling])
    return Landmarks(np.concatenate(keys).astype(np.uint32), np.concatenate(starts).astype(np.uint16))


def same_sounds(prints: Sequence[Landmarks], groups: Sequence[str]) -> Iterator[Match]:
    """Pairs of sounds in different groups that are the same in part.

    What counts as the same grows with the number of pairs, so that a large
    data set does not drown in coincidences; there, clips of a second are not found.

    Args:
      prints: of all sounds.
      groups: of each sound, for example its split.
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    sizes = np.bincount(group, minlength=len(names))
    counts = np.array([len(sound.keys) for sound in prints], np.int64)
    if len(names) < 2 or not counts.sum():
        return
    pairs = (len(prints) ** 2 - int((sizes**2).sum())) / 2
    fewest = _FEWEST + max(0.0, log(pairs / _PAIRS, _FALL))
    keys = np.concatenate([sound.keys for sound in prints])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    times = np.concatenate([sound.times for sound in prints])[order].astype(np.int64)
    owners = np.repeat(np.arange(len(prints)), counts)[order]
    largest = int(sizes.argmax())  # its members are found from the other side
    for index in np.flatnonzero(group != largest).tolist():
        others, shared = _shared(prints[index], keys, times, owners)
        needed = fewest + _SHARE * np.minimum(counts[others], counts[index])
        later = (group[others] != group[index]) & ((group[others] == largest) | (others > index))
        for other, count in zip(others[later & (shared >= needed)], shared[later & (shared >= needed)], strict=True):
            yield Match(index, int(other), int(count))


def _shared(
    sound: Landmarks, keys: UInt32[np.ndarray, " N"], times: Int64[np.ndarray, " N"], owners: Int64[np.ndarray, " N"]
) -> tuple[Int64[np.ndarray, " M"], Int64[np.ndarray, " M"]]:
    """Who shares landmarks with one sound, and the most that are at one distance in time (within 32 ms)."""
    first, last = np.searchsorted(keys, sound.keys, "left"), np.searchsorted(keys, sound.keys, "right")
    counts_of_key = last - first
    places = np.repeat(first - np.cumsum(counts_of_key) + counts_of_key, counts_of_key) + np.arange(counts_of_key.sum())
    apart = times[places] - np.repeat(sound.times.astype(np.int64), counts_of_key) + (1 << 16)
    codes, counts = np.unique(owners[places] << 18 | apart, return_counts=True)
    with_neighbours = counts.copy()  # the same owner and a neighbouring distance: a jitter of one spectrum
    beside = np.flatnonzero(np.diff(codes) == 1)
    with_neighbours[beside] += counts[beside + 1]
    with_neighbours[beside + 1] += counts[beside]
    whose, starts = np.unique(codes >> 18, return_index=True)
    return whose, np.maximum.reduceat(with_neighbours, starts) if len(starts) else with_neighbours
