"""Log-mel energies of sound: a target for sound encoders. The model itself never reads them: it hears raw samples."""

import functools

import numpy as np
from jaxtyping import Float, Float32

BANDS = 24
"""Mel bands."""

LOWEST, HIGHEST = 80.0, 7600.0
"""Where they begin and end (Hz)."""

HOP = 0.01
"""From one row to the next (s); row r is about the time r * HOP after the first sample."""

SPAN = 0.025
"""Sound that a row hears (s)."""

FLOOR = 1e-4
"""Added to every band's energy, of sound with a root mean square of 1: silence is silence, not noise."""


def log_mel(samples: Float[np.ndarray, " S"], sample_rate: int) -> Float32[np.ndarray, "R 24"]:
    """log10 of the energy in each mel band, every `HOP` s from the first sample on; beyond the sound it is silent."""
    count = round(SPAN * sample_rate)
    size = 1 << (count - 1).bit_length()
    centres = np.round(np.arange(1 + int(len(samples) / (HOP * sample_rate))) * HOP * sample_rate).astype(int)
    padded = np.pad(samples.astype(np.float32), (count // 2, count))
    frames = np.lib.stride_tricks.sliding_window_view(padded, count)[centres] * np.hanning(count).astype(np.float32)
    power = np.abs(np.fft.rfft(frames, size)) ** 2 / count
    return np.log10(power @ _bands(sample_rate, size) + FLOOR).astype(np.float32)


@functools.lru_cache
def mel_bands(sample_rate: int, size: int, count: int, lowest: float, highest: float) -> Float[np.ndarray, "F B"]:
    """Weights from the frequencies of a transform of `size` samples to triangular bands of height 1.

    Args:
      sample_rate: Hz.
      size: samples of the transform.
      count: bands B.
      lowest: where they begin (Hz).
      highest: where they end (Hz).
    """
    mels = np.linspace(_mel(lowest), _mel(highest), count + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    frequency = np.arange(size // 2 + 1) * sample_rate / size
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.clip(np.minimum((frequency - low) / (middle - low), (high - frequency) / (high - middle)), 0, None).T


@functools.lru_cache
def _bands(sample_rate: int, size: int) -> Float[np.ndarray, "F B"]:
    """The bands of `log_mel`, each of which adds up to 1."""
    bands = mel_bands(sample_rate, size, BANDS, LOWEST, HIGHEST).T
    return (bands / (bands.sum(axis=1, keepdims=True) + 1e-9)).T


def _mel(frequency: float) -> float:
    return 2595 * np.log10(1 + frequency / 700)
